// Goal: whatever an executor tells of a run that is held is kept until it is written, each thing is written once, and what is told of other claims counts for nothing. Method: a
// Holdings alone; what a store would answer is played by calling `written` or `refused`.
import { describe, expect, test } from "vitest";
import { definitionsOf, detent, task } from "../../src/core/index.ts";
import { Holdings, type Writing } from "../../src/core/holdings.ts";
import type { Outcome, Run } from "../../src/core/run.ts";
import { aRun } from "../../src/adapters/testing/subject.ts";

const definitions = definitionsOf(
  detent({
    tasks: [task({ id: "resize", retry: { attempts: 2, first: 500, jitter: 0 }, run: () => 1 })],
    triggers: [],
  }),
);
const error = { name: "Error", message: "no" };
const succeeded: Outcome = { _tag: "Succeeded", result: 1 };
const failed: Outcome = { _tag: "Failed", error };
const crashed: Outcome = { _tag: "Crashed", error };
const cancelled: Outcome = { _tag: "Cancelled", error };

const claimed = (id: string, fields: Partial<Run> = {}): Run =>
  aRun(id, { state: "claimed", token: 3, attempt: 1, owner: "me", ...fields });
const holding = (...runs: readonly Run[]): Holdings => {
  const holdings = new Holdings(definitions, "me");
  for (const run of runs) holdings.add(run);
  return holdings;
};
const of = (run: string, token = 3) => ({ run, token });
const begin = (holdings: Holdings, run = "r", token = 3) =>
  holdings.hear({ _tag: "Started", ...of(run, token), at: 10 });
const emit = (holdings: Holdings, id: string, run = "r") =>
  holdings.hear({ _tag: "Emitted", ...of(run), event: { id, name: "e", payload: null } });
const end = (
  holdings: Holdings,
  outcome: Outcome,
  run = "r",
  emitted: readonly { id: string; name: string; payload: null }[] = [],
) => holdings.hear({ _tag: "Ended", ...of(run), outcome, emitted });

const only = (holdings: Holdings, now = 20): Writing => {
  const writings = holdings.unwritten(now);
  expect(writings).toHaveLength(1);
  return writings[0]!;
};
/** What a writing changes of the run. */
const changeOf = ({ batch }: Writing) => Object.assign({}, ...batch.patches!.map((p) => p.patch));
const signalsOf = ({ batch }: Writing) =>
  batch.signals!.map(({ signal }) => ("state" in signal ? signal.state : signal.name));

test("what is told of a run that is not held, or under another token, counts for nothing", () => {
  const holdings = holding(claimed("r"));
  expect(begin(holdings, "other")).toBeUndefined();
  expect(begin(holdings, "r", 2)).toBeUndefined();
  expect(holdings.cancel("other", 3)).toBe(false);
  expect(holdings.cancel("r", 2)).toBe(false);
  expect([holdings.isUnwritten, holdings.unwritten(20)]).toEqual([false, []]);
  expect([holdings.has("r", 3), holdings.has("r", 2), holdings.has("other", 3)]).toEqual([
    true,
    false,
    false,
  ]);
});

test("progress and log lines are told on, and nothing is written of them", () => {
  const run = claimed("r");
  const holdings = holding(run);
  const heard = [
    holdings.hear({ _tag: "Progress", ...of("r"), fraction: 0.5, message: null }),
    holdings.hear({ _tag: "Logged", ...of("r"), level: "info", message: "half" }),
  ];
  expect(heard).toEqual([run, run]);
  expect(holdings.isUnwritten).toBe(false);
});

test("a beginning is written once, while the run is held under this claim, and is no end", () => {
  const holdings = holding(claimed("r"), claimed("idle"));
  expect(begin(holdings)).toMatchObject({ id: "r" });
  expect([holdings.isUnwritten, holdings.hasEnded]).toEqual([true, false]);
  const writing = only(holdings);
  expect(writing.batch).toMatchObject({
    checks: [{ _tag: "Held", run: "r", owner: "me", token: 3, states: ["claimed", "running"] }],
    patches: [{ run: "r", patch: { state: "running", startedAt: 10 } }],
    attempts: [],
  });
  expect(writing.batch.checks[0]).not.toHaveProperty("cancelRequested");
  expect(signalsOf(writing)).toEqual(["running"]);
  expect(writing.written()).toEqual([
    { _tag: "Started", run: { ...claimed("r"), state: "running", startedAt: 10 } },
  ]);
  expect([holdings.isUnwritten, holdings.size, holdings.ids()]).toEqual([false, 2, ["r", "idle"]]);
  end(holdings, succeeded);
  expect(holdings.hasEnded).toBe(true);
  const last = only(holdings);
  expect(signalsOf(last)).toEqual(["succeeded"]);
  expect(last.written().map(({ _tag }) => _tag)).toEqual(["Ended"]);
  expect([holdings.isUnwritten, holdings.ids()]).toEqual([false, ["idle"]]);
});

test("a run that begins and ends before anything is written is told to have begun and ended", () => {
  const holdings = holding(claimed("r"));
  begin(holdings);
  emit(holdings, "e1");
  emit(holdings, "e2");
  end(holdings, succeeded, "r", [{ id: "e3", name: "last", payload: null }]);
  const writing = only(holdings);
  expect(signalsOf(writing)).toEqual(["e", "e", "running", "last", "succeeded"]);
  expect(writing.batch.signals!.map(({ id }) => id).filter((id) => /^e\d$/.test(id))).toEqual([
    "e1",
    "e2",
    "e3",
  ]);
  expect(writing.batch.attempts).toMatchObject([
    { run: "r", token: 3, startedAt: 10, settledAt: 20, outcome: succeeded },
  ]);
  expect(writing.written()).toMatchObject([
    { _tag: "Started", run: { state: "running" } },
    { _tag: "Ended", run: { state: "succeeded" }, outcome: succeeded },
  ]);
});

