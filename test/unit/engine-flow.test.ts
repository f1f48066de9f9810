// Goal: what flow control keeps back outlives the engine that kept it, and is let go once, whichever engine routes. Method: real engines over the memory store, a pretending
// executor and virtual time.
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import {
  event,
  task,
  trigger,
  type AppDefinition,
  type FlowOptions,
} from "../../src/core/index.ts";
import { start, World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const appOf = (options: FlowOptions): AppDefinition => ({
  tasks: [work],
  triggers: [
    trigger("t", { when: event("e"), run: work, ...options, input: (f) => f.matches.length }),
  ],
});

/** Instants from the beginning of the world. */
const ranAt = (world: World) =>
  world.runs().map(({ createdAt, cause, state }) => [createdAt - start, ...cause, state]);

test.each<[string, FlowOptions, unknown[]]>([
  ["debounce", { debounce: "10 s" }, [[15_000, "e2", "succeeded"]]],
  [
    "throttle",
    { throttle: "10 s" },
    [
      [0, "e0", "succeeded"],
      [10_000, "e2", "succeeded"],
    ],
  ],
  ["batch", { batch: { size: 9, within: "10 s" } }, [[10_000, "e0", "e1", "e2", "succeeded"]]],
])(
  "%s: an engine that comes after the one that kept a firing back lets it go at its instant",
  (_, options, expected) => {
    const world = new World();
    const first = world.engine(appOf(options), "a");
    world.emit("e", null, "e0");
    world.pass(1_000);
    world.emit("e", null, "e1");
    world.pass(1_000);
    world.run(first.engine.drain);
    world.pass(1_000);
    expect(first.isOver()).toBe(true);
    world.pass(2_000);
    world.emit("e", null, "e2");
    world.pass(1_000);
    world.engine(appOf(options), "b");
    world.pass(20_000);
    expect(ranAt(world)).toEqual(expected);
  },
);

test("of two engines one lets go what either kept back", () => {
  const world = new World();
  for (const id of ["a", "b"]) world.engine(appOf({ debounce: "10 s" }), id);
  for (const id of ["e0", "e1", "e2"]) {
    world.emit("e", null, id);
    world.pass(9_000);
  }
  world.pass(20_000);
  expect(ranAt(world)).toEqual([[28_000, "e2", "succeeded"]]);
  expect(world.skips().map(({ signal, reason }) => [signal, reason])).toEqual([
    ["e0", "debounced"],
    ["e1", "debounced"],
  ]);
});

test("an engine is not idle while a firing is kept back, and is while only a gate is shut", () => {
  const world = new World();
  const { engine } = world.engine(appOf({ throttle: "10 s" }), "a");
  world.emit("e", null, "e0");
  world.emit("e", null, "e1");
  let isIdle = false;
  world.time.fork(Effect.map(engine.idle, () => (isIdle = true)));
  world.pass(9_900);
  expect(isIdle).toBe(false);
  world.pass(500);
  expect(isIdle).toBe(true);
  expect(ranAt(world).map(([at]) => at)).toEqual([0, 10_000]);
  expect(world.run(world.store.list("deadline", { limit: 10 })).rows.map(({ id }) => id)).toEqual([
    "gate/t/",
  ]);
});
