// Goal: a task's options do what they say, and what can't be meant is a fault of the definition. Method: definitions and steps alone where those decide; else the real
// engine over the memory store, a pretending executor and virtual time.
import { describe, expect, test } from "vitest";
import { DefinitionError, detent, event, status, task, trigger } from "../../src/core/index.ts";
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
  [
    { expireAfter: "soon" },
    [
      'expireAfter: "soon" is no duration; give milliseconds as a number, or text such as "250 ms", "90 s", "1.5 h" or "2 days"',
    ],
  ],
  [{ expireAfter: 0 }, ["expireAfter is 0; give at least 1 ms, or leave it out"]],
  [{ timeout: "0 s" }, ["timeout is 0; give at least 1 ms, or leave it out"]],
  [
    { retry: { attempts: 2, first: "2 s", max: 1_999 } },
    ['retry.max, 1999, is shorter than retry.first, "2 s"; give both so that it is not'],
  ],
  [
    { retry: { attempts: 2, first: "6 min" } },
    ['retry.max, "5 min", is shorter than retry.first, "6 min"; give both so that it is not'],
  ],
  [
    { retry: { attempts: 2, max: "999 ms" } },
    ['retry.max, "999 ms", is shorter than retry.first, "1 s"; give both so that it is not'],
  ],
  [{ concurrency: 3 }, ["concurrency is 3; give { limit } or { limit, key }"]],
  [{ concurrency: {} }, ["concurrency.limit is undefined; give a whole number of at least 1"]],
  [
    { concurrency: { limit: 0.5, key: "path", max: 1 } },
    [
      "concurrency.max is no option; there are limit, key",
      "concurrency.limit is 0.5; give a whole number of at least 1",
      'concurrency.key is "path"; give a function of the input',
    ],
  ],
])("%j has its faults, each with its mend", (settings, faults) => {
  expect(faultsOf(settings)).toEqual(faults.map((fault) => `Task "work": ${fault}`));
});

test("each option may be left out or given what it takes", () => {
  expect(
    faultsOf({
      crashesMax: 1,
      expireAfter: 1,
      timeout: 1,
      retry: { attempts: 2, first: "2 s", max: 2_000 },
      concurrency: { limit: 1, key: ({ user }: never) => user },
    }),
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

  test("a key may have 500 characters", () => {
    const router = new Router(app);
    router.route({ signals: [new Log().event("e", { user: "x".repeat(500) })] });
    expect(router.runs.map(({ concurrencyKey }) => concurrencyKey?.length)).toEqual([500]);
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

describe("expireAfter", () => {
  const fresh = task({
    id: "fresh",
    expireAfter: "1.3 s",
    retry: { attempts: 3, first: "5 s", jitter: 0 },
    run: () => 1,
  });
  const slow = task({ id: "slow", run: () => 1 });
  const app = {
    tasks: [fresh, slow],
    triggers: [
      trigger("fresh", { when: event("f"), run: fresh, input: null }),
      trigger("slow", { when: event("s"), run: slow, input: null }),
      trigger("heard", { when: status(fresh, "expired"), run: slow, input: null }),
    ],
  };
  const takes = (takesMillis: number) => () => ({
    takesMillis,
    outcome: { _tag: "Succeeded", result: null } as const,
  });
  const ends = (world: World) =>
    world
      .runs()
      .map(({ task: of, state, attempt, settledAt }) => [
        of,
        state,
        attempt,
        (settledAt ?? NaN) - start,
      ]);

  test("a run that has not begun by then ends as expired at that instant, though no slot is free, and its status is heard", () => {
    const world = new World();
    const { executor } = world.engine(app, "a", { slots: 1, pretend: takes(10_000) });
    world.emit("s");
    world.pass(10);
    world.emit("f");
    world.pass(20_000);
    expect(ends(world)).toEqual([
      ["slow", "succeeded", 1, 10_000],
      ["fresh", "expired", 0, 1_310],
      ["slow", "succeeded", 1, 20_000],
    ]);
    expect(executor.started.length).toBe(2);
    expect(world.runs()[1]?.outcome).toEqual({
      error: {
        name: "ExpiredError",
        message:
          "its first attempt had not begun within its task's expireAfter, by 2001-09-09T01:46:41.310Z",
      },
    });
    expect(world.notes.filter(({ _tag }) => _tag === "Expired")).toHaveLength(1);
  });

  test("one that has begun does not expire, however long its attempts and the delays between them take, nor when its engine died", () => {
    const world = new World();
    world.engine(app, "a", {
      pretend: ({ attempt }) => ({
        takesMillis: 3_000,
        outcome:
          attempt === 1
            ? { _tag: "Failed", error: { name: "Error", message: "no" } }
            : { _tag: "Succeeded", result: null },
      }),
    });
    world.emit("f", null, "retried");
    world.pass(7_900);
    world.emit("f", null, "lost");
    world.pass(200);
    world.store.kill("a");
    world.engine(app, "b", { pretend: takes(100) });
    world.pass(60_000);
    expect(world.runs().map(({ state, attempt, losses }) => [state, attempt, losses])).toEqual([
      ["succeeded", 3, 1],
      ["succeeded", 2, 1],
    ]);
  });

  test("what expired while no engine ran is ended by the next one, and never begun; so is what an event of then owes", () => {
    const world = new World();
    const { engine } = world.engine(app, "a", { slots: 1, pretend: takes(500) });
    world.emit("s");
    world.emit("f", null, "owed");
    world.run(engine.drain);
    world.pass(600);
    world.emit("f", null, "emitted");
    world.pass(5_000);
    const { executor } = world.engine(app, "b", { pretend: takes(100) });
    world.pass(1_000);
    expect(
      world
        .runs()
        .filter((run) => run.task === "fresh")
        .map(({ state }) => state),
    ).toEqual(["expired", "expired"]);
    expect(executor.started.filter((order) => order.task === "fresh")).toEqual([]);
  });

  test("runs expire whose task has no expireAfter any more", () => {
    const world = new World();
    const first = world.engine(app, "a", { slots: 1, pretend: takes(500) });
    world.emit("s");
    world.emit("f");
    world.run(first.engine.drain);
    world.pass(5_000);
    const { expireAfter: _, ...lasting } = fresh;
    world.engine({ ...app, tasks: [lasting, slow] }, "b", { slots: 1 });
    world.pass(1_000);
    expect(world.runs()[1]).toMatchObject({ task: "fresh", state: "expired" });
  });
});
