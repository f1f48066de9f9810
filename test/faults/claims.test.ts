// Goal: faults 1, 2, 3, 5, 11 and 21 of the system that detent was conceived from stay away: runs claimed twice, lost by a crash, or run again. Method: a test a fault;
// `npm run test:faults` puts each fault back (patches.ts) and demands that its test fails.
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import {
  activation,
  all,
  batchOf,
  definitionsOf,
  detent,
  event,
  every,
  memoryStore,
  result,
  stateOf,
  step,
  task,
  trigger,
  type AppDefinition,
  type StorePort,
} from "../../src/core/index.ts";
import { folder } from "../contract/sqlite-place.ts";
import { aRun, anOwner, claimAs, writes } from "../../src/adapters/testing/subject.ts";
import { Log, Router } from "../support/deciding.ts";
import { World } from "../support/engine-world.ts";
import { mortal } from "../support/mortal.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });

test("fault 1: engines that claim at the same moment through two connections to one SQLite file are never given the same run", () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const file = join(yield* folder, "x.db");
        const one = yield* openSqliteStore({ file, durability: "process" });
        const other = yield* openSqliteStore({ file, durability: "process" });
        yield* one.enter(anOwner("one"));
        yield* other.enter(anOwner("other"));
        const runs = Array.from({ length: 400 }, (_, index) => aRun(`r${index}`));
        yield* one.commit(writes({ runs }));
        const replies = yield* Effect.all(
          [one, other, one, other].map((store, index) =>
            claimAs(store, { owner: index % 2 === 0 ? "one" : "other", limit: 150 }),
          ),
          { concurrency: "unbounded" },
        );
        const claimed = replies.flatMap((reply) => reply.runs.map(({ id }) => id));
        expect(claimed).toHaveLength(400);
        expect(new Set(claimed).size).toBe(400);
      }),
    ),
  ));

const onE: AppDefinition = {
  tasks: [work],
  triggers: [trigger("t", { when: event("e"), run: work, input: null })],
};

test("fault 2: a run whose engine dies between claim and execution is executed by another engine", () => {
  const world = new World();
  const dying = mortal(world.store, { dieAfter: "claim" });
  const { executor } = world.engine(onE, "a", { store: dying.store });
  world.emit("e");
  world.pass(1_000);
  expect(world.runs().map(({ state }) => state)).toEqual(["claimed"]);
  expect(executor.started).toEqual([]);
  world.store.kill("a");
  const other = world.engine(onE, "b");
  world.pass(1_000);
  expect(other.executor.started).toHaveLength(1);
  expect(world.runs().map(({ state }) => state)).toEqual(["succeeded"]);
});

test("fault 3: a finished run never becomes claimable again, also while its event waits for the rest of another trigger", () => {
  const world = new World();
  const { executor } = world.engine(
    {
      tasks: [work],
      triggers: [
        trigger("one", { when: event("a"), run: work, input: null }),
        trigger("both", { when: all([event("a"), event("b")]), run: work, input: null }),
      ],
    },
    "a",
  );
  world.emit("a");
  world.pass(600_000);
  expect(executor.started).toHaveLength(1);
  expect(world.runs().map((run) => [run.trigger, run.attempt])).toEqual([["one", 1]]);
});

/** What a router does with what it has read, up to its commit. */
const decide = (app: AppDefinition, store: StorePort) =>
  Effect.gen(function* () {
    const definitions = definitionsOf(detent(app));
    const reading = yield* store.read({ revision: null, limit: 100 });
    const state = stateOf(definitions, reading.watermark, reading.state!);
    const { signals, now } = reading;
    const decision = step(definitions, state, { signals, until: now, now });
    return { decision, commit: store.commit(batchOf(decision, reading.watermark.revision)) };
  });

test("fault 5: of two routers that read the same first state, one commits the first occurrence and the other is refused", () => {
  const clock = { now: 0 };
  const app: AppDefinition = {
    tasks: [work],
    triggers: [trigger("t", { when: every("1 min"), run: work, input: null })],
  };
  const replies = Effect.runSync(
    Effect.gen(function* () {
      const store = memoryStore({ now: () => clock.now });
      const reading = yield* store.read({ revision: null, limit: 1 });
      yield* store.commit(activation(definitionsOf(detent(app)), reading)!);
      clock.now = 60_000;
      const one = yield* decide(app, store);
      const other = yield* decide(app, store);
      expect([one, other].map(({ decision }) => decision.runs.length)).toEqual([1, 1]);
      return [yield* one.commit, yield* other.commit, yield* store.summary] as const;
    }),
  );
  expect(replies.slice(0, 2)).toMatchObject([{ _tag: "Committed" }, { _tag: "Conflict" }]);
  expect(replies[2].runs.pending).toBe(1);
});

test("fault 11: which run a pair of signals makes does not depend on what else a router saw in the same pass", () => {
  const app: AppDefinition = {
    tasks: [work],
    triggers: [trigger("t", { when: all([event("e"), event("f")]), run: work, input: null })],
  };
  const log = new Log();
  for (const name of ["e", "e", "f", "f"]) log.event(name);
  const together = new Router(app);
  together.route({ signals: log.signals });
  const oneByOne = new Router(app);
  for (const signal of log.signals) oneByOne.route({ signals: [signal] });
  const causes = [
    ["e-1", "f-3"],
    ["e-2", "f-4"],
  ];
  for (const { runs } of [together, oneByOne])
    expect(runs.map(({ cause }) => cause)).toEqual(causes);
  expect(together.runs.map(({ id }) => id)).toEqual(oneByOne.runs.map(({ id }) => id));
});

test("fault 21: an engine that dies right after an outcome's commit has told of it all the same: what follows runs, once", () => {
  const world = new World();
  const app: AppDefinition = {
    tasks: [work, next],
    triggers: [
      trigger("first", { when: event("e"), run: work, input: null }),
      trigger("second", { when: result(work), run: next, input: null }),
    ],
  };
  const dying = mortal(world.store, { dieAfter: "outcome" });
  world.engine(app, "a", { store: dying.store });
  world.emit("e");
  world.pass(10_000);
  expect(world.runs().map(({ state }) => state)).toEqual(["succeeded"]);
  world.store.kill("a");
  world.engine(app, "b");
  world.pass(10_000);
  expect(world.runs().map((run) => [run.trigger, run.state])).toEqual([
    ["first", "succeeded"],
    ["second", "succeeded"],
  ]);
});
