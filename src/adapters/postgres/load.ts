// How the tables take the rows of another store.
import * as Effect from "effect/Effect";
import { kept } from "../../core/kept.ts";
import { givenSignalOf, type LoadRequest } from "../../core/store-load.ts";
import type { StoredSignal } from "../../core/signal.ts";
import type { Batch, Owner } from "../../core/store.ts";
import type { Begun } from "./transaction.ts";
import type { Overlay } from "./overlay.ts";
import { integer, integers, text, texts } from "./parameter.ts";
import type { Failed } from "./session.ts";
import { buryStatements } from "./write.ts";

/** The batch that looks at what a load of these rows does. */
export const batchOfLoad = (request: LoadRequest): Batch => {
  const checks: Batch["checks"] = [];
  switch (request.table) {
    case "run":
      return { checks, runs: request.rows };
    case "attempt":
      return { checks, attempts: request.rows };
    case "signal":
      return { checks, signals: request.rows.map(givenSignalOf) };
    case "skip":
      return { checks, skips: request.rows };
    default:
      return { checks };
  }
};

/** False if the app has routed something already. */
export const load = (begun: Begun, request: LoadRequest): Effect.Effect<boolean, Failed> =>
  Effect.gen(function* () {
    const { overlay } = begun;
    if (overlay.meta.revision > 0) return false;
    if (request.table === "owner") yield* putOwners(begun, request.rows);
    else if (request.table === "tombstone") {
      for (const rows of yield* begun.session.send(buryStatements(overlay.app, request.rows)))
        overlay.meta.tombstones += rows.length;
      overlay.isChanged = true;
    } else put(overlay, request);
    return true;
  });

const put = (overlay: Overlay, request: LoadRequest): void => {
  switch (request.table) {
    case "head": {
      const { watermark, generation } = request.head;
      const { meta } = overlay;
      if (meta.signals === meta.signalsPurged) meta.signals = meta.signalsPurged = watermark.seq;
      overlay.writeReading(generation === null ? {} : { generation: kept(generation) });
      Object.assign(meta, {
        revision: watermark.revision,
        routedSeq: watermark.seq,
        routedAt: watermark.at,
      });
      overlay.isChanged = true;
      break;
    }
    case "signal":
      for (const stored of kept(request.rows)) restore(overlay, stored);
      break;
    case "run":
      for (const run of kept(request.rows)) overlay.create(run);
      break;
    case "attempt":
      for (const attempt of kept(request.rows)) overlay.record(attempt);
      break;
    case "skip":
      for (const skip of kept(request.rows)) overlay.note(skip);
      break;
    case "waiting":
      overlay.writeState({ waiting: { put: kept(request.rows), remove: [] } });
      break;
    case "cursor":
      overlay.writeState({ cursors: { put: kept(request.rows), remove: [] } });
      break;
    case "deadline":
      overlay.writeState({ deadlines: { put: kept(request.rows), remove: [] } });
      break;
    case "open":
      overlay.writeState({ open: { put: kept(request.rows), remove: [] } });
      break;
    default:
  }
};

/** At the beginning of an empty log, what came before the signal counts as purged. */
const restore = (overlay: Overlay, stored: StoredSignal): void => {
  const { meta } = overlay;
  if (meta.signals === meta.signalsPurged) meta.signals = meta.signalsPurged = stored.seq - 1;
  overlay.put(givenSignalOf(stored), stored.at);
};

const insertOwners =
  "INSERT INTO owner (place, app, id, host, process, entered_at, closed_at, lease_until) SELECT (SELECT coalesce(max(place), $2) FROM owner WHERE app = $1) + row_number() OVER (ORDER BY given.ordinality), $1, given.id, given.host, given.process, given.entered_at, given.closed_at, 0 FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[]) WITH ORDINALITY AS given(id, host, process, entered_at, closed_at, ordinality) ON CONFLICT DO NOTHING";

/** Nobody renews their leases here: whoever was open there is dead here. */
const putOwners = (
  { session, overlay: { app, base } }: Begun,
  owners: readonly Owner[],
): Effect.Effect<unknown, Failed> =>
  session.send([
    {
      sql: insertOwners,
      parameters: [
        text(app),
        integer(base),
        texts(owners.map(({ id }) => id)),
        texts(owners.map(({ host }) => host)),
        integers(owners.map(({ process }) => process)),
        integers(owners.map(({ enteredAt }) => enteredAt)),
        integers(owners.map(({ closedAt }) => closedAt)),
      ],
    },
  ]);
