// Goal: the engine keeps its laws whatever happens to it, and a simulation sees when an app of a user's does not keep the user's. Method: plans with chaos over an app that
// has one of everything; small apps with a bug that a person may well write.
import { describe, expect, test } from "vitest";
import { any, cron, detent, event, task, trigger } from "../../src/core/index.ts";
import { played } from "../../src/core/simulation/play.ts";
import {
  fake,
  simulate,
  type FaultKind,
  type SimulateOptions,
} from "../../src/simulation/index.ts";
import { planOf } from "../../src/simulation/options.ts";
import { sabotageApp, sabotageOptions } from "../../src/simulation/sabotage-app.ts";

test("for all orders of steps and all faults: what the log owes runs, once, and ends", async () => {
  const report = await simulate(sabotageApp, { ...sabotageOptions, runs: 12, for: "2 min" });
  expect(report.violations).toEqual([]);
  expect(report).toMatchObject({ seed: 1, runs: 12, distinct: 12, unmodelled: [] });
  // It did happen.
  for (const kind of ["crash", "reply", "busy", "slow", "freeze", "clock", "hint", "worker"])
    expect(report.faults).toHaveProperty(kind);
}, 120_000);

test.each([
  "stop",
  "partition",
  "full",
  "late",
  "conflict",
  "freeze",
  "power",
  "deploy",
  "drift",
  "timer",
  "hint",
  "pool",
  "duplicate",
  "reorder",
  "burst",
] as const)(
  "for all orders of steps, and with nothing but the fault %s: the same",
  async (kind) => {
    const options = { ...sabotageOptions, faults: kind, seed: 2, runs: 6, for: "1 min" } as const;
    const { violations, faults } = await simulate(sabotageApp, options);
    expect(violations).toEqual([]);
    expect(Object.keys(faults)).toEqual([kind]);
  },
);

test("whatever happens, in the words of a user: no body beside itself, an occurrence once, a match once, a lost run of at most one attempt never again", async () => {
  const isUnique = (list: readonly unknown[]): boolean => new Set(list).size === list.length;
  const { violations } = await simulate(sabotageApp, {
    ...sabotageOptions,
    seed: 3,
    runs: 8,
    for: "1 min",
    always: {
      oneBodyARun: (s) => isUnique([...s.running("work"), ...s.running("pay")].map(({ id }) => id)),
      occurrencesOnce: (s) =>
        isUnique(s.runs().flatMap(({ trigger, input }) => (trigger === "minute" ? [input] : []))),
      matchesOnce: (s) =>
        isUnique(s.runs().flatMap(({ trigger, cause }) => (trigger === "join" ? cause : []))),
      atMostOnce: (s) =>
        s.running("pay").every(({ id }) => !s.runs().some((run) => run.id === id && run.done)),
    },
  });
  expect(violations).toEqual([]);
});

test("the same seed gives the same report, and another seed another one", async () => {
  const hash = async (seed: number): Promise<string> => {
    const options = { ...sabotageOptions, seed, runs: 2, for: "1 min" };
    return (await simulate(sabotageApp, options)).traceHash;
  };
  const first = await hash(1);
  expect(first).toMatch(/^[0-9a-f]{8}$/);
  expect(await hash(1)).toBe(first);
  expect(await hash(2)).not.toBe(first);
});

/** What happened in ten plans with one kind of fault: the names, and a line of each. */
const happened = (kind: FaultKind): ReadonlyMap<string, string> => {
  const lines = new Map<string, string>();
  for (let index = 0; index < 10; index++) {
    const plan = planOf({ ...sabotageOptions, faults: kind, seed: 4, for: "1 min" }, index);
    const { tasks, world, next } = sabotageOptions;
    const play = { app: sabotageApp, world, ...(tasks && { tasks }), ...(next && { next }) };
    const result = played(play, plan, {});
    for (const { what, point } of result.faults)
      lines.set(
        what,
        result.world.timeline().find((line) => line.includes(point) && line.includes("✗")) ?? "",
      );
  }
  return lines;
};

test.each([
  ["stop", ["stop", "stop-hard"], /is asked to stop/],
  ["drift", ["clock-slow", "clock-fast"], /the clock gains -?\d+ ms a minute/],
  ["timer", ["timer-early"], /a timer goes off \d+ ms before its time/],
  ["hint", ["hint-lost", "hint-late", "hint-burst"], /a hint (is lost|comes)/],
] as const)("a fault %s is told of in the timeline, whichever it is", (kind, names, line) => {
  const lines = happened(kind);
  expect([...lines.keys()].sort()).toEqual([...names].sort());
  for (const text of lines.values()) expect(text).toMatch(line);
});

