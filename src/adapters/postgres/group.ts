// Group commit: what was asked for while a transaction was under way shares the next one, and so one flush of the server's disk. Each request stands or falls by itself: one
// that is refused writes nothing, and if one fails, the others are done without it.
//
// A transaction takes the app's lock first (an advisory one: it costs no row and no flush), so that one engine at a time writes an app, and the log has no gaps. Its
// statements take two or three round trips: what begins it and reads; what writes and, with a claim, looks for due runs; what ends it.
//
// If the connection is lost before the commit was sent, nothing was written, and it is done again. If it is lost while the commit is under way, the server is asked what
// became of the transaction (`pg_xact_status`), when it is back.
import * as Clock from "effect/Clock";
import type * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { isNews } from "../../core/batch.ts";
import { StoreError } from "../../core/errors.ts";
import type { Run } from "../../core/run.ts";
import type { Batch, ClaimReply, ClaimRequest, CommitReply } from "../../core/store.ts";
import { candidateStatements, grantedOf, grantStatement, picked, selectGranted } from "./claim.ts";
import { canTryAgain, isOfOne, storeErrorOf, type Fault } from "./fault.ts";
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
import { metaStatement, rowStatements } from "./write.ts";

/** Work of its own, in a transaction of its own, under the app's lock. */
type Work = (overlay: Begun) => Effect.Effect<unknown, Failed>;

export interface Begun {
  readonly session: Session;
  readonly now: number;
  readonly overlay: Overlay;
}

type Asked =
  | { readonly _tag: "Commit"; readonly batch: Batch }
  | { readonly _tag: "Claim"; readonly claim: ClaimRequest }
  | { readonly _tag: "Alone"; readonly batch: Batch; readonly work: Work };

interface Request {
  readonly operation: string;
  readonly asked: Asked;
  /** The caller's clock, where that counts; null: the server's does. */
  readonly now: (() => number) | null;
  readonly resume: (effect: Effect.Effect<unknown, StoreError>) => void;
  isDropped: boolean;
}

/** More requests than that don't share a transaction, so that none waits for too long. */
const requestsMax = 2_000;

export interface GroupFields {
  readonly session: Session;
  readonly app: string;
  readonly number: number;
  readonly clock: "server" | "caller";
  readonly services: Context.Context<never>;
  /** Owners that were told dead through this handle. */
  readonly suspects: ReadonlySet<string>;
  readonly onCommitted: (isNews: boolean) => void;
  /** Hears the server's clock, and when that was by the monotonic one. */
  readonly onClock: (now: number, sentAt: bigint) => void;
}

export class Group {
  readonly #fields: GroupFields;
  #queue: Request[] = [];
  #isRunning = false;
  #aloneCount = 0;
  #isClosed = false;
  #onRest: (() => void) | undefined;

  constructor(fields: GroupFields) {
    this.#fields = fields;
  }

  commit(batch: Batch): Effect.Effect<CommitReply, StoreError> {
    return this.#submit("commit", { _tag: "Commit", batch });
  }

  claim(claim: ClaimRequest): Effect.Effect<ClaimReply, StoreError> {
    return this.#submit("claim", { _tag: "Claim", claim });
  }

  /** Work of its own. The overlay has what `batch` would look at. */
  alone<A>(
    operation: string,
    work: (begun: Begun) => Effect.Effect<A, Failed>,
    batch: Batch = { checks: [] },
  ): Effect.Effect<A, StoreError> {
    return this.#submit(operation, { _tag: "Alone", work, batch });
  }

