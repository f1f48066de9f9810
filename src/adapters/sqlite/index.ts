// Entry point `detent/sqlite`: the store in a SQLite file, through `node:sqlite`, which Node, Deno and Bun have. One process may run an engine on a file; others emit and list
// beside it.
import { hostname } from "node:os";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { StoreError } from "../../core/errors.ts";
import type { Batch, CommitReply, Owner, StorePort } from "../../core/store.ts";
import { Bell } from "./bell.ts";
import { openDatabase, storeError, type Database, type Durability } from "./database.ts";
import { Group } from "./group.ts";
import { dropLock, lockFileOf, probe, removeLock, takeLock } from "./owner-lock.ts";
import { listed, readingOf, summaryOf } from "./read.ts";
import { ownerOfRow } from "./rows.ts";
import { claimRuns, closeOwner, commitBatch } from "./write.ts";

export interface SqliteStoreOptions {
  /** The path of the database file; made if absent, in a folder that exists. */
  readonly file: string;
  /** Which app of those in the file. Default "main". */
  readonly app?: string;
  /** "power" (default): what is committed survives the loss of power. "process": it survives the end of the process, and commits cost less. */
  readonly durability?: Durability;
}

/** Opens a file until the scope closes. Fails with a StoreError that says how to mend it. */
export const openSqliteStore = (
  options: SqliteStoreOptions,
): Effect.Effect<StorePort, StoreError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.try({
        try: () => open(options),
        catch: (error) => storeError("open", error, options.file),
      }),
      ({ close }) => Effect.sync(close),
    ),
    ({ store }) => store,
  );

const open = ({
  file,
  app = "main",
  durability = "power",
}: SqliteStoreOptions): { readonly store: StorePort; readonly close: () => void } => {
  const database = openDatabase(file, durability);
  const bell = new Bell(database, file);
  let news = false;
  const group = new Group(database, file, () => {
    if (news) bell.ring();
    news = false;
  });
  /** Writes in the next shared transaction. The instant is the caller's, when it asked. */
  const write = <A>(operation: string, work: (now: number) => A): Effect.Effect<A, StoreError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.callback<A, StoreError>((resume) => {
        group.add({
          operation,
          work: () => work(now),
          done: (value) => resume(Effect.succeed(value as A)),
          failed: (error) => resume(Effect.fail(error)),
        });
      }),
    );
  const look = <A>(operation: string, work: (now: number) => A): Effect.Effect<A, StoreError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.try({
        try: () => snapshot(database, () => work(now)),
        catch: (error) => storeError(operation, error, file),
      }),
    );
  const store: StorePort = {
    abilities: { durable: true, scope: "process", ownerProof: true },
    url: `sqlite:${file}`,
    now: Clock.currentTimeMillis,
    enter: (owner) => write("enter", (now) => enter(database, { file, app, owner, now })),
    leave: (owner) =>
      Effect.map(
        write("leave", (now) => closeOwner(database, app, owner, now)),
        () => dropLock(lockFileOf(file, owner)),
      ),
    dead: look("dead", () =>
      openOwners(database, app).filter(({ id, host, process }) =>
        isDead(file, id, { host, process }),
      ),
    ),
    read: (request) => look("read", (now) => readingOf(database, app, request, now)),
    commit: (batch) =>
      Effect.map(
        write("commit", (now) => {
          const reply = commitBatch(database, app, batch, now);
          news ||= isNews(batch, reply);
          return reply;
        }),
        (reply) => {
          if (batch.close !== undefined && reply._tag === "Committed")
            removeLock(lockFileOf(file, batch.close.owner));
          return reply;
        },
      ),
    claim: (request) => write("claim", (now) => claimRuns(database, app, request, now)),
    list: (table, request) => look("list", () => listed(database, app, table, request)),
    summary: look("summary", (now) => summaryOf(database, app, now)),
    changes: (listener) => bell.listen(listener),
  };
  return {
    store,
    close: () => {
      group.close();
      bell.close();
      database.connection.close();
    },
  };
};

/** Several questions, one state of the file. */
const snapshot = <A>(database: Database, work: () => A): A => {
  database.connection.exec("BEGIN");
  try {
    return work();
  } finally {
    database.connection.exec("COMMIT");
  }
};

/** Whether others may now have something to route, claim or cancel. */
const isNews = ({ runs, patches, close }: Batch, reply: CommitReply): boolean =>
  reply._tag === "Committed" &&
  (reply.signals.includes("accepted") ||
    (runs?.length ?? 0) + (patches?.length ?? 0) > 0 ||
    close !== undefined);

type Entering = Pick<Owner, "id" | "host" | "process">;

/** The lock comes before the row: an owner that others can see can be proved alive. */
const enter = (
  database: Database,
  { file, app, owner, now }: { file: string; app: string; owner: Entering; now: number },
): void => {
  const other = database
    .all("SELECT * FROM owner WHERE closed_at IS NULL AND id <> ?", owner.id)
    .map(ownerOfRow)
    .find(({ id, ...known }) => !isDead(file, id, known));
  if (other !== undefined) {
    const message = `store ${file}: an engine is running on it already (process ${other.process} on ${other.host}); stop that one first, or give another file with --store`;
    throw new StoreError({ operation: "enter", message });
  }
  takeLock(lockFileOf(file, owner.id));
  database.run(
    "INSERT INTO owner (app, id, entered_at, closed_at, host, process) VALUES (?, ?, ?, NULL, ?, ?) ON CONFLICT DO NOTHING",
    app,
    owner.id,
    now,
    owner.host,
    owner.process,
  );
};

const openOwners = (database: Database, app: string): readonly Owner[] =>
  database
    .all("SELECT * FROM owner WHERE app = ? AND closed_at IS NULL ORDER BY ordinal", app)
    .map(ownerOfRow);

const isDead = (
  file: string,
  owner: string,
  { host, process: id }: Pick<Owner, "host" | "process">,
): boolean => {
  const proof = probe(lockFileOf(file, owner));
  if (proof !== "unknown") return proof === "dead";
  // Somebody removed the lock file. On this machine the process itself can still prove it.
  return host === hostname() && !isRunning(id);
};

const isRunning = (id: number): boolean => {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== "ESRCH";
  }
};