test("a body that is told to end and returns all the same has succeeded, and its run is not done again", async () => {
  const { violations, vacuous } = await simulate(sabotageApp, {
    ...sabotageOptions,
    faults: ["stop", "worker"],
    seed: 5,
    runs: 10,
    for: "2 min",
    sometimes: {
      cancelled: (s) => s.runs().some(({ state }) => state === "cancelled"),
    },
  });
  expect({ violations, vacuous }).toEqual({ violations: [], vacuous: [] });
});

test("events come late, and all at once: an environment is played in another order", async () => {
  const note = task({ id: "note", run: (input: unknown) => input });
  const app = detent({
    tasks: [note],
    triggers: [trigger("each", { when: event("order"), run: note })],
  });
  const settings: SimulateOptions = {
    runs: 10,
    for: "2 min",
    world: (w) => w.every("3 s", (n) => w.emit("order", n)),
  };
  const inOrder: SimulateOptions["always"] = {
    inOrder: (s) => s.events("order").every(({ payload }, index) => payload === index),
  };
  const reordered = await simulate(app, {
    ...settings,
    faults: "reorder",
    always: inOrder,
  });
  expect(
    reordered.violations.map(({ law, plan }) => [law, plan.faults.map((it) => it.what)]),
  ).toEqual([["inOrder", ["occasion-late"]]]);
  const bursts = await simulate(app, {
    ...settings,
    faults: "burst",
    always: {
      apart: (s) => new Set(s.events().map(({ at }) => at)).size === s.events().length,
    },
  });
  expect(bursts.violations.map(({ law, plan }) => [law, plan.faults.map((it) => it.what)])).toEqual(
    [["apart", ["occasion-burst"]]],
  );
});

describe("when the power fails", () => {
  const settings: SimulateOptions = {
    ...sabotageOptions,
    faults: "power",
    seed: 2,
    runs: 6,
    for: "1 min",
    world: (w) => w.every("2 s", (n) => w.emit("order", n)),
    always: { noGap: (s) => s.events("order").every(({ payload }, index) => payload === index) },
  };

  test("what was acknowledged is there", async () => {
    const { violations, faults } = await simulate(sabotageApp, settings);
    expect(violations).toEqual([]);
    expect(faults.power).toBeGreaterThan(5);
  });

  test("a store that survives processes only loses some of it, and nothing of what is left is lost or doubled", async () => {
    const { violations } = await simulate(sabotageApp, { ...settings, durability: "process" });
    expect(violations.map(({ law }) => law)).toEqual(["noGap"]);
    expect(violations[0]!.plan).toMatchObject({
      durability: "process",
      faults: [{ what: "power-loss" }],
    });
  });
});

describe("when an app changes while its engines run", () => {
  const note = task({ id: "note", run: (input: unknown) => input });
  const onOrder = trigger("order", {
    when: event<number>("order"),
    run: note,
    input: (f) => f.event.payload,
  });
  const first = detent({ tasks: [note], triggers: [onOrder] });
  const settings: SimulateOptions = {
    faults: "deploy",
    runs: 10,
    for: "2 min",
    tasks: { note: fake({ takes: "2 s" }) },
    world: (w) => w.every("1 s", (n) => w.emit("order", n)),
    always: {
      everyOrder: (s) => {
        const owed = s.runs().filter((run) => run.trigger === "order");
        return owed.every(({ input }, index) => input === index);
      },
    },
  };

  test("an unchanged trigger loses nothing, whichever generations are in use at once", async () => {
    const next = detent({
      tasks: [note],
      triggers: [onOrder, trigger("also", { when: event("order"), run: note })],
    });
    const { violations, faults, vacuous } = await simulate(first, {
      ...settings,
      next,
      sometimes: { nextActed: (s) => s.runs().some(({ trigger }) => trigger === "also") },
    });
    expect({ violations, vacuous }).toEqual({ violations: [], vacuous: [] });
    expect(faults.deploy).toBeGreaterThan(10);
  });

  test("a trigger that is gone in the next version misses what comes then: found, with one deployment", async () => {
    const next = detent({ tasks: [note], triggers: [] });
    const { violations } = await simulate(first, { ...settings, next });
    expect(violations.map(({ law }) => law)).toEqual(["everyOrder"]);
    const [{ plan, timeline }] = violations as [(typeof violations)[0]];
    expect(plan.faults.map(({ what }) => what)).toEqual(["deploy", "deploy"]);
    expect(timeline.join("\n")).toContain("starts again with the other definitions");
  });

  test("a trigger with the same conditions and another filter can't be judged by the log alone", async () => {
    const filtered = (filter: (n: number) => boolean) =>
      detent({
        tasks: [note],
        triggers: [trigger("order", { when: event<number>("order", filter), run: note })],
      });
    const { violations, unmodelled } = await simulate(
      filtered((n) => n % 2 === 0),
      { ...settings, always: {}, runs: 2, next: filtered((n) => n % 3 === 0) },
    );
    expect({ violations, unmodelled }).toEqual({ violations: [], unmodelled: ["order"] });
  });
});

