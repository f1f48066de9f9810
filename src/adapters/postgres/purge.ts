// How the tables forget: each call is one small transaction. See src/core/purge.ts for what goes, and why.
import * as Effect from "effect/Effect";
import {
  eventTombstoneOf,
  runTombstoneOf,
  type PurgeReply,
  type PurgeRequest,
  type Tombstone,
} from "../../core/purge.ts";
import type { Run, RunState } from "../../core/run.ts";
import type { Row } from "../sql/cell.ts";
import { signalOf, signalSelection, signalSource } from "../sql/signal-row.ts";
import { tombstoneOf, tombstoneSelection } from "../sql/state-row.ts";
import type { Begun } from "./transaction.ts";
import { integer, integers, text, texts, type Parameter } from "./parameter.ts";
import type { Failed, Rows } from "./session.ts";
import { buryStatements } from "./write.ts";

/** Signals go before runs: a run stays while one of its moves is in the log, which lacks what follows from the run. */
export const purge = (begun: Begun, request: PurgeRequest): Effect.Effect<PurgeReply, Failed> =>
  Effect.gen(function* () {
    const { before, tombstonesBefore } = request;
    const limit = Math.min(Math.max(request.limit, 1), 10_000);
    const signals = yield* purgeSignals(begun, before, limit);
    const runs = yield* purgeRuns(begun, before, limit);
    const skips = yield* purgeSkips(begun, before, limit);
    yield* purgeOthers(begun, before, limit);
    const tombstones = yield* purgeTombstones(begun, tombstonesBefore, limit);
    const more = [signals, runs.looked, skips, tombstones].includes(limit);
    return { signals, runs: runs.gone, skips, tombstones, more };
  });

const ask = (
  { session }: Begun,
  sql: string,
  ...parameters: readonly Parameter[]
): Effect.Effect<Rows, Failed> =>
  Effect.map(session.send([{ sql, parameters }]), ([rows = []]) => rows);

const bury = (begun: Begun, tombstones: readonly Tombstone[]): Effect.Effect<void, Failed> =>
  Effect.gen(function* () {
    const { overlay, session } = begun;
    for (const rows of yield* session.send(buryStatements(overlay.app, tombstones)))
      overlay.meta.tombstones += rows.length;
    overlay.isChanged = true;
  });

/** Those at the beginning of the log that are routed. `at` never falls along the log, so they are the first ones. */
const purgeSignals = (begun: Begun, before: number, limit: number): Effect.Effect<number, Failed> =>
  Effect.gen(function* () {
    const { base, meta } = begun.overlay;
    const first = integer(base + meta.signalsPurged + 1);
    const through = base + Math.min(meta.signalsPurged + limit, meta.routedSeq);
    const [end] = yield* ask(
      begun,
      "SELECT max(place) FROM signal WHERE place BETWEEN $1 AND $2 AND at < $3",
      first,
      integer(through),
      integer(before),
    );
    const last = end?.[0] as number | null;
    if (last === null) return 0;
    const events = yield* ask(
      begun,
      `SELECT ${signalSelection} FROM ${signalSource} WHERE signal.place BETWEEN $1 AND $2 AND signal.kind = 'event'`,
      first,
      integer(last),
    );
    yield* bury(
      begun,
      events.map(signalOf).flatMap((stored) => eventTombstoneOf(stored) ?? []),
    );
    yield* ask(begun, "DELETE FROM signal WHERE place BETWEEN $1 AND $2", first, integer(last));
    const count = last - base - meta.signalsPurged;
    meta.signalsPurged = last - base;
    return count;
  });

const selectOver =
  "SELECT place, id, trigger, created_at, due_at, settled_at, state, EXISTS (SELECT 1 FROM signal WHERE run_place = run.place) FROM run WHERE app = $1 AND settled_at < $2 AND state IN ('succeeded', 'failed', 'cancelled', 'expired', 'lost') ORDER BY settled_at, place LIMIT $3";

