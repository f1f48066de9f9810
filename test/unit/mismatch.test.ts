// Goal: a leaf is satisfied by what it asks for and by nothing else, and says what differs first. Method: tables of conditions and signals by hand.
import { describe, expect, test } from "vitest";
import {
  all,
  any,
  at,
  cron,
  event,
  every,
  failure,
  result,
  satisfies,
  settled,
  status,
  type Condition,
  type Schedule,
  type Signal,
} from "../../src/core/index.ts";
import type { LeafCondition } from "../../src/core/condition.ts";
import { filterMismatch, mismatchOf } from "../../src/core/mismatch.ts";

const uploaded = (payload: unknown): Signal => ({
  _tag: "Event",
  id: "e",
  name: "uploaded",
  payload: payload as never,
  at: 0,
});
const move = { task: "work", run: "r", attempt: 1, input: { n: 1 }, at: 0 };
const running: Signal = { _tag: "Status", ...move, state: "running" };
const over: Signal = { _tag: "Status", ...move, state: "settled" };
const made: Signal = { _tag: "Result", ...move, result: { size: 2, parts: [1, 2] } };
const broken: Signal = { _tag: "Failure", ...move, error: { name: "RangeError", message: "no" } };
const due = (schedule: Schedule, dueAt: number): Signal => ({
  _tag: "Occurrence",
  schedule,
  dueAt,
});

/** What differs, as path, expected and actual; null if nothing does. */
const told = (condition: Condition, signal: Signal): readonly unknown[] | null => {
  const mismatch = mismatchOf(condition as LeafCondition, signal);
  return mismatch === undefined ? null : [mismatch.path, mismatch.expected, mismatch.actual];
};

test.each<[Condition, Signal, readonly unknown[] | null]>([
  [event("uploaded"), uploaded(null), null],
  [event("removed"), uploaded(null), ["name", "removed", "uploaded"]],
  [event("uploaded", { n: 1 }), uploaded({ n: 2 }), ["payload.n", 1, 2]],
  [status("work", "running"), running, null],
  [status("work", ["succeeded", "running"], { input: { n: 1 } }), running, null],
  [status("other", "running"), running, ["task", "other", "work"]],
  [status("work", ["failed", "lost"]), running, ["state", ["failed", "lost"], "running"]],
  [status("work", "running", { input: { n: 2 } }), running, ["input.n", 2, 1]],
  [result("work", { is: { parts: [1, 2], size: 2 } }), made, null],
  [result("other"), made, ["task", "other", "work"]],
  [result("work", { is: { size: 2 } }), made, ["result", { size: 2 }, made.result]],
  [result("work", { where: { size: 3 } }), made, ["result.size", 3, 2]],
  [result("work", { where: { size: 2 }, input: { n: 2 } }), made, ["input.n", 2, 1]],
  [failure("work"), broken, null],
  [failure("work", { error: ["TypeError", "RangeError"], input: { n: 1 } }), broken, null],
  [failure("other"), broken, ["task", "other", "work"]],
  [failure("work", { error: "TypeError" }), broken, ["error.name", ["TypeError"], "RangeError"]],
  [failure("work", { input: { n: 2 } }), broken, ["input.n", 2, 1]],
  [settled("work"), over, null],
  [settled("other"), over, ["task", "other", "work"]],
  [settled("work"), running, ["state", "settled", "running"]],
])("%o hears %o: %o differs", (condition, signal, differs) => {
  expect(told(condition, signal)).toEqual(differs);
});

describe("an occurrence satisfies its own schedule", () => {
  test("at the instants that the schedule names, and at no other", () => {
    for (const schedule of [every("1 h"), cron("0 * * * *"), at(3_600_000)]) {
      expect(told(schedule, due(schedule, 3_600_000))).toBeNull();
      expect(told(schedule, due(schedule, 3_599_999))).toEqual(["dueAt", 3_600_000, 3_599_999]);
      expect(satisfies(schedule, due(schedule, 3_600_001))).toBe(false);
    }
    expect(told(every(1), due(every(1), 5))).toBeNull();
  });

  test("and not another that names the same instant", () => {
    const [key, other] = ['{"_tag":"Every","duration":"1 h"}', '{"_tag":"Every","duration":"2 h"}'];
    expect(told(every("1 h"), due(every("2 h"), 7_200_000))).toEqual(["schedule", key, other]);
  });
});

