// One transaction: batches and perhaps a claim behind them, or work of its own.
//
// It takes the app's lock first (an advisory one: it costs no row and no flush), so that one engine at a time writes an app, and the log has no gaps. Its statements take two
// or three round trips: what begins it and reads; what writes and, with a claim, looks for due runs; what ends it.
//
// If the connection is lost before the commit was sent, nothing was written. If it is lost while the commit is under way, the server is asked when it is back: each
// transaction leaves its number in its handle's row of `writer`. Its own identifier would not do: a server that has crashed gives it to another one.
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { StoreError } from "../../core/errors.ts";
import type { Run } from "../../core/run.ts";
import type { Batch, ClaimReply, ClaimRequest } from "../../core/store.ts";
import { candidateStatements, grantedOf, grantStatement, picked, selectGranted } from "./claim.ts";
import type { Fault } from "./fault.ts";
import { findStatements, foundOf, placedOf, wantedOf } from "./found.ts";
import { Overlay } from "./overlay.ts";
import { integer, text } from "./parameter.ts";
import {
  type Failed,
  patienceMillis,
  pause,
  type Rows,
  type Session,
  type Statement,
} from "./session.ts";
import type { Tail } from "./tail.ts";
import { metaStatement, rowStatements } from "./write.ts";

/** Work of its own, in a transaction of its own, under the app's lock. */
type Work = (overlay: Begun) => Effect.Effect<unknown, Failed>;

export interface Begun {
  readonly session: Session;
  readonly now: number;
  /** The app's, before. */
  readonly version: number;
  readonly overlay: Overlay;
}

export type Asked =
  | { readonly _tag: "Commit"; readonly batch: Batch }
  | { readonly _tag: "Claim"; readonly claim: ClaimRequest }
  | { readonly _tag: "Alone"; readonly batch: Batch; readonly work: Work };

export interface Request {
  readonly operation: string;
  readonly asked: Asked;
  /** The caller's clock, where that counts; null: the server's does. */
  readonly now: (() => number) | null;
  readonly resume: (effect: Effect.Effect<unknown, StoreError>) => void;
  isDropped: boolean;
}

/** Where it happens. */
export interface Place {
  readonly session: Session;
  readonly app: string;
  readonly number: number;
  /** This handle among those that write. */
  readonly handle: string;
  /** Owners that were told dead through this handle. */
  readonly suspects: ReadonlySet<string>;
  readonly tail: Tail;
  /** Hears the server's clock. */
  readonly onClock: (now: number) => void;
}

export interface Committed {
  readonly _tag: "Committed";
  readonly replies: readonly unknown[];
}

/** Nothing of it was written; unless its commit was under way and nobody can be asked any more. */
export interface Undone {
  readonly _tag: "Undone";
  readonly fault: Fault;
  readonly isUnknown: boolean;
}

const begin: Statement = { sql: "BEGIN ISOLATION LEVEL READ COMMITTED" };
const end: Statement = { sql: "COMMIT" };
/** An app's lock: whoever has it writes. */
const lock = "SELECT pg_advisory_xact_lock(hashtext('detent'), $1::int)";
const markWriter =
  "INSERT INTO writer (id, app, number, at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET number = excluded.number, at = excluded.at";
const selectMark = "SELECT number FROM writer WHERE id = $1";

/** What is known of a transaction, should its end be lost. */
interface Traces {
  /** Its number among those of this handle. */
  readonly mark: number;
  isEnding: boolean;
  replies: readonly unknown[];
}

/** `mark`: greater than those of this handle's transactions before. */
export const transact = (
  fields: Place,
  requests: readonly Request[],
  mark: number,
): Effect.Effect<Committed | Undone> => {
  const traces: Traces = { mark, isEnding: false, replies: [] };
  const [first] = requests;
  const work =
    first?.asked._tag === "Alone"
      ? alone(fields, { ...first, asked: first.asked }, traces)
      : together(fields, requests, traces);
  return Effect.matchEffect(work, {
    onSuccess: (replies) => Effect.succeed<Committed | Undone>({ _tag: "Committed", replies }),
    onFailure: ({ fault }) =>
      traces.isEnding && fault.isLost
        ? outcomeOf(fields, requests, traces, fault)
        : Effect.as(
            fault.isLost ? Effect.void : Effect.ignore(fields.session.send([{ sql: "ROLLBACK" }])),
            { _tag: "Undone", fault, isUnknown: false } as const,
          ),
  });
};