/** Of the first `limit` runs that were over then, those none of whose moves is in the log. */
const purgeRuns = (
  begun: Begun,
  before: number,
  limit: number,
): Effect.Effect<{ readonly looked: number; readonly gone: number }, Failed> =>
  Effect.gen(function* () {
    const { app, meta } = begun.overlay;
    const rows = yield* ask(begun, selectOver, text(app), integer(before), integer(limit));
    const gone = rows.filter((row) => row.at(-1) === false);
    if (gone.length === 0) return { looked: 0, gone: 0 };
    yield* bury(begun, gone.map(overOf).map(runTombstoneOf));
    const places = integers(gone.map(([place]) => place as number));
    yield* ask(begun, "DELETE FROM attempt WHERE run_place = ANY($1)", places);
    yield* ask(begun, "DELETE FROM run WHERE place = ANY($1)", places);
    for (const row of gone) meta.states[row[6] as RunState]--;
    return { looked: rows.length, gone: gone.length };
  });

const overOf = ([, id, trigger, createdAt, dueAt, settledAt]: Row): Run =>
  ({ id, trigger, createdAt, dueAt, settledAt }) as Run;

/** In the order in which they were stored. */
const purgeSkips = (begun: Begun, before: number, limit: number): Effect.Effect<number, Failed> =>
  Effect.gen(function* () {
    const { base, meta } = begun.overlay;
    const first = base + meta.skipsPurged + 1;
    const rows = yield* ask(
      begun,
      "SELECT at FROM skip WHERE place BETWEEN $1 AND $2 ORDER BY place",
      integer(first),
      integer(first + limit - 1),
    );
    const end = rows.findIndex(([at]) => (at as number) >= before);
    const count = end === -1 ? rows.length : end;
    if (count === 0) return 0;
    yield* ask(
      begun,
      "DELETE FROM skip WHERE place BETWEEN $1 AND $2",
      integer(first),
      integer(first + count - 1),
    );
    meta.skipsPurged += count;
    begun.overlay.isChanged = true;
    return count;
  });

/** Few rows: owners that are closed, handles that have not written since, and generations that are no longer active. */
const purgeOthers = (begun: Begun, before: number, limit: number): Effect.Effect<void, Failed> =>
  Effect.gen(function* () {
    const { app, meta } = begun.overlay;
    yield* ask(
      begun,
      "DELETE FROM owner WHERE place IN (SELECT place FROM owner WHERE app = $1 AND closed_at < $2 ORDER BY closed_at LIMIT $3)",
      text(app),
      integer(before),
      integer(limit),
    );
    yield* ask(begun, "DELETE FROM writer WHERE app = $1 AND at < $2", text(app), integer(before));
    if (meta.generation !== null)
      yield* ask(
        begun,
        "DELETE FROM generation WHERE app = $1 AND number < $2 AND activated_at < $3",
        text(app),
        integer(meta.generation),
        integer(before),
      );
  });

const forget =
  "INSERT INTO tombstone (app, kind, id, at) SELECT $1, 'trigger', gone.trigger, max(gone.at) FROM unnest($2::text[], $3::bigint[]) AS gone(trigger, at) GROUP BY gone.trigger ON CONFLICT (app, kind, id) DO UPDATE SET at = greatest(tombstone.at, excluded.at)";

/** Removes those that are older than the instant, the oldest first; how many. Triggers keep how far they have forgotten. */
const purgeTombstones = (
  begun: Begun,
  before: number,
  limit: number,
): Effect.Effect<number, Failed> =>
  Effect.gen(function* () {
    const { app, meta } = begun.overlay;
    const rows = yield* ask(
      begun,
      `SELECT ${tombstoneSelection} FROM tombstone WHERE app = $1 AND kind <> 'trigger' AND at < $2 ORDER BY at LIMIT $3`,
      text(app),
      integer(before),
      integer(limit),
    );
    const old = rows.map(tombstoneOf);
    if (old.length === 0) return 0;
    yield* ask(
      begun,
      "DELETE FROM tombstone USING unnest($2::text[], $3::text[]) AS gone(kind, id) WHERE tombstone.app = $1 AND tombstone.kind = gone.kind AND tombstone.id = gone.id",
      text(app),
      texts(old.map(({ kind }) => kind)),
      texts(old.map(({ id }) => id)),
    );
    const runs = old.filter(({ trigger }) => trigger !== null);
    yield* ask(
      begun,
      forget,
      text(app),
      texts(runs.map(({ trigger }) => trigger)),
      integers(runs.map(({ at }) => at)),
    );
    meta.tombstones -= old.length;
    begun.overlay.isChanged = true;
    return old.length;
  });