  #submit<A>(operation: string, asked: Asked): Effect.Effect<A, StoreError> {
    return Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock);
      return Effect.callback<A, StoreError>((resume) => {
        if (this.#isClosed) {
          resume(Effect.fail(this.#closed(operation)));
          return undefined;
        }
        const request: Request = {
          operation,
          asked,
          now: this.#fields.clock === "caller" ? () => clock.currentTimeMillisUnsafe() : null,
          resume: resume as Request["resume"],
          isDropped: false,
        };
        this.#queue.push(request);
        this.#schedule();
        return Effect.sync(() => {
          request.isDropped = true;
        });
      });
    });
  }

  /** Does what is still waiting, and nothing after it. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#isClosed = true;
    if (!this.#isRunning) return Effect.void;
    return Effect.callback<void>((resume) => {
      this.#onRest = () => resume(Effect.void);
    });
  });

  #closed(operation: string): StoreError {
    const message = `store ${this.#fields.session.url}: it was closed before this was done`;
    return new StoreError({ operation, message });
  }

  #schedule(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    // What is asked for in the same turn of the event loop goes together.
    setImmediate(() => Effect.runForkWith(this.#fields.services)(this.#run));
  }

  readonly #run: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    for (;;) {
      const requests = this.#take();
      if (requests.length === 0) break;
      yield* this.#fields.session.use(this.#attempt(requests));
    }
    this.#isRunning = false;
    this.#onRest?.();
  });

  /** The next requests that share a transaction: batches, and at most one claim behind them. */
  #take(): readonly Request[] {
    this.#queue = this.#queue.filter(({ isDropped }) => !isDropped);
    const most = this.#aloneCount > 0 ? 1 : requestsMax;
    let count = 0;
    for (const { asked } of this.#queue.slice(0, most)) {
      if (asked._tag === "Alone" && count > 0) break;
      count++;
      if (asked._tag !== "Commit") break;
    }
    this.#aloneCount = Math.max(0, this.#aloneCount - 1);
    return this.#queue.splice(0, count);
  }

  readonly #attempt = Effect.fnUntraced(function* (this: Group, requests: readonly Request[]) {
    const since = yield* Clock.monotonicTimeNanos;
    for (let failures = 0; ; failures++) {
      const connected = yield* Effect.result(this.#fields.session.connect("commit"));
      const ended =
        connected._tag === "Failure" ? connected.failure : yield* transact(this.#fields, requests);
      if (!(ended instanceof StoreError) && ended._tag === "Committed")
        return this.#answer(requests, ended);
      if (!(ended instanceof StoreError) && !ended.isUnknown) {
        const waited = Number((yield* Clock.monotonicTimeNanos) - since) / 1_000_000;
        if (canTryAgain(ended.fault) && waited < patienceMillis) {
          yield* pause(failures);
          continue;
        }
        if (requests.length > 1 && isOfOne(ended.fault)) {
          this.#queue.unshift(...requests);
          this.#aloneCount = requests.length;
          return;
        }
      }
      for (const { operation, resume } of requests)
        resume(Effect.fail(this.#error(operation, ended)));
      return;
    }
  }).bind(this);

  #error(operation: string, ended: StoreError | Undone): StoreError {
    if (ended instanceof StoreError) {
      const { message, cause } = ended;
      return new StoreError({ operation, message, cause });
    }
    const { fault, isUnknown } = ended;
    return storeErrorOf({
      operation,
      url: this.#fields.session.url,
      fault,
      unknown: isUnknown,
    });
  }

  #answer(requests: readonly Request[], { replies }: Committed): void {
    let isRinging = false;
    for (const [index, { asked, resume }] of requests.entries()) {
      const reply = replies[index];
      if (asked._tag === "Commit") isRinging ||= isNews(asked.batch, reply as CommitReply);
      resume(Effect.succeed(reply));
    }
    this.#fields.onCommitted(isRinging);
  }
}

interface Committed {
  readonly _tag: "Committed";
  readonly replies: readonly unknown[];
}

/** Nothing of it was written; unless its commit was under way and nobody can be asked any more. */
interface Undone {
  readonly _tag: "Undone";
  readonly fault: Fault;
  readonly isUnknown: boolean;
}

const begin: Statement = { sql: "BEGIN ISOLATION LEVEL READ COMMITTED" };
const end: Statement = { sql: "COMMIT" };
/** An app's lock: whoever has it writes. */
const lock = "SELECT pg_advisory_xact_lock(hashtext('detent'), $1::int)";
const identify: Statement = { sql: "SELECT pg_current_xact_id()::text" };

/** What is known of a transaction, should its end be lost. */
interface Traces {
  isEnding: boolean;
  id: string | undefined;
  replies: unknown[] | undefined;
}

