// Goal: the engine keeps its promises when claims are lost, stores fail, engines die and people interfere. Method: the real engine over the memory store, a pretending
// executor and virtual time.
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { cancelRun } from "../../src/core/cancel.ts";
import {
  cron,
  event,
  result,
  status,
  StoreError,
  task,
  trigger,
  type AppDefinition,
  type StorePort,
} from "../../src/core/index.ts";
import { start, World } from "../support/engine-world.ts";
import type { Pretence } from "../support/pretending.ts";

const work = task({
  id: "work",
  retry: { attempts: 3, first: "1 s", jitter: 0 },
  run: (input: unknown) => input,
});
const once = task({ id: "once", onLost: "fail", run: (input: unknown) => input });
const app: AppDefinition = {
  tasks: [work, once],
  triggers: [
    trigger("on-e", { when: event("e"), run: work, input: (f) => f.event.payload }),
    trigger("on-o", { when: event("o"), run: once }),
  ],
};
const fails: Pretence = {
  takesMillis: 100,
  outcome: { _tag: "Failed", error: { name: "Error", message: "no" } },
};
const hangs: Pretence = {
  takesMillis: 1e9,
  outcome: { _tag: "Cancelled", error: { name: "CancelledError", message: "" } },
};

test("an event that was stored while no engine ran is routed by the next one", () => {
  const world = new World();
  world.emit("e", 7);
  world.engine(app, "a");
  world.pass(1_000);
  expect(world.runs().map(({ state, outcome }) => [state, outcome])).toEqual([
    ["succeeded", { result: 7 }],
  ]);
});

