// How the file forgets: each call is one small transaction. See src/core/purge.ts for what goes, and why.
import {
  eventTombstoneOf,
  runTombstoneOf,
  type OwedReply,
  type OwedRequest,
  type PurgeReply,
  type PurgeRequest,
} from "../../core/purge.ts";
import type { Run } from "../../core/run.ts";
import { moveOf, signalOf, signalSelection, signalSource } from "../sql/signal-row.ts";
import type { Tables } from "./tables.ts";
import { bury, purgeTombstones } from "./tombstone-row.ts";

/** Signals go before runs: a run stays while one of its moves is in the log, which lacks what follows from the run. */
export const purge = (tables: Tables, request: PurgeRequest): PurgeReply => {
  const { before, tombstonesBefore } = request;
  const limit = Math.min(Math.max(request.limit, 1), 10_000);
  const signals = purgeSignals(tables, before, limit);
  const runs = purgeRuns(tables, before, limit);
  const skips = purgeSkips(tables, before, limit);
  purgeOthers(tables, before, limit);
  const tombstones = purgeTombstones(tables, tombstonesBefore, limit);
  const more = [signals, runs.looked, skips, tombstones].includes(limit);
  return { signals, runs: runs.gone, skips, tombstones, more };
};

const selectLast = "SELECT max(place) FROM signal WHERE place BETWEEN ? AND ? AND at < ?";
const selectEvents = `SELECT ${signalSelection} FROM ${signalSource} WHERE signal.place BETWEEN ? AND ? AND signal.kind = 'event'`;
const selectOthers =
  "SELECT id FROM signal WHERE place BETWEEN ? AND ? AND kind = 'status' AND id IS NOT NULL";

/** Those at the beginning of the log that are routed. `at` never falls along the log, so they are the first ones. */
const purgeSignals = (tables: Tables, before: number, limit: number): number => {
  const { database, ledger, recent } = tables;
  const { signalsPurged, routedSeq, strays } = ledger.meta;
  const first = ledger.base + signalsPurged + 1;
  const through = ledger.base + Math.min(signalsPurged + limit, routedSeq);
  const last = database.get(selectLast, first, through, before)?.[0] as number | null;
  if (last === null) return 0;
  for (const row of database.all(selectEvents, first, last)) {
    const tombstone = eventTombstoneOf(signalOf(row));
    if (tombstone !== undefined) bury(tables, tombstone);
  }
  const meta = ledger.change();
  // A status with an id of its own leaves no tombstone: nothing is known of its id any more.
  if (strays > 0)
    meta.strays -= database
      .all(selectOthers, first, last)
      .filter(([id]) => moveOf(id as string) !== undefined).length;
  database.run("DELETE FROM signal WHERE place BETWEEN ? AND ?", [first, last]);
  meta.signalsPurged = last - ledger.base;
  recent.dropSignals(meta.signalsPurged);
  return last - first + 1;
};

const selectOver =
  "SELECT place, id, trigger, created_at, due_at, settled_at, state, EXISTS (SELECT 1 FROM signal WHERE run_place = run.place) FROM run WHERE app = ? AND settled_at IS NOT NULL AND settled_at < ? AND state IN ('succeeded', 'failed', 'cancelled', 'expired', 'lost') ORDER BY settled_at, place LIMIT ?";

/** Of the first `limit` runs that were over then, those none of whose moves is in the log. */
const purgeRuns = (
  tables: Tables,
  before: number,
  limit: number,
): { readonly looked: number; readonly gone: number } => {
  const { database, ledger, recent, app } = tables;
  const rows = database.all(selectOver, app, before, limit);
  const gone = rows.filter((row) => row.at(-1) === 0);
  for (const [place, id, trigger, createdAt, dueAt, settledAt, state] of gone) {
    const run = { id, trigger, createdAt, dueAt, settledAt, state } as unknown as Run;
    bury(tables, runTombstoneOf(run));
    database.run("DELETE FROM attempt WHERE run_place = ?", [place as number]);
    database.run("DELETE FROM run WHERE place = ?", [place as number]);
    ledger.change().states[run.state]--;
    recent.dropRun(run.id);
  }
  return { looked: gone.length === 0 ? 0 : rows.length, gone: gone.length };
};

/** In the order in which they were stored. */
const purgeSkips = ({ database, ledger }: Tables, before: number, limit: number): number => {
  const { skipsPurged } = ledger.meta;
  const rows = database.all(
    "SELECT at FROM skip WHERE place BETWEEN ? AND ? ORDER BY place",
    ledger.base + skipsPurged + 1,
    ledger.base + skipsPurged + limit,
  );
  const end = rows.findIndex(([at]) => (at as number) >= before);
  const count = end === -1 ? rows.length : end;
  if (count === 0) return 0;
  const last = skipsPurged + count;
  database.run("DELETE FROM skip WHERE place BETWEEN ? AND ?", [
    ledger.base + skipsPurged + 1,
    ledger.base + last,
  ]);
  ledger.change().skipsPurged = last;
  return count;
};

/** Few rows: owners that are closed, and generations that are no longer active. */
const purgeOthers = ({ database, ledger, app }: Tables, before: number, limit: number): void => {
  const closed = database.all(
    "SELECT place FROM owner WHERE app = ? AND closed_at IS NOT NULL AND closed_at < ? ORDER BY closed_at LIMIT ?",
    app,
    before,
    limit,
  );
  for (const [place] of closed)
    database.run("DELETE FROM owner WHERE place = ?", [place as number]);
  const { generation } = ledger.meta;
  if (generation !== null)
    database.run("DELETE FROM generation WHERE app = ? AND number < ? AND activated_at < ?", [
      app,
      generation,
      before,
    ]);
};

const selectOwed =
  "SELECT id FROM run WHERE app = ? AND id IN (SELECT value FROM json_each(?)) UNION SELECT id FROM tombstone WHERE app = ? AND kind = 'run' AND id IN (SELECT value FROM json_each(?))";
const selectForgotten =
  "SELECT id, at FROM tombstone WHERE app = ? AND kind = 'trigger' AND id IN (SELECT value FROM json_each(?))";

export const owed = ({ database, app }: Tables, { runs, triggers }: OwedRequest): OwedReply => {
  const ids = JSON.stringify(runs);
  const stored = new Set(database.all(selectOwed, app, ids, app, ids).map(([id]) => id as string));
  return {
    runs: [...new Set(runs)].filter((id) => stored.has(id)),
    forgotten: Object.fromEntries(
      database
        .all(selectForgotten, app, JSON.stringify(triggers))
        .map(([id, at]) => [id as string, at as number]),
    ),
  };
};
