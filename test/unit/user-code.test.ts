// Goal: filters, `by` and `input` are the user's, and may do anything: throw, answer nonsense, return promises, change what they are given, take long. Each case is
// contained (its own trigger, that signal), recorded, and visible. Method: each does its worst beside a neighbour that must not notice, over memory and SQLite.
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import {
  activation,
  all,
  batchOf,
  definitionsOf,
  detent,
  event,
  every,
  failure,
  memoryStore,
  result,
  stateOf,
  status,
  step,
  task,
  trigger,
  type Run,
  type Skip,
  type StorePort,
  type Trigger,
} from "../../src/core/index.ts";
import { statusIdOf } from "../../src/core/signal.ts";
import { folder } from "../contract/sqlite-place.ts";
import { anEvent, writes } from "../../src/adapters/testing/subject.ts";
import { Log, Router } from "../support/deciding.ts";
import { World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const good = trigger("good", { when: event("e"), run: work, input: (f) => f.event.payload });
const throwing = (thrown: unknown) => (): never => {
  throw thrown;
};
const promised = (value: unknown): never => Promise.resolve(value) as never;
const rejected = (): never => Promise.reject(new Error("late")) as never;

const filters: readonly [string, (payload: any) => boolean, string][] = [
  ["throws", throwing(new RangeError("boom")), "RangeError: boom"],
  ["throws text", throwing("boom"), "Error: threw boom"],
  ["throws nothing", throwing(undefined), "Error: threw undefined"],
  [
    "answers a number",
    () => 1 as never,
    "TypeError: the predicate returned a number, not a boolean; predicates are synchronous",
  ],
  [
    "answers nothing",
    () => undefined as never,
    "TypeError: the predicate returned undefined, not a boolean; predicates are synchronous",
  ],
  [
    "answers a promise",
    () => promised(true),
    "TypeError: the predicate returned a promise, not a boolean; predicates are synchronous",
  ],
  [
    "answers a promise that fails",
    rejected,
    "TypeError: the predicate rejected returned a promise, not a boolean; predicates are synchronous",
  ],
];

const skipsOf = (bad: Trigger): readonly Pick<Skip, "trigger" | "reason" | "detail">[] => {
  const router = new Router({ tasks: [work], triggers: [bad, good] });
  const log = new Log();
  router.route({ signals: [log.event("e", { n: 1 }), log.event("e", { n: 2 })] });
  expect(router.runs.map((run) => [run.trigger, run.input])).toEqual([
    ["good", { n: 1 }],
    ["good", { n: 2 }],
  ]);
  expect(router.skips.map(({ signal }) => signal)).toEqual(["e-1", "e-2"]);
  return router.skips.map(({ trigger: id, reason, detail }) => ({ trigger: id, reason, detail }));
};
const twice = (reason: string, detail: string) =>
  [1, 2].map(() => ({ trigger: "bad", reason, detail }));

describe("a skip of its own trigger becomes of each signal whose", () => {
  test.each(filters)("filter %s", (_, filter, detail) => {
    const bad = trigger("bad", { when: event("e", filter), run: work, input: null });
    expect(skipsOf(bad)).toEqual(twice("filtered-by-error", detail));
  });

  test.each<[string, () => any, string]>([
    ["throws", throwing(new RangeError("boom")), "RangeError: boom"],
    ["is not text", () => 7, "TypeError: by returned a number, not a string or undefined"],
    ["is null", () => null, "TypeError: by returned null, not a string or undefined"],
    [
      "is a promise",
      () => promised("k"),
      "TypeError: by returned a promise, not a string or undefined",
    ],
    [
      "is a promise that fails",
      rejected,
      "TypeError: by returned a promise, not a string or undefined",
    ],
    [
      "has a lone surrogate",
      () => "\ud800",
      "TypeError: by returned text with a lone surrogate, which no store keeps",
    ],
  ])("key %s", (_, by, detail) => {
    const bad = trigger("bad", { when: all([event("e"), event("f")]), by, run: work, input: null });
    expect(skipsOf(bad)).toEqual(twice("filtered-by-error", detail));
  });

  test.each<[string, () => any, string]>([
    ["throws", throwing(new RangeError("boom")), "RangeError: boom"],
    ["is a promise", () => promised(1), "TypeError: input returned a promise; it is synchronous"],
    ["is a promise that fails", rejected, "TypeError: input returned a promise; it is synchronous"],
    [
      "is a date",
      () => ({ at: new Date(0) }),
      "TypeError: input.at is a Date, which JSON would turn into something else",
    ],
    ["is a function", () => () => 1, "TypeError: input is a function, which is not JSON"],
  ])("input %s", (_, input, detail) => {
    expect(skipsOf(trigger("bad", { when: event("e"), run: work, input }))).toEqual(
      twice("input-failed", detail),
    );
  });
});

test("a trigger of one leaf is never asked for a key", () => {
  const by = throwing(new Error("asked"));
  const router = new Router({
    tasks: [work],
    triggers: [trigger("t", { when: event("e"), by, run: work, input: null })],
  });
  router.route({ signals: [new Log().event("e")] });
  expect(router.runs).toHaveLength(1);
});

/** Changes all that it can reach. */
const vandal = (value: unknown, seen = new Set<unknown>()): void => {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  for (const key of [...Object.keys(value), "added"]) {
    vandal((value as Record<string, unknown>)[key], seen);
    Reflect.set(value, key, "spoilt");
  }
};

/** Routes what a store has, as an engine does. */
const routed = (store: StorePort, triggers: readonly Trigger[]) =>
  Effect.gen(function* () {
    const definitions = definitionsOf(detent({ tasks: [work], triggers }));
    const first = yield* store.read({ revision: null, limit: 1 });
    const batch = activation(definitions, first);
    if (batch !== undefined) yield* store.commit(batch);
    const { signals, watermark, state, now } = yield* store.read({ revision: null, limit: 100 });
    const until = Math.max(now, watermark.at) + 1_000;
    const decision = step(definitions, stateOf(definitions, watermark, state!), {
      signals,
      until,
      now: until,
    });
    yield* store.commit(batchOf(decision, watermark.revision));
    return decision.runs;
  });

const move = (state: "succeeded" | "failed") => ({
  id: statusIdOf(state, 1, state),
  signal: {
    _tag: "Status" as const,
    task: "work",
    run: state,
    attempt: 1,
    state,
    input: { deep: [1] },
    token: 1,
    ...(state === "succeeded" ? { result: { deep: [2] } } : {}),
    ...(state === "failed" ? { error: { name: "E", message: "" } } : {}),
  },
  origin: null,
  dueAt: null,
});

const everySecond = every("1 s");

const witnesses = (spoil: (value: unknown) => boolean): readonly Trigger[] =>
  [true, false].flatMap((isVandal) => {
    const filter = (_: unknown, signal: unknown): boolean => (isVandal ? spoil(signal) : true);
    const id = isVandal ? "vandal" : "witness";
    const input = (f: { matches: unknown }): unknown => {
      const before = JSON.parse(JSON.stringify(f.matches)) as unknown;
      if (isVandal) spoil(f);
      return before;
    };
    const whens = {
      event: event("e", filter),
      result: result(work, { where: filter }),
      failure: failure(work, { error: filter }),
      status: status(work, "succeeded", { input: filter }),
      every: everySecond,
      join: all([event("e", filter), event("late", filter)]),
    };
    return Object.entries(whens).map(([name, when]) =>
      trigger(`${id}-${name}`, { when, run: work, input: input as () => any }),
    );
  });

/** What the witnesses were given, by trigger. */
const givenTo = (runs: readonly Run[], who: string): readonly unknown[] =>
  runs
    .filter((run) => run.trigger.startsWith(who))
    .map((run) => [run.trigger.slice(who.length), run.cause, run.input]);

const spoilt = (store: StorePort, reader: StorePort) =>
  Effect.gen(function* () {
    yield* store.commit(
      writes({
        signals: [
          anEvent("e-1", { name: "e", payload: { deep: [{ list: [1, { a: 2 }] }] } }),
          move("succeeded"),
          move("failed"),
          anEvent("late", { name: "late", payload: { deep: [3] }, dueAt: 1 }),
        ],
      }),
    );
    const spoil = (value: unknown): boolean => {
      vandal(value);
      return true;
    };
    const runs = yield* routed(reader, witnesses(spoil));
    expect(givenTo(runs, "vandal").length).toBeGreaterThanOrEqual(6);
    expect(givenTo(runs, "vandal")).toEqual(givenTo(runs, "witness"));
    return { signals: (yield* reader.list("signal", { limit: 10 })).rows };
  });

describe("code that changes what it is given, as deep as it can reach, changes nothing for others", () => {
  test("over the memory store", () => {
    const store = memoryStore({ now: () => 0 });
    const { signals } = Effect.runSync(spoilt(store, store));
    expect(JSON.stringify(signals)).not.toContain("spoilt");
    expect(Effect.runSync(store.list("signal", { limit: 10 })).rows).toEqual(signals);
  });

  test("over rows that were read from a SQLite file", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const open = openSqliteStore({
            file: join(yield* folder, "x.db"),
            durability: "process",
          });
          const { signals } = yield* spoilt(yield* open, yield* open);
          expect(JSON.stringify(signals)).not.toContain("spoilt");
          const afresh = yield* open;
          expect((yield* afresh.list("signal", { limit: 10 })).rows).toEqual(signals);
        }),
      ),
    ));
});

