// Runs: one execution owed by a trigger. This file owns every transition of a run's state: the table below is the only place that says which move is
// allowed from where, and the functions under it are the only ones that write a run's fields. Docs generate the diagram from the table.
//
// Invariants:
// 1. `token` grows by one with each claim and never falls: a holder is known by (owner, token).
// 2. `attempt` counts claims that were not released unused; `losses` counts those whose owner died. Retries compare attempt - losses.
// 3. `crashes` counts the attempts whose thread or process ended under them.
// 4. A terminal run has `owner: null`, a `settledAt` and an outcome, and no move leads out of it but purge.
import type { ErrorData } from "./errors.ts";
import { formatInstant } from "./instant.ts";
import type { Json } from "./json.ts";
import { retryDelayMillis } from "./retry.ts";
import { statusIdOf, type NewSignal, type StatusState, type StoredStatus } from "./signal.ts";
import type { TaskOptions } from "./task.ts";
import { counted } from "./counted.ts";

export type RunState =
  | "pending"
  | "claimed"
  | "running"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "expired"
  | "lost";

export const runStates: readonly RunState[] = [
  "pending",
  "claimed",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
  "lost",
];

/** Each move with the states that it may start from and may lead to. */
export const moves = {
  create: { from: [], to: ["pending"] },
  claim: { from: ["pending"], to: ["claimed"] },
  start: { from: ["claimed"], to: ["running"] },
  settle: { from: ["claimed", "running"], to: ["succeeded", "failed", "cancelled", "pending"] },
  release: { from: ["claimed"], to: ["pending", "cancelled"] },
  reclaim: { from: ["claimed", "running"], to: ["pending", "lost", "failed", "cancelled"] },
  cancel: { from: ["pending"], to: ["cancelled"] },
  expire: { from: ["pending"], to: ["expired"] },
} as const satisfies Record<string, { from: readonly RunState[]; to: readonly RunState[] }>;

const terminalStates: ReadonlySet<RunState> = new Set([
  "succeeded",
  "failed",
  "cancelled",
  "expired",
  "lost",
]);

export const statesNotOver: readonly RunState[] = ["pending", "claimed", "running"];

export const isTerminal = (state: RunState): boolean => terminalStates.has(state);

/** Whether an engine has it: from its claim until its outcome is committed, which is after its body has really ended. */
export const isHeld = (state: RunState): boolean => state === "claimed" || state === "running";

/** What is kept of how a run ended, or of its last failed attempt. */
export type RunOutcome = { readonly result: Json } | { readonly error: ErrorData };

export interface Run {
  readonly id: string;
  /** The trigger that owes it; `@<task>` for a run that a person asked for. */
  readonly trigger: string;
  readonly task: string;
  readonly input: Json;
  readonly idempotencyKey: string;
  /** The ids of the signals that its firing consumed. */
  readonly cause: readonly string[];
  readonly priority: number;
  /** Runs of its task with the same key are limited in how many are held at once; null: no limit. */
  readonly concurrencyKey: string | null;
  readonly createdAt: number;
  /** Not claimed before this instant. */
  readonly dueAt: number;
  /** If it is pending then, it is claimed no more, but ends as expired; null: never, as always after its first attempt. */
  readonly expiresAt: number | null;
  readonly state: RunState;
  readonly token: number;
  readonly attempt: number;
  readonly losses: number;
  readonly crashes: number;
  readonly owner: string | null;
  /** The id of the claim request that won, so that a lost reply can be recognised. */
  readonly nonce: string | null;
  readonly startedAt: number | null;
  readonly settledAt: number | null;
  readonly cancelRequested: boolean;
  readonly outcome: RunOutcome | null;
}

/** One try at a run that has ended: the row that answers a repeated settle. */
export interface Attempt {
  readonly run: string;
  readonly token: number;
  readonly attempt: number;
  readonly owner: string;
  readonly startedAt: number | null;
  readonly settledAt: number;
  readonly outcome: Outcome;
}

