// What a transaction reads before it decides: the app's row, and the rows that its batches name. Sent in one go with what begins the transaction.
import type { Batch } from "../../core/store.ts";
import type { Row } from "../sql/cell.ts";
import { metaOf } from "../sql/meta-row.ts";
import { runOf, runSelection } from "../sql/run-row.ts";
import { moveOf, signalOf, signalSelection } from "../sql/signal-row.ts";
import type { Found, PlacedRun } from "./overlay.ts";
import { integer, integers, text, texts } from "./parameter.ts";
import type { Rows, Statement } from "./session.ts";
import { metaSelection } from "./write.ts";

/** What batches look at. */
export interface Wanted {
  readonly runs: ReadonlySet<string>;
  readonly signals: ReadonlySet<string>;
  readonly skips: ReadonlySet<string>;
  readonly owners: ReadonlySet<string>;
  /** Whether it matters that nobody renews a lease meanwhile. */
  readonly isLocking: boolean;
}

export const wantedOf = (batches: readonly Batch[], owners: readonly string[] = []): Wanted => {
  const wanted = {
    runs: new Set<string>(),
    signals: new Set<string>(),
    skips: new Set<string>(),
    owners: new Set(owners),
    isLocking: false,
  };
  for (const { checks, signals, runs, patches, attempts, skips, close } of batches) {
    for (const check of checks) {
      if ("run" in check) wanted.runs.add(check.run);
      if (check._tag !== "OwnerOpen") continue;
      wanted.owners.add(check.owner);
      wanted.isLocking = true;
    }
    for (const { id, signal } of signals ?? []) {
      wanted.signals.add(id);
      if (signal._tag === "Status") wanted.runs.add(signal.run);
    }
    for (const { id } of runs ?? []) wanted.runs.add(id);
    for (const { run } of patches ?? []) wanted.runs.add(run);
    for (const { run } of attempts ?? []) wanted.runs.add(run);
    for (const { id } of skips ?? []) wanted.skips.add(id);
    if (close !== undefined) wanted.owners.add(close.owner);
  }
  return wanted;
};

/** The clock by which things are due: the server's, at the moment. */
export const clockSelection = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

export const selectMeta = `SELECT ${clockSelection}, meta.version, ${metaSelection} FROM meta WHERE number = $1`;

/** One probe of the index for each: OFFSET keeps the order of a join, which a plan that was made for empty tables gets wrong. */
const byId = (columns: string, table: string): string =>
  `SELECT ${columns} FROM unnest($2::text[]) AS wanted(id) CROSS JOIN LATERAL (SELECT * FROM ${table} WHERE app = $1 AND id = wanted.id OFFSET 0) AS ${table}`;

const selectRuns = byId(`run.place, ${runSelection}`, "run");
const selectSignals = `${byId(signalSelection, "signal")} LEFT JOIN run ON run.place = signal.run_place`;
/** By the moves of runs: a run's own status has no id of its own. */
const selectMoves = `SELECT ${signalSelection} FROM unnest($2::text[], $3::bigint[], $4::text[]) AS move(run, token, state)
CROSS JOIN LATERAL (SELECT place, input FROM run WHERE app = $1 AND id = move.run OFFSET 0) AS run
CROSS JOIN LATERAL (SELECT * FROM signal WHERE run_place = run.place AND token = move.token AND state = move.state OFFSET 0) AS signal`;
const selectSkips = byId("skip.id", "skip");
const selectOwners =
  "SELECT id, lease_until, condemned_at FROM owner WHERE app = $1 AND id = ANY($2) AND closed_at IS NULL ORDER BY place";
const selectTombstones =
  "SELECT tombstone.kind, tombstone.id, digest FROM (SELECT 'event', unnest($2::text[]) UNION ALL SELECT 'run', unnest($3::text[])) AS wanted(kind, id) CROSS JOIN LATERAL (SELECT * FROM tombstone WHERE app = $1 AND kind = wanted.kind AND id = wanted.id OFFSET 0) AS tombstone";

/** The statements, in the order in which `foundOf` takes their rows. */
export const findStatements = (
  { app, number }: { readonly app: string; readonly number: number },
  { runs, signals, skips, owners, isLocking }: Wanted,
): readonly Statement[] => {
  const named = (sql: string, ids: ReadonlySet<string>): readonly Statement[] =>
    ids.size === 0 ? [] : [{ sql, parameters: [text(app), texts([...ids])] }];
  const moves = [...signals].flatMap((id) => moveOf(id) ?? []);
  return [
    { sql: selectMeta, parameters: [integer(number)] },
    ...named(selectRuns, runs),
    ...named(selectSignals, signals),
    ...(moves.length === 0
      ? []
      : [
          {
            sql: selectMoves,
            parameters: [
              text(app),
              texts(moves.map(({ run }) => run)),
              integers(moves.map(({ token }) => token)),
              texts(moves.map(({ state }) => state)),
            ],
          },
        ]),
    ...named(selectSkips, skips),
    ...named(isLocking ? `${selectOwners} FOR UPDATE` : selectOwners, owners),
    ...(runs.size + signals.size === 0
      ? []
      : [
          {
            sql: selectTombstones,
            parameters: [text(app), texts([...signals]), texts([...runs])],
          },
        ]),
  ];
};

export interface FoundAt {
  readonly found: Found;
  /** The server's clock. */
  readonly now: number;
  readonly version: number;
}

export const foundOf = (
  { runs, signals, skips, owners }: Wanted,
  answers: readonly Rows[],
): FoundAt => {
  const rest = [...answers];
  const next = (isAsked: boolean): Rows => (isAsked ? (rest.shift() ?? []) : []);
  const [now, version, ...meta] = next(true)[0] as Row;
  const runRows = next(runs.size > 0).map(placedOf);
  const signalRows = next(signals.size > 0);
  const moveRows = next([...signals].some((id) => moveOf(id) !== undefined));
  const skipRows = next(skips.size > 0);
  const ownerRows = next(owners.size > 0);
  const tombstones = next(runs.size + signals.size > 0);
  return {
    now: now as number,
    version: version as number,
    found: {
      meta: metaOf(meta),
      runs: new Map(runRows.map((placed) => [placed.run.id, placed])),
      signals: new Map(
        [...signalRows, ...moveRows].map(signalOf).map((stored) => [stored.id, stored]),
      ),
      skips: new Set(skipRows.map(([id]) => id as string)),
      owners: new Map(
        ownerRows.map(([id, leaseUntil, condemnedAt]) => [
          id as string,
          { leaseUntil: leaseUntil as number, isCondemned: condemnedAt !== null },
        ]),
      ),
      eventTombstones: new Map(
        tombstones
          .filter(([kind]) => kind === "event")
          .map(([, id, digest]) => [id as string, digest as string | null]),
      ),
      runTombstones: new Set(
        tombstones.filter(([kind]) => kind === "run").map(([, id]) => id as string),
      ),
    },
  };
};

export const placedOf = ([place, ...cells]: Row): PlacedRun => ({
  place: place as number,
  run: runOf(cells),
});