test("a run that ends without having begun is not told to have begun", () => {
  const holdings = holding(claimed("r"));
  end(holdings, { _tag: "Released", error: null, holdMillis: 5 });
  const writing = only(holdings);
  expect([signalsOf(writing), writing.batch.attempts]).toEqual([[], []]);
  expect(writing.written()).toMatchObject([
    { _tag: "Ended", run: { state: "pending", dueAt: 25, attempt: 0 } },
  ]);
});

test("what is told while the store writes is written next time, and nothing twice", () => {
  const holdings = holding(claimed("r"));
  emit(holdings, "e1");
  const first = only(holdings);
  emit(holdings, "e2");
  expect(first.written()).toEqual([]);
  expect(holdings.isUnwritten).toBe(true);
  const second = only(holdings);
  expect(second.batch.signals!.map(({ id }) => id)).toEqual(["e2"]);
  end(holdings, succeeded);
  expect(second.written()).toEqual([]);
  expect([holdings.isUnwritten, holdings.size]).toEqual([true, 1]);
  const third = only(holdings);
  expect(signalsOf(third)).toEqual(["succeeded"]);
  third.written();
  expect([holdings.isUnwritten, holdings.size]).toEqual([false, 0]);
});

test("what the store refuses is let go, with one warning", () => {
  const holdings = holding(claimed("r"));
  end(holdings, failed);
  expect(only(holdings).refused()).toEqual([
    {
      _tag: "Warning",
      message:
        "the claim of run r was lost before its outcome could be written; somebody else has settled it",
    },
  ]);
  expect([holdings.isUnwritten, holdings.size]).toEqual([false, 0]);
});

describe("an end that a person asks for", () => {
  test("is noted once", () => {
    const holdings = holding(claimed("r"));
    expect([holdings.cancel("r", 3), holdings.cancel("r", 3)]).toEqual([true, false]);
  });

  test("makes of a failure that would be tried again a cancelled run; without it the commit demands that nobody has asked", () => {
    const asked = holding(claimed("r"));
    asked.cancel("r", 3);
    end(asked, failed);
    expect(changeOf(only(asked)).state).toBe("cancelled");
    const unasked = holding(claimed("r"));
    end(unasked, failed);
    const writing = only(unasked);
    expect(changeOf(writing)).toMatchObject({ state: "pending", dueAt: 520 });
    expect(writing.batch.checks[0]).toMatchObject({ cancelRequested: false });
    expect(writing.written()).toMatchObject([{ _tag: "Ended", run: { state: "pending" } }]);
    expect(unasked.size).toBe(0);
  });
});

describe("what the engine's own stop cuts off", () => {
  test.each([
    ["and is cancelled by that goes back as a loss", cancelled, { state: "pending", losses: 1 }],
    ["and crashes goes back as a loss", crashed, { state: "pending", losses: 1 }],
    ["and succeeds all the same has succeeded", succeeded, { state: "succeeded" }],
    ["and fails all the same has failed", failed, { state: "pending", dueAt: 520 }],
  ])("%s", (_, outcome, change) => {
    const holdings = holding(claimed("r"));
    expect(holdings.cutOff()).toEqual(["r"]);
    end(holdings, outcome);
    const changed = changeOf(only(holdings));
    expect(changed).toMatchObject(change);
    expect("losses" in changed).toBe("losses" in change);
  });

  test("is cancelled, and no loss, where a person has asked for it as well", () => {
    const holdings = holding(claimed("r"));
    holdings.cancel("r", 3);
    holdings.cutOff();
    end(holdings, cancelled);
    const changed = changeOf(only(holdings));
    expect([changed.state, changed.losses]).toEqual(["cancelled", undefined]);
  });

  test("is not what had ended before", () => {
    const holdings = holding(claimed("r", { crashes: 1 }));
    end(holdings, crashed);
    holdings.cutOff();
    const changed = changeOf(only(holdings));
    expect([changed.state, changed.losses]).toEqual(["failed", undefined]);
  });

  test("an attempt that nobody cut off is cancelled by its executor, and ends so", () => {
    const holdings = holding(claimed("r"));
    end(holdings, cancelled);
    expect(changeOf(only(holdings)).state).toBe("cancelled");
  });
});

test("what an executor has lost track of is a loss, not an attempt, and says what is known of it", () => {
  const holdings = holding(claimed("r", { attempt: 2 }));
  const lost = { name: "LostError", message: "forgotten" };
  const outcome: Outcome = { _tag: "Crashed", error: lost };
  holdings.hear({ _tag: "Ended", ...of("r"), outcome, emitted: [], isLost: true });
  const writing = only(holdings);
  expect(changeOf(writing)).toMatchObject({
    state: "pending",
    losses: 1,
    dueAt: 20,
    outcome: { error: lost },
  });
  expect(changeOf(writing)).not.toHaveProperty("crashes");
  expect(writing.batch.attempts).toMatchObject([{ run: "r", token: 3, outcome }]);
});
