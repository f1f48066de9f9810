/**
 * Goal: the commands that look after a store do what they say, and say what they did.
 * Method: the command line as a process, on stores of its own.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleCli, newPlace, type Place } from "../support/cli.ts";

let here: Place;

beforeAll(() => {
  bundleCli();
  here = newPlace();
  here.write(
    "app.ts",
    `import { detent, event, task, trigger } from "detent";
     const log = task({ id: "log", run: (input: unknown) => input });
     export default detent({ tasks: [log], triggers: [
       trigger("a", { when: event("e"), run: log, input: "a" }) ] });`,
  );
}, 60_000);

afterAll(() => here.remove());

/** What the command prints as JSON. */
const told = async (...args: readonly string[]): Promise<any> => {
  const { code, stdout, stderr } = await here.detent([...args, "--json"]);
  expect({ code, stderr, args }).toEqual({ code: 0, stderr: "", args });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
};

/** A store in which so many events have become runs. */
const filled = async (file: string, count: number): Promise<string> => {
  const store = `sqlite:${file}`;
  for (let n = 0; n < count; n++)
    // oxlint-disable-next-line no-await-in-loop
    await told("emit", "e", JSON.stringify({ n }), "--id", `e${n}`, "--store", store);
  await told("start", "app.ts", "--until-idle", "--store", store);
  return store;
};

test("purge forgets what is old, says how much that was, and an event of before is still a duplicate", async () => {
  const store = await filled("purge.db", 2);
  expect(await told("purge", "--store", store)).toMatchObject({
    runs: 0,
    signals: 0,
    tombstones: 0,
  });
  const before = new Date().toISOString();
  expect(await told("purge", "--store", store, "--app", "app.ts", "--before", before)).toEqual({
    runs: 2,
    signals: 6,
    skips: 0,
    tombstones: 0,
    before,
  });
  expect((await told("runs", "--store", store)).runs).toEqual([]);
  expect(await told("emit", "e", '{"n":0}', "--id", "e0", "--store", store)).toEqual({
    event: "e0",
    status: "duplicate",
  });
  expect(await here.detent(["purge", "--store", store, "--before", "2100-01-01T00:00Z"])).toEqual({
    code: 2,
    stdout: "",
    stderr: "detent: --before: 2100-01-01T00:00:00.000Z lies in the future\n",
  });
});

test("what is dumped from one store and loaded into another is dumped the same, and goes on there", async () => {
  const store = await filled("dump.db", 3);
  const { stdout: dumped } = await here.detent(["dump", "--store", store]);
  const lines = dumped
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect([lines[0], lines.at(-1)]).toEqual([
    { kind: "dump", version: 1, app: "main" },
    { table: "head", head: { watermark: expect.anything(), generation: expect.anything() } },
  ]);
  expect(lines.filter(({ table }) => table === "run")).toHaveLength(3);
  expect(await told("dump", "--store", store, "--out", "dump.jsonl")).toMatchObject({
    rows: { run: 3, signal: 9, attempt: 3 },
  });
  const other = "sqlite:loaded.db";
  expect(await told("load", "dump.jsonl", "--store", other)).toMatchObject({
    app: "main",
    rows: { run: 3, signal: 9 },
  });
  expect((await here.detent(["dump", "--store", other])).stdout).toBe(dumped);
  expect(await told("emit", "e", '{"n":0}', "--id", "e0", "--store", other)).toMatchObject({
    status: "duplicate",
  });
  expect(await here.detent(["load", "dump.jsonl", "--store", other])).toMatchObject({
    code: 1,
    stderr:
      "detent: the app has routed something in this store already; load into a store without it\n",
  });
  here.write("short.jsonl", dumped.split("\n").slice(0, 5).join("\n"));
  expect(await here.detent(["load", "short.jsonl", "--store", "sqlite:short.db"])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^detent: short.jsonl ends too early, after line 5: /),
  });
});

test("a backup is a store of its own; what is in its way is said", async () => {
  const store = await filled("live.db", 2);
  expect(await told("backup", "copy.db", "--store", store)).toMatchObject({
    file: expect.stringMatching(/copy\.db$/),
    bytes: expect.any(Number),
  });
  const runsOf = async (url: string) => (await told("runs", "--store", url)).runs;
  expect(await runsOf("sqlite:copy.db")).toEqual(await runsOf(store));
  expect(await here.detent(["backup", "copy.db", "--store", store])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^detent: store \/.*copy\.db: it is there already; give the backup a name of its own\n$/,
    ),
  });
  expect(await here.detent(["backup", "none.db", "--store", "sqlite:nothing.db"])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^detent: there is no store sqlite:nothing.db/),
  });
});

test("conform finds no fault with a store that keeps the rules, and says of another which it breaks and how", async () => {
  const module = (change: string): string => `
    import * as Effect from ${JSON.stringify(import.meta.resolve("effect/Effect"))};
    import { memoryStore } from ${JSON.stringify(import.meta.resolve("../../src/core/index.ts"))};
    export const subject = {
      open: Effect.sync(() => {
        const memory = memoryStore();
        const store = { ...memory, ${change} };
        return { store, again: Effect.succeed(store), otherApp: null, kill: memory.kill };
      }),
    };`;
  here.write("good-store.ts", module(""));
  const good = await here.detent(["conform", "good-store.ts", "--part", "owners", "--json"]);
  expect({ ...good, stdout: JSON.parse(good.stdout) }).toEqual({
    code: 0,
    stderr: "",
    stdout: {
      module: "good-store.ts",
      rules: expect.any(Number),
      kept: JSON.parse(good.stdout).rules,
      broken: [],
    },
  });
  here.write("bad-store.ts", module("leave: () => Effect.void"));
  const bad = await here.detent(["conform", "bad-store.ts", "--part", "owners"]);
  expect([bad.code, bad.stderr]).toEqual([1, ""]);
  expect(bad.stdout).toMatch(
    /✗ owners: who enters is open until it leaves, and stays on record\n    expected \d+, got null at \[0\]\.closedAt\n/,
  );
  expect(bad.stdout).toMatch(/\d+ of \d+ rules are kept\n$/);
  expect((await here.detent(["conform", "good-store.ts", "--part", "x"])).stderr).toMatch(
    /^detent: --part: there is no part x; there are log, batches, /,
  );
  here.write("no-store.ts", "export const other = 1;");
  expect((await here.detent(["conform", "no-store.ts"])).stderr).toMatch(
    /^detent: no-store.ts exports no subject; write/,
  );
});
