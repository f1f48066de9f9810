// Goal: what once lost, doubled or stopped a run does not come back. Each test is one fault that a reading of the engine found. Method: as in engine.test.ts.
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import {
  all,
  any,
  at,
  cron,
  event,
  every,
  memoryStore,
  StoreError,
  task,
  trigger,
  type AppDefinition,
  type StorePort,
} from "../../src/core/index.ts";
import { emitTo, runTo } from "../../src/runtime/emit.ts";
import { hour, Log, Router } from "../support/deciding.ts";
import { start, World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const app: AppDefinition = {
  tasks: [work],
  triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.payload })],
};
const states = (world: World): string[] => world.runs().map(({ state }) => state);

describe("the loop outlives", () => {
  test("a watcher that throws", () => {
    const world = new World();
    world.notes.push = () => {
      throw new Error("watcher");
    };
    world.engine(app, "a");
    world.emit("e");
    world.pass(1_000);
    expect(states(world)).toEqual(["succeeded"]);
  });

  test("a predicate that throws something that can't be read", () => {
    const world = new World();
    const poison = {
      get name(): string {
        throw new Error("no");
      },
    };
    world.engine(
      {
        tasks: [work],
        triggers: [
          ...app.triggers!,
          trigger("bad", {
            when: event("e", () => {
              throw poison;
            }),
            run: work,
            input: null,
          }),
        ],
      },
      "a",
    );
    world.emit("e");
    world.pass(1_000);
    expect(states(world)).toEqual(["succeeded"]);
    expect(world.skips().map(({ reason, detail }) => [reason, detail])).toEqual([
      ["filtered-by-error", "Error: threw something that can't be read"],
    ]);
  });

  test("and idle tells those who wait when it stops first", () => {
    const world = new World();
    const { engine } = world.engine(app, "a", {
      pretend: () => ({ takesMillis: 10_000, outcome: { _tag: "Succeeded", result: null } }),
    });
    world.emit("e");
    world.pass(10);
    let told: unknown;
    world.time.fork(Effect.map(Effect.exit(engine.idle), (exit) => void (told = exit._tag)));
    world.run(engine.drain);
    world.run(engine.cutOff);
    world.pass(1_000);
    expect(told).toBe("Failure");
    expect(world.run(Effect.exit(engine.idle))._tag).toBe("Failure");
  });
});

test("an engine that can't activate its definitions leaves the store, and bars no other from it", () => {
  const world = new World();
  const store: StorePort = {
    ...world.store,
    commit: () => Effect.fail(new StoreError({ operation: "commit", message: "disk full" })),
  };
  world.engine(app, "a", { store });
  const owners = world.run(world.store.list("owner", { limit: 10 })).rows;
  expect(owners.map(({ id, closedAt }) => [id, closedAt !== null])).toEqual([["a", true]]);
});

describe("no claim is forgotten", () => {
  const failing = (
    world: World,
    failOn: (operation: "commit" | "claim") => boolean,
  ): StorePort => ({
    ...world.store,
    commit: (batch) =>
      Effect.suspend(() =>
        failOn("commit") && batch.attempts?.length === 1
          ? Effect.fail(new StoreError({ operation: "commit", message: "busy" }))
          : world.store.commit(batch),
      ),
    // The reply is lost after the claim was granted.
    claim: (request) =>
      Effect.flatMap(world.store.claim(request), (reply) =>
        failOn("claim")
          ? Effect.fail(new StoreError({ operation: "claim", message: "lost" }))
          : Effect.succeed(reply),
      ),
  });

  test("when its reply is lost", () => {
    const world = new World();
    let lost = 0;
    world.engine(app, "a", {
      store: failing(world, (operation) => operation === "claim" && lost++ === 1),
    });
    world.emit("e");
    world.pass(10_000);
    expect(lost).toBeGreaterThan(1);
    expect(states(world)).toEqual(["succeeded"]);
    expect(world.runs()[0]?.attempt).toBe(1);
  });

  test("when a settle beside it fails", () => {
    const world = new World();
    let fails = 3;
    world.engine(app, "a", {
      slots: 2,
      store: failing(world, (operation) => operation === "commit" && fails-- > 0),
    });
    for (let count = 0; count < 6; count++) world.emit("e", count, `e${count}`);
    world.pass(20_000);
    expect(states(world)).toEqual(Array(6).fill("succeeded"));
  });
});

