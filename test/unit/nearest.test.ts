// Goal: a suggestion is a name that somebody can have meant. Method: names beside what was written.
import { expect, test } from "vitest";
import { meantOr, nearestOf } from "../../src/core/nearest.ts";

test.each([
  ["crahs", ["crash", "clock"], ["crash"]],
  ["RETRY", ["retry", "retries"], ["retry"]],
  ["misSed", ["missedAfter", "missed"], ["missed"]],
  ["with", ["within", "width"], ["within", "width"]],
  ["c", ["a", "b"], []],
  ["a", ["ab", "b"], ["ab"]],
  ["", ["a"], []],
])("for %j of %j it is %j", (wanted, names, near) => {
  expect(nearestOf(wanted, names)).toEqual(near);
});

test("where no name is near, what there is is told instead", () => {
  expect(meantOr("zone", ["retry"], "; there is retry")).toBe("; there is retry");
  expect(meantOr("retyr", ["retry"], "; there is retry")).toBe('; did you mean "retry"?');
});
