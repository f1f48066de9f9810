// Goal: an engine does at once what there is to do, whoever tells it or not, and asks its store for nothing else: an idle one costs nothing. Method: the real engine in virtual
// time over a memory store that counts what it is asked for, and may keep its hints to itself.
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { cancelRun } from "../../src/core/cancel.ts";
import {
  event,
  every,
  status,
  task,
  trigger,
  type AppDefinition,
  type Batch,
  type CommitReply,
  type StorePort,
  type Trigger,
} from "../../src/core/index.ts";
import { aRun, aStatus, writes } from "../../src/adapters/testing/subject.ts";
import { start, World } from "../support/engine-world.ts";
import type { Pretence } from "../support/pretending.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });
const onE = trigger("on-e", { when: event("e"), run: work, input: (f) => f.event.payload });
const appOf = (...triggers: readonly Trigger[]): AppDefinition => ({
  tasks: [work, next],
  triggers,
});
const takes = (takesMillis: number) => (): Pretence => ({
  takesMillis,
  outcome: { _tag: "Succeeded", result: null },
});

const anOwedRun = aRun("r", { task: "work", dueAt: start });

/** A store that counts; `silent`: without hints. */
const counting = (store: StorePort, silent = false) => {
  const count = { turn: 0, read: 0, claim: 0, expiry: 0, cancels: 0 };
  const counted: StorePort = {
    ...store,
    now: Effect.suspend(() => (count.turn++, store.now)),
    ...(silent && { changes: () => () => {} }),
    read: (request) => (count.read++, store.read(request)),
    claim: (request) => (count.claim++, store.claim(request)),
    expiry: (request) => (count.expiry++, store.expiry(request)),
    list: (table, request) => {
      if (table === "run" && request.where?.owner === undefined) count.cancels++;
      return store.list(table, request);
    },
  };
  /** What it was asked for meanwhile. */
  const during = (act: () => void) => {
    const before = { ...count };
    act();
    return Object.fromEntries(
      Object.entries(count).map(([key, value]) => [key, value - before[key as keyof typeof count]]),
    );
  };
  return { store: counted, during };
};
const nothing = { turn: 0, read: 0, claim: 0, expiry: 0, cancels: 0 };

const living = (
  app: AppDefinition,
  options: { silent?: boolean; slots?: number; pretend?: () => Pretence } = {},
) => {
  const world = new World();
  const { store, during } = counting(world.store, options.silent);
  const { executor, engine } = world.engine(app, "a", { ...options, store });
  const states = () => world.runs().map((run) => [run.trigger, run.state]);
  return { world, during, executor, engine, states };
};

describe("an engine asks its store for nothing", () => {
  test("while nothing is told and nothing is due", () => {
    const { world, during } = living(appOf(onE));
    world.pass(1_000);
    expect(during(() => world.pass(20_000))).toEqual(nothing);
  });

  test("but once for what it routes and once for what it claims", () => {
    const { world, during } = living(appOf(onE), { pretend: takes(100) });
    world.pass(1_000);
    const once = { read: 1, claim: 1, expiry: 0, cancels: 0 };
    expect(during(() => world.emit("e"))).toMatchObject(once);
    // The outcome is routed; nobody has become free for whom another waited.
    expect(during(() => world.pass(1_000))).toMatchObject({ ...once, claim: 0 });
  });

  test.each<[string, Partial<Batch>]>([
    ["has begun, where nobody hears that", { signals: [aStatus("r", "running")] }],
    ["is over, where no task has a limit", { patches: [{ run: "r", patch: { state: "failed" } }] }],
    [
      "shall end that it does not hold",
      { patches: [{ run: "r", patch: { cancelRequested: true } }] },
    ],
  ])("when it is told that a run %s", (_, batch) => {
    const { world, during } = living(appOf(onE), { slots: 0 });
    world.run(world.store.commit(writes({ runs: [anOwedRun] })));
    world.pass(1_000);
    const told = () => world.run(world.store.commit(writes(batch)));
    expect(during(told)).toEqual(nothing);
  });

  test("about the runs that it holds when it is told of others", () => {
    const { world, during } = living(appOf(onE), { slots: 1, pretend: takes(60_000) });
    world.emit("e");
    world.pass(1_000);
    world.run(world.store.commit(writes({ runs: [anOwedRun] })));
    const told = () =>
      world.run(
        world.store.commit(writes({ patches: [{ run: "r", patch: { state: "failed" } }] })),
      );
    expect(during(told)).toEqual(nothing);
    expect(during(() => world.emit("e", null, "second"))).toMatchObject({ read: 1, cancels: 0 });
  });

  test("because of what another engine does that is none of its business", () => {
    const { world, during } = living(appOf(onE), { slots: 1, pretend: takes(60_000) });
    world.emit("e");
    world.pass(1_000);
    const other = world.engine(appOf(onE), "b", { pretend: takes(10) });
    world.pass(1_000);
    // Another one routes and runs this; here there is no slot for it.
    const asked = during(() => {
      world.emit("e", null, "second");
      world.pass(1_000);
    });
    expect(other.executor.started).toHaveLength(1);
    expect(asked).toMatchObject({ claim: 0, expiry: 0, cancels: 0 });
  });
});

