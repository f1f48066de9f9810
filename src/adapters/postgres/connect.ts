// From a URL to the settings of a connection, and to a schema that is detent's and of this version: or to an error that says what is in the way.
import type * as PgConnection from "@effect/sql-pg/PgConnection";
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { InputError, StoreError } from "../../core/errors.ts";
import { withoutSecrets } from "../../core/store-url.ts";
import { messageOf, storeErrorOf } from "./fault.ts";
import { registry, text } from "./parameter.ts";
import { migrations, schemaVersion, statementsOf } from "./schema.ts";
import type { Failed, Rows, Session } from "./session.ts";

/** What of an acknowledged commit is still there after the server has crashed: all of it ("power"), or all but the last instants ("process"). */
export type Durability = "power" | "process";

/** The URL as it may be shown. */
export const urlOf = (given: string): string => {
  if (!URL.canParse(given))
    throw new InputError(
      `the store ${withoutSecrets(given)} can't be read; give postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %xx for what a URL may not hold`,
    );
  return withoutSecrets(given);
};

const second = 1_000;
/** Longer than that no statement takes, unless somebody holds a lock. */
const statementMillis = 30 * second;
/** An engine that stands still in the middle of a transaction keeps others from committing; so the server ends its session. */
const idleMillis = 5 * second;

export const configOf = (given: string, durability: Durability): PgConnection.Config => ({
  url: Redacted.make(given),
  types: registry,
  // Statements that are sent together take one round trip.
  multiplex: true,
  connectTimeout: 5 * second,
  keepAlive: 10 * second,
  maxMessageSize: 256 * 1_024 * 1_024,
  applicationName: "detent",
  startupParameters: {
    search_path: "detent",
    statement_timeout: String(statementMillis),
    idle_in_transaction_session_timeout: String(idleMillis),
    synchronous_commit: durability === "power" ? "on" : "off",
    timezone: "UTC",
    // Every statement has an index made for it. A plan that is made once, while the tables are empty, must be good when they no longer are.
    plan_cache_mode: "force_generic_plan",
    enable_seqscan: "off",
    enable_bitmapscan: "off",
    enable_hashjoin: "off",
    enable_mergejoin: "off",
    max_parallel_workers_per_gather: "0",
    jit: "off",
  },
});

/** Who opens a store wants to know soon that the server is not there; an engine that had it waits longer. */
const openPatienceMillis = 2 * second;
/** The oldest server whose transactions can be asked what became of them. */
const oldestServer = 130_000;

type Send = (sql: string, ...parameters: readonly (string | null)[]) => Effect.Effect<Rows, Failed>;

/** Brings the schema up to this version; several may try at once. Gives the number that stands for the app in the places of its rows. */
export const prepare = (session: Session, app: string): Effect.Effect<number, StoreError> =>
  Effect.gen(function* () {
    const { url } = session;
    yield* session.connect("open", openPatienceMillis);
    const known = yield* Effect.result(lookedUp(session, app));
    if (known._tag === "Success" && known.success !== undefined) return known.success;
    const send: Send = (sql, ...parameters) =>
      Effect.map(
        session.send([{ sql, parameters: parameters.map((each) => text(each)) }]),
        ([rows = []]) => rows,
      );
    return yield* Effect.matchEffect(prepared(send, url, app), {
      onSuccess: Effect.succeed,
      onFailure: (error) =>
        Effect.andThen(
          Effect.ignore(session.send([{ sql: "ROLLBACK" }])),
          error instanceof StoreError
            ? Effect.fail(error)
            : Effect.fail(storeErrorOf({ operation: "open", url, fault: error.fault })),
        ),
    });
  });

/** The app's number, if all is as it is to be: in one round trip. */
const lookedUp = (session: Session, app: string): Effect.Effect<number | undefined, Failed> =>
  Effect.map(
    session.send([
      {
        sql: "SELECT version, (SELECT number FROM detent.meta WHERE app = $1) FROM detent.format",
        parameters: [text(app)],
      },
    ]),
    ([rows]) => {
      const [version, number] = rows?.[0] ?? [];
      return version === schemaVersion && number !== null ? (number as number) : undefined;
    },
  );

const prepared = (
  send: Send,
  url: string,
  app: string,
): Effect.Effect<number, Failed | StoreError> =>
  Effect.gen(function* () {
    yield* send("BEGIN ISOLATION LEVEL READ COMMITTED");
    yield* send("SELECT pg_advisory_xact_lock(hashtext('detent'), -1)");
    const refusal = (yield* serverFault(send)) ?? (yield* schemaFault(send));
    if (refusal !== undefined)
      return yield* Effect.fail(
        new StoreError({ operation: "open", message: messageOf(url, refusal) }),
      );
    const [format] = yield* send("SELECT version FROM detent.format");
    const version = format?.[0] as number;
    for (const migration of migrations.slice(version)) {
      for (const statement of statementsOf(migration)) yield* send(statement);
      yield* send(
        "UPDATE detent.format SET version = version + 1, min_reader = $1::bigint",
        String(migration.minReader),
      );
    }
    const number = yield* numberOf(send, app);
    yield* send("COMMIT");
    return number;
  });

/** Why this server can't be used. */
const serverFault = (send: Send): Effect.Effect<string | undefined, Failed> =>
  Effect.gen(function* () {
    const server = (yield* send("SHOW server_version_num"))[0]?.[0];
    if (Number(server) < oldestServer)
      return `the server has version ${Math.floor(Number(server) / 10_000)}; detent needs PostgreSQL 13 or later`;
    const encoding = (yield* send("SHOW server_encoding"))[0]?.[0];
    if (encoding !== "UTF8")
      return `the database keeps text as ${String(encoding)}; make one with createdb --encoding=UTF8`;
    return undefined;
  });

/** Makes the schema if it is not there. Why what is there can't be used. */
const schemaFault = (send: Send): Effect.Effect<string | undefined, Failed> =>
  Effect.gen(function* () {
    const [has] = yield* send("SELECT to_regclass('detent.format')::text");
    if (has?.[0] === null) {
      const [schema] = yield* send(
        "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = pg_namespace.oid) FROM pg_namespace WHERE nspname = 'detent'",
      );
      if (schema !== undefined && schema[0] !== 0)
        return "it has a schema detent that is another program's; give the store another database";
      // Whoever may not create schemas can have it made by somebody who may.
      if (schema === undefined) yield* send("CREATE SCHEMA detent");
      yield* send(
        "CREATE TABLE detent.format (version bigint NOT NULL, min_reader bigint NOT NULL)",
      );
      yield* send("INSERT INTO detent.format VALUES (0, 0)");
    }
    const [format] = yield* send("SELECT version, min_reader FROM detent.format");
    const [version = 0, minReader = 0] = (format ?? []) as number[];
    return version > schemaVersion && minReader > schemaVersion
      ? `it was written by a newer detent (its tables have version ${version}, this one knows ${schemaVersion}); update detent, or use a dump from before`
      : undefined;
  });

/** Under the lock of those who prepare, so nobody else takes the number. */
const numberOf = (send: Send, app: string): Effect.Effect<number, Failed> =>
  Effect.gen(function* () {
    const [known] = yield* send("SELECT number FROM detent.meta WHERE app = $1", app);
    if (known !== undefined) return known[0] as number;
    const [made] = yield* send(
      "INSERT INTO detent.meta (number, app) SELECT coalesce(max(number) + 1, 0), $1 FROM detent.meta RETURNING number",
      app,
    );
    return made?.[0] as number;
  });
