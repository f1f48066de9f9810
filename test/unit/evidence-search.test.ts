// Goal: where ids don't lead to rows, a search does, and it is bounded. Method: a memory store that is strict about what it is asked for and notes it; its rows are an engine's, or
// written by hand where there must be many.
import { expect, test } from "vitest";
import {
  all,
  any,
  event,
  every,
  signalNamed,
  trigger,
  whatBecameOf,
  type Skip,
} from "../../src/core/index.ts";
import { runIdOf } from "../../src/core/run-id.ts";
import { pauseIn, scheduleIn } from "../../src/runtime/control.ts";
import { start } from "../support/engine-world.ts";
import {
  work,
  next,
  definedBy,
  minute,
  living,
  runRow,
  skipRow,
  eventRow,
} from "../support/evidence.ts";

test.each([
  [1_000, []],
  [
    1_001,
    [
      ["skip", undefined],
      ["run", undefined],
    ],
  ],
])("of %i triggers that are active each is found once", (count, expected) => {
  const { world, noted, write } = living();
  const names = Array.from({ length: count }, (_, n) => `t-${n}`);
  write({
    generation: {
      number: 1,
      fingerprint: "",
      activatedAt: start,
      triggers: Object.fromEntries(names.map((name) => [name, ""])),
      zones: null,
    },
    signals: [eventRow("x")],
    runs: names
      .slice(0, 10)
      .map((name) => runRow({ id: runIdOf(name, ["x"]), trigger: name, cause: ["x"] })),
    skips: names.slice(10).map((name) => skipRow("x", { trigger: name })),
  });
  const { store, searches } = noted();
  const stored = world.run(signalNamed(store, "x"))!;
  const told = world.run(whatBecameOf(store, stored)).map((each) => each.trigger);
  expect(searches()).toEqual(expected);
  expect(told.sort()).toEqual(names.toSorted());
});

/** What is told of "x", where so many skips of other signals came later, and sooner. */
const toldBefore = (later: number, fields: Partial<Skip> = {}, sooner = 0) => {
  const { world, noted, write } = living();
  const others = (count: number, name: string) =>
    Array.from({ length: count }, (_, n) => skipRow(`${name}-${n}`));
  write({
    signals: [eventRow("x")],
    skips: [...others(sooner, "sooner"), skipRow("x", fields), ...others(later, "later")],
  });
  const { store, searches } = noted();
  const stored = world.run(signalNamed(store, "x"))!;
  const told = world.run(whatBecameOf(store, stored)).map((each) => each.trigger);
  return { told, searches: searches().length };
};

test("a search goes through 20,000 rows, and not through those that are older than the signal", () => {
  expect(toldBefore(19_999)).toEqual({ told: ["t"], searches: 20 + 1 });
  expect(toldBefore(20_000)).toEqual({ told: [], searches: 20 + 1 });
  expect(toldBefore(1_000)).toEqual({ told: ["t"], searches: 2 + 1 });
  expect(toldBefore(0, {}, 3_000)).toEqual({ told: ["t"], searches: 1 + 1 });
  expect(toldBefore(999, { at: start - 1 })).toEqual({ told: [], searches: 1 + 1 });
  expect(toldBefore(1_001, { at: start - 1 })).toEqual({ told: [], searches: 2 + 1 });
});

test("a trigger's run for an instant is searched for where its id does not follow from it, and a skip where there is none", () => {
  const { world, askDue } = living(
    trigger("alone", { when: every("1 min"), run: work, input: null }),
    trigger("late", { when: every("1 min"), run: next, input: null }),
    trigger("joined", { when: all([every("1 min"), event("b")]), run: next, input: null }),
    trigger("batched", {
      when: every("1 min"),
      batch: { size: 2, within: "1 h" },
      run: next,
      input: null,
    }),
    trigger("odd", {
      when: every("7 min"),
      batch: { size: 2, within: "1 h" },
      run: next,
      input: null,
    }),
  );
  const first = Math.ceil((start + 1) / minute) * minute;
  world.run(pauseIn(world.store, { trigger: "late" }, { until: first + 10 }));
  world.emit("b");
  world.pass(2 * minute + 100);
  expect(askDue(first)).toMatchObject({
    verdicts: [
      ["alone", "Fired"],
      ["late", "Skipped"],
      ["joined", "Fired"],
      ["batched", "Fired"],
    ],
    others: [{ trigger: "odd" }],
    searches: [
      ["skip", "late"],
      ["run", "joined"],
      ["skip", "joined"],
      ["run", "batched"],
      ["skip", "batched"],
    ],
  });
  expect(askDue(first, "alone").searches).toEqual([]);
});

test("an instant of two schedules of a trigger is told by each, and a skip found that is of one of them", () => {
  const { world, askDue } = living(
    trigger("t", {
      when: any([every("1 min", { anchor: start }), every("2 min", { anchor: start })]),
      run: work,
      input: null,
    }),
  );
  world.run(pauseIn(world.store, { trigger: "t" }, { until: start + 3 * minute }));
  world.pass(4 * minute);
  expect(askDue(start + 2 * minute).answers).toMatchObject([
    { verdict: { _tag: "Skipped", reason: "paused" } },
    { verdict: { _tag: "Skipped", reason: "paused" } },
  ]);
});

test("a schedule that was made at run time is asked once, also where a file now defines a trigger of its name", () => {
  const { world, askDue } = living(trigger("t", { when: event("a"), run: work, input: null }));
  const when = every("1 min", { anchor: start });
  world.run(scheduleIn(world.store, "made", { when, run: "next", input: null }));
  world.pass(minute + 100);
  const now = definedBy(trigger("made", { when, run: work, input: null }));
  expect(askDue(start + minute).answers).toMatchObject([
    { trigger: "made", verdict: { _tag: "Fired" }, definition: "active" },
  ]);
  expect(askDue(start + minute, undefined, now).answers).toMatchObject([
    { trigger: "made", verdict: { _tag: "Fired" }, definition: "new" },
  ]);
});
