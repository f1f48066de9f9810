// Goal: what the store contract expects means what it means elsewhere, and a rule that is broken says where. Method: vitest's own words beside ours.
import { expect, test } from "vitest";
import { expect as ours } from "../../src/adapters/testing/rule.ts";

const values: readonly unknown[] = [
  0,
  -0,
  Number.NaN,
  "a",
  null,
  undefined,
  [],
  {},
  [1, { a: null }],
  [1, { a: null, b: 2 }],
  [1],
  { a: undefined },
  { a: [1, 2], b: { c: "x" } },
  { a: [1, 2], b: { c: "x", d: 1 } },
  { a: [1, 2, 3] },
];

// The linter wants each call of it to be a claim.
const theirs = expect;

const holds = (claim: () => void): boolean => {
  try {
    claim();
    return true;
  } catch {
    return false;
  }
};

const hasFields = (it: unknown): boolean =>
  typeof it === "object" && it !== null && Object.values(it).some((field) => field !== undefined);

test.each(["toBe", "toEqual", "toMatchObject"] as const)("%s holds where vitest's does", (word) => {
  const pairs = values.flatMap((expected) => values.map((actual) => [actual, expected] as const));
  // Of objects with a field that is told; what lists and nothing at all match is nothing that a rule asks.
  const objects = pairs.filter(([actual, expected]) => hasFields(actual) && hasFields(expected));
  const asked = word === "toMatchObject" ? objects : pairs;
  const differ = asked.filter(
    ([actual, expected]) =>
      holds(() => ours(actual)[word](expected)) !==
      holds(() => (theirs(actual)[word] as (it: unknown) => void)(expected)),
  );
  expect(differ).toEqual([]);
});

test("what differs is told with its place", () => {
  const actual = { runs: [{ id: "a" }, { id: "b", state: "lost" }] };
  expect(() =>
    ours(actual, "after a crash").toEqual({ runs: [{ id: "a" }, { id: "b", state: "failed" }] }),
  ).toThrow('expected "failed", got "lost" at .runs[1].state (after a crash)');
  expect(() => ours([1, 2]).toHaveLength(3)).toThrow("expected as many items as 3, got [1,2]");
});
