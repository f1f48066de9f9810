// Goal: what a draft answers is what the state will be once it is committed, also of what was begun and ended within it. Method: drafts over rows by hand.
import { describe, expect, test } from "vitest";
import { cron, definitionsOf, detent, stateOf, task, trigger } from "../../src/core/index.ts";
import { Draft } from "../../src/core/draft.ts";
import { settledScopeOf } from "../../src/core/scope.ts";
import type { StatusState, StoredStatus } from "../../src/core/signal.ts";
import type { HeldFiring, Open } from "../../src/core/store.ts";
import { aRelease, aStatus } from "../../src/adapters/testing/subject.ts";

const definitions = definitionsOf(
  detent({
    tasks: [task({ id: "work", run: () => 1 })],
    triggers: [trigger("hourly", { when: cron("0 * * * *"), run: "work" })],
  }),
);
const ended = (run: string, state: StatusState = "succeeded"): StoredStatus =>
  aStatus(run, state).signal as StoredStatus;
const row = (root: string, run: string, isEnded = false): Open => ({
  scope: settledScopeOf(root),
  run,
  ended: isEnded ? ended(run) : null,
});
const draftOver = (...open: readonly Open[]): Draft => {
  const rows = { cursors: [], waiting: [], deadlines: [], open };
  return new Draft(
    stateOf(definitions, { revision: 0, seq: 0, at: 0 }, rows),
    { now: 0 },
    () => {},
  );
};
const firing = (id: string, ...roots: readonly string[]): HeldFiring => {
  const { due, ...deadline } = aRelease(id, 9) as HeldFiring;
  return { ...deadline, due: { ...due, scopes: roots.map(settledScopeOf) } };
};
const settledBy = ({ signals }: Draft) =>
  signals.map(({ signal }) => "run" in signal && [signal.run, signal.state]);

describe("scopes", () => {
  test("a run belongs to the scopes of its roots in which it is not over, and what minds a trigger's runs is none of them", () => {
    const draft = draftOver(row("a", "r"), row("b", "r"), {
      scope: "overlap:t",
      run: "r",
      ended: null,
    });
    expect(draft.scopesOf("r")).toEqual([settledScopeOf("a"), settledScopeOf("b")]);
    draft.leaveScope(settledScopeOf("a"), "r");
    draft.enter(settledScopeOf("c"), "r");
    draft.enter("overlap:u", "r");
    expect(draft.scopesOf("r")).toEqual([settledScopeOf("b"), settledScopeOf("c")]);
  });

  test("the runs that are open in a scope are those of the state and of the draft, without those that left", () => {
    const draft = draftOver(row("a", "stays"), row("a", "leaves"), row("b", "other"));
    draft.enter(settledScopeOf("a"), "comes");
    draft.enter(settledScopeOf("b"), "elsewhere");
    draft.leaveScope(settledScopeOf("a"), "leaves");
    expect(draft.openRuns(settledScopeOf("a"))).toEqual(["comes", "stays"]);
  });

  test("the runs that are open in a scope come in one order, whether the state has them, in whichever, or the draft", () => {
    const drafts = [
      draftOver(row("a", "2"), row("a", "1"), row("a", "3")),
      draftOver(row("a", "3")),
      draftOver(),
    ];
    for (const run of ["2", "1"]) drafts[1]?.enter(settledScopeOf("a"), run);
    for (const run of ["3", "2", "1"]) drafts[2]?.enter(settledScopeOf("a"), run);
    for (const draft of drafts)
      expect(draft.openRuns(settledScopeOf("a"))).toEqual(["1", "2", "3"]);
  });

  test("a run that ends stays open in the scopes around its own until that is settled, for what that causes belongs to them", () => {
    const draft = draftOver(
      row("a", "a", true),
      row("a", "b"),
      row("b", "b"),
      row("b", "c"),
      row("a", "c"),
    );
    draft.end(ended("b"));
    expect(draft.openRuns(settledScopeOf("a"))).toEqual(["a", "b", "c"]);
    draft.end(ended("c"));
    expect([settledBy(draft), draft.isOpen(settledScopeOf("a"))]).toEqual([
      [["b", "settled"]],
      true,
    ]);
    draft.end(ended("b", "settled"));
    expect([settledBy(draft), draft.isOpen(settledScopeOf("a"))]).toEqual([
      [
        ["b", "settled"],
        ["a", "settled"],
      ],
      false,
    ]);
  });

  test("to leave a scope that one never was in changes nothing", () => {
    const draft = draftOver(row("a", "a", true), row("a", "b"));
    draft.leaveScope(settledScopeOf("a"), "stranger");
    draft.leaveScopes(firing("f", "a"));
    draft.leaveScope("overlap:t", "stranger");
    draft.enter("overlap:t", "r");
    expect([
      settledBy(draft),
      draft.openRuns(settledScopeOf("a")),
      draft.isOpen("overlap:t"),
    ]).toEqual([[], ["a", "b"], true]);
  });

  test("of what enters and leaves within a draft nothing is written", () => {
    const draft = draftOver();
    draft.enter("overlap:t", "r");
    draft.leaveScope("overlap:t", "r");
    expect([draft.openPut.size, draft.openRemove.size]).toEqual([0, 0]);
  });

  test("a firing that is kept back keeps open the scopes that still are, and opens none", () => {
    const draft = draftOver(row("a", "a", true), row("a", "b"));
    draft.hold(firing("f", "a", "over"));
    expect([draft.openRuns(settledScopeOf("a")), draft.isOpen(settledScopeOf("over"))]).toEqual([
      ["a", "b", "f"],
      false,
    ]);
  });
});

test("a pause of a schedule that has not begun keeps nothing from running", () => {
  const draft = draftOver();
  const [leaf] = definitions.schedules;
  expect([draft.skipPaused(leaf!, { at: 9e6, through: 9e6 }), draft.skips]).toEqual([9e6, []]);
});
