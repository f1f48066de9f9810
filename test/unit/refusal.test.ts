// Goal: a move that can't be made is refused with a value that says why. Method: one run, each way of being refused.
import { expect, test } from "vitest";
import { refusalOf } from "../../src/core/refusal.ts";
import { aRun } from "../../src/adapters/testing/subject.ts";

const held = aRun("r", { state: "running", owner: "a", token: 3 });

test("what the table allows is not refused, to anybody or to the holder where one must hold it", () => {
  expect(refusalOf(undefined, { move: "create" })).toBeUndefined();
  expect(refusalOf(aRun("r"), { move: "claim" })).toBeUndefined();
  expect(refusalOf(held, { move: "settle", by: { owner: "a", token: 3 } })).toBeUndefined();
  expect(refusalOf(held, { request: "cancel" })).toBeUndefined();
  expect(refusalOf(aRun("r", { state: "lost" }), { request: "retry" })).toBeUndefined();
});

test.each([
  ["no such run", undefined, { move: "claim" }, "unknown"],
  ["over", aRun("r", { state: "failed" }), { request: "cancel" }, "over"],
  ["over, for its late holder", aRun("r", { state: "failed" }), { move: "settle" }, "over"],
  ["not over", held, { request: "retry" }, "not-over"],
  ["held already", held, { move: "claim" }, "other-state"],
  ["there already", held, { move: "create" }, "other-state"],
  ["of another holder", held, { move: "settle", by: { owner: "b", token: 3 } }, "not-holder"],
  ["of an earlier claim", held, { move: "settle", by: { owner: "a", token: 2 } }, "not-holder"],
] as const)("refused: %s", (_, run, asked, reason) => {
  expect(refusalOf(run, asked)).toMatchObject({ reason, state: run?.state ?? null });
});
