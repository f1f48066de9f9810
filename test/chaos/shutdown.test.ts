/**
 * Goal: whatever an engine is at when it is told to stop, once or twice, no run is lost and none is settled twice.
 * Method: `detent start` as a process with real signals, sent when a line of its output or of a body says that the state is reached. A store that fails is one that another
 * connection holds. Afterwards another start finishes what is left, and the store is asked: each run has one final status, and one attempt for each time its body began.
 */
import { type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleCli, ended, lineWith, newPlace, type Ended, type Place } from "../support/cli.ts";

const places: Place[] = [];
beforeAll(bundleCli, 60_000);
afterAll(() => places.forEach((it) => it.remove()));

const tasks = `
import { appendFileSync, existsSync, watch } from "node:fs";
import { spawnSync } from "node:child_process";
import { task } from "detent";
const begin = (name) => appendFileSync("bodies.txt", name + "\\n");
const file = (name) => new Promise((resolve) => {
  const watcher = watch(".", () => existsSync(name) && (watcher.close(), resolve(undefined)));
  if (existsSync(name)) { watcher.close(); resolve(undefined); }
});
export const waits = task({ id: "waits", run: async (_: unknown, ctx) => {
  begin("waits");
  ctx.log("begun");
  await file("go");
  return "done";
} });
export const ignores = task({ id: "ignores", run: async (_: unknown, ctx) => {
  begin("ignores");
  ctx.signal.addEventListener("abort", () => ctx.log("asked"));
  ctx.log("begun");
  await new Promise(() => setInterval(() => {}, 1_000));
} });
export const native = task({ id: "native", run: () => {
  begin("native");
  // In native code, which nothing interrupts, by the time the file is there; the second time it is over at once.
  if (!existsSync("go")) spawnSync("sh", ["-c", ": > native; exec sleep 20"]);
} });`;

const newApp = (): Place => {
  const here = newPlace();
  places.push(here);
  here.write("package.json", `{ "type": "module" }`);
  here.write("tasks.ts", tasks);
  here.write(
    "app.ts",
    `import { detent } from "detent";
     export default detent({ tasks: [new URL("./tasks.ts", import.meta.url)] });`,
  );
  return here;
};

const made = (here: Place, name: string): Promise<void> =>
  new Promise((resolve) => {
    const watcher = watch(here.folder);
    const look = (): void => {
      if (!existsSync(join(here.folder, name))) return;
      watcher.close();
      resolve();
    };
    watcher.on("change", look);
    look();
  });

const bodies = (here: Place): string[] => {
  const file = join(here.folder, "bodies.txt");
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
};

/** Keeps everybody else from writing until it is closed. */
const hold = (here: Place): { readonly release: () => unknown } => {
  const database = new DatabaseSync(join(here.folder, "detent.db"), { timeout: 10_000 });
  database.exec("BEGIN IMMEDIATE");
  return { release: () => database.isOpen && database.close() };
};

interface Setting {
  readonly here: Place;
  readonly engine: ChildProcess;
  readonly end: Promise<Ended>;
  readonly run: string;
}

/** A state to be in: brings an engine there. `finish` lets the body end, or the store work, where that is what an orderly stop waits for. */
interface State {
  readonly reach: (here: Place) => Promise<Setting>;
  readonly finish?: (setting: Setting) => void;
  /** What becomes of it with one signal, and with two. */
  readonly once: Fate;
  readonly twice: Fate;
}

interface Fate {
  readonly code: number | null;
  /** What the run is when the engine has ended; "held" until somebody takes it back. */
  readonly left: string;
  /** What it is in the end, and how often its body began. */
  readonly state: string;
  readonly bodies: number;
}

const begin = async (
  here: Place,
  { task, line, args = [] }: { task: string; line?: string; args?: readonly string[] },
): Promise<Setting> => {
  const asked = await here.detent(["run", task, "--json"]);
  const { run } = JSON.parse(asked.stdout) as { run: string };
  const engine = here.start(["start", "app.ts", "--slots", "1", ...args]);
  const end = ended(engine);
  if (line !== undefined) await lineWith(engine, line);
  return { here, engine, end, run };
};

const held = new Map<Place, { readonly release: () => unknown }>();
const go = ({ here }: Setting): void => here.write("go", "");

