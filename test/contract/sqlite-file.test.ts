/**
 * Goal: what the SQLite store promises beyond the contract: clear refusals of files it must not touch, one flush for what is asked for together, patience with other writers,
 * one fault that stays one fault, and questions that an index answers.
 * Method: real files; other processes are played by other connections, which SQLite does not tell apart.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import type * as Scope from "effect/Scope";
import { describe, expect, test, vi } from "vitest";
import { isSqliteError, storeErrorOf } from "../../src/adapters/sqlite/fault.ts";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import { applicationId, migrations } from "../../src/adapters/sqlite/schema.ts";
import { isSafe } from "../../src/adapters/sqlite/sharing.ts";
import type { StoreError } from "../../src/core/errors.ts";
import type { News, StorePort } from "../../src/core/store.ts";
import { committedIn, folder, shell } from "./sqlite-place.ts";
import {
  aCursor,
  aRun,
  aStatus,
  aWaiting,
  anAttempt,
  anEvent,
  claimAs,
  entered,
  noon,
  writes,
} from "../../src/adapters/testing/subject.ts";

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

describe("writing", () => {
  test("what is asked for together is one transaction; what is refused adds none", () =>
    run(
      Effect.gen(function* () {
        const file = join(yield* folder, "x.db");
        const store = yield* opened(file);
        yield* entered(store);
        const before = committedIn(file);
        const commits = Array.from({ length: 100 }, (_, index) =>
          store.commit(writes({ signals: [anEvent(`${index}`)], runs: [aRun(`${index}`)] })),
        );
        yield* Effect.all(
          [
            ...commits,
            claimAs(store, { limit: 5 }),
            store.commit({ checks: [{ _tag: "Revision", revision: 7 }] }),
          ],
          { concurrency: "unbounded" },
        );
        expect(committedIn(file) - before).toBe(1);
        yield* store.commit({
          checks: [{ _tag: "Revision", revision: 7 }],
          runs: [aRun("refused")],
        });
        yield* claimAs(store, { tasks: ["nothing"] });
        expect(committedIn(file) - before).toBe(1);
        expect((yield* store.summary).runs).toMatchObject({ pending: 95, claimed: 5 });
      }),
    ));

  test("a batch that can't be written fails alone, and leaves nothing; the others in its transaction are done", () =>
    run(
      Effect.gen(function* () {
        const store = yield* opened(join(yield* folder, "x.db"));
        const bad = writes({
          runs: [aRun("bad")],
          skips: [],
          cursors: { put: [aCursor("t", { at: 0.5 })], remove: [] },
          watermark: { seq: 0, at: noon },
        });
        const exits = yield* Effect.all(
          [
            store.commit(writes({ runs: [aRun("a")], signals: [anEvent("a")] })),
            store.commit(bad),
            store.commit(writes({ runs: [aRun("b")], signals: [anEvent("b")] })),
            store.commit(writes({ signals: [anEvent("c", { payload: 1n as unknown as null })] })),
          ].map((commit) => Effect.exit(commit)),
          { concurrency: "unbounded" },
        );
        expect(exits.map(Exit.isSuccess)).toEqual([true, false, true, false]);
        const { rows } = yield* store.list("run", { limit: 9, order: "oldest" });
        expect(rows.map(({ id }) => id)).toEqual(["a", "b"]);
        expect(yield* store.summary).toMatchObject({ signals: 2, runs: { pending: 2 } });
        expect((yield* store.read({ revision: null, limit: 5 })).watermark.revision).toBe(0);
      }),
    ));

  test("a commit that is given up before it is written is not written", () =>
    run(
      Effect.gen(function* () {
        const store = yield* opened(join(yield* folder, "x.db"));
        const fiber = yield* Effect.forkChild(store.commit(writes({ runs: [aRun("given-up")] })), {
          startImmediately: true,
        });
        yield* Fiber.interrupt(fiber);
        yield* store.commit(writes({ runs: [aRun("after")] }));
        expect((yield* store.list("run", { limit: 9 })).rows.map(({ id }) => id)).toEqual([
          "after",
        ]);
      }),
    ));

  test("after the store is closed nothing is written, and that is said", async () => {
    const { store, file } = await run(
      Effect.gen(function* () {
        const path = join(yield* folder, "x.db");
        return { store: yield* opened(path), file: path };
      }),
    );
    const error = await Effect.runPromise(
      Effect.flip(store.commit(writes({ runs: [aRun("late")] }))) as Effect.Effect<StoreError>,
    );
    expect(error.message).toBe(`store ${file}: it was closed before this was written`);
  });
});

describe("beside other writers", () => {
  /** A clock whose sleeps do something else, and whose monotonic time is the test's. */
  const clockWith = (fields: {
    readonly onSleep: () => void;
    readonly monotonic: () => bigint;
  }): Clock.Clock => {
    const live = Effect.runSync(Effect.clockWith((clock) => Effect.succeed(clock)));
    return {
      currentTimeMillisUnsafe: () => noon,
      currentTimeMillis: Effect.succeed(noon),
      currentTimeNanosUnsafe: () => BigInt(noon) * 1_000_000n,
      currentTimeNanos: Effect.succeed(BigInt(noon) * 1_000_000n),
      monotonicTimeNanosUnsafe: fields.monotonic,
      monotonicTimeNanos: Effect.sync(fields.monotonic),
      sleep: (duration) => Effect.andThen(Effect.sync(fields.onSleep), live.sleep(duration)),
    };
  };

  const on = <A>(
    clock: Clock.Clock,
    effect: Effect.Effect<A, StoreError, Scope.Scope>,
  ): Promise<A> => run(Effect.provideService(effect, Clock.Clock, clock));

  test("a write waits while another process writes, and is done in its turn", () => {
    let sleeps = 0;
    let release = (): void => undefined;
    const clock = clockWith({
      onSleep: () => {
        if (++sleeps === 3) release();
      },
      monotonic: () => 0n,
    });
    return on(
      clock,
      Effect.gen(function* () {
        const file = join(yield* folder, "x.db");
        const store = yield* opened(file);
        const other = yield* shell(file);
        other.exec("BEGIN IMMEDIATE");
        release = () => other.exec("COMMIT");
        const replies = yield* Effect.all(
          [
            store.commit(writes({ runs: [aRun("a")] })),
            store.commit(writes({ runs: [aRun("b")] })),
          ],
          { concurrency: "unbounded" },
        );
        expect([replies.map(({ _tag }) => _tag), sleeps]).toEqual([["Committed", "Committed"], 3]);
        expect((yield* store.list("run", { limit: 9 })).rows).toHaveLength(2);
      }),
    );
  });

  test("a write that has waited for ten seconds fails, and the store goes on afterwards", () => {
    let seconds = 0n;
    const clock = clockWith({
      onSleep: () => (seconds += 4n),
      monotonic: () => seconds * 1_000_000_000n,
    });
    return on(
      clock,
      Effect.gen(function* () {
        const file = join(yield* folder, "x.db");
        const store = yield* opened(file);
        const other = yield* shell(file);
        other.exec("BEGIN IMMEDIATE");
        const error = yield* Effect.orDie(Effect.flip(store.commit(writes({ runs: [aRun("a")] }))));
        expect(error).toMatchObject({ operation: "commit", unknown: false });
        expect(error.message).toBe(
          `store ${file}: another process has kept it locked for too long; find it with lsof and end it, or wait until it is done`,
        );
        expect(seconds).toBe(12n);
        other.exec("COMMIT");
        expect(yield* store.commit(writes({ runs: [aRun("b")] }))).toMatchObject({
          _tag: "Committed",
        });
        expect((yield* store.list("run", { limit: 9 })).rows.map(({ id }) => id)).toEqual(["b"]);
      }),
    );
  });

  test("a commit of another process is told at once by the bell, and within a second without one", () =>
    run(
      Effect.gen(function* () {
        vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
        yield* Effect.addFinalizer(() => Effect.sync(() => vi.useRealTimers()));
        const file = join(yield* folder, "x.db");
        const [store, other] = [yield* opened(file), yield* opened(file)];
        const told = (): Promise<void> =>
          new Promise((resolve) => {
            const stop = store.changes(() => {
              stop();
              resolve();
            });
          });
        const byBell = told();
        yield* other.commit(writes({ runs: [aRun("a")] }));
        yield* Effect.promise(() => byBell);
        const byTime = told();
        (yield* shell(file)).exec("UPDATE run SET priority = 1");
        vi.advanceTimersByTime(1_000);
        expect(yield* Effect.promise(() => byTime.then(() => "told"))).toBe("told");
      }),
    ));

  test("what a person changes with the sqlite3 shell is seen at once", () =>
    run(
      Effect.gen(function* () {
        const file = join(yield* folder, "x.db");
        const store = yield* opened(file);
        yield* entered(store);
        yield* store.commit(
          writes({ runs: [aRun("a"), aRun("b")], signals: [anEvent("e", { payload: 1 })] }),
        );
        const person = yield* shell(file);
        person.exec(
          "UPDATE run SET due_at = due_at + 999999999999 WHERE id = 'a'; UPDATE signal SET payload = '2'",
        );
        expect((yield* claimAs(store)).runs.map(({ id }) => id)).toEqual(["b"]);
        expect((yield* store.read({ revision: null, limit: 5 })).signals[0]?.signal).toMatchObject({
          payload: 2,
        });
      }),
    ));
});

