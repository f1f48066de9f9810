/**
 * Goal: what the SQLite store promises beyond the contract: clear refusals of files it must not touch, old files brought up to date, and news for who listens.
 * Method: real files; other processes are played by other connections, which SQLite does not tell apart.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { describe, expect, test } from "vitest";
import { isSqliteError, storeErrorOf } from "../../src/adapters/sqlite/fault.ts";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import { applicationId, migrations } from "../../src/adapters/sqlite/schema.ts";
import { isSafe } from "../../src/adapters/sqlite/sharing.ts";
import type { StoreError } from "../../src/core/errors.ts";
import type { News, StorePort } from "../../src/core/store.ts";
import { folder, shell } from "./sqlite-place.ts";
import { aRun, anEvent, claimAs, entered, writes } from "../../src/adapters/testing/subject.ts";

const run = <A>(test: Effect.Effect<A, StoreError, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(test));

const opened = (file: string): Effect.Effect<StorePort, StoreError, Scope.Scope> =>
  openSqliteStore({ file, durability: "process" });

/** What opening the file fails with, without the folder that only this run knows. */
const refusalOf = (make: (path: string) => string): Promise<string> =>
  run(
    Effect.gen(function* () {
      const path = yield* folder;
      const error = yield* Effect.orDie(Effect.flip(opened(make(path))));
      expect([error.name, error.operation, error.message.includes("\n")]).toEqual([
        "StoreError",
        "open",
        false,
      ]);
      return error.message.replaceAll(path, "");
    }),
  );

test("who listens is told what is new, once for commits that follow each other; an owner not of its own", () =>
  run(
    Effect.gen(function* () {
      const store = yield* opened(join(yield* folder, "x.db"));
      const told: { readonly [who: string]: News[] } = { own: [], other: [] };
      const stops = [
        store.changes((news) => void told["own"]?.push(news as News), "own"),
        store.changes((news) => void told["other"]?.push(news as News)),
      ];
      const signals = [anEvent("e")];
      yield* store.commit({ ...writes({ signals }), by: "own" });
      yield* Effect.sleep(0);
      const log = { log: true, begun: false, pending: false, freed: false, cancels: false };
      expect(told).toEqual({ own: [], other: [log] });
      yield* Effect.all(
        [
          store.commit(writes({ runs: [aRun("r")] })),
          store.commit({ ...writes({ signals: [anEvent("f")] }), by: "own" }),
        ],
        { concurrency: "unbounded" },
      );
      yield* Effect.sleep(0);
      expect(told["own"]).toEqual([{ ...log, log: false, pending: true }]);
      expect(told["other"]).toEqual([log, { ...log, pending: true }]);
      for (const stop of stops) stop();
    }),
  ));

test("a file that a newer detent migrates while it is open is neither written nor read any more", () =>
  run(
    Effect.gen(function* () {
      const file = join(yield* folder, "newer.db");
      const store = yield* opened(file);
      const emit = (id: string) => store.commit(writes({ signals: [anEvent(id)] }));
      yield* emit("before");
      const newer = yield* shell(file);
      newer.exec("PRAGMA user_version = 999");
      yield* emit("between"); // It says that this version can still use it.
      newer.exec("UPDATE format SET min_reader = 998");
      for (const refused of [emit("after"), store.list("signal", { limit: 9 }), store.summary]) {
        const error = yield* Effect.orDie(
          Effect.flip(refused as Effect.Effect<unknown, StoreError>),
        );
        expect([error.name, error.message]).toEqual([
          "StoreError",
          expect.stringMatching(/was written by a newer detent .*; update detent/),
        ]);
      }
      const { count } = newer.prepare("SELECT count(*) AS count FROM signal").get() as {
        count: number;
      };
      expect(count).toBe(2);
    }),
  ));

