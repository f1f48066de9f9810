// How a store in memory takes the rows of another one.
import { kept } from "./kept.ts";
import type { MemoryTables } from "./memory-tables.ts";
import type { LoadRequest } from "./store-load.ts";

/** False if the app has routed something already. */
export const load = (tables: MemoryTables, request: LoadRequest): boolean => {
  if (tables.watermark.revision > 0) return false;
  switch (request.table) {
    case "head": {
      const { watermark, generation } = kept(request.head);
      tables.watermark = watermark;
      tables.generation = generation;
      if (tables.signals.length === 0) tables.signalsPurged = watermark.seq;
      break;
    }
    case "signal":
      for (const stored of request.rows) tables.restore(kept(stored));
      break;
    case "owner":
      for (const owner of request.rows) {
        tables.owners.set(owner.id, kept(owner));
        tables.foreign.add(owner.id);
      }
      break;
    case "tombstone":
      for (const tombstone of request.rows) tables.tombstones.put(kept(tombstone));
      break;
    case "run":
      tables.write({ checks: [], runs: kept(request.rows) });
      break;
    case "attempt":
      tables.write({ checks: [], attempts: kept(request.rows) });
      break;
    case "skip":
      tables.write({ checks: [], skips: kept(request.rows) });
      break;
    case "waiting":
      tables.writeState({ waiting: { put: kept(request.rows), remove: [] } });
      break;
    case "cursor":
      tables.writeState({ cursors: { put: kept(request.rows), remove: [] } });
      break;
    case "deadline":
      tables.writeState({ deadlines: { put: kept(request.rows), remove: [] } });
      break;
    case "open":
      tables.writeState({ open: { put: kept(request.rows), remove: [] } });
      break;
  }
  return true;
};
