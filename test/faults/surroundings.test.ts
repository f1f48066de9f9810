// Goal: faults 16, 18, 19, 22 and 23 of the system that detent was conceived from stay away: user code that stops the rest, events that are lost, definitions that haunt
// the store, stores that disagree, and costs that grow with everything there is. Method: as in claims.test.ts.
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import {
  all,
  activation,
  definitionsOf,
  detent,
  event,
  every,
  memoryStore,
  stateOf,
  step,
  task,
  trigger,
  type AppDefinition,
  type Condition,
  type Json,
  type StorePort,
} from "../../src/core/index.ts";
import { DueHeap } from "../../src/core/due-heap.ts";
import { emitTo } from "../../src/runtime/emit.ts";
import { folder } from "../contract/sqlite-place.ts";
import { anEvent, writes } from "../../src/adapters/testing/subject.ts";
import { Log } from "../support/deciding.ts";
import { World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const appOf = (when: Condition): AppDefinition => ({
  tasks: [work],
  triggers: [trigger("t", { when, run: work, input: null })],
});

test("fault 16: user code that throws spoils its own trigger for that signal and nothing else", () => {
  const boom = (): never => {
    throw new RangeError("boom");
  };
  const world = new World();
  world.engine(
    {
      tasks: [work],
      triggers: [
        trigger("filter", { when: event("e", boom), run: work, input: null }),
        trigger("input", { when: event("e"), run: work, input: boom }),
        trigger("by", { when: all([event("e"), event("f")]), by: boom, run: work, input: null }),
        trigger("good", { when: event("e"), run: work, input: null }),
      ],
    },
    "a",
  );
  for (const id of ["e-1", "e-2"]) {
    world.emit("e", null, id);
    world.pass(1_000);
  }
  expect(world.runs().map((run) => [run.trigger, run.cause])).toEqual([
    ["good", ["e-1"]],
    ["good", ["e-2"]],
  ]);
  expect(world.skips().map((skip) => [skip.trigger, skip.signal, skip.detail])).toEqual(
    ["e-1", "e-2"].flatMap((id) =>
      ["filter", "input", "by"].map((name) => [name, id, "RangeError: boom"]),
    ),
  );
});

test("fault 18: an event that is emitted while no engine runs is heard by the next one, and the same id again changes nothing", () => {
  const world = new World();
  const emit = (payload: Json) => world.run(emitTo(world.store, "e", payload, { id: "once" }));
  expect(emit(1)).toEqual({ event: "once", status: "accepted" });
  expect(emit(1)).toEqual({ event: "once", status: "duplicate" });
  expect(emit(2)).toEqual({ event: "once", status: "duplicate", differs: true });
  world.pass(60_000);
  world.engine(appOf(event("e")), "a");
  world.pass(1_000);
  expect(world.runs().map(({ cause }) => cause)).toEqual([["once"]]);
});

test("fault 19: a removed schedule and what waited for a removed trigger are retired with a record, and a filter that is only renamed goes on", () => {
  const first = ({ n }: { n: number }): boolean => n === 1;
  const renamed = ({ n }: { n: number }): boolean => n === 1;
  const kept = (filter: typeof first) =>
    trigger("kept", {
      when: all([event("e", filter), event("f")]),
      run: work,
      input: null,
    });
  const world = new World();
  const { engine } = world.engine(
    {
      tasks: [work],
      triggers: [
        kept(first),
        trigger("removed", { when: every("1 min"), run: work, input: null }),
        trigger("gone", { when: all([event("e"), event("f")]), run: work, input: null }),
      ],
    },
    "a",
  );
  world.emit("e", { n: 1 }, "e-1");
  world.pass(1_000);
  world.run(engine.drain);
  world.pass(600_000);
  const before = world.runs().length;
  world.engine({ tasks: [work], triggers: [kept(renamed)] }, "b");
  world.pass(600_000);
  expect(world.runs()).toHaveLength(before);
  world.emit("f", null, "f-1");
  world.pass(1_000);
  const made = world.runs().slice(before);
  expect(made.map((run) => [run.trigger, run.cause])).toEqual([["kept", ["e-1", "f-1"]]]);
  const retired = world.skips().filter(({ reason }) => reason === "retired");
  expect(retired.map((skip) => [skip.trigger, skip.signal, skip.count > 0])).toEqual([
    ["removed", null, true],
    ["gone", "e-1", true],
  ]);
  for (const table of ["cursor", "waiting"] as const)
    expect(world.run(world.store.list(table, { limit: 10 })).rows).toEqual([]);
});

const odd: readonly unknown[] = [
  [1, [2, "three"]],
  { 1: "a", 10: "b", 2: "c" },
  { z: 1, a: 2, gone: undefined },
  { deep: [{ list: [null, true] }] },
  { "": 0, ünï: "€" },
  { zero: -0 },
];

/** `reader` has remembered nothing of what was written through `store`. */
const routedIn = (store: StorePort, reader: StorePort) =>
  Effect.gen(function* () {
    const app: AppDefinition = {
      tasks: [work],
      triggers: [
        trigger("copy", { when: event("e"), run: work, input: (f) => f.event.payload }),
        trigger("keys", {
          when: event("e"),
          run: work,
          input: (f) => Object.entries(f.event.payload as object).flat(),
        }),
        trigger("tuple", { when: event("e", [1, [2, "three"]]), run: work, input: null }),
      ],
    };
    const definitions = definitionsOf(detent(app));
    yield* store.commit(activation(definitions, yield* store.read({ revision: null, limit: 1 }))!);
    for (const [index, payload] of odd.entries())
      yield* store.commit(
        writes({ signals: [anEvent(`e${index}`, { name: "e", payload: payload as Json })] }),
      );
    const refused = yield* Effect.forEach([new Date(0), 1n, new Map()], (payload) =>
      Effect.flip(emitTo(store, "e", { payload })),
    );
    const { signals, watermark, state } = yield* reader.read({ revision: null, limit: 100 });
    const piece = { signals, until: watermark.at, now: watermark.at };
    const { runs } = step(definitions, stateOf(definitions, watermark, state!), piece);
    return {
      runs: runs.map((run) => [run.trigger, run.cause, JSON.stringify(run.input), run.input]),
      refused: refused.map(({ message }) => message),
    };
  });

test("fault 22: memory and SQLite give back the same values: tuples, numeric keys, absent fields, signs of zero; and refuse the same ones", async () => {
  const memory = memoryStore();
  const inMemory = await Effect.runPromise(routedIn(memory, memory));
  const inSqlite = await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const file = join(yield* folder, "x.db");
        const open = openSqliteStore({ file, durability: "process" });
        return yield* routedIn(yield* open, yield* open);
      }),
    ),
  );
  expect(inMemory).toStrictEqual(inSqlite);
  expect(inMemory.runs.filter(([name]) => name === "tuple")).toHaveLength(1);
  expect(inMemory.refused).toEqual([
    "payload.payload is a Date, which JSON would turn into something else",
    "payload.payload is a bigint, which is not JSON",
    "payload.payload is a Map, which JSON would turn into something else",
  ]);
});

