// How a store in memory forgets. See purge.ts for what goes, and why.
import type { MemoryTables, RunRow } from "./memory-tables.ts";
import {
  eventTombstoneOf,
  runTombstoneOf,
  type OwedReply,
  type OwedRequest,
  type PurgeReply,
  type PurgeRequest,
} from "./purge.ts";

/** Signals go before runs: a run stays while one of its moves is in the log. */
export const purge = (tables: MemoryTables, request: PurgeRequest): PurgeReply => {
  const { before, tombstonesBefore } = request;
  const limit = Math.min(Math.max(request.limit, 1), 10_000);
  const signals = purgeSignals(tables, before, limit);
  const runs = purgeRuns(tables, before, limit);
  const skips = purgeSkips(tables, before, limit);
  purgeOwners(tables, before, limit);
  const tombstones = tables.tombstones.purge(tombstonesBefore, limit);
  const more = [signals, runs.looked, skips, tombstones].includes(limit);
  return { signals, runs: runs.gone, skips, tombstones, more };
};

/** Those at the beginning of the log that are routed. */
const purgeSignals = (tables: MemoryTables, before: number, limit: number): number => {
  const { signals, signalsPurged, watermark } = tables;
  let count = 0;
  for (; count < limit; count++) {
    const stored = signals[count];
    if (stored === undefined || stored.seq > watermark.seq || stored.at >= before) break;
    tables.signalOf.delete(stored.id);
    const tombstone = eventTombstoneOf(stored);
    if (tombstone !== undefined) tables.tombstones.put(tombstone);
    const mover = tables.moverOf(stored);
    if (mover !== undefined) mover.moves--;
  }
  if (count > 0) tables.signals = signals.slice(count);
  tables.signalsPurged = signalsPurged + count;
  return count;
};

/** Of the first `limit` runs that were over then, those none of whose moves is in the log. */
const purgeRuns = (
  tables: MemoryTables,
  before: number,
  limit: number,
): { readonly looked: number; readonly gone: number } => {
  const { items } = tables.over.upTo(before - 1, limit);
  const gone = items.filter(({ moves }) => moves === 0);
  for (const row of gone) {
    tables.tombstones.put(runTombstoneOf(row.run));
    tables.remove(row);
    if (row.over !== null) tables.over.remove(row.over);
  }
  if (gone.length > 0) sweep(tables);
  return { looked: gone.length === 0 ? 0 : items.length, gone: gone.length };
};

/** Takes purged runs off the list when they are most of it. */
const sweep = (tables: MemoryTables): void => {
  if (tables.runs.length < 2 * tables.runOf.size + 64) return;
  tables.runs = tables.runs.filter(({ isPurged }: RunRow) => !isPurged);
};

/** In the order in which they were stored. */
const purgeSkips = (tables: MemoryTables, before: number, limit: number): number => {
  const { skips } = tables;
  let count = 0;
  for (let skip = skips[0]; count < limit; skip = skips[count]) {
    if (skip === undefined || skip.at >= before) break;
    tables.skipIds.delete(skip.id);
    count++;
  }
  if (count > 0) tables.skips = skips.slice(count);
  tables.skipsPurged += count;
  return count;
};

const purgeOwners = ({ owners }: MemoryTables, before: number, limit: number): void => {
  const closed = [...owners.values()].filter(
    ({ closedAt }) => closedAt !== null && closedAt < before,
  );
  for (const { id } of closed.slice(0, limit)) owners.delete(id);
};

export const owedOf = (
  { runOf, tombstones }: MemoryTables,
  { runs, triggers }: OwedRequest,
): OwedReply => ({
  runs: [...new Set(runs)].filter((id) => runOf.has(id) || tombstones.get("run", id) !== undefined),
  forgotten: Object.fromEntries(
    triggers.flatMap((id) => {
      const at = tombstones.get("trigger", id)?.at;
      return at === undefined ? [] : [[id, at] as const];
    }),
  ),
});
