// Runs and attempts as rows: the same columns in every database.
import type { Attempt, Run } from "../../core/run.ts";
import { json, jsonOrNull, textOf, textOrNull, type Cell, type Row } from "./cell.ts";

/** Each field of a run but its id, with its column. */
export const runColumns: { readonly [Field in Exclude<keyof Run, "id">]: string } = {
  trigger: "trigger",
  task: "task",
  state: "state",
  priority: "priority",
  concurrencyKey: "concurrency_key",
  createdAt: "created_at",
  dueAt: "due_at",
  expiresAt: "expires_at",
  startedAt: "started_at",
  settledAt: "settled_at",
  token: "token",
  attempt: "attempt",
  losses: "losses",
  crashes: "crashes",
  owner: "owner",
  nonce: "nonce",
  cancelRequested: "cancel_requested",
  input: "input",
  cause: "cause",
  outcome: "outcome",
  idempotencyKey: "idempotency_key",
};

export type RunField = keyof typeof runColumns;

export const runFields = Object.keys(runColumns) as readonly RunField[];

export const cellOf = (run: Run, field: RunField): Cell => {
  switch (field) {
    case "input":
    case "cause":
      return textOf(run[field]);
    case "outcome":
      return textOrNull(run.outcome);
    case "cancelRequested":
      return Number(run.cancelRequested);
    case "idempotencyKey":
      return run.idempotencyKey === run.id ? null : run.idempotencyKey;
    default:
      return run[field];
  }
};

/** What `runOf` reads. */
export const runSelection = `run.id, ${runFields.map((field) => `run.${runColumns[field]}`).join(", ")}`;

export const runCells = (run: Run, place: number, app: string): readonly Cell[] => {
  const cells: Cell[] = [place, app, run.id];
  for (const field of runFields) cells.push(cellOf(run, field));
  return cells;
};

export const runOf = (row: Row): Run => {
  const [
    id,
    trigger,
    task,
    state,
    priority,
    concurrencyKey,
    createdAt,
    dueAt,
    expiresAt,
    startedAt,
    settledAt,
    token,
    attempt,
    losses,
    crashes,
    owner,
    nonce,
    cancelRequested,
    input,
    cause,
    outcome,
    key,
  ] = row;
  const cells = {
    id,
    trigger,
    task,
    input: json(input),
    idempotencyKey: key ?? id,
    cause: json(cause),
    priority,
    concurrencyKey,
    createdAt,
    dueAt,
    expiresAt,
    state,
    token,
    attempt,
    losses,
    crashes,
    owner,
    nonce,
    startedAt,
    settledAt,
  };
  return Object.freeze({
    ...cells,
    cancelRequested: cancelRequested === 1,
    outcome: jsonOrNull(outcome),
  }) as Run;
};

// Attempts

export const attemptSelection =
  "attempt.run, attempt.token, attempt.attempt, attempt.owner, attempt.started_at, attempt.settled_at, attempt.outcome";

export const attemptCells = (
  { run, token, attempt, owner, startedAt, settledAt, outcome }: Attempt,
  runPlace: number,
  app: string,
): readonly Cell[] => [
  runPlace,
  app,
  run,
  token,
  attempt,
  owner,
  startedAt,
  settledAt,
  textOf(outcome),
];

export const attemptOf = (row: Row): Attempt => {
  const [run, token, attempt, owner, startedAt, settledAt, outcome] = row;
  return Object.freeze({
    run,
    token,
    attempt,
    owner,
    startedAt,
    settledAt,
    outcome: json(outcome),
  }) as Attempt;
};

/** `patch` holds kept values only. */
export const patchedRun = (run: Run, patch: Partial<Run>): Run =>
  Object.freeze({ ...run, ...patch, id: run.id });
