// What routers read, the counts, what has expired, what was owed. Statements that belong together are one snapshot, sent in one go.
import type { OwedReply, OwedRequest } from "../../core/purge.ts";
import type { ExpiryReply, Generation, Reading, StoredState, Summary } from "../../core/store.ts";
import type { Row } from "../sql/cell.ts";
import { metaOf, appSpan } from "../sql/meta-row.ts";
import { runOf, runSelection } from "../sql/run-row.ts";
import { signalOf, signalSelection, signalSource } from "../sql/signal-row.ts";
import {
  cursorOf,
  cursorSelection,
  deadlineOf,
  deadlineSelection,
  generationOf,
  matchSelection,
  openOf,
  openSelection,
  waitingOf,
} from "../sql/state-row.ts";
import { clockSelection, selectMeta } from "./found.ts";
import { integer, text, texts } from "./parameter.ts";
import type { Rows, Statement } from "./session.ts";

export interface AppPlace {
  readonly app: string;
  readonly number: number;
}

/** Statements, and what their rows say. */
export interface Question<A> {
  readonly statements: readonly Statement[];
  readonly answer: (rows: readonly Rows[]) => A;
}

const selectLog = `SELECT ${signalSelection} FROM ${signalSource} WHERE signal.place > $1 + (SELECT routed_seq FROM meta WHERE number = $2) AND signal.place <= $1 + ${appSpan} ORDER BY signal.place LIMIT $3`;

/** Rows of what waits: all of them, or none if the revision is the caller's. */
const stateOf = (selection: string, table: string, order: string): string =>
  `SELECT ${selection} FROM ${table} WHERE app = $1 AND (SELECT revision FROM meta WHERE number = $2) IS DISTINCT FROM $3 ORDER BY ${order}`;

const selectState = [
  stateOf(cursorSelection, "cursor", "trigger, leaf"),
  stateOf(matchSelection, "match", "trigger, leaf, at, number"),
  stateOf(deadlineSelection, "deadline", "at, id"),
  stateOf(openSelection, "open", "scope, run"),
];

const selectGeneration =
  "SELECT number, fingerprint, activated_at, triggers, zones FROM generation WHERE app = $1 AND number = (SELECT generation FROM meta WHERE meta.number = $2) AND (SELECT revision FROM meta WHERE meta.number = $2) IS DISTINCT FROM $3";

/** The active generation at a revision. */
export interface KnownGeneration {
  readonly revision: number;
  readonly generation: Generation | null;
}

/** Which version of the app there is, and what the server's clock says. */
export const versionOf = ({
  number,
}: AppPlace): Question<{ readonly version: number; readonly now: number }> => ({
  statements: [
    {
      sql: `SELECT ${clockSelection}, version FROM meta WHERE number = $1`,
      parameters: [integer(number)],
    },
  ],
  answer: ([rows]) => {
    const [now, version] = firstOf(rows) as readonly number[];
    return { now: now as number, version: version as number };
  },
});

/** `known`: need not be read again at that revision. */
export const reading = (
  { app, number }: AppPlace,
  request: { readonly revision: number | null; readonly limit: number },
  known: KnownGeneration | undefined,
): Question<{ readonly version: number; readonly reading: Reading }> => ({
  statements: [
    { sql: selectMeta, parameters: [integer(number)] },
    {
      sql: selectLog,
      parameters: [integer(number * appSpan), integer(number), integer(request.limit)],
    },
    {
      sql: selectGeneration,
      parameters: [text(app), integer(number), integer(known?.revision ?? null)],
    },
    ...selectState.map((sql) => ({
      sql,
      parameters: [text(app), integer(number), integer(request.revision)],
    })),
  ],
  answer: ([metaRows, log = [], generations, ...state]) => {
    const [now, version, ...cells] = firstOf(metaRows);
    const meta = metaOf(cells);
    const signals = log.map(signalOf);
    const read: Reading = {
      watermark: { revision: meta.revision, seq: meta.routedSeq, at: meta.routedAt },
      generation: known?.revision === meta.revision ? known.generation : generationIn(generations),
      state: request.revision === meta.revision ? null : storedStateOf(state),
      signals,
      more: meta.signals > meta.routedSeq + signals.length,
      now: now as number,
    };
    return { version: version as number, reading: read };
  },
});

