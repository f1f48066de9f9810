/**
 * Goal: what the command line promises to people and scripts: shapes of JSON, exit codes, one line for a mistake.
 * Method: the bundle of the sources, run as a process in folders of their own. Long waits are for lines of output, never for time.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleCli, ended, lineWith, newPlace, type Place } from "../support/cli.ts";

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

const slow = `
import { detent, task } from "detent";
export const nap = task({ id: "nap", run: (input: { millis: number }, ctx) => {
  ctx.log("asleep");
  const until = Date.now() + input.millis;
  while (Date.now() < until) ctx.progress(0.5);
} });`;

test.concurrent("SIGTERM waits for what runs, and exits 0", async () => {
  const here = place();
  here.write("tasks.ts", slow);
  here.write(
    "app.ts",
    `import { detent } from "detent";
     export default detent({ tasks: [new URL("./tasks.ts", import.meta.url)] });`,
  );
  await here.detent(["run", "nap", '{"millis":700}', "--app", "app.ts"]);
  const child = here.start(["start", "app.ts"]);
  const end = ended(child);
  await lineWith(child, "asleep");
  child.kill("SIGTERM");
  const { code, stdout } = await end;
  expect(code).toBe(0);
  expect(stdout).toMatch(/SIGTERM: waiting[\s\S]*succeeded {2}nap/);
});

test.concurrent("a second signal ends it at once, and exits 1", async () => {
  const here = place();
  here.write("tasks.ts", slow);
  here.write(
    "app.ts",
    `import { detent } from "detent";
     export default detent({ tasks: [new URL("./tasks.ts", import.meta.url)] });`,
  );
  await here.detent(["run", "nap", '{"millis":20000}']);
  const child = here.start(["start", "app.ts"]);
  const end = ended(child);
  await lineWith(child, "asleep");
  child.kill("SIGINT");
  await lineWith(child, "SIGINT: waiting");
  child.kill("SIGINT");
  expect(await end).toMatchObject({ code: 1 });
  expect(existsSync(join(here.folder, "detent.db"))).toBe(true);
});

test.concurrent("pause, resume, backfill and rewind are stored whether or not an engine runs; triggers shows what is paused", async () => {
  const here = place();
  here.write(
    "app.ts",
    `import { cron, detent, event, task, trigger } from "detent";
     const log = task({ id: "log", run: (input: unknown, ctx) => ctx.log(String(input)) });
     export default detent({ tasks: [log], triggers: [
       trigger("y", { when: cron("0 0 1 1 *"), run: log, input: "y" }),
       trigger("a", { when: event("e"), run: log, input: "a" }),
       trigger("b", { when: event("e"), run: log, input: "b" }) ] });`,
  );
  const told = async (args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await here.detent([...args, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  };
  const pause = ["pause", "a", "--until", "2100-01-01T00:00Z", "--id", "p", "--app", "app.ts"];
  const command = { command: "p", trigger: "a", until: "2100-01-01T00:00:00.000Z" };
  expect(await told(pause)).toEqual({ ...command, status: "accepted" });
  expect(await told(pause)).toEqual({ ...command, status: "duplicate" });
  await told(["emit", "e"]);
  expect(await told(["start", "app.ts", "--until-idle"])).toMatchObject({
    store: { runs: { succeeded: 1 }, skips: 1 },
  });
  expect(await told(["triggers", "app.ts"])).toMatchObject({
    triggers: [
      { id: "y", paused: null },
      { id: "a", paused: { until: "2100-01-01T00:00:00.000Z" } },
      { id: "b", paused: null },
    ],
  });
  expect(await here.detent(["pause", "c"])).toMatchObject({
    code: 2,
    stderr: 'detent: there is no trigger "c"; the app has "y", "a", "b"\n',
  });
  const range = { from: "2019-01-01T00:00:00.000Z", to: "2021-01-01T00:00:00.000Z" };
  expect(await told(["backfill", "y", "--from", range.from, "--to", range.to])).toMatchObject({
    status: "accepted",
    trigger: "y",
    count: 3,
    ...range,
  });
  const make = ["schedule", "m", "--task", "log", "--cron", "0 0 1 1 *", "--tz", "Asia/Tokyo"];
  expect(await told(make)).toMatchObject({ status: "accepted", trigger: "m", task: "log" });
  expect(await told(["rewind"])).toMatchObject({ status: "accepted", to: expect.any(String) });
  expect(await told(["resume", "a"])).toMatchObject({ status: "accepted", trigger: "a" });
  expect(await told(["start", "app.ts", "--until-idle"])).toMatchObject({
    store: { runs: { succeeded: 4 } },
  });
  expect(await told(["triggers", "app.ts"])).toMatchObject({
    triggers: [
      ...["y", "a", "b"].map((id) => ({ id, made: false, paused: null })),
      { id: "m", task: "log", made: true, when: 'cron("0 0 1 1 *", Asia/Tokyo)' },
    ],
  });
  const asked = ["next", "m", "--app", "app.ts", "--from", "2030-01-01T00:00Z", "--count", "1"];
  expect(await told(asked)).toMatchObject({ occurrences: ["2030-12-31T15:00:00.000Z"] });
  expect(await told(["unschedule", "m"])).toMatchObject({ status: "accepted", trigger: "m" });
});

test.concurrent("cancel ends a run that waits, retry runs it again; what is over, not over or not there is told", async () => {
  const here = place();
  here.write(
    "app.ts",
    `import { detent, task } from "detent";
     const log = task({ id: "log", run: (input: unknown, ctx) => ctx.idempotencyKey });
     export default detent({ tasks: [log] });`,
  );
  const told = async (args: readonly string[]): Promise<any> => {
    const { code, stdout, stderr } = await here.detent([...args, "--json"]);
    return { code, stderr, ...JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") };
  };
  const { run } = await told(["run", "log", "7"]);
  expect(await told(["cancel", run])).toMatchObject({
    code: 2,
    error: {
      name: "InputError",
      message: `there is no run "${run}" in sqlite:detent.db; "detent runs" lists them, and one that was asked for becomes a run when an engine comes to it`,
    },
  });
  await told(["pause", "--task", "log", "--app", "app.ts"]);
  const child = here.start(["start", "app.ts", "--json"]);
  const end = ended(child);
  await lineWith(child, '"note":"owed"');
  child.kill("SIGTERM");
  await end;
  expect(await told(["retry", run])).toMatchObject({ code: 1, error: { name: "RefusedError" } });
  expect(await told(["cancel", run])).toEqual({ code: 0, stderr: "", run, status: "cancelled" });
  expect(await here.detent(["cancel", run])).toMatchObject({
    code: 1,
    stderr: `detent: run ${run} is over already\n`,
  });
  const again = await told(["retry", run, "--id", "again"]);
  expect(again).toMatchObject({ code: 0, status: "accepted", of: run });
  await told(["resume", "--task", "log"]);
  await told(["start", "app.ts", "--until-idle"]);
  expect(await told(["show", again.run])).toMatchObject({
    state: "succeeded",
    input: 7,
    outcome: { result: run },
    cause: ["again"],
  });
});

describe("simulate", () => {
  const app = `import { detent, event, task, trigger } from "detent";
    let count = 0;
    const work = task({ id: "work", run: (n) => { console.log("noise"); return n; } });
    const odd = task({ id: "odd", run: () => count++ });
    export default detent({ tasks: [work, odd], triggers: [
      trigger("t", { when: event("e"), run: process.env.ODD ? odd : work }),
    ] });`;
  const plans = ["--runs", "2", "--for", "5 min", "--seed", "4"];

  test("tells scripts what it found, and that nothing was is exit code 0", async () => {
    const here = place();
    here.write("app.js", app);
    const { code, stdout, stderr } = await here.detent(["simulate", "app.js", ...plans, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      seed: 4,
      runs: 2,
      distinct: 2,
      violations: [],
      vacuous: [],
      traceHash: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    const again = await here.detent(["simulate", "app.js", ...plans, "--json"]);
    expect(again.stdout).toBe(stdout);
  });

  test("has an exit code for each kind of answer", async () => {
    const here = place();
    here.write("app.js", app);
    const calm = ["simulate", "app.js", ...plans, "--faults", "none"];
    const odd = await here.detent(calm, { env: { ODD: "1" } });
    expect(odd.code).toBe(4);
    expect(odd.stdout).toContain("✗ deterministic: one plan went two ways");
    here.write(
      "silent.js",
      `import { detent } from "detent"; export default detent({ tasks: [] });`,
    );
    const silent = await here.detent(["simulate", "silent.js", "--runs", "1", "--json"]);
    expect(silent.code).toBe(3);
    expect(JSON.parse(silent.stdout).vacuous).toEqual([
      "no run was owed in any plan; no trigger was satisfied",
    ]);
    const wrong = await here.detent(["simulate", "app.js", "--faults", "crsh"]);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('faults: "crsh" is no kind of fault'),
    });
    expect(await here.detent(["simulate"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("APP is missing"),
    });
    expect(await here.detent(["simulate", "app.js", "--sabotage"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("leave app.js out"),
    });
  });

  test("tries its own oracle: a mutant that lives through its plans is exit code 1", async () => {
    const little = ["--runs", "1", "--for", "10 s"];
    const { code, stdout } = await place().detent(["simulate", "--sabotage", ...little]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/events-collapse +1 {2}no-lost-run\n +several firings/);
    expect(stdout).toMatch(/\d of \d+ mutants live: .*loser-clears/);
    expect(stdout).toContain("the engine itself keeps all laws in the same 1 plans");
  });

  test("does not run what modules export unless it is asked to", async () => {
    const here = place();
    here.write(
      "tasks.js",
      `import { writeFileSync } from "node:fs";
       import { task } from "detent";
       export const pay = task({ id: "pay", run: () => writeFileSync("paid", "") });`,
    );
    here.write(
      "app.js",
      `import { detent, event, trigger } from "detent";
       export default detent({ tasks: [new URL("./tasks.js", import.meta.url)],
         triggers: [trigger("t", { when: event("e"), run: "pay" })] });`,
    );
    expect((await here.detent(["simulate", "app.js", ...plans])).code).toBe(0);
    expect(existsSync(join(here.folder, "paid"))).toBe(false);
    expect((await here.detent(["simulate", "app.js", ...plans, "--bodies", "own"])).code).toBe(0);
    expect(existsSync(join(here.folder, "paid"))).toBe(true);
  });
});