describe("a bug of a user's", () => {
  const bill = task({ id: "bill", run: (order: number) => order });
  const orders = (w: { every: Function; emit: Function }): void =>
    w.every("30 s", (n: number) => {
      w.emit("order", n, { id: `order-${n}` });
      w.emit("reminder", n);
    });

  test("two triggers that bill one order twice: the law's counterexample has at most 15 lines and no fault that isn't needed", async () => {
    const app = detent({
      tasks: [bill],
      triggers: [
        trigger("order", {
          when: event<number>("order"),
          run: bill,
          input: (f) => f.event.payload,
        }),
        trigger("remind", {
          when: any([event<number>("reminder"), cron("0 0 1 1 *")]),
          run: bill,
          input: (f) => (f.event?.payload as number) ?? 0,
        }),
      ],
    });
    const { violations } = await simulate(app, {
      runs: 5,
      for: "10 min",
      world: orders,
      always: {
        oneBillPerOrder: (s) => {
          const inputs = s.runs().map(({ input }) => input);
          return new Set(inputs).size === inputs.length;
        },
      },
    });
    expect(violations).toHaveLength(1);
    const [{ law, plan, timeline }] = violations as [(typeof violations)[0]];
    expect(law).toBe("oneBillPerOrder");
    expect(plan.faults).toEqual([]);
    expect(timeline.length).toBeLessThanOrEqual(15);
    expect(timeline.at(-1)).toMatch(/^▶ /);
    expect(timeline.join("\n")).toContain("owes remind~");
    // The plan alone shows it again.
    const again = await simulate(app, {
      plan,
      world: orders,
      always: { oneBillPerOrder: (s) => s.runs().length < 2 },
    });
    expect(again.violations.map((it) => it.law)).toEqual(["oneBillPerOrder"]);
  });

  test("a task that is executed twice when its engine dies: found with few faults", async () => {
    const app = detent({
      tasks: [bill],
      triggers: [
        trigger("order", {
          when: event<number>("order"),
          run: bill,
          input: (f) => f.event.payload,
        }),
      ],
    });
    const { violations } = await simulate(app, {
      runs: 40,
      for: "10 min",
      tasks: { bill: fake({ takes: "5 s" }) },
      faults: ["crash"],
      world: (w) => w.every("20 s", (n) => w.emit("order", n)),
      always: { atMostOnce: (s) => s.runs().every(({ attempt }) => attempt <= 1) },
    });
    expect(violations.map((it) => it.law)).toEqual(["atMostOnce"]);
    expect(violations[0]!.plan.faults.length).toBeLessThanOrEqual(2);
    expect(violations[0]!.plan.steps).toEqual([]);
    expect(violations[0]!.timeline.join("\n")).toContain("✗ crashes");
  });
});

describe("every order of steps of a small scope", () => {
  const work = task({ id: "work", run: (input: unknown) => input });
  const app = detent({
    tasks: [work],
    triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.payload })],
  });
  const small: SimulateOptions = {
    strategy: "exhaustive",
    engines: 2,
    for: "3 ms",
    tasks: { work: fake({ takes: "1 ms" }) },
    world: (w) => void w.emit("e", 1),
    always: { atMostOnce: (s) => s.runs().every(({ attempt }) => attempt <= 1) },
  };

  test("comes to an end, and no order comes twice", async () => {
    const { isExhausted, runs, distinct } = await simulate(app, {
      ...small,
      engines: 1,
      faults: "crash",
      world: () => undefined,
    });
    expect(isExhausted).toBe(true);
    expect(distinct).toBe(runs);
    expect(runs).toBeGreaterThan(10);
  });

  test("without crashes a run is tried once in each of them", async () => {
    const { violations, distinct } = await simulate(app, { ...small, runs: 200, crashesMax: 0 });
    expect({ violations, distinct }).toEqual({ violations: [], distinct: 200 });
  });

  test("with one crash, at whichever store call, it is tried twice in one of them", async () => {
    const { violations } = await simulate(app, { ...small, faults: "crash" });
    expect(violations.map(({ law }) => law)).toEqual(["atMostOnce"]);
    expect(violations[0]!.plan.faults).toHaveLength(1);
    expect(violations[0]!.plan.steps).toEqual([]);
  });

  test("a budget that is too small is told of", async () => {
    const { isExhausted, runs } = await simulate(app, { ...small, runs: 5, crashesMax: 0 });
    expect({ isExhausted, runs }).toEqual({ isExhausted: false, runs: 5 });
  });
});

