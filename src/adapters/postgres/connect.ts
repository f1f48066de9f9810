// From a URL to the settings of a connection, and to a schema that is detent's and of this version: or to an error that says what is in the way.
import type * as PgConnection from "@effect/sql-pg/PgConnection";
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { InputError, StoreError } from "../../core/errors.ts";
import { messageOf, storeErrorOf } from "./fault.ts";
import { integer, registry, text } from "./parameter.ts";
import { migrations, schemaVersion, statementsOf } from "./schema.ts";
import { type Failed, Session } from "./session.ts";

/** What of an acknowledged commit is still there after the server has crashed: all of it ("power"), or all but the last instants ("process"). */
export type Durability = "power" | "process";

/** The URL without what must stay secret: password, and parameters, which may hold one. */
export const urlOf = (given: string): string => {
  const url = parsed(given);
  const user = url.username === "" ? "" : `${url.username}@`;
  return `postgres://${user}${url.host}${url.pathname}`;
};

const parsed = (given: string): URL => {
  try {
    return new URL(given);
  } catch {
    throw new InputError(
      "the store's URL can't be read; give postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %xx for what a URL may not hold",
    );
  }
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
  },
});

/** The oldest server whose transactions can be asked what became of them. */
const oldestServer = 130_000;

/** Brings the schema up to this version; several may try at once. Gives the number that stands for the app in the places of its rows. */
export const prepare = (session: Session, app: string): Effect.Effect<number, StoreError> =>
  Effect.gen(function* () {
    const { url } = session;
    const refuse = (reason: string): Effect.Effect<never, StoreError> =>
      Effect.fail(new StoreError({ operation: "open", message: messageOf(url, reason) }));
    const send = (sql: string, ...parameters: Parameters<typeof text>[0][]) =>
      Effect.map(
        session.send([{ sql, parameters: parameters.map((each) => text(each)) }]),
        ([rows]) => rows ?? [],
      );
    const work = Effect.gen(function* () {
      yield* send("BEGIN ISOLATION LEVEL READ COMMITTED");
      yield* send("SELECT pg_advisory_xact_lock(hashtext('detent'), -1)");
      const server = (yield* send("SHOW server_version_num"))[0]?.[0];
      if (Number(server) < oldestServer)
        return yield* refuse(`the server has version ${String(server)}; detent needs PostgreSQL 13 or later`);
      if ((yield* send("SHOW server_encoding"))[0]?.[0] !== "UTF8")
        return yield* refuse("the database is not in UTF8; make one with createdb --encoding=UTF8");
      const [has] = yield* send("SELECT to_regclass('detent.format')::text");
      if (has?.[0] === null) {
        const [other] = yield* send("SELECT count(*) FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'detent')");
        if (other?.[0] !== 0)
          return yield* refuse("it has a schema detent that is another program's; give the store another database");
        const [schema] = yield* send("SELECT 1 FROM pg_namespace WHERE nspname = 'detent'");
        // Whoever may not create schemas can have it made by somebody who may.
        if (schema === undefined) yield* send("CREATE SCHEMA detent");
        yield* send("CREATE TABLE detent.format (version bigint NOT NULL, min_reader bigint NOT NULL)");
        yield* send("INSERT INTO detent.format VALUES (0, 0)");
      }
      const [format] = yield* send("SELECT version, min_reader FROM detent.format");
      const [version = 0, minReader = 0] = (format ?? []) as number[];
      if (version > schemaVersion && minReader > schemaVersion)
        return yield* refuse(
          `it was written by a newer detent (its tables have version ${version}, this one knows ${schemaVersion}); update detent, or use a dump from before`,
        );
      for (const migration of migrations.slice(version))
        for (const statement of statementsOf(migration)) yield* send(statement);
      if (version < schemaVersion)
        yield* session.send([
          {
            sql: "UPDATE detent.format SET version = $1, min_reader = $2",
            parameters: [integer(schemaVersion), integer(migrations.at(-1)?.minReader ?? 0)],
          },
        ]);
      const number = yield* numberOf(send, app);
      yield* send("COMMIT");
      return number;
    });
    yield* session.connect("open");
    return yield* Effect.matchEffect(work, {
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

/** Under the lock of those who prepare, so nobody else takes the number. */
const numberOf = (
  send: (sql: string, ...parameters: (string | null)[]) => Effect.Effect<readonly (readonly unknown[])[], Failed>,
  app: string,
): Effect.Effect<number, Failed> =>
  Effect.gen(function* () {
    const [known] = yield* send("SELECT number FROM detent.meta WHERE app = $1", app);
    if (known !== undefined) return known[0] as number;
    const [made] = yield* send(
      "INSERT INTO detent.meta (number, app) SELECT coalesce(max(number) + 1, 0), $1 FROM detent.meta RETURNING number",
      app,
    );
    return made?.[0] as number;
  });
