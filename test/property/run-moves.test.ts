// Goal: whatever happens to a run, it goes only where the table of moves lets it go, and keeps the promises of its task's options. Method: any sequence of
// happenings, each asked of `refusalOf` first, as the engine asks; what is not refused is done by the functions that the engine uses.
import fc from "fast-check";
import { expect, test } from "vitest";
import { refusalOf, type Asked, type MoveName } from "../../src/core/refusal.ts";
import { retryDelayMillis } from "../../src/core/retry.ts";
import {
  cancelled,
  expired,
  isTerminal,
  moves,
  reclaimed,
  retired,
  settled,
  started,
  type Attempt,
  type Move,
  type Outcome,
  type Run,
} from "../../src/core/run.ts";
import { taskOptionsOf, type TaskOptions } from "../../src/core/task.ts";
import { aRun } from "../../src/adapters/testing/subject.ts";

interface Settling {
  readonly _tag: "Settle";
  readonly outcome: Outcome;
}
type Happening =
  | { readonly _tag: "Claim" | "Start" | "OwnerDies" | "Cancel" | "Retire" | "Expire" }
  | Settling;

const error = fc
  .constantFrom("Error", "RangeError", "TimeoutError", "CrashError")
  .map((name) => ({ name, message: "no" }));
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Outcome>({ _tag: "Succeeded", result: 1 }) },
  {
    weight: 1,
    arbitrary: fc.constant<Outcome>({
      _tag: "Cancelled",
      error: { name: "CancelledError", message: "no" },
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Outcome>({
      _tag: "TimedOut",
      error: { name: "TimeoutError", message: "slow" },
    }),
  },
  { weight: 5, arbitrary: error.map((of): Outcome => ({ _tag: "Failed", error: of })) },
  {
    weight: 3,
    arbitrary: fc.constant<Outcome>({
      _tag: "Crashed",
      error: { name: "CrashError", message: "exit 1" },
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .nat(50)
      .map((holdMillis): Outcome => ({ _tag: "Released", error: null, holdMillis })),
  },
);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ _tag: "Claim" as const }) },
  { weight: 3, arbitrary: fc.constant({ _tag: "Start" as const }) },
  { weight: 6, arbitrary: outcome.map((of) => ({ _tag: "Settle" as const, outcome: of })) },
  { weight: 3, arbitrary: fc.constant({ _tag: "OwnerDies" as const }) },
  { weight: 2, arbitrary: fc.constant({ _tag: "Cancel" as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ _tag: "Retire" as const }, { _tag: "Expire" as const }),
  },
);
const options: fc.Arbitrary<TaskOptions> = fc
  .record({
    attempts: fc.integer({ min: 1, max: 4 }),
    lossesMax: fc.nat(2),
    crashesMax: fc.integer({ min: 1, max: 3 }),
    onLost: fc.constantFrom("retry" as const, "fail" as const),
    unless: fc.subarray(["RangeError", "TimeoutError", "CrashError"]),
  })
  .map(({ attempts, unless, ...rest }) =>
    taskOptionsOf({ id: "work", retry: { attempts, unless }, ...rest }),
  );

interface Life {
  readonly run: Run;
  readonly attempts: readonly Attempt[];
  /** How often its body has begun. */
  readonly starts: number;
  readonly steps: readonly { readonly move: MoveName; readonly from: Run; readonly to: Run }[];
}

const live = (task: TaskOptions, happenings: readonly Happening[]): Life => {
  let run = aRun("r");
  const [attempts, steps]: [Attempt[], Life["steps"][number][]] = [[], []];
  let starts = 0;
  const make = (name: MoveName, patch: Move["patch"]): void => {
    const to = { ...run, ...patch };
    steps.push({ move: name, from: run, to });
    run = to;
  };
  // A run that waits is claimed before anything befalls it that befalls held runs only, in most cases: else most lives would be short.
  const eventful = happenings.flatMap((each, index) =>
    index % 5 === 0 || each._tag === "Cancel" ? [each] : [{ _tag: "Claim" } as const, each],
  );
  for (const [at, each] of eventful.entries()) {
    const asked = askedOf(each);
    if (refusalOf(run, asked) !== undefined) continue;
    const move = moveOf(each, { run, at, task });
    if (each._tag === "Start") starts++;
    if (move.attempt !== null) attempts.push(move.attempt);
    if (move.patch.state === undefined) run = { ...run, ...move.patch };
    else make("move" in asked ? asked.move : "cancel", move.patch);
  }
  return { run, attempts, starts, steps };
};

const askedOf = (each: Happening): Asked => {
  switch (each._tag) {
    case "Claim":
      return { move: "claim" };
    case "Start":
      return { move: "start" };
    case "OwnerDies":
      return { move: "reclaim" };
    case "Cancel":
      return { request: "cancel" };
    case "Retire":
      return { move: "cancel" };
    case "Expire":
      return { move: "expire" };
    case "Settle":
      return { move: each.outcome._tag === "Released" ? "release" : "settle" };
  }
};