test("fault 23: an event reaches only the leaves that name it, and asking what is due touches only what is due", () => {
  const definitions = definitionsOf(
    detent({
      tasks: [work],
      triggers: Array.from({ length: 1_000 }, (_, n) =>
        trigger(`t${n}`, { when: event(`e${n}`), run: work, input: null }),
      ),
    }),
  );
  const touched: string[] = [];
  for (const { id, leaves } of definitions.triggers.values())
    for (const leaf of leaves) {
      const { condition } = leaf;
      Object.defineProperty(leaf, "condition", { get: () => (touched.push(id), condition) });
    }
  const empty = { cursors: [], waiting: [], deadlines: [], open: [] };
  const state = stateOf(definitions, { revision: 0, seq: 0, at: 0 }, empty);
  const piece = { signals: [new Log().event("e7")], until: 1_000, now: 1_000 };
  expect(step(definitions, state, piece).runs.map((run) => run.trigger)).toEqual(["t7"]);
  expect(new Set(touched)).toEqual(new Set(["t7"]));

  const heap = new DueHeap<number>();
  for (let n = 0; n < 10_000; n++) heap.set(String(n), 1_000 + n, n);
  let compared = 0;
  const now = { valueOf: () => (compared++, 1_002) };
  expect(heap.upTo(now as unknown as number)).toHaveLength(3);
  expect(compared).toBeLessThan(10);
});
