// Goal: a task's options do what they say, and what can't be meant is a fault of the definition. Method: definitions and steps alone where those decide; else the real
// engine over the memory store, a pretending executor and virtual time.
import { describe, expect, test } from "vitest";
import { DefinitionError, detent, event, task, trigger } from "../../src/core/index.ts";
import { Log, Router } from "../support/deciding.ts";
import { start, World } from "../support/engine-world.ts";

const faultsOf = (settings: object): readonly string[] => {
  try {
    detent({ tasks: [task({ id: "work", run: () => 1, ...settings })] });
  } catch (error) {
    if (error instanceof DefinitionError) return error.faults;
    throw error;
  }
  return [];
};

test.each([
  [{ crashesMax: 0 }, ["crashesMax is 0; give a whole number of at least 1"]],
  [{ concurrency: 3 }, ["concurrency is 3; give { limit } or { limit, key }"]],
  [{ concurrency: {} }, ["concurrency.limit is undefined; give a whole number of at least 1"]],
  [
    { concurrency: { limit: 0.5, key: "path", max: 1 } },
    [
      "concurrency.max is no option; there are limit and key",
      "concurrency.limit is 0.5; give a whole number of at least 1",
      'concurrency.key is "path"; give a function of the input',
    ],
  ],
])("%j has its faults, each with its mend", (settings, faults) => {
  expect(faultsOf(settings)).toEqual(faults.map((fault) => `Task "work": ${fault}`));
});

test("each option may be left out or given what it takes", () => {
  expect(
    faultsOf({ crashesMax: 1, concurrency: { limit: 1, key: ({ user }: never) => user } }),
  ).toEqual([]);
});

describe("concurrency", () => {
  const keyOf = (input: unknown): string => (input as { user: string }).user;
  const limited = task({ id: "limited", concurrency: { limit: 2, key: keyOf }, run: keyOf });
  const single = task({ id: "single", concurrency: { limit: 1 }, run: () => 1 });
  const app = {
    tasks: [limited, single],
    triggers: [
      trigger("limited", { when: event("e"), run: limited, input: (f) => f.event.payload }),
      trigger("single", { when: event("s"), run: single, input: null }),
    ],
  };

  test("the key is made of the input when the run is owed; a task without a key has one for all its runs", () => {
    const router = new Router(app);
    const log = new Log();
    log.event("e", { user: "ann" });
    log.event("s");
    router.route({ signals: log.signals });
    expect(router.runs.map(({ concurrencyKey }) => concurrencyKey)).toEqual(["ann", ""]);
  });

  test.each([
    ["throws", () => keyOf(null), /^TypeError: Cannot read properties of null/],
    [
      "is no text",
      () => 7,
      "TypeError: concurrency.key returned number; give text of at most 500 characters",
    ],
    [
      "is too long",
      () => "x".repeat(501),
      "TypeError: concurrency.key returned 501 characters; give text of at most 500 characters",
    ],
    [
      "comes later",
      () => Promise.reject(new Error("late")),
      "TypeError: concurrency.key returned a promise; give text of at most 500 characters",
    ],
  ])("a firing whose key %s is a skip", (_, key, detail) => {
    const router = new Router({
      tasks: [{ ...limited, concurrency: { limit: 1, key: key as never } }],
      triggers: [trigger("t", { when: event("e"), run: "limited", input: 1 })],
    });
    const log = new Log();
    log.event("e");
    router.route({ signals: log.signals });
    expect(router.runs).toEqual([]);
    expect(router.skips).toMatchObject([{ reason: "input-failed", signal: "e-1" }]);
    expect(router.skips[0]?.detail).toMatch(detail);
  });

  test("no more runs of a key go on at once than its limit, over all engines, and each goes on as soon as one before it is over", () => {
    const world = new World();
    const engines = ["a", "b"].map((id) => world.engine(app, id, { slots: 2 }));
    for (let n = 0; n < 5; n++) world.emit("e", { user: "ann" }, `ann-${n}`);
    world.emit("e", { user: "bob" }, "bob");
    const going: number[] = [];
    for (let tick = 0; tick < 30; tick++) {
      world.pass(10);
      going.push(
        world.runs().filter((run) => run.state === "running" && run.concurrencyKey === "ann")
          .length,
      );
    }
    expect(Math.max(...going)).toBe(2);
    // Three rounds of 100 ms, with nothing between them: whoever waits is told.
    const ends = world.runs().map(({ settledAt }) => (settledAt ?? Infinity) - start);
    expect(ends).toEqual([100, 100, 200, 200, 300, 100]);
    expect(engines.every(({ executor }) => executor.started.length > 0)).toBe(true);
  });

  test("an engine that was told that nothing is due is told when another's run is over", () => {
    const world = new World();
    const holder = world.engine(app, "a", { slots: 1 });
    world.emit("s", null, "first");
    world.pass(10);
    const waiter = world.engine(app, "b", { slots: 1 });
    world.emit("s", null, "second");
    world.pass(10);
    expect([holder.executor.started.length, waiter.executor.started.length]).toEqual([1, 0]);
    world.run(holder.engine.drain);
    world.pass(90);
    expect(waiter.executor.started.length).toBe(1);
  });
});
