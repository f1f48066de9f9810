// The store in a PostgreSQL database, for any number of engines on any number of machines.
//
// A handle has up to four connections: one that writes (group.ts: one transaction after the other), one that reads, one for leases and rings (bell.ts), and one that listens,
// made when they are needed. What a transaction does is said in overlay.ts and claim.ts, what is read in reading.ts and list.ts; docs/store.md has the tables.
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type * as Context from "effect/Context";
import type * as Scope from "effect/Scope";
import { InputError, type StoreError } from "../../core/errors.ts";
import { keptBatch } from "../../core/kept-batch.ts";
import { notEmpty } from "../../core/store-load.ts";
import { pageError } from "../../core/store-order.ts";
import type { StorePort } from "../../core/store.ts";
import { configOf, prepare, urlOf, type Durability } from "./connect.ts";
import { Bell } from "./bell.ts";
import { canTryAgain, storeErrorOf } from "./fault.ts";
import { Group } from "./group.ts";
import { leaseMillisDefault, Leases, monotonicMillis } from "./lease.ts";
import { list } from "./list.ts";
import { batchOfLoad, load } from "./load.ts";
import { enter, leave, selectDead } from "./owner.ts";
import { purge } from "./purge.ts";
import {
  expiry,
  owed,
  reading,
  summary,
  versionOf,
  type AppPlace,
  type KnownGeneration,
  type Question,
} from "./reading.ts";
import { ownerOf } from "../sql/state-row.ts";
import { ServerClock } from "./server-clock.ts";
import { pause, Session } from "./session.ts";
import { Tail } from "./tail.ts";

export interface PostgresStoreOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. The tables are made there, in a schema `detent`, if they are not there. */
  readonly url: string;
  /** Default "main". A database can hold several. */
  readonly app?: string;
  /** What was acknowledged survives a crash of the server ("power", the default), or may lose the last instants before it ("process": `synchronous_commit` off). */
  readonly durability?: Durability;
  /** Whose clock counts: the database server's (default), or Effect's Clock of who calls, as in tests. */
  readonly clock?: "server" | "caller";
  /** An engine that has not renewed for so long is taken for dead. Its runs are ended when half of it has passed. 1,000 at least; default 20,000. */
  readonly leaseMillis?: number;
}

/** Connects for as long as the scope lasts. Fails with an InputError for a URL that is none. */
export const openPostgresStore = (
  options: PostgresStoreOptions,
): Effect.Effect<StorePort, StoreError | InputError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(opened(options), ({ close }) => close),
    ({ store }) => store,
  );

/** A shorter one would be over before a busy server has answered. */
const leaseMillisMin = 1_000;

interface Opened {
  readonly store: StorePort;
  readonly close: Effect.Effect<void>;
}

const opened = ({
  url,
  app = "main",
  durability = "power",
  clock = "server",
  leaseMillis = leaseMillisDefault,
}: PostgresStoreOptions): Effect.Effect<Opened, StoreError | InputError> =>
  Effect.contextWith((services) =>
    Effect.gen(function* () {
      const shown = yield* Effect.try({
        try: () => urlOf(url),
        catch: (error) => error as InputError,
      });
      if (!(leaseMillis >= leaseMillisMin))
        return yield* Effect.fail(
          new InputError(`leaseMillis is ${leaseMillis}; give ${leaseMillisMin} or more`),
        );
      const config = configOf(url, durability);
      const sessions = {
        writer: new Session(shown, config),
        reader: new Session(shown, config),
        side: new Session(shown, configOf(url, "process")),
        ear: new Session(shown, { ...config, multiplex: false }),
      };
      const number = yield* Effect.onError(
        prepare(sessions.writer, app),
        () => sessions.writer.close,
      );
      return openedOf({ sessions, at: { app, number }, clock, leaseMillis, services });
    }),
  );

interface Parts {
  readonly sessions: { readonly [name in "writer" | "reader" | "side" | "ear"]: Session };
  readonly at: AppPlace;
  readonly clock: "server" | "caller";
  readonly leaseMillis: number;
  readonly services: Context.Context<never>;
}