test("an engine hears at once that the end of a run that it holds is asked for", () => {
  const { world, states } = living(appOf(onE), { pretend: takes(60_000) });
  world.emit("e");
  world.pass(1_000);
  world.run(cancelRun(world.store, world.runs()[0]!.id));
  world.pass(10);
  expect(states()).toEqual([["on-e", "cancelled"]]);
});

describe("without hints of the store", () => {
  test("what more signals there are than one reading holds is routed at once", () => {
    const world = new World();
    const events = Array.from({ length: 2_100 }, (_, n) => ({
      id: `x-${n}`,
      signal: { _tag: "Event", id: `x-${n}`, name: "x", payload: null } as const,
      origin: null,
      dueAt: null,
    }));
    world.run(world.store.commit({ checks: [], signals: events }));
    const { store } = counting(world.store, true);
    world.engine(appOf(onE), "a", { store });
    expect(world.run(world.store.summary).unrouted).toBe(0);
  });

  test("a run expires on time, also where other tasks' runs never do", () => {
    const fresh = task({ id: "fresh", expireAfter: "5 s", run: () => null });
    const app = {
      tasks: [work, fresh],
      triggers: [trigger("t", { when: every("10 s"), run: fresh, input: null })],
    };
    const { world, states } = living(app, { silent: true, slots: 0 });
    world.pass(15_001);
    expect(states()).toEqual([["t", "expired"]]);
  });

  test("the next run of a key begins when the one before it is over, also where other tasks know no limit", () => {
    const one = task({ id: "one", concurrency: { limit: 1 }, run: () => null });
    const app = {
      tasks: [work, one],
      triggers: [trigger("t", { when: event("e"), run: one, input: null })],
    };
    const world = new World();
    for (const id of ["x", "y"]) world.emit("e", null, id);
    const { store, during } = counting(world.store, true);
    const { executor } = world.engine(app, "a", { store, pretend: takes(100) });
    const asked = during(() => world.pass(101));
    expect(executor.started).toHaveLength(2);
    // When it was over, and not already when it began.
    expect(asked).toMatchObject({ claim: 1 });
  });

  test("that a run has begun is heard when it does, also where others hear other things", () => {
    const begun = trigger("begun", { when: status(work, "running"), run: next, input: null });
    const world = new World();
    world.emit("e");
    const { store } = counting(world.store, true);
    world.engine(appOf(onE, begun), "a", { store, pretend: takes(60_000) });
    world.pass(10);
    expect(world.runs().map((run) => run.trigger)).toEqual(["on-e", "begun"]);
  });

  test("a run whose end is asked for while its failure is written is cancelled then", () => {
    const world = new World();
    const retried = task({ id: "work", retry: { attempts: 2, first: "1 min" }, run: () => null });
    const store: StorePort = {
      ...counting(world.store, true).store,
      commit: (batch) =>
        batch.attempts?.length === 1
          ? Effect.andThen(
              cancelRun(world.store, batch.attempts[0]!.run),
              world.store.commit(batch),
            )
          : world.store.commit(batch),
    };
    world.emit("e");
    const error = { name: "Error", message: "no" };
    const pretend = (): Pretence => ({ takesMillis: 10, outcome: { _tag: "Failed", error } });
    world.engine({ ...appOf(onE), tasks: [retried, next] }, "a", { store, pretend });
    world.pass(11);
    expect(world.runs().map(({ state }) => state)).toEqual(["cancelled"]);
  });
});

test("a hint that comes in the middle of a turn is acted upon after it", () => {
  const world = new World();
  let isFirst = true;
  const store: StorePort = {
    ...world.store,
    // The turn has routed and claimed when another router owes a run.
    purge: (request) => {
      const owed = isFirst ? world.store.commit(writes({ runs: [anOwedRun] })) : Effect.void;
      isFirst = false;
      return Effect.andThen(owed, world.store.purge(request));
    },
  };
  const { executor } = world.engine(appOf(onE), "a", { store, pretend: takes(10) });
  world.pass(1);
  expect(executor.started).toHaveLength(1);
});