test("one signal satisfies all if it satisfies each part, and any if it satisfies one, at any depth", () => {
  const small = event<{ n: number }>("uploaded", ({ n }) => n < 5);
  const odd = event<{ n: number }>("uploaded", ({ n }) => n % 2 === 1);
  const none = event("removed");
  const satisfying = (condition: Condition) =>
    [1, 2, 7, 8].filter((n) => satisfies(condition, uploaded({ n })));
  expect(satisfying(all([small, odd]))).toEqual([1]);
  expect(satisfying(any([small, odd]))).toEqual([1, 2, 7]);
  expect(satisfying(any([none, all([odd, small])]))).toEqual([1]);
  expect(satisfying(all([small, any([odd, none])]))).toEqual([1]);
  expect(satisfying(all([small, none]))).toEqual([]);
});

describe("a filter that is a value asks for a part of the payload", () => {
  test.each<[unknown, unknown]>([
    [1, 1],
    [null, null],
    [{}, { n: 1 }],
    [{ n: 1 }, { n: 1, m: 2 }],
    [{ n: undefined }, { n: 1 }],
    [{ n: undefined, m: 2 }, { m: 2 }],
    [{ deep: { n: null } }, { deep: { n: null, m: 1 } }],
    [
      [1, { n: 2 }],
      [1, { n: 2, m: 3 }],
    ],
    [[], []],
  ])("%j is part of %j", (filter, payload) => {
    expect(told(event("uploaded", filter as never), uploaded(payload))).toBeNull();
  });

  test.each<[unknown, unknown, readonly unknown[]]>([
    [1, "1", ["payload", 1, "1"]],
    [null, {}, ["payload", null, {}]],
    [{}, null, ["payload", {}, null]],
    [{}, 3, ["payload", {}, 3]],
    [{}, [], ["payload", {}, []]],
    [[], {}, ["payload", [], {}]],
    [[1], [1, 2], ["payload.length", 1, 2]],
    [[1, 2], [1], ["payload.length", 2, 1]],
    [
      [2, 1],
      [1, 2],
      ["payload.0", 2, 1],
    ],
    [{ n: 1, m: 2 }, { n: 1, m: 3 }, ["payload.m", 2, 3]],
    [{ n: null }, {}, ["payload.n", null, undefined]],
    [{ toString: 1 }, {}, ["payload.toString", 1, undefined]],
    [{ deep: { n: 1 } }, { deep: 1 }, ["payload.deep", { n: 1 }, 1]],
  ])("%j is no part of %j", (filter, payload, differs) => {
    expect(told(event("uploaded", filter as never), uploaded(payload))).toEqual(differs);
  });
});

describe("what keeps a value from passing a filter is told in words", () => {
  const isLarge = (value: unknown): boolean => Number(value) > 5;
  test.each<[string, unknown, unknown, string | undefined]>([
    ["no filter", undefined, 3, undefined],
    ["a part of it", { n: 1 }, { n: 1, m: 2 }, undefined],
    ["another value", { n: 1 }, { n: 2 }, "input.n is 2, not 1"],
    ["a place that is not there", { n: 1 }, {}, "input.n is not there, not 1"],
    ["a predicate that says yes", isLarge, 6, undefined],
    ["a predicate that says no", isLarge, 5, "the predicate isLarge says no to 5"],
    [
      "one without a name",
      (
        () => (value: unknown) =>
          value === 1
      )(),
      { n: 1 },
      'the predicate says no to {"n":1}',
    ],
    [
      "one that looks at the signal, too",
      (value: unknown, signal: Signal) => value === signal,
      1,
      undefined,
    ],
    ["one that asks for nothing", () => false, 1, undefined],
    ["one that throws", (value: { n: { m: number } }) => value.n.m === 1, {}, undefined],
    ["one that gives no boolean", (value: unknown) => value, 1, undefined],
  ])("%s", (_, filter, value, words) => {
    expect(filterMismatch(filter, value, "input")).toBe(words);
  });
});
