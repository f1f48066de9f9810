// Goal: engines do of a schedule whose runs are not over what was decided, and cancel what is to be cancelled. Method: real engines over the memory store in virtual time.
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { any, event, trigger, type Overlap } from "../../src/core/index.ts";
import { cancelsOf } from "../../src/core/overlap.ts";
import type { HeldFiring } from "../../src/core/store.ts";
import { scheduleIn, unscheduleIn } from "../../src/runtime/control.ts";
import { start, World } from "../support/engine-world.ts";
import { work, next, appOf, triggerOf, everyMinute, minute } from "../support/overlap.ts";

describe("with engines", () => {
  const takes = (takesMillis: number) => ({
    pretend: () => ({ takesMillis, outcome: { _tag: "Succeeded" as const, result: null } }),
  });
  const told = (world: World) =>
    world
      .runs()
      .map(({ createdAt, settledAt, state }) => [
        Math.floor((createdAt - start) / 1_000),
        settledAt && Math.floor((settledAt - start) / 1_000),
        state,
      ]);
  // The world begins 40 seconds before a full minute.
  const app = (overlap: Overlap) => appOf(triggerOf(everyMinute(overlap)));

  test("cancelOther asks for the end of the run that is in the way, and runs once that is over", () => {
    const world = new World();
    world.engine(app("cancelOther"), "a", takes(90_000));
    world.pass(3 * minute);
    const [first, second] = told(world);
    expect(first?.[2]).toBe("cancelled");
    expect(second?.[2]).toBe("cancelled");
    // It was asked within a second of the next occurrence, and that ran when it had ended.
    expect((first?.[1] as number) - (first?.[0] as number)).toBe(minute / 1_000);
    expect(second?.[0]).toBe(first?.[1]);
  });

  test("cancelOther is for schedules made at run time, too", () => {
    const world = new World();
    world.engine(appOf(), "a", takes(90_000));
    world.run(scheduleIn(world.store, "m", { when: everyMinute("cancelOther"), run: "work" }));
    world.pass(2 * minute);
    expect(told(world).map(([, , state]) => state)).toEqual(["cancelled", "running"]);
  });

  test("cancelOther needs no hint of a store: a run that nobody held gives its turn on at once", () => {
    const world = new World();
    const silent = { ...world.store, changes: () => () => {} };
    const beside = trigger("beside", { when: event("e"), run: next, input: null });
    world.emit("e");
    const defined = appOf(beside, triggerOf(everyMinute("cancelOther")));
    world.engine(defined, "a", { ...takes(10 * minute), slots: 1, store: silent });
    world.pass(minute + 40_001);
    expect(told(world)).toEqual([
      [0, null, "running"],
      [20, 80, "cancelled"],
      [80, null, "pending"],
    ]);
  });

  test("an engine that finds a firing waiting asks for the end of what is in its way: whoever kept it may not have come to that", () => {
    const world = new World();
    // What this one asks for never gets there.
    const deaf = {
      ...world.store,
      commit: ((batch) =>
        batch.patches?.some(({ patch }) => patch.cancelRequested)
          ? world.store.commit({ checks: [] })
          : world.store.commit(batch)) as typeof world.store.commit,
    };
    world.engine(app("cancelOther"), "a", { ...takes(10 * minute), store: deaf });
    world.pass(2 * minute);
    expect(told(world)).toMatchObject([[expect.anything(), null, "running"]]);
    world.engine(app("cancelOther"), "b", takes(1_000));
    world.pass(15_000);
    expect(told(world).map(([, , state]) => state)).toEqual(["cancelled", "running"]);
  });

  test.each([
    ["by the engine that kept it", false],
    ["by an engine that finds it waiting", true],
  ])(
    "cancelOther does not ask for the end of a run that came while its firing waited: %s",
    (_, isFound) => {
      const world = new World();
      const when = any([everyMinute("cancelOther"), event("beside")]);
      const slow = { ...takes(10 * minute), slots: 2 };
      const { executor } = world.engine(appOf(triggerOf(when)), "a", slow);
      Object.assign(executor, { cancel: () => Effect.void }); // a body that does not listen
      world.pass(1.5 * minute);
      world.emit("beside");
      world.pass(1_000);
      if (isFound) world.engine(appOf(triggerOf(when)), "b", slow);
      world.pass(5_000);
      const asked = () => world.runs().map(({ cancelRequested }) => cancelRequested);
      expect(asked()).toEqual([true, false]);
      world.pass(minute); // the next occurrence comes after it
      expect(asked()).toEqual([true, true]);
    },
  );

  test("a definition that begins to mind its runs minds those that it finds", () => {
    const world = new World();
    const { engine } = world.engine(app("allow"), "a", takes(3 * minute));
    world.pass(minute);
    world.run(engine.drain);
    world.engine(app("skip"), "b", takes(1_000));
    world.pass(2 * minute);
    expect(told(world)).toHaveLength(1);
    expect(world.skips().map(({ reason }) => reason)).toEqual(["overlap", "overlap"]);
    world.pass(2 * minute);
    expect(told(world).length).toBeGreaterThan(1);
  });

  test("what waits for a trigger that has changed becomes a skip", () => {
    const world = new World();
    const { engine } = world.engine(app("bufferAll"), "a", takes(3 * minute));
    world.pass(2 * minute);
    world.run(engine.drain);
    world.engine(app("bufferOne"), "b", takes(1_000));
    expect(world.skips().map(({ signal, reason, count }) => [signal, reason, count])).toEqual([
      [null, "retired", 1],
    ]);
  });

  test("of a schedule made at run time, it waits through a new generation, and becomes a skip when the schedule ends", () => {
    const world = new World();
    const bare = appOf();
    const { engine } = world.engine(bare, "a", takes(10 * minute));
    world.run(
      scheduleIn(world.store, "m", { when: everyMinute("bufferOne"), run: "work", input: 1 }),
    );
    world.pass(2 * minute);
    world.run(engine.drain);
    world.engine(appOf(trigger("new", { when: event("e"), run: work })), "b");
    expect(world.skips()).toEqual([]);
    expect(told(world)).toHaveLength(1);
    world.run(unscheduleIn(world.store, "m"));
    world.pass(1_000);
    expect(world.skips().map(({ signal, reason, count }) => [signal, reason, count])).toEqual([
      [null, "retired", 1],
    ]);
  });
});

test("of the runs in whose place a firing waits, those are cancelled that are not over", () => {
  const firing = (id: string, instead: readonly string[]) =>
    ({ id, due: { _tag: "Turn", instead } }) as unknown as HeldFiring;
  const open = new Map([
    [
      "overlap:t",
      new Map([
        ["r2", {}],
        ["r3", {}],
      ]),
    ],
  ]) as never;
  const firings = new Map([
    ["overlap:t", [firing("a", ["r1", "r2"])]],
    ["t k", []],
  ]);
  expect(cancelsOf({ firings, open }, ["overlap:t", "t k", "gone"])).toEqual(["r2"]);
});
