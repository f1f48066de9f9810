// The statements that write rows into SQLite. The cells that they take are those of src/adapters/sql.
import type { Run } from "../../core/run.ts";
import type { Cell } from "../sql/cell.ts";
import { cellOf, runColumns, runFields } from "../sql/run-row.ts";

export const insertRun = `INSERT INTO run (place, app, id, ${runFields.map((field) => runColumns[field]).join(", ")}) VALUES (?, ?, ?, ${runFields.map(() => "?").join(", ")}) ON CONFLICT (id, app) DO NOTHING`;

/** The statement that writes a patch, and its cells. No statement: the patch names no field. */
export const updateOf = (patch: Partial<Run>, run: Run, place: number): Update => {
  let shape = 0;
  const cells: Cell[] = [];
  for (const [index, field] of runFields.entries()) {
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
    const named = runFields.filter((_, index) => (shape & (1 << index)) !== 0);
    sql = `UPDATE run SET ${named.map((field) => `${runColumns[field]} = ?`).join(", ")} WHERE place = ?`;
    updates.set(shape, sql);
  }
  return sql;
};

export const insertAttempt =
  "INSERT INTO attempt (run_place, app, run, token, attempt, owner, started_at, settled_at, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

export const insertEvent =
  "INSERT INTO signal (place, app, seq, at, kind, id, name, payload, origin, due_at, happened_at) VALUES (?, ?, ?, ?, 'event', ?, ?, ?, ?, ?, ?) ON CONFLICT (id, app) WHERE id IS NOT NULL DO NOTHING";

const statusColumns =
  "place, app, seq, at, kind, task, run, token, attempt, state, input, result, error, due_at";

export const insertStatus = `INSERT INTO signal (${statusColumns}, id, origin) VALUES (?, ?, ?, ?, 'status', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id, app) WHERE id IS NOT NULL DO NOTHING`;

export const insertOwnStatus = `INSERT INTO signal (${statusColumns}, run_place) VALUES (?, ?, ?, ?, 'status', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_place, token, state) WHERE run_place IS NOT NULL DO NOTHING`;

export const insertMatch =
  "INSERT INTO match (app, trigger, leaf, number, key, at, heard, scopes) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
export const replaceMatch =
  "REPLACE INTO match (app, trigger, leaf, number, key, at, heard, scopes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
export const removeMatch =
  "DELETE FROM match WHERE app = ? AND trigger = ? AND leaf = ? AND number = ?";
export const replaceCursor =
  "REPLACE INTO cursor (app, trigger, leaf, at, made) VALUES (?, ?, ?, ?, ?)";
export const removeCursor = "DELETE FROM cursor WHERE app = ? AND trigger = ? AND leaf = ?";
export const replaceDeadline =
  "REPLACE INTO deadline (app, id, at, kind, trigger, due) VALUES (?, ?, ?, ?, ?, ?)";
export const removeDeadline = "DELETE FROM deadline WHERE app = ? AND id = ?";
export const replaceOpen = "REPLACE INTO open (app, scope, run, ended) VALUES (?, ?, ?, ?)";
export const removeOpen = "DELETE FROM open WHERE app = ? AND scope = ? AND run = ?";
export const insertSkip =
  "INSERT INTO skip (place, app, id, trigger, signal, from_at, to_at, count, reason, detail, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id, app) DO NOTHING";
export const replaceGeneration =
  "REPLACE INTO generation (app, number, fingerprint, activated_at, triggers, zones) VALUES (?, ?, ?, ?, ?, ?)";
