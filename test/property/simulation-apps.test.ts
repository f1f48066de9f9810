// Goal: a simulation sees when an app of a user's does not keep the user's laws, and whatever may happen to one. Method: small apps, some with a bug that a person may well write;
// plans with chaos, or every order of steps.
import { describe, expect, test } from "vitest";
import { any, cron, detent, event, task, trigger } from "../../src/core/index.ts";
import { fake, simulate, type SimulateOptions } from "../../src/simulation/index.ts";
import { sabotageApp, sabotageOptions } from "../../src/simulation/sabotage-app.ts";

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
