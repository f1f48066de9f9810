// Goal: a world is what its user is told it is: the production engine, in time that only its caller moves. Method: small apps by hand.
import { describe, expect, test } from "vitest";
import { detent, task, type TaskContext } from "../../src/core/index.ts";
import { AsyncTaskError, fake, world } from "../../src/simulation/index.ts";
import { from, start, slow, app, tasks } from "../support/world-app.ts";

test("an event is stored at once, becomes a run in its own time, and again with the same id changes nothing", () => {
  const w = world(app, { from, tasks });
  expect(w.emit("e", 7, { id: "x" })).toEqual({ event: "x", status: "accepted" });
  expect(w.emit("e", 7, { id: "x" })).toEqual({ event: "x", status: "duplicate" });
  expect(w.emit("e", 8, { id: "x" })).toEqual({ event: "x", status: "duplicate", differs: true });
  expect(w.runs()).toEqual([]);
  w.runToIdle();
  expect(w.runs()).toMatchObject([
    {
      trigger: "each",
      task: "work",
      state: "succeeded",
      attempt: 1,
      dueAt: start,
      input: 7,
      outcome: { result: 7 },
      cause: ["x"],
      done: true,
    },
  ]);
  expect(w.events()).toEqual([{ id: "x", name: "e", payload: 7, at: start }]);
  // The task's own function takes 10 ms.
  expect(w.now()).toBe(start + 10);
});

test("time moves only when it is told to, and occurrences come due in it", () => {
  const w = world(app, { from, tasks });
  w.advance("59 s");
  expect(w.runs()).toEqual([]);
  w.advance("1 s");
  expect(w.now()).toBe(start + 60_000);
  expect(w.runs().map(({ trigger, dueAt }) => [trigger, dueAt])).toEqual([
    ["minute", start + 60_000],
  ]);
  w.advance("1 h");
  expect(w.runs()).toHaveLength(61);
});

test("a fake takes its time, fails its share and returns what it is given", () => {
  const failing = fake({ takes: ["1 s", "2 s"], fails: 0.5, returns: "done" });
  const w = world(app, { from, seed: 4, tasks: { slow: failing } });
  for (let count = 0; count < 20; count++) w.emit("s", count);
  w.advance("50 s");
  const runs = w.runs();
  expect(runs).toHaveLength(20);
  expect(runs.every(({ done }) => done)).toBe(true);
  const attempts = new Set(runs.map(({ attempt }) => attempt));
  expect(attempts).toEqual(new Set([1, 2, 3]));
  for (const { outcome, startedAt, settledAt } of runs.filter((it) => it.state === "succeeded")) {
    expect(outcome).toEqual({ result: "done" });
    expect(settledAt! - startedAt!).toBeGreaterThanOrEqual(1_000);
    expect(settledAt! - startedAt!).toBeLessThanOrEqual(2_200);
  }
  expect(runs.some(({ state }) => state === "failed")).toBe(true);
});

test("a body that logs at a level that there is not fails, as it does on every executor", () => {
  const returns = (_: unknown, { log }: TaskContext): unknown => log("a", "notice" as never);
  const w = world(app, { from, tasks: { slow: fake({ returns }) } });
  w.emit("s", 1);
  w.runToIdle();
  expect(w.runs()[0]?.outcome).toEqual({
    error: {
      name: "TypeError",
      message: 'ctx.log: the level is "notice"; give debug, info, warn or error',
    },
  });
});

test("a join waits, shows what waits, and why says what came together", () => {
  const w = world(app, { from, tasks });
  w.emit("s", 21, { id: "s1" });
  w.advance("31 s");
  const [slowRun] = w.runs();
  expect(w.waiting()).toEqual([
    {
      trigger: "join",
      leaf: "all.0",
      key: "",
      signal: `result:${slowRun!.id}:1:succeeded`,
      at: start + 30_000,
    },
  ]);
  w.emit("approved", 1, { id: "yes" });
  w.runToIdle();
  const join = w.runs().find(({ trigger }) => trigger === "join")!;
  expect(join.input).toEqual([42, 1]);
  expect(w.why(join.id)).toMatchObject({
    run: join.id,
    trigger: "join",
    because: [
      {
        what: "slow succeeded",
        of: { run: slowRun!.id, because: [{ signal: "s1", what: "event s" }] },
      },
      { signal: "yes", what: "event approved", at: start + 31_000, of: null },
    ],
  });
});

test("a run can be asked for and cancelled", () => {
  const w = world(app, { from, tasks });
  const run = w.run(slow, 5);
  w.advance("1 s");
  expect(w.cancel(run)).toBe("requested");
  w.advance("5 s");
  expect(w.runs()).toMatchObject([{ id: run, trigger: "@slow", state: "cancelled", input: 5 }]);
  expect(() => w.run("slwo")).toThrow('run: no task "slwo" is defined');
});

