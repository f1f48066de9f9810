// Goal: what each move of a run writes, where attempts, losses and crashes are counted apart. Method: moves on runs by hand.
import { expect, test } from "vitest";
import { hash32 } from "../../src/core/hash.ts";
import { retryDelayMillis } from "../../src/core/retry.ts";
import { reclaimed, settled, type Outcome, type Run } from "../../src/core/run.ts";
import { taskOptionsOf } from "../../src/core/task.ts";
import { aRun } from "../../src/adapters/testing/subject.ts";

const error = { name: "Error", message: "no" };
const held = (fields: Partial<Run> = {}): Run =>
  aRun("r", {
    state: "running",
    token: 5,
    attempt: 1,
    owner: "me",
    nonce: "n",
    startedAt: 3,
    ...fields,
  });
const optionsOf = (settings: object = {}) =>
  taskOptionsOf({
    id: "resize",
    retry: { attempts: 3, first: 500, jitter: 0 },
    ...settings,
  } as never);
const after = (run: Run, outcome: Outcome, settings?: object) =>
  settled(run, { outcome, emitted: [], at: 1_000, options: optionsOf(settings) });

test("losses are no attempts: a run that lost two engines is tried as often, and its delays grow, as if it had not", () => {
  const failed: Outcome = { _tag: "Failed", error };
  expect(after(held({ attempt: 4, losses: 2 }), failed).patch).toMatchObject({
    state: "pending",
    dueAt: 1_000 + 1_000,
  });
  expect(after(held({ attempt: 5, losses: 2 }), failed).patch).toMatchObject({ state: "failed" });
});

test("a poison run says how many attempts it had left, without its losses; a failure after as many crashes is no poison", () => {
  const crashed: Outcome = { _tag: "Crashed", error };
  const poison = after(held({ attempt: 3, losses: 1, crashes: 1 }), crashed).patch;
  expect(poison).toMatchObject({
    state: "failed",
    crashes: 2,
    outcome: { error: { message: expect.stringContaining("although 1 of 3 attempts is left") } },
  });
  const failed = after(held({ attempt: 1, crashes: 2 }), { _tag: "Failed", error }).patch;
  expect(failed).toMatchObject({ state: "pending" });
});

test("what is given back unstarted counts as no attempt, waits as long as it is told to, and keeps the reason if there is one", () => {
  const released = (reason: typeof error | null, run = held({ state: "claimed", attempt: 2 })) =>
    after(run, { _tag: "Released", error: reason, holdMillis: 50 });
  expect(released(null)).toEqual({
    run: "r",
    patch: {
      owner: null,
      nonce: null,
      state: "pending",
      attempt: 1,
      startedAt: null,
      dueAt: 1_050,
    },
    signals: [],
    attempt: null,
  });
  expect(released(error).patch).toMatchObject({ outcome: { error }, dueAt: 1_050 });
  const asked = held({ state: "claimed", cancelRequested: true });
  expect(released(null, asked).patch).toMatchObject({
    state: "cancelled",
    outcome: { error: { name: "CancelledError", message: "cancelled before it started" } },
  });
  expect(released(error, asked).patch).toMatchObject({ outcome: { error } });
});

test("a run is lost with one loss more than its task forgives, not before", () => {
  const lost = (losses: number) => reclaimed(held({ losses }), 1_000, optionsOf({ lossesMax: 2 }));
  expect(lost(1).patch).toMatchObject({ state: "pending", losses: 2, dueAt: 1_000 });
  expect(lost(2).patch).toMatchObject({ state: "lost", losses: 3, settledAt: 1_000 });
  expect(lost(1).attempt).toMatchObject({ owner: "me", token: 5, outcome: { _tag: "Crashed" } });
});

test("a constant delay is the first one each time; jitter takes a share of it that run and attempt decide, of long delays as exactly as of short ones", () => {
  const delay = (attempt: number, jitter: number): number | undefined =>
    retryDelayMillis(
      optionsOf({
        retry: { attempts: 9, backoff: "constant", first: 1e12, max: 1e12, jitter },
      }),
      { runId: "r", attempt, error },
    );
  expect([1, 2, 8].map((attempt) => delay(attempt, 0))).toEqual([1e12, 1e12, 1e12]);
  expect([1, 2, 8].map((attempt) => delay(attempt, 1))).toEqual(
    [1, 2, 8].map((attempt) => Math.round(1e12 * (1 - hash32(`r/${attempt}`) / 2 ** 32))),
  );
});

test.each([
  ["constant", [500, 500, 500]],
  ["linear", [500, 1_000, 1_500]],
  ["exponential", [500, 1_500, 4_500]],
])(
  "under %s backoff the delays before the second, third and fourth attempt are %j ms",
  (backoff, delays) => {
    const retry = { attempts: 5, first: 500, factor: 3, jitter: 0, backoff };
    const options = optionsOf({ retry });
    expect(
      [1, 2, 3].map((attempt) => retryDelayMillis(options, { runId: "r", attempt, error })),
    ).toEqual(delays);
  },
);
