// Entry point `detent/sqlite`: the store in a SQLite file, for any number of processes and engines on one machine.
//
// One connection, on this thread. Writes are gathered by group.ts; reads are done at once, each in a snapshot of its own. What a write does is said in batch.ts, claim.ts and
// owner.ts, what is read in reading.ts and list.ts; docs/store.md has the tables.
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type * as Context from "effect/Context";
import type * as Scope from "effect/Scope";
import { newsOf } from "../../core/batch.ts";
import { StoreError } from "../../core/errors.ts";
import { keptBatch } from "../../core/kept-batch.ts";
import { notEmpty } from "../../core/store-load.ts";
import { pageError } from "../../core/store-order.ts";
import type { StorePort } from "../../core/store.ts";
import { commit } from "./batch.ts";
import { Bell, type Tiding } from "./bell.ts";
import { claim } from "./claim.ts";
import { Checkpointer } from "./checkpointer.ts";
import { connect, flushSettings, type Durability } from "./connect.ts";
import { expiry } from "./expiry.ts";
import { flushError } from "./fault.ts";
import { Flusher } from "./flusher.ts";
import { Group, type Committed } from "./group.ts";
import { list } from "./list.ts";
import { deadOwners, enter, leave, proofOf } from "./owner.ts";
import { load } from "./load.ts";
import { owed, purge } from "./purge.ts";
import { reading, summary } from "./reading.ts";
import { inSnapshot } from "./snapshot.ts";
import { Tables } from "./tables.ts";

export interface SqliteStoreOptions {
  /** Created if it is not there; its folder must be. */
  readonly file: string;
  /** Default "main". A file can hold several. */
  readonly app?: string;
  /** What was acknowledged survives a loss of power ("power", the default), or the end of the process however it ends ("process"). */
  readonly durability?: Durability;
}

/** Opens the file for as long as the scope lasts. An engine that has entered and not left keeps its lock until the process ends. */
export const openSqliteStore = (
  options: SqliteStoreOptions,
): Effect.Effect<StorePort, StoreError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(opened(options), ({ close }) => close),
    ({ store }) => store,
  );

interface Opened {
  readonly store: StorePort;
  readonly close: Effect.Effect<void>;
}

const opened = ({
  file,
  app = "main",
  durability = "power",
}: SqliteStoreOptions): Effect.Effect<Opened, StoreError> =>
  Effect.contextWith((services) =>
    Effect.suspend(() => {
      try {
        const { database, isShared } = connect(file, durability);
        const checkpointer = isShared
          ? new Checkpointer(file, flushSettings(durability))
          : undefined;
        return Effect.succeed(
          openedOf({
            tables: new Tables(database, app),
            services,
            checkpointer,
            flusher:
              durability === "power"
                ? new Flusher(file, () => database.exec("PRAGMA wal_checkpoint(FULL)"))
                : undefined,
            isShared,
          }),
        );
      } catch (thrown) {
        return thrown instanceof StoreError ? Effect.fail(thrown) : Effect.die(thrown);
      }
    }),
  );

interface Parts {
  readonly tables: Tables;
  readonly services: Context.Context<never>;
  readonly checkpointer: Checkpointer | undefined;
  readonly flusher: Flusher | undefined;
  readonly isShared: boolean;
}

const openedOf = ({ tables, services, checkpointer, flusher, isShared }: Parts): Opened => {
  const { database } = tables;
  const look = inSnapshot(tables, {
    operation: "changes",
    onNews: () => onNews(),
    work: () => undefined,
  });
  const bell = new Bell(
    database.file,
    () => void Effect.runForkWith(services)(Effect.ignore(look)),
  );
  let tidings: Tiding[] = [];
  const onCommitted = ({ rowsWritten, isNewsOfOthers }: Committed): void => {
    if (isNewsOfOthers) bell.tellAny();
    if (tidings.length > 0) {
      bell.tell(tidings);
      bell.ring();
    }
    tidings = [];
    checkpointer?.wrote(rowsWritten);
  };
  const group = new Group({ tables, services, flusher, onCommitted });
  const onNews = (): void => {
    flusher?.note();
    bell.tellAny();
  };
  const read = <A>(operation: string, work: (now: number) => A): Effect.Effect<A, StoreError> =>
    inSnapshot(tables, { operation, onNews, work });
  /** What people and callers are told: not before it is on the disk. What a router reads leads to nothing but commits. */
  const tell = <A>(operation: string, work: (now: number) => A): Effect.Effect<A, StoreError> =>
    flusher === undefined
      ? read(operation, work)
      : Effect.tap(read(operation, work), onDisk(flusher, operation, database.file));
  const store: StorePort = {
    abilities: { durable: true, scope: isShared ? "machine" : "process", ownerProof: true },
    url: `sqlite:${database.file}`,
    now: Clock.currentTimeMillis,
    enter: (owner) => group.submit("enter", () => (now) => enter(tables, owner, now)),
    leave: (owner) => group.submit("leave", () => (now) => leave(tables, owner, now)),
    dead: read("dead", () => deadOwners(tables)),
    proof: (owner) => read("proof", () => proofOf(tables, owner)),
    read: (request) => read("read", (now) => reading(tables, request, now)),
    commit: (given) =>
      group.submit("commit", () => {
        const batch = keptBatch(given);
        return (now) => {
          const reply = commit(tables, batch, now);
          const news = newsOf(batch, reply);
          if (news !== undefined) tidings.push({ news, by: given.by });
          return reply;
        };
      }),
    claim: (request) => group.submit("claim", () => (now) => claim(tables, request, now)),
    expiry: (request) => read("expiry", (now) => expiry(tables, request, now)),
    list: (table, request) =>
      Effect.flatMap(
        tell("list", () => list(tables, table, request)),
        (page) =>
          page === undefined ? Effect.fail(pageError(table, request.after)) : Effect.succeed(page),
      ),
    summary: tell("summary", (now) => summary(tables, now)),
    owed: (request) => read("owed", () => owed(tables, request)),
    load: (request) =>
      Effect.flatMap(
        group.submit("load", () => () => load(tables, request)),
        (isTaken) => (isTaken ? Effect.void : Effect.fail(notEmpty())),
      ),
    purge: (request) => group.submit("purge", () => () => purge(tables, request)),
    changes: (listener, owner) => bell.listen(listener, owner),
  };
  return {
    store,
    close: Effect.promise(async () => {
      group.close();
      bell.close();
      await flusher?.close();
      await checkpointer?.close();
      database.close();
    }),
  };
};

const onDisk = (
  flusher: Flusher,
  operation: string,
  file: string,
): Effect.Effect<void, StoreError> =>
  Effect.callback((resume) =>
    flusher.whenFlushed((fault) =>
      resume(fault === null ? Effect.void : Effect.fail(flushError({ operation, file, fault }))),
    ),
  );
