// Goal: an index answers whatever an engine asks the SQLite store. Method: each question's plan, as SQLite tells it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { expect, test, vi } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import type { StoreError } from "../../src/core/errors.ts";
import type { StorePort } from "../../src/core/store.ts";
import { folder, shell } from "./sqlite-place.ts";
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
