// Runs and attempts as rows.
import type { Attempt, Run } from "../../core/run.ts";
import { json, jsonOrNull, textOf, textOrNull, type Cell, type Row } from "./cell.ts";

type Field = Exclude<keyof Run, "id">;

/** Each field of a run but its id: its column, and its cell if that isn't the value itself. */
const columns: {
  readonly [Of in Field]: readonly [column: string, cellOf?: (value: Run[Of], id: string) => Cell];
} = {
  trigger: ["trigger"],
  task: ["task"],
  state: ["state"],
  priority: ["priority"],
  createdAt: ["created_at"],
  dueAt: ["due_at"],
  startedAt: ["started_at"],
  settledAt: ["settled_at"],
  token: ["token"],
  attempt: ["attempt"],
  losses: ["losses"],
  owner: ["owner"],
  nonce: ["nonce"],
  cancelRequested: ["cancel_requested", Number],
  input: ["input", textOf],
  cause: ["cause", textOf],
  outcome: ["outcome", textOrNull],
  // Mostly the run's own id.
  idempotencyKey: ["idempotency_key", (key, id) => (key === id ? null : key)],
};

const fields = Object.keys(columns) as readonly Field[];

const columnOf = (field: Field): string => columns[field][0];

const cellOf = (field: Field, value: Run[Field], id: string): Cell => {
  const convert = columns[field][1] as ((value: Run[Field], id: string) => Cell) | undefined;
  return convert === undefined ? (value as Cell) : convert(value, id);
};

/** What `runOf` reads. */
export const runSelection = ["id", ...fields.map(columnOf)]
  .map((column) => `run.${column}`)
  .join(", ");

export const insertRun = `INSERT INTO run (place, app, id, ${fields.map(columnOf).join(", ")}) VALUES (?, ?, ?, ${fields.map(() => "?").join(", ")}) ON CONFLICT (id, app) DO NOTHING`;

/** Behind place, app and id. */
export const runCells = (run: Run): readonly Cell[] =>
  fields.map((field) => cellOf(field, run[field], run.id));

/** `place` comes last. */
export const updateRun = (patched: readonly Field[]): string =>
  `UPDATE run SET ${patched.map((field) => `${columnOf(field)} = ?`).join(", ")} WHERE place = ?`;

export const patchedFields = (patch: Partial<Run>): readonly Field[] =>
  (Object.keys(patch) as (keyof Run)[]).filter(
    (field): field is Field => field in columns && patch[field] !== undefined,
  );

export const patchCells = (run: Run, patched: readonly Field[]): readonly Cell[] =>
  patched.map((field) => cellOf(field, run[field], run.id));

export const runOf = (row: Row): Run => {
  const [
    id,
    trigger,
    task,
    state,
    priority,
    createdAt,
    dueAt,
    startedAt,
    settledAt,
    token,
    attempt,
    losses,
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
    createdAt,
    dueAt,
    state,
    token,
    attempt,
    losses,
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

export const insertAttempt =
  "INSERT INTO attempt (run_place, app, run, token, attempt, owner, started_at, settled_at, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

/** Behind the run's place and the app. */
export const attemptCells = ({
  run,
  token,
  attempt,
  owner,
  startedAt,
  settledAt,
  outcome,
}: Attempt): readonly Cell[] => [run, token, attempt, owner, startedAt, settledAt, textOf(outcome)];

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