test.each(["random", "fifo", "pct:2"] as const)(
  "steps can be chosen by %s alone",
  async (strategy) => {
    const { violations, distinct } = await simulate(sabotageApp, {
      ...sabotageOptions,
      strategy,
      faults: "none",
      for: "20 s",
      runs: 3,
    });
    expect(violations).toEqual([]);
    expect(distinct).toBe(3);
  },
);

describe("a report says", () => {
  const work = task({ id: "work", run: (input: unknown) => input });
  const app = detent({
    tasks: [work],
    triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.payload })],
  });

  test("what never happened", async () => {
    const { violations, vacuous } = await simulate(app, {
      runs: 2,
      for: "10 min",
      faults: "none",
      sometimes: {
        ran: (s) => s.running("work").length > 0,
        retried: (s) => s.runs().some(({ attempt }) => attempt > 1),
      },
    });
    expect(violations).toEqual([]);
    expect(vacuous).toEqual(["sometimes: retried never held"]);
    const silent = await simulate(app, { runs: 1, for: "1 min", world: () => undefined });
    expect(silent.vacuous).toEqual(["no run was owed in any plan; no trigger was satisfied"]);
  });

  test("the first law that broke soon: ten plans more, in which another one may", async () => {
    const { violations, runs } = await simulate(app, {
      runs: 50,
      for: "2 min",
      faults: "none",
      always: { none: (s) => s.runs().length === 0 },
    });
    expect({ laws: violations.map((it) => it.law), runs }).toEqual({ laws: ["none"], runs: 11 });
  });

  test("what did not come to hold in the end", async () => {
    const { violations } = await simulate(app, {
      runs: 1,
      for: "3 min",
      faults: "none",
      eventually: {
        done: (s) => s.runs().every(({ done }) => done),
        never: (s) => s.runs().length > 9,
      },
    });
    expect(violations.map((it) => it.law)).toEqual(["never"]);
  });

  test("that one plan went two ways, when a function keeps something", async () => {
    let count = 0;
    const kept = task({ id: "kept", run: () => count++ });
    const { violations } = await simulate(
      detent({ tasks: [kept], triggers: [trigger("t", { when: event("e"), run: kept })] }),
      { runs: 1, for: "3 min", faults: "none" },
    );
    expect(violations.map((it) => it.law)).toEqual(["deterministic"]);
    expect(violations[0]!.message).toContain("one plan went two ways");
  });

  test("how asynchronous tasks end: each is awaited once for an input", async () => {
    let calls = 0;
    const slow = task({
      id: "slow",
      run: async (n: number) => {
        calls += 1;
        await Promise.resolve();
        if (n === 1) throw new RangeError("one");
        return n * 2;
      },
    });
    const report = await simulate(
      detent({
        tasks: [slow],
        triggers: [
          trigger("t", { when: event<number>("e"), run: slow, input: (f) => f.event.payload % 3 }),
        ],
      }),
      {
        runs: 3,
        for: "3 min",
        faults: "none",
        world: (w) => w.every("10 s", (n) => w.emit("e", n)),
        sometimes: {
          doubled: (s) =>
            s
              .runs()
              .some(
                ({ outcome }) => outcome !== null && "result" in outcome && outcome.result === 4,
              ),
          failed: (s) => s.runs().some(({ state }) => state === "failed"),
        },
      },
    );
    expect(report.violations).toEqual([]);
    expect(report.vacuous).toEqual([]);
    expect(calls).toBe(3);
  });

  test.each([
    ["an option", { fro: 1 } as never, 'simulate: "fro" is no option; there are seed, runs, from'],
    ["a number of plans", { runs: 0 }, "runs is 0; give a whole number of at least 1"],
    [
      "a strategy",
      { strategy: "lifo" as never },
      'strategy: "lifo" is none; give "mixed", "random"',
    ],
    ["a next version", { next: {} as never }, "next is no app; make one with detent({ … })"],
    ["a law", { always: { a: 1 as never } }, 'always: "a" is no function of s'],
    [
      "a law that answers later",
      { always: { a: (async () => true) as never } },
      'the law "a" returned a promise; a law returns true or false, at once: leave async out',
    ],
    [
      "a law that comes to hold later",
      { eventually: { a: (async () => true) as never } },
      'the law "a" returned a promise',
    ],
    ["a kind of fault", { faults: ["crsh"] as never }, 'faults: "crsh" is no kind of fault'],
    [
      "an interval",
      { world: (w: any) => w.every(["2 s", "1 s"], () => 1) },
      "every: the interval goes from 2000 ms to 1000 ms; least first",
    ],
  ])("what can't be: %s", async (_, options, message) => {
    await expect(simulate(app, options)).rejects.toThrow(message);
  });
});