/** How an attempt ended. The list is closed: each way in which a thread or process can end maps to one of these. */
export type Outcome =
  | { readonly _tag: "Succeeded"; readonly result: Json }
  | { readonly _tag: "Failed"; readonly error: ErrorData }
  | { readonly _tag: "TimedOut"; readonly error: ErrorData }
  | { readonly _tag: "Cancelled"; readonly error: ErrorData }
  | { readonly _tag: "Crashed"; readonly error: ErrorData }
  /** It never started: the attempt is not counted. `hold`: not before this many milliseconds have passed. */
  | { readonly _tag: "Released"; readonly error: ErrorData | null; readonly holdMillis: number };

/** What a task emitted, to be stored in the same commit as its outcome. */
export interface Emitted {
  readonly id: string;
  readonly name: string;
  readonly payload: Json;
}

/** A move of a run: the changed fields, the signals that it causes and the attempt that it ends. The three are written in one commit. */
export interface Move {
  readonly run: string;
  readonly patch: Partial<Run>;
  readonly signals: readonly NewSignal[];
  readonly attempt: Attempt | null;
}

/** What has been tried does not expire any more. */
const tried = ({ expiresAt }: Run): Partial<Run> => (expiresAt === null ? {} : { expiresAt: null });

const unowned = { owner: null, nonce: null } as const;

/** The run's attempt, which ended so. */
const attemptOf = (run: Run, settledAt: number, outcome: Attempt["outcome"]): Attempt => ({
  run: run.id,
  token: run.token,
  attempt: run.attempt,
  owner: run.owner ?? "",
  startedAt: run.startedAt,
  settledAt,
  outcome,
});

/** The run's body has begun. */
export const started = (run: Run, startedAt: number): Move => ({
  run: run.id,
  patch: { state: "running", startedAt },
  signals: [statusOf(run, "running")],
  attempt: null,
});

/** The attempt ended with an outcome. `emitted` is stored before the run's own status, so whatever it causes exists before the run counts as over. */
export const settled = (
  run: Run,
  ended: { outcome: Outcome; emitted: readonly Emitted[]; at: number; options: TaskOptions },
): Move => {
  const { outcome, at, options } = ended;
  if (outcome._tag === "Released") return released(run, outcome, at);
  const emitted = ended.emitted.map((event) => eventOf(run, event));
  const attempt = attemptOf(run, at, outcome);
  if (outcome._tag === "Succeeded") {
    const patch = {
      ...unowned,
      state: "succeeded",
      settledAt: at,
      outcome: { result: outcome.result },
    } as const;
    return {
      run: run.id,
      patch,
      signals: [...emitted, statusOf(run, "succeeded", { result: outcome.result })],
      attempt,
    };
  }
  const { error } = outcome;
  if (outcome._tag === "Cancelled" || run.cancelRequested)
    return { ...ending(run, "cancelled", error, at, emitted), attempt };
  const delayMillis = retryDelayMillis(options, {
    runId: run.id,
    attempt: run.attempt - run.losses,
    error,
  });
  const crashes = run.crashes + (outcome._tag === "Crashed" ? 1 : 0);
  const counted = crashes === run.crashes ? {} : { crashes };
  const isPoison =
    delayMillis !== undefined && crashes > run.crashes && crashes >= options.crashesMax;
  if (delayMillis === undefined || isPoison) {
    const last = isPoison ? poisonError(run, { crashes, error, options }) : error;
    const move = ending(run, "failed", last, at, emitted);
    return { ...move, patch: { ...move.patch, ...counted }, attempt };
  }
  const patch = {
    ...unowned,
    ...counted,
    ...tried(run),
    state: "pending",
    dueAt: at + delayMillis,
    startedAt: null,
    outcome: { error },
  } as const;
  return {
    run: run.id,
    patch,
    signals: [...emitted, statusOf(run, "retrying", { error })],
    attempt,
  };
};

/** Why a run that crashes again and again is not tried again. */
const poisonError = (
  run: Run,
  of: { readonly crashes: number; readonly error: ErrorData; readonly options: TaskOptions },
): ErrorData => {
  const left = of.options.attemptsMax - (run.attempt - run.losses);
  return {
    name: "CrashError",
    message: `poison: its thread or process crashed ${counted(of.crashes, "time")}, so it is not tried again, although ${left} of ${counted(of.options.attemptsMax, "attempt")} ${left === 1 ? "is" : "are"} left: ${of.error.message}`,
    cause: of.error,
    data: { poison: true },
  };
};