test("an emitter that never pauses does not keep runs from being claimed", () => {
  const world = new World();
  const slow = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.andThen(Effect.sleep(2), effect);
  const store: StorePort = {
    ...world.store,
    read: (request) => slow(world.store.read(request)),
    commit: (batch) => slow(world.store.commit(batch)),
    claim: (request) => slow(world.store.claim(request)),
  };
  const { executor } = world.engine(app, "a", { store, slots: 1_000 });
  for (let count = 0; count < 1_000; count++) {
    world.emit("e", count, `e${count}`);
    world.pass(2);
  }
  expect(executor.started.length).toBeGreaterThan(500);
});

test("what a claim was granted that reached the store after its engine had given it up goes back", () => {
  const world = new World();
  world.engine(app, "a", { slots: 0 });
  world.emit("e");
  world.pass(1_000);
  world.run(world.store.claim({ owner: "a", nonce: "a/0", tasks: ["work"], limit: 1 }));
  expect(states(world)).toEqual(["claimed"]);
  world.pass(150_000);
  expect(world.runs()).toMatchObject([{ state: "pending", attempt: 0, owner: null }]);
});

test("a run of a task that nobody defines any more is cancelled, so that idle comes", () => {
  const world = new World();
  const gone = task({ id: "gone", run: () => null });
  const before = world.engine(
    { tasks: [work, gone], triggers: [trigger("g", { when: event("e"), run: gone })] },
    "a",
    { slots: 0 },
  );
  world.emit("e");
  world.pass(100);
  world.run(before.engine.drain);
  const { engine } = world.engine(app, "b");
  let isIdle = false;
  world.time.fork(Effect.map(engine.idle, () => void (isIdle = true)));
  world.pass(1_000);
  expect([states(world), isIdle, world.runs()[0]?.outcome]).toEqual([
    ["cancelled"],
    true,
    { error: { name: "RetiredError", message: 'no task "gone" is defined any more' } },
  ]);
});