describe("code that takes long", () => {
  const slow = (world: World, millis: () => number) => (): boolean => {
    world.time.now += millis();
    return true;
  };
  const warnings = (world: World): string[] =>
    world.notes.flatMap((note) => (note._tag === "Warning" ? [note.message] : []));
  const told = (name: string, millis: number): string =>
    `trigger "${name}": its filters, by and input took ${millis} ms for one signal; nothing else is routed meanwhile`;

  test("is told with its trigger and how long it took; again only when it takes twice as long", () => {
    const world = new World();
    let millis = 199;
    const when = event(
      "e",
      slow(world, () => millis),
    );
    const triggers = [trigger("slow", { when, run: work, input: null }), good];
    world.engine({ tasks: [work], triggers }, "a");
    for (const next of [199, 200, 399, 400, 10]) {
      millis = next;
      world.emit("e", null, `e-${next}`);
      world.pass(1_000);
    }
    expect(warnings(world)).toEqual([told("slow", 200), told("slow", 400)]);
    expect(world.runs().filter((run) => run.trigger === "good")).toHaveLength(5);
  });

  test("is told of inputs and of schedules too", () => {
    const world = new World();
    const input = slow(world, () => 300);
    const triggers = [
      trigger("input", { when: event("e"), run: work, input }),
      trigger("tick", { when: every("1 min"), run: work, input }),
    ];
    world.engine({ tasks: [work], triggers }, "a");
    world.emit("e");
    world.pass(65_000);
    expect(warnings(world)).toEqual([told("input", 300), told("tick", 300)]);
  });
});
