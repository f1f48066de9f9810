// Goal: the engine keeps its laws whatever happens to it. Method: plans with chaos over an app that has one of everything.
import { expect, test } from "vitest";
import { detent, event, task, trigger } from "../../src/core/index.ts";
import { played } from "../../src/core/simulation/play.ts";
import { simulate, type FaultKind, type SimulateOptions } from "../../src/simulation/index.ts";
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
