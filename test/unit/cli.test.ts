/**
 * Goal: what the command line promises to people and scripts: shapes of JSON, exit codes, one line for a mistake.
 * Method: the bundle of the sources, run as a process in folders of their own. Long waits are for lines of output, never for time.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleCli, newPlace, type Place } from "../support/cli.ts";

const places: Place[] = [];
const place = (): Place => {
  const made = newPlace();
  places.push(made);
  return made;
};
beforeAll(bundleCli, 60_000);
afterAll(() => places.forEach((it) => it.remove()));

describe("next", () => {
  test("answers for an expression, in a zone, after an instant", async () => {
    const range = ["--from", "2026-03-06T20:00:00Z", "--count", "5"];
    const { code, stdout, stderr } = await place().detent([
      "next",
      "*/5 9-17 * * 1-5",
      "--tz",
      "America/New_York",
      ...range,
      "--json",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      expression: "*/5 9-17 * * 1-5",
      timeZone: "America/New_York",
      occurrences: ["05", "10", "15", "20", "25"].map((it) => `2026-03-06T20:${it}:00.000Z`),
    });
  });

  test.concurrent.each([["--help"], ["next", "0 2 * * *", "--json"]])(
    "`detent %s` loads neither the runtime nor SQLite nor Piscina",
    async (...args) => {
      const here = place();
      here.write(
        "spy.mjs",
        `import { registerHooks } from "node:module";
         registerHooks({ resolve: (name, context, next) => (console.error(name), next(name, context)) });`,
      );
      const { stderr } = await here.detent(args, { node: ["--import", "./spy.mjs"] });
      expect(stderr).toMatch(/command-line/);
      expect(stderr).not.toMatch(/sqlite|piscina|worker_threads|tsx|open-store|load-app|start-/);
    },
  );
});

test.concurrent.each([[[]], [["emit"]]])(
  "`detent help` shows what `--help` shows: %j",
  async (command) => {
    const here = place();
    const help = await here.detent(["help", ...command]);
    expect(help).toEqual(await here.detent([...command, "--help"]));
    expect(help).toMatchObject({ code: 0, stderr: "", stdout: /USAGE/.exec(help.stdout)?.input });
  },
);

