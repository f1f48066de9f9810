/**
 * Goal: what the SQLite store promises beyond the contract of its writes: one flush for what is asked for together, patience with other writers, one fault that stays one fault.
 * Method: real files; other processes are played by other connections, which SQLite does not tell apart.
 */
import { join } from "node:path";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import type * as Scope from "effect/Scope";
import { describe, expect, test, vi } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import type { StoreError } from "../../src/core/errors.ts";
import type { StorePort } from "../../src/core/store.ts";
import { committedIn, folder, shell } from "./sqlite-place.ts";
import {
  aCursor,
  aRun,
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