const states: Readonly<Record<string, State>> = {
  idle: {
    reach: async (here) => {
      go({ here } as Setting);
      return begin(here, { task: "waits", line: "succeeded" });
    },
    once: { code: 0, left: "succeeded", state: "succeeded", bodies: 1 },
    twice: { code: 1, left: "succeeded", state: "succeeded", bodies: 1 },
  },
  "with a body that runs": {
    reach: (here) => begin(here, { task: "waits", line: "begun" }),
    finish: go,
    once: { code: 0, left: "succeeded", state: "succeeded", bodies: 1 },
    twice: { code: 1, left: "held", state: "succeeded", bodies: 2 },
  },
  "with a body that runs longer than it may": {
    reach: (here) => begin(here, { task: "waits", line: "begun", args: ["--grace", "10 ms"] }),
    once: { code: 0, left: "pending", state: "succeeded", bodies: 2 },
    twice: { code: 1, left: "held", state: "succeeded", bodies: 2 },
  },
  "with a body that was asked to end and doesn't": {
    reach: async (here) => {
      const setting = await begin(here, { task: "ignores", line: "begun" });
      const asked = lineWith(setting.engine, "asked");
      expect((await here.detent(["cancel", setting.run])).code).toBe(0);
      await asked;
      return setting;
    },
    once: { code: 0, left: "cancelled", state: "cancelled", bodies: 1 },
    twice: { code: 1, left: "held", state: "cancelled", bodies: 1 },
  },
  "with a thread that can't be ended": {
    reach: async (here) => {
      const setting = await begin(here, { task: "native", args: ["--grace", "0"] });
      await made(here, "native");
      return setting;
    },
    once: { code: null, left: "held", state: "succeeded", bodies: 2 },
    twice: { code: null, left: "held", state: "succeeded", bodies: 2 },
  },
  "with an outcome on its way to a store that is busy": {
    reach: async (here) => {
      const setting = await begin(here, { task: "waits", line: "begun" });
      held.set(here, hold(here));
      go(setting);
      return setting;
    },
    finish: ({ here }) => held.get(here)?.release(),
    once: { code: 0, left: "succeeded", state: "succeeded", bodies: 1 },
    twice: { code: 1, left: "held", state: "succeeded", bodies: 2 },
  },
  "with a store that fails until after its end": {
    reach: async (here) => {
      const setting = await begin(here, { task: "waits", line: "begun", args: ["--grace", "0"] });
      held.set(here, hold(here));
      go(setting);
      return setting;
    },
    once: { code: 0, left: "held", state: "succeeded", bodies: 2 },
    twice: { code: 1, left: "held", state: "succeeded", bodies: 2 },
  },
};

const leftOf = ({ here, run }: Setting): string => {
  const database = new DatabaseSync(join(here.folder, "detent.db"), { readOnly: true });
  const { state } = database.prepare("SELECT state FROM run WHERE id = ?").get(run) as {
    state: string;
  };
  database.close();
  return ["claimed", "running"].includes(state) ? "held" : state;
};

/** Lets another start do what is left, and tells what became of the run. */
const aftermath = async ({ here, run }: Setting): Promise<object> => {
  held.get(here)?.release();
  here.write("go", "");
  expect(await here.detent(["start", "app.ts", "--until-idle"])).toMatchObject({ code: 0 });
  const database = new DatabaseSync(join(here.folder, "detent.db"), { readOnly: true });
  const kept = database
    .prepare(
      `SELECT state, (SELECT count(*) FROM attempt WHERE run_place = run.place) AS attempts,
         (SELECT count(*) FROM signal WHERE run_place = run.place
            AND state IN ('succeeded', 'failed', 'cancelled', 'expired', 'lost')) AS finals
       FROM run WHERE id = ?`,
    )
    .get(run) as object;
  database.close();
  const locks = readdirSync(here.folder).filter((name) => name.endsWith(".lock"));
  return { ...kept, bodies: bodies(here).length, locks };
};

const expected = ({ bodies: begun, state }: Fate): object => ({
  state,
  bodies: begun,
  attempts: begun,
  finals: 1,
  locks: [],
});

// Each starts four processes; on a busy machine that takes its time.
describe.concurrent.each(Object.entries(states))(
  "an engine %s",
  (_, { reach, finish, once, twice }) => {
    test("ends in order when it is told to, and loses nothing", async () => {
      const setting = await reach(newApp());
      const waiting = lineWith(setting.engine, "SIGTERM: waiting");
      setting.engine.kill("SIGTERM");
      await waiting;
      finish?.(setting);
      expect((await setting.end).code).toBe(once.code);
      expect(leftOf(setting)).toBe(once.left);
      expect(await aftermath(setting)).toEqual(expected(once));
    });

    test("ends at once when it is told twice, and loses nothing", async () => {
      const setting = await reach(newApp());
      // Two of one kind that come at once are one.
      setting.engine.kill("SIGTERM");
      setting.engine.kill("SIGINT");
      const { code, stderr } = await setting.end;
      expect({ code, stderr }).toEqual({
        code: twice.code,
        stderr: expect.stringContaining("aborted") as string,
      });
      expect(leftOf(setting)).toBe(twice.left);
      expect(await aftermath(setting)).toEqual(expected(twice));
    });
  },
);