/** Batches, and perhaps a claim behind them. */
const together = (
  fields: Place,
  requests: readonly Request[],
  traces: Traces,
): Effect.Effect<readonly unknown[], Failed> =>
  Effect.gen(function* () {
    const { session, app, number } = fields;
    const batches = requests.flatMap(({ asked }) => (asked._tag === "Commit" ? [asked.batch] : []));
    const last = requests.at(-1);
    const claim = last?.asked._tag === "Claim" ? last.asked.claim : undefined;
    const claimNow = last?.now?.() ?? null;
    const candidates = claim === undefined ? [] : candidateStatements(app, claim, claimNow);
    const isBare = batches.length === 0;
    const { begun, rest } = yield* beginning(fields, traces, {
      batches,
      owners: claim === undefined ? [] : [claim.owner],
      // Without batches, nothing comes before a claim.
      behind: isBare ? candidates : [],
    });
    const { overlay } = begun;
    const replies: unknown[] = [];
    for (const [index, batch] of batches.entries())
      replies.push(overlay.commit(batch, requests[index]?.now?.() ?? begun.now));
    traces.replies = replies;
    if (claim === undefined) {
      traces.isEnding = true;
      yield* session.send([...rowStatements(overlay), ...endOf(fields, begun, traces)]);
      fields.tail.keep(begun.version, overlay);
      return replies;
    }
    const lines = isBare
      ? rest
      : (yield* session.send([...rowStatements(overlay), ...candidates])).slice(-2);
    const { taken, nextDueAt } = overlay.isAlive(claim.owner)
      ? picked(lines, claim, claimNow ?? begun.now)
      : { taken: [], nextDueAt: null };
    const places = taken.map(({ place }) => place);
    overlay.meta.states.pending -= places.length;
    overlay.meta.states.claimed += places.length;
    overlay.isChanged ||= places.length > 0;
    traces.isEnding = true;
    const grants = places.length > 0 ? [grantStatement(number, places, claim)] : [];
    const ends = yield* session.send(endOf(fields, begun, traces, grants));
    fields.tail.keep(begun.version, overlay);
    const runs = places.length > 0 ? grantedOf(places, ends.at(-2) as Rows) : [];
    return [...replies, { runs, nextDueAt } satisfies ClaimReply];
  });

/** What has a transaction to itself. */
const alone = (
  fields: Place,
  { asked, now }: Request & { readonly asked: Asked & { readonly _tag: "Alone" } },
  traces: Traces,
): Effect.Effect<readonly unknown[], Failed> =>
  Effect.gen(function* () {
    const { begun } = yield* beginning(fields, traces, {
      batches: [asked.batch],
      owners: [],
      behind: [],
    });
    const { overlay } = begun;
    const reply = yield* asked.work({ ...begun, now: now?.() ?? begun.now });
    traces.replies = [reply];
    traces.isEnding = true;
    overlay.isChanged = true;
    yield* fields.session.send([...rowStatements(overlay), ...endOf(fields, begun, traces)]);
    fields.tail.keep(begun.version, overlay);
    return [reply];
  });

/** What ends a transaction: the app's row, what needs it written, the mark; nothing of that if nothing has changed. */
const endOf = (
  { app, handle }: Place,
  { overlay, now }: Begun,
  { mark }: Traces,
  behind: readonly Statement[] = [],
): readonly Statement[] =>
  overlay.isChanged
    ? [
        metaStatement(overlay),
        {
          sql: markWriter,
          parameters: [text(handle), text(app), integer(mark), integer(now)],
        },
        ...behind,
        end,
      ]
    : [end];

const beginning = (
  { session, app, number, suspects, onClock }: Place,
  traces: Traces,
  of: {
    readonly batches: readonly Batch[];
    readonly owners: readonly string[];
    readonly behind: readonly Statement[];
  },
): Effect.Effect<{ readonly begun: Begun; readonly rest: readonly Rows[] }, Failed> =>
  Effect.gen(function* () {
    traces.isEnding = false;
    const wanted = wantedOf(of.batches, of.owners);
    const finding = findStatements({ app, number }, wanted);
    const answers = yield* session.send([
      begin,
      { sql: lock, parameters: [integer(number)] },
      ...finding,
      ...of.behind,
    ]);
    const { found, now, version } = foundOf(wanted, answers.slice(2, 2 + finding.length));
    onClock(now);
    return {
      begun: { session, now, version, overlay: new Overlay({ app, number }, found, suspects) },
      rest: answers.slice(2 + finding.length),
    };
  });

/** What became of a transaction whose end was lost, as the server says when it is back. */
const outcomeOf = (
  place: Place,
  requests: readonly Request[],
  { mark, replies }: Traces,
  fault: Fault,
): Effect.Effect<Committed | Undone> => {
  const { session, app, number, handle } = place;
  const last = requests.at(-1)?.asked;
  const claim = last?._tag === "Claim" ? last.claim : undefined;
  const asked = Effect.gen(function* () {
    // It holds the lock until it has ended, if the server has not yet found out that nobody hears it.
    const [, , marks, granted = []] = yield* session.send([
      begin,
      { sql: lock, parameters: [integer(number)] },
      { sql: selectMark, parameters: [text(handle)] },
      {
        sql: selectGranted,
        parameters: [text(app), text(claim?.owner ?? null), text(claim?.nonce ?? null)],
      },
      end,
    ]);
    if (marks?.[0]?.[0] !== mark)
      return { _tag: "Undone", fault, isUnknown: false } satisfies Undone;
    const runs: readonly Run[] = granted.map(placedOf).map(({ run }) => run);
    // When the next run is due is asked again: at once.
    const reply: readonly ClaimReply[] = claim === undefined ? [] : [{ runs, nextDueAt: 0 }];
    return { _tag: "Committed", replies: [...replies, ...reply] } satisfies Committed;
  });
  return Effect.gen(function* () {
    const since = yield* Clock.monotonicTimeNanos;
    for (let failures = 0; ; failures++) {
      const answer = yield* Effect.result(Effect.andThen(session.connect("commit"), asked));
      if (answer._tag === "Success") return answer.success;
      const waited = Number((yield* Clock.monotonicTimeNanos) - since) / 1_000_000;
      if (waited > 2 * patienceMillis) return { _tag: "Undone", fault, isUnknown: true };
      yield* pause(failures);
    }
  });
};