const transact = (
  fields: GroupFields,
  requests: readonly Request[],
): Effect.Effect<Committed | Undone> => {
  const traces: Traces = { isEnding: false, id: undefined, replies: undefined };
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
  fields: GroupFields,
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
      behind: isBare ? candidates : [identify],
    });
    const { overlay } = begun;
    const replies: unknown[] = [];
    for (const [index, batch] of batches.entries())
      replies.push(overlay.commit(batch, requests[index]?.now?.() ?? begun.now));
    if (!isBare) traces.id = rest[0]?.[0]?.[0] as string;
    traces.replies = replies;
    if (claim === undefined) {
      traces.isEnding = true;
      yield* session.send([
        ...rowStatements(overlay),
        ...(overlay.isChanged ? [metaStatement(overlay)] : []),
        end,
      ]);
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
    traces.isEnding = true;
    const ends = yield* session.send([
      ...(overlay.isChanged || places.length > 0 ? [metaStatement(overlay)] : []),
      ...(places.length > 0 ? [grantStatement(number, places, claim)] : []),
      end,
    ]);
    const runs = places.length > 0 ? grantedOf(places, ends.at(-2) as Rows) : [];
    return [...replies, { runs, nextDueAt } satisfies ClaimReply];
  });

/** What has a transaction to itself. */
const alone = (
  fields: GroupFields,
  { asked, now }: Request & { readonly asked: Asked & { readonly _tag: "Alone" } },
  traces: Traces,
): Effect.Effect<readonly unknown[], Failed> =>
  Effect.gen(function* () {
    const { begun, rest } = yield* beginning(fields, traces, {
      batches: [asked.batch],
      owners: [],
      behind: [identify],
    });
    const { overlay } = begun;
    traces.id = rest[0]?.[0]?.[0] as string;
    const reply = yield* asked.work({ ...begun, now: now?.() ?? begun.now });
    traces.replies = [reply];
    traces.isEnding = true;
    yield* fields.session.send([
      ...rowStatements(overlay),
      ...(overlay.isChanged ? [metaStatement(overlay)] : []),
      end,
    ]);
    return [reply];
  });

const beginning = (
  { session, app, number, suspects, onClock }: GroupFields,
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
    const sentAt = yield* Clock.monotonicTimeNanos;
    const answers = yield* session.send([
      begin,
      { sql: lock, parameters: [integer(number)] },
      ...finding,
      ...of.behind,
    ]);
    const { found, now } = foundOf(wanted, answers.slice(2, 2 + finding.length));
    onClock(now, sentAt);
    return {
      begun: { session, now, overlay: new Overlay({ app, number }, found, suspects) },
      rest: answers.slice(2 + finding.length),
    };
  });

/** What became of a transaction whose end was lost, as the server says when it is back. When the next run is due is asked again: at once. */
const outcomeOf = (
  fields: GroupFields,
  requests: readonly Request[],
  { id, replies = [] }: Traces,
  fault: Fault,
): Effect.Effect<Committed | Undone> => {
  const { session, app } = fields;
  const unknown: Undone = { _tag: "Undone", fault, isUnknown: true };
  const undone: Undone = { _tag: "Undone", fault, isUnknown: false };
  const last = requests.at(-1)?.asked;
  const claim = last?._tag === "Claim" ? last.claim : undefined;
  const granted = Effect.map(
    session.send([
      {
        sql: selectGranted,
        parameters: [text(app), text(claim?.owner ?? null), text(claim?.nonce ?? null)],
      },
    ]),
    ([rows = []]): readonly Run[] => rows.map(placedOf).map(({ run }) => run),
  );
  const asked = Effect.gen(function* () {
    if (id === undefined) {
      // A claim alone: what bears its nonce was granted to it.
      const runs = yield* granted;
      return runs.length === 0 ? undone : committed([{ runs, nextDueAt: 0 }]);
    }
    const [rows] = yield* session.send([
      { sql: "SELECT pg_xact_status($1::text::xid8)", parameters: [text(id)] },
    ]);
    const status = rows?.[0]?.[0];
    if (status === "in progress") return undefined;
    if (status === "aborted") return undone;
    if (status !== "committed") return unknown;
    if (claim === undefined) return committed(replies);
    return committed([...replies, { runs: yield* granted, nextDueAt: 0 }]);
  });
  return Effect.gen(function* () {
    const since = yield* Clock.monotonicTimeNanos;
    for (let failures = 0; ; failures++) {
      const connected = yield* Effect.exit(session.connect("commit"));
      const answer = Exit.isSuccess(connected) ? yield* Effect.exit(asked) : undefined;
      if (answer !== undefined && Exit.isSuccess(answer) && answer.value !== undefined)
        return answer.value;
      const waited = Number((yield* Clock.monotonicTimeNanos) - since) / 1_000_000;
      if (waited > 2 * patienceMillis) return unknown;
      yield* pause(failures);
    }
  });
};

const committed = (replies: readonly unknown[]): Committed => ({ _tag: "Committed", replies });
