// Goal: a run's id follows from trigger and signals alone, and from nothing that is neither. Method: ids by hand.
import { expect, test } from "vitest";
import { InputError, runIdOf } from "../../src/core/index.ts";
import { triggerIdOf } from "../../src/core/run-id.ts";

test("a run's id is the same whatever the order of its signals and however often one is named", () => {
  const id = runIdOf("nightly", ["b", "a"]);
  expect(id).toMatch(/^nightly~[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  for (const ids of [
    ["a", "b"],
    ["a", "b", "a"],
    ["b", "b", "a"],
  ])
    expect(runIdOf("nightly", ids)).toBe(id);
  for (const ids of [["a"], ["b"], ["a", "b", "c"], ["ab"], ['a","b']])
    expect(runIdOf("nightly", ids)).not.toBe(id);
  expect(runIdOf("weekly", ["a", "b"])).not.toBe(id.replace("nightly", "weekly"));
});

test("a run's id is SHA-256 of the canonical text, as a ULID is written", () => {
  expect(runIdOf("nightly", ["e-1"])).toBe("nightly~27B0C39C2GCQZN5N278F9S072E");
});

test.each([
  [undefined, ["a"], "undefined is no trigger's id; give text"],
  ["", ["a"], '"" is no trigger\'s id; give text'],
  ["t", "a", '"a" is no list of signal ids; give at least one'],
  ["t", undefined, "undefined is no list of signal ids; give at least one"],
  ["t", [], "there are no signal ids; a run comes of at least one signal"],
  ["t", ["a", 1], "1 is no signal's id; give text"],
  ["t", [null], "null is no signal's id; give text"],
])("of the trigger %j and the signals %j no id is made", (trigger, signals, message) => {
  const make = (): string => runIdOf(trigger as string, signals as string[]);
  expect(make).toThrow(InputError);
  expect(make).toThrow(message);
});

test("a run's id tells its trigger", () => {
  for (const id of ["nightly", "@work"]) expect(triggerIdOf(runIdOf(id, ["e"]))).toBe(id);
});
