// Goal: a condition is plain data that identifies a leaf, and says of a signal of another kind that it is one. Method: conditions and signals by hand.
import { expect, test } from "vitest";
import {
  absent,
  defineEvent,
  event,
  every,
  failure,
  result,
  settled,
  status,
  type Condition,
  type Signal,
} from "../../src/core/index.ts";
import { leafDataOf, type LeafCondition } from "../../src/core/condition.ts";
import { mismatchOf } from "../../src/core/mismatch.ts";

test("an event by its definition is the same leaf as by its name, so that a schema may be added or changed", () => {
  const uploaded = defineEvent("uploaded", {
    "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) },
  });
  const [defined, named] = [event(uploaded, { kind: "png" }), event("uploaded", { kind: "png" })];
  expect([defined.definition, "definition" in named]).toEqual([uploaded, false]);
  expect(leafDataOf(defined)).toBe(leafDataOf(named));
  expect(leafDataOf(named)).not.toBe(leafDataOf(event("uploaded")));
});

const signals: { readonly [tag: string]: Signal } = {
  Event: { _tag: "Event", id: "e", name: "work", payload: null, at: 0 },
  Status: {
    _tag: "Status",
    task: "work",
    run: "r",
    attempt: 1,
    state: "running",
    input: null,
    at: 0,
  },
  Result: { _tag: "Result", task: "work", run: "r", attempt: 1, input: null, result: null, at: 0 },
  Occurrence: { _tag: "Occurrence", schedule: every("1 s"), dueAt: 1_000 },
  Absence: { _tag: "Absence", after: null, since: 0, at: 1_000 },
};

test.each<[string, Condition]>([
  ["Event", event("work")],
  ["Status", status("work", "running")],
  ["Status", settled("work")],
  ["Result", result("work")],
  ["Failure", failure("work")],
  ["Occurrence", every("1 s")],
  ["Absence", absent(event("work"), { within: "1 s" })],
])("of a signal that is no %s it is said that it is none (condition %#)", (tag, condition) => {
  const told = Object.values(signals).map((signal) =>
    mismatchOf(condition as LeafCondition, signal),
  );
  expect(told.filter((mismatch) => mismatch?.path === "_tag")).toEqual(
    Object.keys(signals)
      .filter((other) => other !== tag)
      .map((other) => ({ path: "_tag", expected: tag, actual: other })),
  );
});
