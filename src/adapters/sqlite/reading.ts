// What routers read, and the counts; inside of a transaction that is already open, so that they are one snapshot.
import type { Reading, Summary } from "../../core/store.ts";
import { signalOf, signalSelection, signalSource } from "../sql/signal-row.ts";
import type { Tables } from "./tables.ts";

export const reading = (
  tables: Tables,
  request: { readonly revision: number | null; readonly limit: number },
  now: number,
): Reading => {
  const { revision, routedSeq, routedAt, signals: newest } = tables.ledger.meta;
  const signals =
    tables.recent.signalsAfter(routedSeq, request.limit, newest) ??
    readSignals(tables, routedSeq, request.limit);
  return {
    watermark: { revision, seq: routedSeq, at: routedAt },
    generation: tables.generation(),
    state: request.revision === revision ? null : tables.state(),
    signals,
    more: newest > routedSeq + signals.length,
    now,
  };
};

const readSignals = ({ database, ledger }: Tables, seq: number, limit: number) =>
  database
    .all(
      `SELECT ${signalSelection} FROM ${signalSource} WHERE signal.place BETWEEN ? AND ? ORDER BY signal.place LIMIT ?`,
      ledger.base + seq + 1,
      ledger.base + ledger.meta.signals,
      limit,
    )
    .map(signalOf);

export const summary = ({ database, ledger, app }: Tables, now: number): Summary => {
  const { states, signals, signalsPurged, routedSeq, skips, skipsPurged, matches } = ledger.meta;
  const count = (sql: string, ...parameters: readonly (string | number)[]): number =>
    Number(database.get(sql, ...parameters)?.[0]);
  const delayed = count(
    "SELECT count(*) FROM signal WHERE place > ? AND place <= ? AND due_at > ?",
    ledger.base + routedSeq,
    ledger.base + signals,
    now,
  );
  const acting = count(
    "SELECT count(*) FROM deadline WHERE app = ? AND kind <> 'Within' AND kind NOT IN ('Paused', 'Gate')",
    app,
  );
  return {
    runs: { ...states },
    unrouted: signals - routedSeq,
    deadlines: delayed + acting,
    signals: signals - signalsPurged,
    skips: skips - skipsPurged,
    waiting: matches,
  };
};