describe("opening refuses", () => {
  test("a file that is no database", async () => {
    const message = await refusalOf((path) => {
      writeFileSync(join(path, "text"), "once upon a time\n".repeat(300));
      return join(path, "text");
    });
    expect(message).toBe("store /text: it is no SQLite database; give the store another file");
  });

  test("the database of another program, and leaves it as it is", () =>
    run(
      Effect.gen(function* () {
        const file = join(yield* folder, "other.db");
        const other = yield* shell(file);
        other.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
        const error = yield* Effect.orDie(Effect.flip(opened(file)));
        expect(error.message).toBe(
          `store ${file}: it is a database of another program; give the store another file`,
        );
        expect(other.prepare("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "t" }]);
        expect(other.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" });
      }),
    ));

  test("a file of a newer detent", () =>
    run(
      Effect.gen(function* () {
        const file = join(yield* folder, "newer.db");
        yield* Effect.scoped(opened(file));
        const newer = yield* shell(file);
        newer.exec("PRAGMA user_version = 999");
        // It says that this version can still use it, and is left as it is.
        yield* Effect.scoped(opened(file));
        expect(newer.prepare("PRAGMA user_version").get()).toEqual({ user_version: 999 });
        newer.exec("UPDATE format SET min_reader = 998");
        const error = yield* Effect.orDie(Effect.flip(opened(file)));
        expect(error.message).toMatch(
          /was written by a newer detent \(its tables have version 999, this one knows \d+\); update detent, or use a backup from before$/,
        );
      }),
    ));

  test("a folder that is not there", async () => {
    expect(await refusalOf((path) => join(path, "none", "x.db"))).toBe(
      "store /none/x.db: there is no folder /none; make it first",
    );
  });

  test("a folder in place of a file", async () => {
    const message = await refusalOf((path) => {
      mkdirSync(join(path, "x.db"));
      return join(path, "x.db");
    });
    expect(message).toBe(
      "store /x.db: it can't be opened; its folder must be there, and this user must be able to create files in it",
    );
  });

  test.each([
    [13, "the disk is full; make room, nothing that was acknowledged is lost"],
    [8, "it can't be written to; let this user write to the file and to its folder"],
    [
      11,
      "it is damaged; stop what uses it, keep a copy, and try `sqlite3 FILE .recover` or the newest backup",
    ],
    [
      10 | (3 << 8),
      "the disk reports an error; look into the system's log, and restore the newest backup if it goes on",
    ],
    [21, "bad parameter (SQLite 21): told"],
  ])("SQLite's result %i is told in words", (errcode, reason) => {
    const cause = Object.assign(new Error("told"), {
      code: "ERR_SQLITE_ERROR" as const,
      errcode,
      errstr: "bad parameter",
    });
    expect(isSqliteError(cause)).toBe(true);
    const error = storeErrorOf({ operation: "commit", file: "x.db", cause });
    expect(error).toMatchObject({
      message: `store x.db: ${reason}`,
      cause,
      operation: "commit",
      unknown: false,
    });
  });

  test("sharing where SQLite has the WAL-reset bug", () => {
    const safe = ["3.51.3", "3.50.7", "3.44.6", "3.53.4", "3.52.0", "4.0.0"];
    const unsafe = ["3.51.2", "3.50.6", "3.49.1", "3.45.1", "3.44.5", "3.7.0", ""];
    expect([safe.filter((version) => !isSafe(version)), unsafe.filter(isSafe)]).toEqual([[], []]);
  });
});

test("a file of the first version is brought up to date, and its runs go on", () =>
  run(
    Effect.gen(function* () {
      const file = join(yield* folder, "old.db");
      const old = yield* shell(file);
      old.exec(`${migrations[0]}
        PRAGMA application_id = ${applicationId};
        PRAGMA user_version = 1;
        INSERT INTO meta (number, app, runs, pending) VALUES (0, 'main', 1, 1);
        INSERT INTO line VALUES ('main', 'resize', 0);
        INSERT INTO run (place, app, id, trigger, task, state, priority, created_at, due_at, token, attempt, losses, cancel_requested, input, cause)
          VALUES (1, 'main', 'old', 't', 'resize', 'pending', 0, 1, 1, 0, 0, 0, 0, 'null', '["e"]')`);
      const store = yield* opened(file);
      yield* entered(store);
      expect((yield* claimAs(store, { limits: { resize: 1 } })).runs).toMatchObject([
        { id: "old", attempt: 1, crashes: 0, concurrencyKey: null, expiresAt: null },
      ]);
    }),
  ));

test("the view `slot` says how many runs of a key are held", () =>
  run(
    Effect.gen(function* () {
      const file = join(yield* folder, "slots.db");
      const store = yield* opened(file);
      yield* entered(store);
      const runs = ["a", "b", "c"].map((id) => aRun(id, { concurrencyKey: "k" }));
      yield* store.commit(writes({ runs: [...runs, aRun("d")] }));
      yield* claimAs(store, { limits: { resize: 2 } });
      expect((yield* shell(file)).prepare("SELECT * FROM slot").all()).toEqual([
        { app: "main", task: "resize", key: "k", held: 2 },
      ]);
    }),
  ));
