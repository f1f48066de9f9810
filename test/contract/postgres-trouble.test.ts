/**
 * Goal: what is in the way of a store in PostgreSQL is told in one line that says how to mend it, and is in nobody else's way.
 * Method: databases of one server, each made unfit in its own way.
 */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as PgConnection from "@effect/sql-pg/PgConnection";
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { openPostgresStore } from "../../src/adapters/postgres/index.ts";
import { aRun, anEvent, anOwner, claimAs, writes } from "../../src/adapters/testing/subject.ts";
import { hasPostgres, startServer, type Server } from "../support/postgres.ts";

let server: Server;

beforeAll(async () => {
  if (hasPostgres) server = await startServer({ trust: true });
}, 60_000);
afterAll(() => server?.stop());

/** The URL of a new database in which these statements were made. */
const database = (name: string, ...statements: readonly string[]): string => {
  server.psql(`CREATE DATABASE ${name}`, "postgres");
  for (const statement of statements) server.psql(statement, name);
  return server.url.replace(/detent$/, name);
};

/** Why it can't be opened, behind the URL. */
const refusal = async (url: string): Promise<string> => {
  const error = await Effect.runPromise(Effect.scoped(Effect.flip(openPostgresStore({ url }))));
  expect(error.message.split("\n")).toHaveLength(1);
  return error.message.replace(/^store \S+: /, "");
};

const opens = (url: string): Promise<void> =>
  Effect.runPromise(Effect.scoped(Effect.asVoid(openPostgresStore({ url }))));

describe.skipIf(!hasPostgres)("a PostgreSQL store that can't be opened says why", () => {
  test("tables that a newer detent has written, unless that lets older ones use them", async () => {
    const url = database("newer");
    await opens(url);
    server.psql("UPDATE detent.format SET version = 99, min_reader = 98", "newer");
    expect(await refusal(url)).toMatch(
      /^it was written by a newer detent \(its tables have version 99, this one knows \d+\); update detent, or use a dump from before$/,
    );
    server.psql("UPDATE detent.format SET min_reader = 1", "newer");
    await opens(url);
  });

  test("a URL without a user where the machine names none either, and a server that is no PostgreSQL, at once", async () => {
    vi.stubEnv("USER", undefined);
    vi.stubEnv("USERNAME", undefined);
    expect(await refusal(server.url.replace(/\/\/.*@/, "//"))).toBe(
      "the URL names no user; give postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    );
    vi.unstubAllEnvs();
    const web = createServer((connection) => connection.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await once(web.listen(0, "127.0.0.1"), "listening");
    const { port } = web.address() as AddressInfo;
    expect(await refusal(`postgres://owner:x@127.0.0.1:${port}/detent`)).toBe(
      "what answers there does not speak as PostgreSQL does; look at host and port in the URL",
    );
    web.close();
  });

  test("a schema detent of another program, which stays as it is", async () => {
    const url = database("others", "CREATE SCHEMA detent", "CREATE TABLE detent.things (id int)");
    expect(await refusal(url)).toBe(
      "it has a schema detent that is another program's; give the store another database",
    );
    expect(
      server.psql(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'detent'::regnamespace",
        "others",
      ),
    ).toBe("1");
  });

  test("a user who may not make the schema; one that was made for him will do", async () => {
    const url = database("poor", "CREATE USER poor").replace("owner:", "poor:");
    expect(await refusal(url)).toMatch(
      /^this user may not do that; .*CREATE SCHEMA detent AUTHORIZATION/,
    );
    server.psql("CREATE SCHEMA detent AUTHORIZATION poor", "poor");
    await opens(url);
  });

  test("a database that is not in UTF8, and one that only reads", async () => {
    server.psql("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0", "postgres");
    expect(await refusal(server.url.replace(/detent$/, "ascii"))).toMatch(
      /^the database keeps text as SQL_ASCII; make one with createdb --encoding=UTF8$/,
    );
    const url = database(
      "replica",
      "ALTER DATABASE replica SET default_transaction_read_only = on",
    );
    expect(await refusal(url)).toMatch(/^the server only reads, as a replica does; /);
  });
});

describe.skipIf(!hasPostgres)("a PostgreSQL store in use", () => {
  test("a batch that can't be stored fails by itself, and those that share its transaction don't", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const store = yield* openPostgresStore({ url: database("faulty") });
          const results = yield* Effect.all(
            ["a", "nul\u0000", "b", "x".repeat(4_000_000), "c"].map((id) =>
              Effect.result(store.commit(writes({ signals: [anEvent(id)] }))),
            ),
            { concurrency: "unbounded" },
          );
          expect(
            results.map((result) =>
              result._tag === "Success"
                ? "stored"
                : result.failure.message.replace(/^store \S+: /, ""),
            ),
          ).toEqual([
            "stored",
            "text with the character U+0000 can't be stored in PostgreSQL; leave it out of names and ids",
            "stored",
            expect.stringMatching(/^an id, name or key is longer than PostgreSQL can index/),
            "stored",
          ]);
          const { rows } = yield* store.list("signal", { limit: 9, order: "oldest" });
          expect(rows.map(({ seq, id }) => [seq, id])).toEqual([
            [1, "a"],
            [2, "b"],
            [3, "c"],
          ]);
        }),
      ),
    ));

  test("a claim does not wait for a run whose row a person has locked, and counts it right", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const url = database("locked");
          const store = yield* openPostgresStore({ url });
          yield* store.enter(anOwner("engine"));
          yield* store.commit(writes({ runs: [aRun("a"), aRun("b"), aRun("c")] }));
          const person = yield* PgConnection.make({ url: Redacted.make(url) });
          yield* person.query("BEGIN");
          yield* person.query("SELECT 1 FROM detent.run WHERE id = 'b' FOR UPDATE");
          const { runs } = yield* claimAs(store);
          expect(runs.map(({ id }) => id)).toEqual(["a", "c"]);
          expect((yield* store.summary).runs).toMatchObject({ pending: 1, claimed: 2 });
          yield* person.query("COMMIT");
          expect((yield* claimAs(store)).runs.map(({ id }) => id)).toEqual(["b"]);
        }),
      ),
    ));

  test("sessions that the server ends are made again, and nobody notices", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const store = yield* openPostgresStore({ url: database("ended") });
          for (const id of ["a", "b", "c"]) {
            yield* store.commit(writes({ signals: [anEvent(id)] }));
            expect((yield* store.summary).signals).toBe(["a", "b", "c"].indexOf(id) + 1);
            server.psql(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ended' AND application_name = 'detent'",
            );
          }
          expect((yield* store.list("signal", { limit: 9 })).rows).toHaveLength(3);
        }),
      ),
    ));
});