test("a run fails after as many attempts as its task allows, one delay apart, each doubled", () => {
  const world = new World();
  const { executor } = world.engine(app, "a", { pretend: () => fails });
  world.emit("e");
  world.pass(60_000);
  expect(
    world.runs().map(({ state, attempt, settledAt }) => [state, attempt, settledAt! - start]),
  ).toEqual([["failed", 3, 100 + 1_000 + 100 + 2_000 + 100]]);
  expect(executor.started.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
});

test("two engines on one store start each run once between them", () => {
  const world = new World();
  const engines = [world.engine(app, "a"), world.engine(app, "b")];
  for (let count = 0; count < 50; count++) world.emit("e", count, `e${count}`);
  world.pass(10_000);
  const started = engines.flatMap(({ executor }) => executor.started.map(({ run }) => run));
  expect(started.length).toBe(50);
  expect(new Set(started).size).toBe(50);
  for (const { executor } of engines) expect(executor.started.length).toBeGreaterThan(5);
});

test("an engine that takes back a run of a task that it does not define runs it no second time: nobody here knows whether it may", () => {
  const world = new World();
  world.engine(app, "a", { pretend: () => hangs });
  world.emit("e", 1);
  world.pass(1_000);
  world.store.kill("a");
  world.engine({ tasks: [once], triggers: [] }, "b");
  world.pass(1_000);
  expect(world.runs().map(({ state, outcome }) => [state, outcome])).toMatchObject([
    ["failed", { error: { name: "LostError" } }],
  ]);
});

test("what a dead engine held is run again by the next one, or fails where a task says so", () => {
  const world = new World();
  world.engine(app, "a", { pretend: () => hangs });
  world.emit("e", 1);
  world.emit("o", 2);
  world.pass(1_000);
  expect(world.runs().map(({ state }) => state)).toEqual(["running", "running"]);
  world.store.kill("a");
  world.engine(app, "b");
  world.pass(1_000);
  expect(world.runs().map(({ state, attempt, losses }) => [state, attempt, losses])).toEqual([
    ["succeeded", 2, 1],
    ["failed", 1, 1],
  ]);
});

test("a store that fails for a while loses no outcome", () => {
  const world = new World();
  let broken = false;
  const breaking = <A>(effect: Effect.Effect<A, StoreError>): Effect.Effect<A, StoreError> =>
    Effect.suspend(() =>
      broken ? Effect.fail(new StoreError({ operation: "commit", message: "disk full" })) : effect,
    );
  const store: StorePort = {
    ...world.store,
    commit: (batch) => breaking(world.store.commit(batch)),
    read: (request) => breaking(world.store.read(request)),
  };
  world.engine(app, "a", { store });
  world.emit("e", 1);
  world.pass(50);
  broken = true;
  world.pass(20_000);
  expect(world.runs().map(({ state }) => state)).toEqual(["claimed"]);
  broken = false;
  world.pass(6_000);
  expect(world.runs().map(({ state }) => state)).toEqual(["succeeded"]);
  expect(
    world.notes.filter((note) => note._tag === "Warning" && note.message.includes("disk full"))
      .length,
  ).toBeGreaterThan(3);
});

test("the outcome of a claim that was lost meanwhile is refused", () => {
  const world = new World();
  world.engine(app, "a");
  world.emit("e", 1);
  world.pass(50);
  const [run] = world.runs();
  world.run(
    world.store.commit({
      checks: [],
      patches: [{ run: run!.id, patch: { owner: "b", token: 2 } }],
    }),
  );
  world.pass(1_000);
  expect(world.runs().map(({ state, owner }) => [state, owner])).toEqual([["claimed", "b"]]);
  expect(
    world.notes.some((note) => note._tag === "Warning" && note.message.includes("claim of run")),
  ).toBe(true);
});

test("a run is cancelled at once while it waits, by its holder while it runs, and not at all once it is over", () => {
  const world = new World();
  world.engine(app, "a", {
    slots: 1,
    pretend: ({ input }) =>
      input === "hang" ? hangs : { takesMillis: 1, outcome: { _tag: "Succeeded", result: null } },
  });
  world.emit("e", "hang");
  world.pass(10);
  world.emit("e", "waits");
  const [running, waiting] = world.runs();
  expect(world.run(cancelRun(world.store, waiting!.id))).toBe("cancelled");
  expect(world.run(cancelRun(world.store, running!.id))).toBe("requested");
  world.pass(5_000);
  expect(world.runs().map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
  expect(world.run(cancelRun(world.store, running!.id))).toBe("over");
  expect(world.run(cancelRun(world.store, "none"))).toBe("unknown");
});

test("a run whose end is asked for just before its attempt fails is cancelled then, and does not wait for its next one", () => {
  const world = new World();
  const store: StorePort = {
    ...world.store,
    // The request comes between the outcome and its commit.
    commit: (batch) =>
      batch.attempts?.length === 1
        ? Effect.andThen(cancelRun(world.store, batch.attempts[0]!.run), world.store.commit(batch))
        : world.store.commit(batch),
  };
  world.engine(app, "a", { store, pretend: () => fails });
  world.emit("e");
  world.pass(150);
  expect(world.runs().map(({ state, attempt }) => [state, attempt])).toEqual([["cancelled", 1]]);
  expect(world.notes.filter(({ _tag }) => _tag === "Warning")).toEqual([]);
});

test("a run that crashes twice is poison: it fails although it has attempts left, and says why", () => {
  const world = new World();
  const crash = { name: "CrashError", message: "the thread exited with code 7" };
  const crashing = task({ id: "crashing", retry: { attempts: 9, jitter: 0 }, run: () => 1 });
  const single = task({ id: "single", run: () => 1 });
  const hardened = task({ ...crashing, id: "hardened", crashesMax: 5, run: () => 1 });
  const tasks = [crashing, single, hardened];
  world.engine(
    { tasks, triggers: tasks.map((run) => trigger(run.id, { when: event("e"), run })) },
    "a",
    {
      slots: 3,
      pretend: ({ attempt }) => ({
        takesMillis: 1,
        outcome:
          attempt === 2
            ? { _tag: "Failed", error: { name: "Error", message: "no" } }
            : { _tag: "Crashed", error: crash },
      }),
    },
  );
  world.emit("e");
  world.pass(600_000);
  expect(world.runs().map(({ state, attempt, crashes }) => [state, attempt, crashes])).toEqual([
    ["failed", 3, 2],
    ["failed", 1, 1],
    ["failed", 6, 5],
  ]);
  expect(world.runs().map(({ outcome }) => outcome)).toMatchObject([
    {
      error: {
        name: "CrashError",
        message:
          "poison: its thread or process crashed 2 times, so it is not tried again, although 6 of 9 attempts are left: the thread exited with code 7",
        cause: crash,
        data: { poison: true },
      },
    },
    { error: crash },
    { error: { data: { poison: true } } },
  ]);
});

test("drain claims nothing more and ends when what runs has ended; what is cut off goes back", () => {
  const world = new World();
  const { engine, isOver } = world.engine(app, "a", {
    slots: 1,
    pretend: () => ({ ...hangs, takesMillis: 10_000 }),
  });
  world.emit("e", 1, "e1");
  world.emit("e", 2, "e2");
  world.pass(100);
  world.run(engine.drain);
  world.pass(1_000);
  expect([isOver(), world.runs().map(({ state }) => state)]).toEqual([
    false,
    ["running", "pending"],
  ]);
  world.run(engine.cutOff);
  world.pass(1_000);
  expect([isOver(), world.runs().map(({ state, losses }) => [state, losses])]).toEqual([
    true,
    [
      ["pending", 1],
      ["pending", 0],
    ],
  ]);
});

test("idle waits for runs, retries and delayed events, but not for schedules", () => {
  const world = new World();
  const idle = {
    ...app,
    triggers: [...app.triggers!, trigger("nightly", { when: cron("0 0 1 1 *"), run: once })],
  };
  const { engine } = world.engine(idle, "a", {
    pretend: ({ attempt }) =>
      attempt === 1 ? fails : { takesMillis: 100, outcome: { _tag: "Succeeded", result: null } },
  });
  world.run(
    world.store.commit({
      checks: [],
      signals: [
        {
          id: "late",
          signal: { _tag: "Event", id: "late", name: "e", payload: null },
          origin: null,
          dueAt: world.time.now + 60_000,
        },
      ],
    }),
  );
  let idleAt: number | undefined;
  world.time.fork(Effect.map(engine.idle, () => (idleAt = world.time.now)));
  world.pass(120_000);
  expect(idleAt! - start).toBe(60_000 + 100 + 1_000 + 100);
});

test("a trigger on running hears each attempt begin", () => {
  const world = new World();
  const listening: AppDefinition = {
    tasks: [work, once],
    triggers: [
      ...app.triggers!,
      trigger("begun", { when: status(work, "running"), run: once }),
      trigger("after", { when: result(work), run: once }),
    ],
  };
  world.engine(listening, "a", {
    pretend: ({ task: id, attempt }) =>
      id === "work" && attempt === 1
        ? fails
        : { takesMillis: 100, outcome: { _tag: "Succeeded", result: null } },
  });
  world.emit("e");
  world.pass(10_000);
  expect(world.runs().map((run) => run.trigger)).toEqual(["on-e", "begun", "begun", "after"]);
});

test("an engine with other definitions takes over: what waits for removed triggers is retired, new schedules begin now, the old engine routes no more", () => {
  const world = new World();
  const hourly = (id: string): AppDefinition => ({
    tasks: [work, once],
    triggers: [trigger(id, { when: cron("0 * * * *"), run: once }), ...app.triggers!],
  });
  world.engine(hourly("old"), "a");
  world.pass(3 * 3_600_000);
  const fired = world.runs().length;
  expect(fired).toBe(3);
  world.engine(hourly("new"), "b");
  world.pass(3_600_000);
  world.emit("e");
  world.pass(1_000);
  expect(
    world
      .runs()
      .slice(fired)
      .map((run) => run.trigger),
  ).toEqual(["new", "on-e"]);
});