const openedOf = ({ sessions, at, clock, leaseMillis, services }: Parts): Opened => {
  const { writer, reader, side, ear } = sessions;
  const { app, number } = at;
  const bell = new Bell({ at, side, ear, services });
  const serverClock = new ServerClock();
  const suspects = new Set<string>();
  const tail = new Tail();
  const group = new Group({
    session: writer,
    app,
    number,
    clock,
    services,
    suspects,
    tail,
    onCommitted: (isNews) => {
      if (!isNews) return;
      bell.tell();
      bell.ring();
    },
    onClock: (now) => serverClock.hear(now),
  });
  /** The caller's clock where that counts; null: the server's does. */
  const given = clock === "caller" ? Clock.currentTimeMillis : Effect.succeed(null);
  const leases = new Leases({ app, side, services, leaseMillis, given });
  const ask = <A>(operation: string, question: (now: number | null) => Question<A>) =>
    Effect.flatMap(given, (now) => asked(reader, operation, question(now)));
  let known: KnownGeneration | undefined;
  const store: StorePort = {
    abilities: { durable: true, scope: "network", ownerProof: false },
    url: writer.url,
    now: clock === "caller" ? Clock.currentTimeMillis : serverClock.now,
    enter: (owner) =>
      Effect.flatMap(monotonicMillis, (since) =>
        Effect.tap(
          group.alone("enter", (begun) => enter(begun, owner, leaseMillis)),
          () => Effect.sync(() => leases.hold(owner.id, since)),
        ),
      ),
    leave: (owner) =>
      Effect.map(
        group.alone("leave", (begun) => leave(begun, owner)),
        (isClosed) => {
          if (isClosed) leases.drop(owner);
        },
      ),
    lapses: (owner, listener) => leases.listen(owner, listener),
    dead: Effect.tap(
      ask("dead", (now) => ({
        statements: [selectDead(app, now)],
        answer: ([rows = []]) => rows.map(ownerOf),
      })),
      (dead) =>
        Effect.sync(() => {
          for (const { id } of dead) suspects.add(id);
        }),
    ),
    proof: () => Effect.succeed(null),
    read: (request) =>
      Effect.gen(function* () {
        const { version, now } = yield* ask("read", () => versionOf(at));
        const own = yield* given;
        if (clock === "server") serverClock.hear(now);
        const recent = tail.reading(version, request);
        if (recent !== undefined) return { ...recent, now: own ?? now };
        const read = yield* ask("read", () => reading(at, request, known));
        const { watermark, generation } = read.reading;
        known = { revision: watermark.revision, generation };
        tail.learn(read.version, read.reading);
        return { ...read.reading, now: own ?? read.reading.now };
      }),
    commit: (batch) => Effect.suspend(() => group.commit(keptBatch(batch))),
    claim: (request) => group.claim(request),
    expiry: (request) => ask("expiry", (now) => expiry(at, request, now)),
    list: (table, request) =>
      Effect.suspend(() => {
        const question = list(at, table, request);
        return question === undefined
          ? Effect.fail(pageError(table, request.after))
          : asked(reader, "list", question);
      }),
    summary: ask("summary", (now) => summary(at, now)),
    owed: (request) => ask("owed", () => owed(at, request)),
    load: (request) =>
      Effect.flatMap(
        group.alone("load", (begun) => load(begun, request), batchOfLoad(request)),
        (isTaken) => (isTaken ? Effect.void : Effect.fail(notEmpty())),
      ),
    purge: (request) => group.alone("purge", (begun) => purge(begun, request)),
    changes: (listener) => bell.listen(listener),
  };
  return {
    store,
    close: Effect.gen(function* () {
      yield* group.close;
      yield* leases.close;
      yield* bell.close;
      for (const session of [writer, reader, side, ear]) yield* session.close;
    }),
  };
};

const begin = { sql: "BEGIN ISOLATION LEVEL REPEATABLE READ" };
const end = { sql: "COMMIT" };

/** Asks in one snapshot. A connection that is lost is made again, and the question asked again. */
const asked = <A>(
  session: Session,
  operation: string,
  { statements, answer }: Question<A>,
): Effect.Effect<A, StoreError> =>
  session.use(
    Effect.gen(function* () {
      const isOne = statements.length === 1;
      for (let failures = 0; ; failures++) {
        yield* session.connect(operation);
        const sent = yield* Effect.result(
          session.send(isOne ? statements : [begin, ...statements, end]),
        );
        if (sent._tag === "Success")
          return answer(isOne ? sent.success : sent.success.slice(1, -1));
        const { fault } = sent.failure;
        if (!fault.isLost && !isOne) yield* Effect.ignore(session.send([{ sql: "ROLLBACK" }]));
        if (failures >= 5 || !canTryAgain(fault))
          return yield* Effect.fail(storeErrorOf({ operation, url: session.url, fault }));
        yield* pause(failures);
      }
    }),
  );
