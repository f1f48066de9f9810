// Runs and attempts as rows.
import type { Attempt, Run } from "../../core/run.ts";
import { json, jsonOrNull, textOf, textOrNull, type Cell, type Row } from "./cell.ts";

/** Each field of a run but its id, with its column. */
const columns: { readonly [Field in Exclude<keyof Run, "id">]: string } = {
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

type Field = keyof typeof columns;

const fields = Object.keys(columns) as readonly Field[];

const cellOf = (run: Run, field: Field): Cell => {
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
export const runSelection = `run.id, ${fields.map((field) => `run.${columns[field]}`).join(", ")}`;

export const insertRun = `INSERT INTO run (place, app, id, ${fields.map((field) => columns[field]).join(", ")}) VALUES (?, ?, ?, ${fields.map(() => "?").join(", ")}) ON CONFLICT (id, app) DO NOTHING`;

export const runCells = (run: Run, place: number, app: string): readonly Cell[] => {
  const cells: Cell[] = [place, app, run.id];
  for (const field of fields) cells.push(cellOf(run, field));
  return cells;
};

/** The statement that writes a patch, and its cells. No statement: the patch names no field. */
export const updateOf = (patch: Partial<Run>, run: Run, place: number): Update => {
  let shape = 0;
  const cells: Cell[] = [];
  for (const [index, field] of fields.entries()) {
    if (patch[field] === undefined) continue;
    shape |= 1 << index;
    cells.push(cellOf(run, field));
  }
  cells.push(place);
  return { sql: shape === 0 ? undefined : updateSql(shape), cells };
};

interface Update {
  readonly sql: string | undefined;
  readonly cells: readonly Cell[];
}

/** By the set of fields, one bit each: few sets are ever seen. */
const updates = new Map<number, string>();

const updateSql = (shape: number): string => {
  let sql = updates.get(shape);
  if (sql === undefined) {
    const named = fields.filter((_, index) => (shape & (1 << index)) !== 0);
    sql = `UPDATE run SET ${named.map((field) => `${columns[field]} = ?`).join(", ")} WHERE place = ?`;
    updates.set(shape, sql);
  }
  return sql;
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

export const insertAttempt =
  "INSERT INTO attempt (run_place, app, run, token, attempt, owner, started_at, settled_at, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

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