const firstOf = (rows: Rows = []): Row => rows[0] ?? [];

const generationIn = (rows: Rows = []): Generation | null =>
  rows[0] === undefined ? null : generationOf(rows[0]);

const storedStateOf = ([
  cursors = [],
  waiting = [],
  deadlines = [],
  open = [],
]: readonly Rows[]): StoredState => ({
  cursors: cursors.map(cursorOf),
  waiting: waiting.map(waitingOf),
  deadlines: deadlines.map(deadlineOf),
  open: open.map(openOf),
});

const selectCounts = `SELECT
  (SELECT count(*) FROM signal WHERE place > $2 + meta.routed_seq AND place <= $2 + meta.signals AND due_at > coalesce($3, ${clockSelection})),
  (SELECT count(*) FROM deadline WHERE app = $4 AND kind <> 'Within' AND kind NOT IN ('Paused', 'Gate')),
  (SELECT count(*) FROM match WHERE app = $4)
FROM meta WHERE number = $1`;

/** `now` null: the server's clock. */
export const summary = ({ app, number }: AppPlace, now: number | null): Question<Summary> => ({
  statements: [
    { sql: selectMeta, parameters: [integer(number)] },
    {
      sql: selectCounts,
      parameters: [integer(number), integer(number * appSpan), integer(now), text(app)],
    },
  ],
  answer: ([metaRows, countRows]) => {
    const [, , ...cells] = firstOf(metaRows);
    const { states, signals, signalsPurged, routedSeq, skips, skipsPurged } = metaOf(cells);
    const [delayed, acting, waiting] = firstOf(countRows) as readonly number[];
    return {
      runs: { ...states },
      unrouted: signals - routedSeq,
      deadlines: (delayed ?? 0) + (acting ?? 0),
      signals: signals - signalsPurged,
      skips: skips - skipsPurged,
      waiting: waiting ?? 0,
    };
  },
});

const isExpiring =
  "app = $1 AND task = ANY($2) AND state = 'pending' AND expires_at IS NOT NULL AND expires_at";
const selectExpired = `SELECT ${runSelection} FROM run WHERE ${isExpiring} <= coalesce($3, ${clockSelection}) ORDER BY expires_at, place LIMIT $4`;
const selectNextExpiry = `SELECT min(expires_at) FROM run WHERE ${isExpiring} > coalesce($3, ${clockSelection})`;

export const expiry = (
  { app }: AppPlace,
  { tasks, limit }: { readonly tasks: readonly string[]; readonly limit: number },
  now: number | null,
): Question<ExpiryReply> => ({
  statements: [
    {
      sql: selectExpired,
      parameters: [text(app), texts(tasks), integer(now), integer(limit + 1)],
    },
    { sql: selectNextExpiry, parameters: [text(app), texts(tasks), integer(now)] },
  ],
  answer: ([due = [], next]) => {
    const runs = due.map(runOf);
    // The first that is not among them, due or not.
    const later = runs[limit]?.expiresAt ?? (next?.[0]?.[0] as number | null);
    return { runs: runs.slice(0, limit), nextAt: later };
  },
});

const selectOwed =
  "SELECT id FROM run WHERE app = $1 AND id = ANY($2) UNION SELECT id FROM tombstone WHERE app = $1 AND kind = 'run' AND id = ANY($2)";
const selectForgotten =
  "SELECT id, at FROM tombstone WHERE app = $1 AND kind = 'trigger' AND id = ANY($2)";

export const owed = ({ app }: AppPlace, { runs, triggers }: OwedRequest): Question<OwedReply> => ({
  statements: [
    { sql: selectOwed, parameters: [text(app), texts(runs)] },
    { sql: selectForgotten, parameters: [text(app), texts(triggers)] },
  ],
  answer: ([known = [], forgotten = []]) => {
    const stored = new Set(known.map(([id]) => id));
    return {
      runs: [...new Set(runs)].filter((id) => stored.has(id)),
      forgotten: Object.fromEntries(forgotten.map(([id, at]) => [id as string, at as number])),
    };
  },
});
