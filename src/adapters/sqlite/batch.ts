// One batch: its checks, then its writes, inside of a transaction that is already open. A batch whose check fails has written nothing, so that others in the same transaction
// need no savepoint.
import { changesReading, instantOf } from "../../core/batch.ts";
import { pausedTasks } from "../../core/command.ts";
import type { Attempt, Run } from "../../core/run.ts";
import type { Batch, Check, CommitReply, Skip } from "../../core/store.ts";
import { textOf } from "../sql/cell.ts";
import { append } from "./log.ts";
import { requeue } from "./key-line.ts";
import { closeOwner } from "./owner.ts";
import { attemptCells, patchedRun, runCells } from "../sql/run-row.ts";
import {
  deadlineCells,
  generationCells,
  matchCells,
  openCells,
  skipCells,
} from "../sql/state-row.ts";
import type { Tables } from "./tables.ts";
import { hasRunTombstone } from "./tombstone-row.ts";
import {
  insertAttempt,
  insertMatch,
  insertRun,
  insertSkip,
  removeCursor,
  removeDeadline,
  removeMatch,
  removeOpen,
  replaceCursor,
  replaceDeadline,
  replaceGeneration,
  replaceMatch,
  replaceOpen,
  updateOf,
} from "./statement.ts";

/** `batch` is a kept one. */
export const commit = (tables: Tables, batch: Batch, now: number): CommitReply => {
  for (const check of batch.checks) if (!holds(tables, check)) return { _tag: "Conflict", check };
  const { newestAt, routedAt } = tables.ledger.meta;
  const at = instantOf(batch, { now, newestAt, routedAt });
  const signals = batch.signals?.map((signal) => append(tables, signal, at)) ?? [];
  for (const run of batch.runs ?? []) create(tables, run);
  for (const { run, patch } of batch.patches ?? []) change(tables, run, patch);
  for (const attempt of batch.attempts ?? []) record(tables, attempt);
  for (const skip of batch.skips ?? []) note(tables, skip);
  writeState(tables, batch);
  if (batch.close !== undefined) closeOwner(tables, batch.close.owner, batch.close.at);
  writeReading(tables, batch);
  return { _tag: "Committed", signals };
};

const holds = (tables: Tables, check: Check): boolean => {
  switch (check._tag) {
    case "Revision":
      return check.revision === tables.ledger.meta.revision;
    case "OwnerOpen":
      return tables.isOpen(check.owner);
    case "Held":
    case "InState": {
      const run = tables.runOf(check.run)?.run;
      if (run === undefined || run.token !== check.token || !check.states.includes(run.state))
        return false;
      if (check._tag === "InState") return true;
      const { owner, cancelRequested = run.cancelRequested } = check;
      return run.owner === owner && run.cancelRequested === cancelRequested;
    }
  }
};

export const create = (tables: Tables, run: Run): void => {
  if (hasRunTombstone(tables, run.id)) return;
  const place = tables.ledger.base + tables.ledger.meta.runs + 1;
  const cells = runCells(run, place, tables.app);
  if (tables.database.run(insertRun, cells) === 0) return;
  const meta = tables.ledger.change();
  meta.runs++;
  meta.states[run.state]++;
  tables.keepRun(place, run, cells);
  requeue(tables, null, run);
};

const change = (tables: Tables, id: string, patch: Partial<Run>): void => {
  const placed = tables.runOf(id);
  if (placed === undefined) return;
  const { place, run: before, length } = placed;
  const run = patchedRun(before, patch);
  const { sql, cells } = updateOf(patch, run, place);
  if (sql === undefined) return;
  // The log says what the input was at the time.
  if (patch.input !== undefined)
    tables.database.run("UPDATE signal SET input = ? WHERE run_place = ? AND input IS NULL", [
      textOf(before.input),
      place,
    ]);
  tables.database.run(sql, cells);
  tables.keepRun(place, run, cells, length);
  if (before.state !== run.state) {
    const { states } = tables.ledger.change();
    states[before.state]--;
    states[run.state]++;
  }
  requeue(tables, before, run);
};

export const record = (tables: Tables, attempt: Attempt): void => {
  const placed = tables.runOf(attempt.run);
  if (placed !== undefined)
    tables.database.run(insertAttempt, attemptCells(attempt, placed.place, tables.app));
};

export const note = (tables: Tables, skip: Skip): void => {
  const place = tables.ledger.base + tables.ledger.meta.skips + 1;
  if (tables.database.run(insertSkip, skipCells(skip, place, tables.app)) > 0)
    tables.ledger.change().skips++;
};

export const writeState = (
  { database, ledger, recent, app }: Tables,
  { waiting, cursors, deadlines, open }: Omit<Batch, "checks">,
): void => {
  for (const row of waiting?.put ?? []) {
    if (database.run(insertMatch, matchCells(row, app)) > 0) ledger.change().matches++;
    else database.run(replaceMatch, matchCells(row, app));
  }
  for (const { trigger, leaf, order } of waiting?.remove ?? [])
    ledger.change().matches -= database.run(removeMatch, [app, trigger, leaf, order]);
  for (const { trigger, leaf, at, made } of cursors?.put ?? [])
    database.run(replaceCursor, [app, trigger, leaf, at, made === undefined ? null : textOf(made)]);
  for (const { trigger, leaf } of cursors?.remove ?? [])
    database.run(removeCursor, [app, trigger, leaf]);
  for (const row of deadlines?.put ?? []) {
    database.run(replaceDeadline, deadlineCells(row, app));
    if (row.id.startsWith(pausedTasks)) recent.pausedTasks = undefined;
  }
  for (const id of deadlines?.remove ?? []) {
    database.run(removeDeadline, [app, id]);
    if (id.startsWith(pausedTasks)) recent.pausedTasks = undefined;
  }
  for (const row of open?.put ?? []) database.run(replaceOpen, openCells(row, app));
  for (const { scope, run } of open?.remove ?? []) database.run(removeOpen, [app, scope, run]);
};

/** What all routers share. */
export const writeReading = (tables: Tables, batch: Batch): void => {
  if (!changesReading(batch)) return;
  const meta = tables.ledger.change();
  meta.revision++;
  if (batch.watermark !== undefined) {
    meta.routedSeq = batch.watermark.seq;
    meta.routedAt = batch.watermark.at;
  }
  if (batch.generation !== undefined) {
    tables.database.run(replaceGeneration, generationCells(batch.generation, tables.app));
    meta.generation = batch.generation.number;
    tables.recent.generation = batch.generation;
  }
};