describe("a mistake is one line and exit code 2", () => {
  const rows: readonly (readonly [args: readonly string[], line: RegExp])[] = [
    [["next", "61 * * * *"], /^detent: cron\("61 \* \* \* \*"\): minute "61" is out of range/],
    [["next", "* * * * *", "--tz", "Europe/Pariss"], /did you mean "Europe\/Paris"\?/],
    [["next", "* * * * *", "--from", "yesterday"], /^detent: --from: "yesterday" is no instant/],
    [["nxt"], /^detent: unknown command "nxt" for "detent"; did you mean next\?/],
    [["emit", "a", "--idd", "x"], /unrecognized flag: --idd .*; did you mean --id\?/],
    [["emit"], /^detent: missing required argument: NAME \(see detent emit --help\)/],
    [["emit", "a", "{a}"], /^detent: the payload "\{a\}" is not JSON/],
    [["emit", "a", "--store", "foo:bar"], /^detent: the store "foo:bar" is none that detent knows/],
    [["emit", "a", "--store", "memory:"], /^detent: the store memory: lives in one process/],
    [
      ["runs", "--limit", "abc"],
      /^detent: --limit is "abc"; give a whole number \(see detent runs/,
    ],
    [["simulate", "a", "--seed", "1.5"], /^detent: --seed is "1\.5"; give a whole number \(see/],
    [["start", "a", "--dashboard=x"], /^detent: --dashboard is "x"; give a whole number \(see/],
    [["next", "* * * * *", "--count"], /^detent: --count needs a value: --count N \(see/],
    [
      ["start", "a", "--durability", "powr"],
      /^detent: --durability is "powr"; did you mean "power"/,
    ],
    [["start", "a", "--log", "xml"], /^detent: --log is "xml"; give "json" or "pretty" \(see/],
    [["help", "emti"], /^detent: unknown command "emti" for "detent"; did you mean emit\?/],
    [["start", "nope.ts"], /^detent: there is no file nope\.ts/],
    [["pause"], /^detent: give either a trigger's id or --task TASK/],
    [["pause", "a", "--until", "soon"], /^detent: --until: "soon" is no instant/],
    [["pause", "a", "--until", "2020-01-01T00:00Z"], /^detent: until is 2020-.*, which has passed/],
    [["resume", "a", "--task", "b"], /^detent: give either a trigger's id or --task TASK/],
    [["backfill", "a"], /^detent: give --from and --to; --from is missing/],
    [["backfill", "a", "--from", "x", "--to", "y"], /^detent: --from: "x" is no instant/],
    [["schedule", "a"], /^detent: give --task TASK, the task that it runs/],
    [["schedule", "a", "--task", "b"], /^detent: give one of --cron, --every and --at/],
    [["schedule", "a", "--task", "b", "--every", "0"], /^detent: every\(0\): an interval of 0/],
    [["schedule", "a", "--task", "b", "--every", "1 h", "--tz", "UTC"], /^detent: --tz goes with/],
    [["rewind", "--store", "sqlite:no.db"], /^detent: there is no store sqlite:no\.db/],
    [["show", "x", "--store", "sqlite:no.db"], /^detent: there is no store sqlite:no\.db/],
  ];
  test.concurrent.each(rows)("detent %j", async (args, line) => {
    const { code, stdout, stderr } = await place().detent(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test.concurrent("with --json it is an object on stdout, and nothing else", async () => {
    const here = place();
    const faults = [
      await here.detent(["next", "61 * * * *", "--json"]),
      await here.detent(["emti", "a", "--json"]),
    ];
    expect(faults.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 2, stderr: "" },
      { code: 2, stderr: "" },
    ]);
    expect(faults.map(({ stdout }) => JSON.parse(stdout) as unknown)).toEqual([
      { error: { name: "DefinitionError", message: expect.stringContaining('minute "61"') } },
      { error: { name: "InputError", message: expect.stringContaining("did you mean emit?") } },
    ]);
  });

  test.concurrent("all faults of an app are told at once", async () => {
    const here = place();
    here.write(
      "app.ts",
      `import { cron, detent, trigger } from "detent";
       export default detent({ tasks: [], triggers: [
         trigger("a", { when: cron("61 * * * *"), run: "x" }),
         trigger("b c", { when: cron("* * * * *"), run: "x" }) ] });`,
    );
    const { code, stderr } = await here.detent(["start", "app.ts"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^detent: 2 faults:\n {2}- Trigger "a": .*\n {2}- Trigger: .*"b c".*\n$/,
    );
  });
});

test.concurrent("a store that can't be used is one line and exit code 1", async () => {
  const here = place();
  here.write("bad.db", "this is no database\n".repeat(500));
  const { code, stderr } = await here.detent(["runs"], { env: { DETENT_STORE: "sqlite:bad.db" } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^detent: store .*bad\.db: it is no SQLite database.*\n$/);
});

test.concurrent("runs asks for a store that is there, and makes none", async () => {
  const here = place();
  const { code } = await here.detent(["runs"]);
  expect({ code, files: readdirSync(here.folder) }).toEqual({ code: 2, files: ["node_modules"] });
});

test("what init writes runs at once: an event before the start, then idle; init never overwrites", async () => {
  const here = place();
  const { stdout: first } = await here.detent(["init", "--json"]);
  expect(JSON.parse(first)).toMatchObject({ written: ["tasks.ts", "app.ts", "package.json"] });
  const source = readFileSync(join(here.folder, "app.ts"), "utf8");
  here.write("app.ts", `${source}// mine\n`);
  expect(await here.detent(["init"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("nothing was written"),
  });
  expect(readFileSync(join(here.folder, "app.ts"), "utf8")).toBe(`${source}// mine\n`);

  const emit = ["emit", "primes.wanted", '{"below":100}', "--id", "once", "--json"];
  const replies = [await here.detent(emit), await here.detent(emit)];
  expect(replies.map(({ stdout }) => JSON.parse(stdout) as unknown)).toEqual([
    { event: "once", status: "accepted" },
    { event: "once", status: "duplicate" },
  ]);
  const { code, stdout, stderr } = await here.detent(["start", "app.ts", "--until-idle", "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const notes = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { note: string });
  expect(notes[0]).toMatchObject({ note: "engine-started" });
  expect(notes).toContainEqual(
    expect.objectContaining({ note: "logged", message: "there are 25 primes below 100" }),
  );
  expect(notes.at(-1)).toMatchObject({ note: "summary", store: { unrouted: 0 } });

  const listed = JSON.parse(
    (await here.detent(["runs", "--json", "--trigger", "on-request"])).stdout,
  ) as { runs: { id: string }[]; next: string | null };
  const run = {
    trigger: "on-request",
    task: "count-primes",
    state: "succeeded",
    attempt: 1,
    input: { below: 100 },
    outcome: { result: { below: 100, primes: 25 } },
    cause: ["once"],
    dueAt: expect.stringMatching(/^\d{4}-.*Z$/),
  };
  expect(listed).toEqual({ runs: [expect.objectContaining(run)], next: null });
  const shown = await here.detent(["show", listed.runs[0]!.id, "--json"]);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    ...run,
    attempts: [{ attempt: 1, outcome: { kind: "succeeded" } }],
    signals: [{ id: "once", name: "primes.wanted" }],
  });
});

test.concurrent("show says where in the user's own code a run failed, and what caused that, and nothing of what called it", async () => {
  const here = place();
  here.write(
    "tasks.ts",
    `import { task } from "detent";
import { crop } from "./crop.ts";
export const resize = task({ id: "resize", run: async () => {
  try { await crop(); } catch (cause) { throw new Error("no thumbnail", { cause }); }
} });
export const leave = task({ id: "leave", run: () => process.exit(3) });
export const say = task({ id: "say", run: (_, ctx) => ctx.emit("") });`,
  );
  here.write(
    "crop.ts",
    `interface Size { width: number }
export const crop = async (): Promise<Size> => {
  throw new RangeError("too far\\nby much");
};`,
  );
  here.write(
    "app.ts",
    `import { detent } from "detent";
     export default detent({ tasks: [new URL("./tasks.ts", import.meta.url)] });`,
  );
  const runs = new Map<string, string>();
  for (const task of ["resize", "leave", "say"]) {
    const { stdout } = await here.detent(["run", task, "--app", "app.ts", "--json"]);
    runs.set(task, (JSON.parse(stdout) as { run: string }).run);
  }
  await here.detent(["start", "app.ts", "--until-idle"]);
  const shown = async (task: string): Promise<readonly string[]> =>
    (await here.detent(["show", runs.get(task)!])).stdout.split("\n");
  const resize = await shown("resize");
  const from = resize.findIndex((line) => line.startsWith("  outcome"));
  expect(resize.slice(from, from + 6)).toEqual([
    "  outcome   Error: no thumbnail",
    expect.stringMatching(/^ {14}at (?:async )?(?:Object\.)?run \(tasks\.ts:4:\d+\)$/),
    "            caused by RangeError: too far",
    expect.stringMatching(/^ {14}at crop \(crop\.ts:3:9\)$/),
    expect.stringMatching(/^ {14}at (?:async )?(?:Object\.)?run \(tasks\.ts:4:\d+\)$/),
    "",
  ]);
  expect(resize.at(-2)).toMatch(/ failed .* Error: no thumbnail {2}tasks\.ts:4:\d+$/);
  expect((await shown("leave")).join("\n")).toMatch(
    /outcome {3}CrashError: the task called process\.exit\(3\)\n +caused by Exit: process\.exit\(3\)\n +at (?:Object\.)?run \(tasks\.ts:6:\d+\)\n\n/,
  );
  expect((await shown("say")).join("\n")).toMatch(
    /outcome {3}InputError: emit\(""\): .*\n +at (?:Object\.)?run \(tasks\.ts:7:\d+\)\n\n/,
  );
});