describe("the same seed", () => {
  const lived = (seed: number, faults: "none" | "chaos"): string => {
    const w = world(app, { from, seed, engines: 3, faults, tasks });
    for (let count = 0; count < 10; count++) {
      w.emit("s", count);
      w.advance("10 s");
    }
    return `${w.traceHash()} ${w.runs().length}`;
  };

  test("gives the same world, and another seed another order of steps", () => {
    const seeds = Array.from({ length: 20 }, (_, index) => index);
    for (const faults of ["none", "chaos"] as const) {
      const traces = seeds.map((seed) => lived(seed, faults));
      expect(seeds.map((seed) => lived(seed, faults))).toEqual(traces);
      expect(new Set(traces).size).toBe(20);
    }
  });

  test("lets a fork be what the world was, and then go its own way", () => {
    const w = world(app, { from, engines: 2, tasks });
    w.emit("s", 1);
    w.advance("10 s");
    const other = w.fork();
    expect(other.traceHash()).toBe(w.traceHash());
    other.crash(0);
    other.crash(1);
    w.advance("1 min");
    other.advance("1 min");
    expect(w.runs().at(0)).toMatchObject({ state: "succeeded" });
    expect(other.runs().at(0)).toMatchObject({ state: "running" });
  });
});

describe("what can't be is told in one line", () => {
  const later = task({ id: "later", run: async (input: unknown) => input });
  const hidden = task({ id: "hidden", run: (input: unknown) => Promise.resolve(input) });

  test("a task that is asynchronous and has no fake", () => {
    expect(() => world(detent({ tasks: [later] }))).toThrow(AsyncTaskError);
    expect(() => world(detent({ tasks: [later] }))).toThrow(
      'task "later" is asynchronous, and a world has no real time to wait for it: give it a fake, such as tasks: { "later": fake({ takes: "2 s" }) }',
    );
    expect(() => world(detent({ tasks: [later] }), { tasks: { later: fake() } })).not.toThrow();
  });

  test("a task that turns out to be asynchronous; then the world is over", () => {
    const w = world(detent({ tasks: [hidden] }));
    w.run("hidden");
    expect(() => w.runToIdle()).toThrow(AsyncTaskError);
    expect(() => w.advance(1)).toThrow(AsyncTaskError);
  });

  test.each([
    [
      "an engine that isn't there",
      () => world(app, { tasks }).crash(1),
      "there is no engine 1; they count from 0, and there are 1",
    ],
    ["a seed", () => world(app, { seed: -1 }), "seed is -1; give a whole number of at least 0"],
    [
      "a number of engines",
      () => world(app, { engines: 0 }),
      "engines is 0; give a whole number from 1 to 1000",
    ],
    [
      "a durability",
      () => world(app, { durability: "disk" as never }),
      'durability is "disk"; give "power" or "process"',
    ],
    [
      "a fault",
      () => world(app, { faults: "crsh" as never }),
      'faults: "crsh" is no kind of fault; did you mean "crash"?',
    ],
    [
      "a fake of nobody",
      () => world(app, { tasks: { wrk: fake() } }),
      'tasks: no task "wrk" is defined; there are work, slow',
    ],
    [
      "a fake that is none",
      () => world(app, { tasks: { work: {} as never } }),
      'tasks: what stands for "work" is not made by fake({ … })',
    ],
    [
      "how long a fake takes",
      () => fake({ takes: ["2 s", "1 s"] }),
      "fake: takes goes from 2000 ms down to 1000 ms; least first",
    ],
    [
      "an option of a fake",
      () => fake({ takse: 1 } as never),
      'fake: "takse" is no option; there are takes, fails and returns',
    ],
    [
      "what a fake returns",
      () => fake({ returns: 1n as never }),
      "fake: returns is a bigint, which is not JSON",
    ],
    [
      "modules",
      () => world(detent({ tasks: ["file:///tasks.ts"] })),
      "the app names its tasks by modules, which a world can't import while it stands still: give it `await loaded(app)`",
    ],
    [
      "a strategy",
      () => world(app, { strategy: "lifo" as never }),
      'strategy: "lifo" is none; give "random", "fifo" or "pct:3"',
    ],
    [
      "an option",
      () => world(app, { tasks, engine: 2 } as never),
      'world: "engine" is no option; did you mean "engines"?',
    ],
    [
      "an option of emit",
      () => world(app, { tasks }).emit("e", 1, { idd: "1" } as never),
      'emit: "idd" is no option; did you mean "id"?',
    ],
    [
      "a payload",
      () => world(app, { tasks }).emit("e", () => 1),
      "payload is a function, which is not JSON",
    ],
    ["a run that isn't there", () => world(app, { tasks }).why("x"), 'why: there is no run "x"'],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});