/** Lists that a query brings along, SQLite's own, and an index over the few owners that are open. */
const allowed = /^SCAN (json_each|CONSTANT|sqlite_|owner USING INDEX owner_open)/;

test("no question of the engine goes through a whole table", () =>
  run(
    Effect.gen(function* () {
      const file = join(yield* folder, "x.db");
      const prepare = vi.spyOn(DatabaseSync.prototype, "prepare");
      yield* Effect.addFinalizer(() => Effect.sync(() => prepare.mockRestore()));
      // Two handles: what one remembers the other must ask for.
      for (const store of [yield* opened(file), yield* opened(file)]) yield* everyQuestion(store);
      const plain = yield* shell(file);
      const asked = new Set(prepare.mock.calls.map(([sql]) => sql));
      const plans = [...asked]
        .filter((sql) => /^(SELECT|UPDATE|DELETE)/.test(sql))
        .map((sql) => ({
          sql,
          plan: plain
            .prepare(`EXPLAIN QUERY PLAN ${sql}`)
            .all()
            .map(({ detail }) => String(detail)),
        }));
      expect(plans.length).toBeGreaterThan(25);
      const scans = plans.filter(({ plan }) =>
        plan.some((step) => step.startsWith("SCAN") && !allowed.test(step)),
      );
      expect(scans).toEqual([]);
      // A claim and a reading of the log take their rows in the order of an index, without sorting.
      const ordered = plans.filter(({ sql }) => /ORDER BY (due_at|signal\.place LIMIT)/.test(sql));
      expect(ordered).toHaveLength(2);
      expect(ordered.flatMap(({ plan }) => plan).join()).not.toMatch("TEMP B-TREE");
    }),
  ));