const moveOf = (
  each: Happening,
  { run, at, task }: { readonly run: Run; readonly at: number; readonly task: TaskOptions },
): Move => {
  switch (each._tag) {
    case "Claim": {
      const { token, attempt, id } = run;
      const patch = {
        state: "claimed",
        token: token + 1,
        attempt: attempt + 1,
        owner: "e",
      } as const;
      return { run: id, patch, signals: [], attempt: null };
    }
    case "Start":
      return started(run, at);
    case "OwnerDies":
      return reclaimed(run, at, task);
    case "Cancel":
      return cancelled(run, at);
    case "Retire":
      return retired(run, at);
    case "Expire":
      return expired(run, at);
    case "Settle":
      return settled(run, { outcome: each.outcome, emitted: [], at, options: task });
  }
};

const lives = (law: (life: Life, task: TaskOptions, happenings: readonly Happening[]) => void) =>
  fc.assert(
    fc.property(options, fc.array(happening, { maxLength: 40 }), (task, happenings) =>
      law(live(task, happenings), task, happenings),
    ),
    { numRuns: 2_000 },
  );

test("no sequence of happenings makes a move that the table does not have, and none leads out of a terminal state", () => {
  const unseen = new Set(
    Object.entries(moves).flatMap(([move, { from, to }]) =>
      from.flatMap((start) => to.map((end) => `${move} ${start} ${end}`)),
    ),
  );
  // Not vacuous: it goes on until each arrow of the diagram has been gone.
  for (let rounds = 0; unseen.size > 0 || rounds === 0; rounds++) {
    expect(rounds, `never made: ${[...unseen].join(", ")}`).toBeLessThan(20);
    lives(({ steps, run }) => {
      for (const { move, from, to } of steps) {
        expect(moves[move].from).toContain(from.state);
        expect(moves[move].to).toContain(to.state);
        unseen.delete(`${move} ${from.state} ${to.state}`);
      }
      if (!isTerminal(run.state)) return;
      expect([run.owner, run.settledAt !== null, run.outcome !== null]).toEqual([null, true, true]);
    });
  }
});

test("attempts never exceed the policy's attempts and the losses together, and losses end a run that has more than are forgiven", () => {
  lives(({ run }, task) => {
    expect(run.attempt).toBeLessThanOrEqual(task.attemptsMax + run.losses);
    expect(run.losses).toBeLessThanOrEqual(task.lossesMax + 1);
    if (run.losses > task.lossesMax) expect(isTerminal(run.state)).toBe(true);
  });
});

test("a run whose task fails what is lost ends with its first loss, and begins at most once if it has one attempt", () => {
  lives(({ run, starts }, task) => {
    const fails = task.onLost === "fail";
    expect(fails && run.losses > 0 && !isTerminal(run.state)).toBe(false);
    expect(fails && task.attemptsMax === 1 ? starts : 0).toBeLessThanOrEqual(1);
  });
});

test("a run never crashes more often than its task lets it, and a poison one says so", () => {
  const poisoned = new Set<Run>();
  const law = ({ run, attempts }: Life, task: TaskOptions): void => {
    const { crashesMax } = task;
    const crashed = attempts.filter(
      ({ outcome: ended }) => ended._tag === "Crashed" && ended.error.name === "CrashError",
    );
    expect(run.crashes).toBeLessThanOrEqual(Math.min(crashed.length, crashesMax));
    if (!isTerminal(run.state)) expect(run.crashes).toBeLessThan(crashesMax);
    const failure = run.outcome !== null && "error" in run.outcome ? run.outcome.error : undefined;
    if (failure?.data?.["poison"] !== true) return;
    poisoned.add(run);
    expect([run.state, failure.name, run.crashes]).toEqual(["failed", "CrashError", crashesMax]);
    expect(run.attempt - run.losses).toBeLessThan(task.attemptsMax);
  };
  // Not vacuous: it goes on until some have been poison.
  for (let rounds = 0; poisoned.size < 5; rounds++) {
    expect(rounds).toBeLessThan(20);
    lives(law);
  }
});

test("errors that the policy excepts by name are not retried, a timeout or a crash no more than a thrown one", () => {
  const seen = new Set<string>();
  const law = ({ steps }: Life, task: TaskOptions): void => {
    for (const { move, from, to } of steps) {
      const after = to.outcome;
      if (move !== "settle" || from.cancelRequested || after === null || !("error" in after))
        continue;
      if (after.error.name === "CancelledError" || !task.retryUnless.includes(after.error.name))
        continue;
      expect(to.state).toBe("failed");
      seen.add(after.error.name);
    }
  };
  for (let rounds = 0; seen.size < 3; rounds++) {
    expect(rounds, `seen: ${[...seen].join(", ")}`).toBeLessThan(20);
    lives(law);
  }
});

test("a delay is a function of policy, run and attempt, within the policy's bounds", () => {
  const policy = fc.record({
    attempts: fc.constant(10),
    backoff: fc.constantFrom("exponential" as const, "linear" as const, "constant" as const),
    first: fc.nat(10_000),
    max: fc.nat(100_000),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(policy, fc.integer({ min: 1, max: 9 }), fc.string(), (retry, attempt, runId) => {
      const failed = { runId, attempt, error: { name: "Error", message: "" } };
      const delay = retryDelayMillis(taskOptionsOf({ id: "work", retry }), failed);
      expect(retryDelayMillis(taskOptionsOf({ id: "work", retry }), failed)).toBe(delay);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(retry.max);
      expect(Number.isInteger(delay)).toBe(true);
    }),
  );
});