/** The holder gives back a claim whose body has provably not begun; the attempt is not counted. */
const released = (run: Run, outcome: Outcome & { _tag: "Released" }, at: number): Move => {
  if (run.cancelRequested) return ending(run, "cancelled", outcome.error ?? cancelError, at, []);
  const patch = {
    ...unowned,
    state: "pending",
    attempt: run.attempt - 1,
    startedAt: null,
    dueAt: at + outcome.holdMillis,
  } as const;
  return {
    run: run.id,
    patch: outcome.error === null ? patch : { ...patch, outcome: { error: outcome.error } },
    signals: [],
    attempt: null,
  };
};

const cancelError: ErrorData = { name: "CancelledError", message: "cancelled before it started" };

const lostWithEngine = (run: Run): ErrorData => ({
  name: "LostError",
  message: `its engine died during attempt ${run.attempt}`,
});

/** The owner of the run is proved dead, or what the owner gave it to is gone; `error` says which. */
export const reclaimed = (
  run: Run,
  at: number,
  options: TaskOptions,
  error: ErrorData = lostWithEngine(run),
): Move => {
  const losses = run.losses + 1;
  const attempt = attemptOf(run, at, { _tag: "Crashed", error });
  const end = (state: "cancelled" | "failed" | "lost"): Move => {
    const move = ending(run, state, error, at, []);
    return { ...move, patch: { ...move.patch, losses }, attempt };
  };
  if (run.cancelRequested) return end("cancelled");
  if (options.onLost === "fail") return end("failed");
  if (losses > options.lossesMax) return end("lost");
  const patch = {
    ...unowned,
    ...tried(run),
    state: "pending",
    losses,
    dueAt: at,
    startedAt: null,
    outcome: { error },
  } as const;
  return { run: run.id, patch, signals: [statusOf(run, "retrying", { error })], attempt };
};

/** A person cancels the run: at once while it waits, by request to its holder otherwise. */
export const cancelled = (run: Run, at: number): Move =>
  run.state === "pending"
    ? ending(run, "cancelled", cancelError, at, [])
    : { run: run.id, patch: { cancelRequested: true }, signals: [], attempt: null };

/** The run has waited too long for its first attempt. */
export const expired = (run: Run, at: number): Move => {
  const since = run.expiresAt === null ? "" : `, by ${formatInstant(run.expiresAt)}`;
  const message = `its first attempt had not begun within its task's expireAfter${since}`;
  return ending(run, "expired", { name: "ExpiredError", message }, at, []);
};

/** Nobody defines the run's task any more. */
export const retired = (run: Run, at: number): Move =>
  ending(
    run,
    "cancelled",
    { name: "RetiredError", message: `no task ${JSON.stringify(run.task)} is defined any more` },
    at,
    [],
  );

const ending = (
  run: Run,
  state: "cancelled" | "failed" | "lost" | "expired",
  error: ErrorData,
  at: number,
  emitted: readonly NewSignal[],
): Move => ({
  run: run.id,
  patch: { ...unowned, state, settledAt: at, outcome: { error } },
  signals: [...emitted, statusOf(run, state, { error })],
  attempt: null,
});

const statusOf = (
  run: Run,
  state: StatusState,
  outcome: { result?: Json; error?: ErrorData } = {},
): NewSignal => ({
  id: statusIdOf(run.id, run.token, state),
  signal: {
    _tag: "Status",
    task: run.task,
    run: run.id,
    attempt: run.attempt,
    state,
    input: run.input,
    token: run.token,
    ...outcome,
  },
  origin: run.id,
  dueAt: null,
});

/** An event that a run has emitted, as the signal that is stored. */
export const eventOf = (run: Pick<Run, "id">, { id, name, payload }: Emitted): NewSignal => ({
  id,
  signal: { _tag: "Event", id, name, payload },
  origin: run.id,
  dueAt: null,
});

/** The signal that a run, whose last status is given, and everything it caused are over. */
export const settledSignalOf = ({
  task,
  run,
  attempt,
  input,
  token,
}: Omit<StoredStatus, "at">): NewSignal => ({
  id: statusIdOf(run, token, "settled"),
  signal: { _tag: "Status", task, run, attempt, state: "settled", input, token },
  origin: run,
  dueAt: null,
});
