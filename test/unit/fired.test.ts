// Goal: a run's tree shows which signal satisfied which leaf, and tells those apart that satisfy none any more. Method: causes and rows by hand.
import { describe, expect, test } from "vitest";
import {
  absent,
  all,
  any,
  definitionsOf,
  detent,
  event,
  every,
  failure,
  firedOf,
  result,
  status,
  task,
  trigger,
  type Condition,
} from "../../src/core/index.ts";
import type { FiredCondition } from "../../src/core/fired.ts";
import { absenceIdOf, occurrenceIdOf, type StoredSignal } from "../../src/core/signal.ts";
import { anEvent, aStatus } from "../../src/adapters/testing/subject.ts";

const work = task({ id: "resize", run: (input: unknown) => input });
const compiledOf = (when: Condition) =>
  definitionsOf(
    detent({ tasks: [work], triggers: [trigger("t", { when, run: work, input: null })] }),
  ).triggers.get("t")!;

const rowsOf = (...signals: readonly object[]): ReadonlyMap<string, StoredSignal> =>
  new Map(
    signals.map((signal, index) => {
      const stored = { ...signal, seq: index + 1, at: 0 } as StoredSignal;
      return [stored.id, stored];
    }),
  );
const rows = rowsOf(
  anEvent("e-1", { name: "a", payload: { n: 1 } }),
  anEvent("e-2", { name: "b" }),
  aStatus("r", "succeeded"),
  aStatus("s", "failed"),
);

const leavesOf = (condition: FiredCondition): readonly (readonly [string, ...string[]])[] =>
  condition._tag === "Leaf"
    ? [[condition.path, ...condition.signals]]
    : condition.parts.flatMap(leavesOf);
const fired = (when: Condition, cause: readonly string[], signals = rows) => {
  const { condition, elsewhere } = firedOf(compiledOf(when), { cause }, signals);
  return { leaves: leavesOf(condition), elsewhere };
};

describe("a signal stands at the leaf that it satisfies, and at no other", () => {
  test("an event", () => {
    expect(fired(all([event("a"), any([event("b"), event("c")])]), ["e-1", "e-2"])).toEqual({
      leaves: [["all.0", "e-1"], ["all.1.any.0", "e-2"], ["all.1.any.1"]],
      elsewhere: [],
    });
  });

  test("a run's end under the id by which it was heard", () => {
    const [succeeded, failed] = [aStatus("r", "succeeded").id, aStatus("s", "failed").id];
    const when = all([result(work), status(work, "succeeded"), failure(work)]);
    const ids = [
      succeeded.replace("status", "result"),
      succeeded,
      failed.replace("status", "failure"),
    ];
    expect(fired(when, ids)).toEqual({
      leaves: [
        ["all.0", ids[0]],
        ["all.1", ids[1]],
        ["all.2", ids[2]],
      ],
      elsewhere: [],
    });
  });

  test("an occurrence and an absence, which are no rows, by their leaf's key", () => {
    const when = all([every("1 h"), every("2 h"), absent(event("a"), { within: "1 h" })]);
    const [hourly, other, silence] = compiledOf(when).leaves.map(({ key }) => key);
    const cause = [
      occurrenceIdOf(other!, 7_200_000),
      occurrenceIdOf(hourly!, 3_600_000),
      absenceIdOf(silence!, "", 5),
    ];
    expect(fired(when, cause)).toEqual({
      leaves: [
        ["all.0", cause[1]],
        ["all.1", cause[0]],
        ["all.2", cause[2]],
      ],
      elsewhere: [],
    });
  });
});

describe("a signal stands elsewhere", () => {
  test("that satisfies no leaf any more, because its filter has changed or fails now", () => {
    const broken = event("a", () => {
      throw new Error("boom");
    });
    for (const when of [event("a", { n: 2 }), broken, event("b", { n: 1 })])
      expect(fired(when, ["e-1"])).toEqual({ leaves: [["when"]], elsewhere: ["e-1"] });
  });

  test("of which no row is left, or which was heard as something else", () => {
    expect(fired(event("a"), ["gone"])).toEqual({ leaves: [["when"]], elsewhere: ["gone"] });
    const failed = aStatus("r", "succeeded").id.replace("status", "failure");
    expect(fired(any([failure(work), result(work)]), [failed])).toEqual({
      leaves: [["any.0"], ["any.1"]],
      elsewhere: [failed],
    });
  });

  test("whose leaf is gone: an occurrence of another schedule, an absence of another watch", () => {
    const [key] = compiledOf(every("2 h")).leaves.map((leaf) => leaf.key);
    const cause = [occurrenceIdOf(key!, 0), absenceIdOf("gone#0", "", 5)];
    expect(fired(any([every("1 h"), absent(event("a"), { within: "1 h" })]), cause)).toEqual({
      leaves: [["any.0"], ["any.1"]],
      elsewhere: cause,
    });
  });
});
