// How a file takes the rows of another store.
import { kept } from "../../core/kept.ts";
import { givenSignalOf, type LoadRequest } from "../../core/store-load.ts";
import type { StoredSignal } from "../../core/signal.ts";
import type { Owner } from "../../core/store.ts";
import { create, note, record, writeReading, writeState } from "./batch.ts";
import { insert } from "./log.ts";
import { moveOf } from "../sql/signal-row.ts";
import type { Tables } from "./tables.ts";
import { bury } from "./tombstone-row.ts";

/** Inside of a transaction. False if the app has routed something already. */
export const load = (tables: Tables, request: LoadRequest): boolean => {
  if (tables.ledger.meta.revision > 0) return false;
  switch (request.table) {
    case "head": {
      const { watermark, generation } = request.head;
      const meta = tables.ledger.change();
      if (meta.signals === meta.signalsPurged) meta.signals = meta.signalsPurged = watermark.seq;
      writeReading(tables, { checks: [], ...(generation && { generation: kept(generation) }) });
      Object.assign(meta, {
        revision: watermark.revision,
        routedSeq: watermark.seq,
        routedAt: watermark.at,
      });
      break;
    }
    case "signal":
      for (const stored of kept(request.rows)) restore(tables, stored);
      break;
    case "owner":
      for (const owner of request.rows) putOwner(tables, owner);
      break;
    case "tombstone":
      for (const tombstone of request.rows) {
        bury(tables, tombstone);
        if (tombstone.kind === "event" && moveOf(tombstone.id) !== undefined)
          tables.ledger.change().strays++;
      }
      break;
    case "run":
      for (const run of kept(request.rows)) create(tables, run);
      break;
    case "attempt":
      for (const attempt of kept(request.rows)) record(tables, attempt);
      break;
    case "skip":
      for (const skip of kept(request.rows)) note(tables, skip);
      break;
    case "waiting":
      writeState(tables, { waiting: { put: kept(request.rows), remove: [] } });
      break;
    case "cursor":
      writeState(tables, { cursors: { put: kept(request.rows), remove: [] } });
      break;
    case "deadline":
      writeState(tables, { deadlines: { put: kept(request.rows), remove: [] } });
      break;
    case "open":
      writeState(tables, { open: { put: kept(request.rows), remove: [] } });
      break;
  }
  return true;
};

/** At the beginning of an empty log, what came before the signal counts as purged. */
const restore = (tables: Tables, stored: StoredSignal): void => {
  const meta = tables.ledger.change();
  if (meta.signals === meta.signalsPurged) meta.signals = meta.signalsPurged = stored.seq - 1;
  insert(tables, givenSignalOf(stored), stored.at);
};

/** Its lock is not here: whoever was open there is dead here. */
const putOwner = ({ database, ledger, app }: Tables, owner: Owner): void => {
  const { id, host, process, enteredAt, closedAt } = owner;
  database.run(
    "INSERT INTO owner (place, app, id, host, process, entered_at, closed_at, lock) SELECT coalesce(max(place), ?) + 1, ?, ?, ?, ?, ?, ?, '' FROM owner WHERE app = ? ON CONFLICT DO NOTHING",
    [ledger.base, app, id, host, process, enteredAt, closedAt, app],
  );
};