describe("decisions", () => {
  test("what an input function does to its firing changes neither the run's id nor its cause", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: event("e"),
          run: work,
          input: (f) =>
            (f.matches as unknown as { signal: { payload: unknown } }[]).shift()?.signal.payload,
        }),
      ],
    });
    const log = new Log();
    log.event("e", 1);
    router.route({ signals: log.signals });
    expect(router.skips.map(({ signal, reason }) => [signal, reason])).toEqual([
      ["e-1", "input-failed"],
    ]);
  });

  test("an input function that returns one object again and again gives each run its own", () => {
    const shared = { n: 0 };
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: event("e"),
          run: work,
          input: () => Object.assign(shared, { n: shared.n + 1 }),
        }),
      ],
    });
    const log = new Log();
    log.event("e");
    log.event("e");
    router.route({ signals: log.signals });
    expect(router.runs.map(({ input }) => input)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test("delayed events that are due at one instant are heard in the order in which they were stored", () => {
    const router = new Router({
      tasks: [work],
      triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.payload })],
    });
    const log = new Log();
    log.event("e", "first", { id: "z", dueAt: 9_000 });
    log.event("e", "second", { id: "a", dueAt: 9_000 });
    router.route({ signals: log.signals });
    router.route({ until: 9_000 });
    expect(router.runs.map(({ input }) => input)).toEqual(["first", "second"]);
  });

  test("two schedules of one trigger that missed the same range leave a skip each", () => {
    const when = any([cron("0 * * * *", { missed: "skip" }), every("1 h", { missed: "skip" })]);
    const router = new Router({ tasks: [work], triggers: [trigger("t", { when, run: work })] });
    router.route({ until: 5.5 * hour, now: 5.5 * hour });
    expect(router.skips.map(({ count }) => count)).toEqual([5, 5]);
    expect(new Set(router.skips.map(({ id }) => id)).size).toBe(2);
  });

  test("a signal that a firing took is not superseded as well, and none is superseded twice", () => {
    const when = all([event("x"), event<{ n: number }>("x", { n: 1 }), event("y")]);
    const router = new Router({
      tasks: [work],
      triggers: [trigger("t", { when, take: "latest", run: work, input: null })],
    });
    const log = new Log();
    log.event("x", { n: 1 }, { id: "s0" });
    log.event("x", { n: 1 }, { id: "s1" });
    log.event("x", { n: 2 }, { id: "s2" });
    log.event("y", null, { id: "y1" });
    router.route({ signals: log.signals });
    expect(router.runs[0]?.cause).toEqual(["s2", "s1", "y1"]);
    expect(router.skips.map(({ signal }) => signal)).toEqual(["s0"]);
  });

  test("a changed trigger starts with empty leaves", () => {
    const world = new World();
    const trig = (when: ReturnType<typeof all> | ReturnType<typeof any>): AppDefinition => ({
      tasks: [work],
      triggers: [trigger("t", { when, run: work, input: null })],
    });
    const { engine } = world.engine(trig(all([event("a"), event("b")])), "a");
    world.emit("a", null, "a1");
    world.pass(100);
    world.run(engine.drain);
    world.engine(trig(any([event("a"), event("b")])), "b");
    world.emit("b", null, "b1");
    world.pass(100);
    expect(world.runs().map(({ cause }) => cause)).toEqual([["b1"]]);
    expect(world.skips().map(({ signal, reason }) => [signal, reason])).toEqual([
      ["a1", "retired"],
    ]);
  });

  test("a schedule that this version can't read any more is retired with a record", () => {
    const world = new World();
    const { engine } = world.engine(
      { tasks: [work], triggers: [trigger("t", { when: at(start + hour), run: work })] },
      "a",
    );
    world.pass(10);
    world.run(engine.drain);
    world.run(
      world.store.commit({
        checks: [],
        cursors: {
          put: [{ trigger: "t", leaf: '{"_tag":"Cron","expression":"x","gone":1}#0', at: start }],
          remove: [],
        },
      }),
    );
    world.engine(app, "b");
    world.pass(10);
    expect(world.skips().map(({ reason, count }) => [reason, count])).toEqual([["retired", 1]]);
  });
});

test("after the clock was set back, a stored signal ahead of it is routed with what was due before it", () => {
  const world = new World();
  const { engine } = world.engine(
    {
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("a"), event("b")]),
          within: "10 s",
          run: work,
          input: null,
        }),
      ],
    },
    "a",
  );
  world.emit("a", null, "a1");
  world.pass(60);
  world.run(engine.drain);
  world.time.now = start + hour;
  world.emit("b", null, "b1");
  world.time.now = start + 100;
  world.engine(
    {
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("a"), event("b")]),
          within: "10 s",
          run: work,
          input: null,
        }),
      ],
    },
    "b",
  );
  world.pass(100);
  expect(world.runs()).toEqual([]);
  expect(world.skips().map(({ signal, reason }) => [signal, reason])).toEqual([
    ["a1", "within-passed"],
  ]);
});

describe("ids", () => {
  test.each([
    "status:x:1:succeeded",
    "result:x:1:succeeded",
    "failure:x:1:failed",
    '{"_tag":"Cron"}#0@1',
    "",
    "x".repeat(501),
    "\ud800",
  ])("an event can't be called %j", (id) => {
    const exit = Effect.runSync(Effect.exit(emitTo(memoryStore(), "e", null, { id })));
    expect(exit._tag).toBe("Failure");
  });

  test("a run can't be asked for under an id that another signal has", () => {
    const store = memoryStore();
    Effect.runSync(emitTo(store, "e", null, { id: "o-1" }));
    expect(Effect.runSync(Effect.exit(runTo(store, "work", 1, { id: "o-1" })))._tag).toBe(
      "Failure",
    );
  });
});
