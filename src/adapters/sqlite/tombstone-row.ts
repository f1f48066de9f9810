// Tombstones as rows. `meta` counts those of events and runs: while there are none, nobody looks for any.
import { contentOf, type Tombstone } from "../../core/purge.ts";
import { digestOf } from "../../core/run-id.ts";
import type { NewSignal } from "../../core/signal.ts";
import type { SignalReply } from "../../core/store.ts";
import { isOwnStatus, moveOf, type StatusSignal } from "../sql/signal-row.ts";
import { tombstoneOf } from "../sql/state-row.ts";
import type { Tables } from "./tables.ts";

const insert =
  "INSERT INTO tombstone (app, kind, id, at, digest, trigger) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
const select = "SELECT digest FROM tombstone WHERE app = ? AND kind = ? AND id = ?";
const selectOld =
  "SELECT kind, id, at, digest, trigger FROM tombstone WHERE app = ? AND kind <> 'trigger' AND at < ? ORDER BY at LIMIT ?";
const remove = "DELETE FROM tombstone WHERE app = ? AND kind = ? AND id = ?";
const forget =
  "INSERT INTO tombstone (app, kind, id, at) VALUES (?, 'trigger', ?, ?) ON CONFLICT (app, kind, id) DO UPDATE SET at = max(at, excluded.at)";

/** For what goes. That a run's status could have the event's id is still so (`strays`). */
export const bury = ({ database, ledger, app }: Tables, tombstone: Tombstone): void => {
  const { kind, id, at, digest, trigger } = tombstone;
  const isNew = database.run(insert, [app, kind, id, at, digest, trigger]) > 0;
  if (isNew && kind !== "trigger") ledger.change().tombstones++;
};

export const hasRunTombstone = ({ database, ledger, app }: Tables, run: string): boolean =>
  ledger.meta.tombstones > 0 && database.get(select, app, "run", run) !== undefined;

/** The reply to a signal under whose id there was an event; undefined if there was none. */
export const buriedReply = (tables: Tables, given: NewSignal): SignalReply | undefined => {
  const { database, ledger, app } = tables;
  const { tombstones, strays } = ledger.meta;
  if (tombstones === 0) return undefined;
  const { signal } = given;
  if (signal._tag === "Status" && strays === 0 && isOwnStatus(given as StatusSignal))
    return undefined;
  const digest = database.get(select, app, "event", given.id)?.[0];
  if (digest === undefined) return undefined;
  return digest === digestOf(contentOf(signal)) ? "duplicate" : "differs";
};

/** Removes those that are older than the instant, the oldest first; how many. */
export const purgeTombstones = (tables: Tables, before: number, limit: number): number => {
  const { database, ledger, app } = tables;
  const old = database.all(selectOld, app, before, limit).map(tombstoneOf);
  for (const { kind, id, at, trigger } of old) {
    database.run(remove, [app, kind, id]);
    if (trigger !== null) database.run(forget, [app, trigger, at]);
    if (kind === "event" && moveOf(id) !== undefined) ledger.change().strays--;
  }
  if (old.length > 0) ledger.change().tombstones -= old.length;
  return old.length;
};