/** Each operation as the engine and its runtime use it. */
const everyQuestion = (store: StorePort) =>
  Effect.gen(function* () {
    yield* entered(store);
    yield* store.dead;
    const owned = writes({
      runs: [aRun("a"), aRun("b", { task: "publish" })],
      signals: [anEvent("e"), anEvent("e"), anEvent("status:none:1:running")],
    });
    yield* store.commit(owned);
    yield* store.commit(owned);
    yield* claimAs(store, { tasks: ["resize", "publish"] });
    yield* store.commit({
      checks: [
        { _tag: "Held", run: "a", owner: "engine", token: 1, states: ["claimed"] },
        { _tag: "OwnerOpen", owner: "engine" },
      ],
      signals: [aStatus("a", "running"), aStatus("a", "running")],
      patches: [{ run: "a", patch: { state: "running", startedAt: noon, input: 1 } }],
      attempts: [anAttempt("a")],
    });
    yield* store.commit(
      writes({
        waiting: { put: [aWaiting(1)], remove: [aWaiting(1)] },
        cursors: { put: [], remove: [aCursor("t")] },
        deadlines: { put: [], remove: ["d"] },
        open: { put: [], remove: [{ scope: "s", run: "r" }] },
      }),
    );
    yield* store.read({ revision: null, limit: 100 });
    yield* store.summary;
    yield* store.list("run", { limit: 10 });
    yield* store.list("run", { limit: 10, where: { ids: ["a"] } });
    yield* store.list("run", {
      limit: 10,
      where: { owner: "engine", states: ["claimed", "running"] },
    });
    yield* store.list("run", { limit: 10, where: { states: ["failed"] } });
    yield* store.list("signal", { limit: 10, where: { run: "a" } });
    yield* store.list("attempt", { limit: 10, where: { run: "a" } });
    expect(existsSync(store.url.slice("sqlite:".length))).toBe(true);
  });