test("who finds another router first once reads again at once", () => {
  const world = new World();
  world.emit("e");
  let isFirst = true;
  const conflict: CommitReply = { _tag: "Conflict", check: { _tag: "Revision", revision: 0 } };
  const refused = (batch: Batch) => {
    const isRouted = batch.watermark !== undefined && batch.generation === undefined;
    const answer = isRouted && isFirst;
    if (isRouted) isFirst = false;
    return answer;
  };
  const store: StorePort = {
    ...world.store,
    commit: (batch) => (refused(batch) ? Effect.succeed(conflict) : world.store.commit(batch)),
  };
  world.engine(appOf(onE), "a", { store });
  expect(world.runs()).toHaveLength(1);
});

test("an engine that only executes rests, too", () => {
  const world = new World();
  world.engine(appOf(), "newer");
  const { store, during } = counting(world.store);
  const older = world.engine(appOf(onE), "older", { store });
  world.engine(appOf(trigger("z", { when: event("z"), run: work, input: null })), "newest");
  world.pass(1_000);
  expect(older.isOver()).toBe(false);
  expect(during(() => world.pass(10_000))).toEqual(nothing);
});

test("an engine that another one's definitions have overtaken before it routed rests from the first", () => {
  const world = new World();
  const { store, during } = counting(world.store);
  const overtaken: StorePort = {
    ...store,
    read: (request) =>
      Effect.map(store.read(request), (reading) => ({
        ...reading,
        generation: reading.generation && { ...reading.generation, fingerprint: "other" },
      })),
  };
  world.engine(appOf(onE), "a", { store: overtaken });
  world.pass(10);
  expect(during(() => world.pass(10_000))).toEqual(nothing);
});

test("an engine whose lease is over goes on under another id", () => {
  const world = new World();
  let lapse: (graceMillis: number) => void = () => {};
  const store: StorePort = {
    ...world.store,
    lapses: (_, listener) => {
      lapse = listener;
      return () => {};
    },
  };
  const { engine } = world.engine(appOf(onE), "a", { store });
  lapse(1_000);
  world.pass(10);
  expect(engine.owner()).toBe("a/1");
});

test("an engine that begins after the clock was set back says that schedules wait", () => {
  const world = new World();
  const app = appOf(trigger("t", { when: every("1 min"), run: work, input: null }));
  const { engine } = world.engine(app, "a");
  world.pass(3_600_000);
  world.run(engine.drain);
  world.time.now -= 1_800_000;
  world.engine(app, "b");
  world.pass(10);
  const warnings = world.notes.filter(({ _tag }) => _tag === "Warning");
  expect(warnings).toMatchObject([{ message: expect.stringContaining("was set back") }]);
});

describe("of what an executor tells", () => {
  test("progress and words of a run that is held are passed on, and of no other", () => {
    const { world, executor } = living(appOf(onE), { pretend: takes(60_000) });
    world.emit("e");
    world.pass(10);
    const { run, token } = executor.started[0]!;
    const told = () => world.notes.filter(({ _tag }) => _tag === "Progress" || _tag === "Logged");
    executor.tell({ _tag: "Progress", run, token: token + 1, fraction: 0.1, message: null });
    executor.tell({ _tag: "Logged", run: "none", token, level: "info", message: "who" });
    expect(told()).toEqual([]);
    executor.tell({ _tag: "Progress", run, token, fraction: 0.5, message: "half" });
    executor.tell({ _tag: "Logged", run, token, level: "warn", message: "slow" });
    const held = world.runs()[0];
    expect(told()).toEqual([
      { _tag: "Progress", run: held, fraction: 0.5, message: "half" },
      { _tag: "Logged", run: held, level: "warn", message: "slow" },
    ]);
  });

  test("more capacity is used at once, and what stands in its way is told to people", () => {
    const { world, executor } = living(appOf(onE), { slots: 0, pretend: takes(60_000) });
    world.emit("e");
    world.pass(10);
    executor.resize(1);
    executor.tell({ _tag: "Capacity", warning: null });
    world.pass(0);
    expect(executor.started).toHaveLength(1);
    expect(world.notes.filter(({ _tag }) => _tag === "Warning")).toEqual([]);
    executor.tell({ _tag: "Capacity", warning: "a thread hangs" });
    expect(world.notes.at(-1)).toEqual({ _tag: "Warning", message: "a thread hangs" });
  });
});
