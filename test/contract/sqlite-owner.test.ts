/**
 * Goal: an engine that lives, or whose child process does, is never told dead; one that died is told dead at once.
 * Method: engines are child processes that enter and wait to be killed; files are looked at from here.
 */
import { readdirSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import type * as Scope from "effect/Scope";
import { expect, test } from "vitest";
import { held, hold } from "../../src/adapters/sqlite/hold.ts";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import type { StoreError } from "../../src/core/errors.ts";
import type { StorePort } from "../../src/core/store.ts";
import { child } from "./sqlite-child.ts";
import { folder, shell } from "./sqlite-place.ts";
import {
  aRun,
  anEvent,
  anOwner,
  claimAs,
  entered,
  noon,
  writes,
} from "../../src/adapters/testing/subject.ts";

const run = (test: Effect.Effect<void, StoreError, Scope.Scope>): Promise<void> =>
  Effect.runPromise(Effect.scoped(test));

const opened = (file: string, app = "main"): Effect.Effect<StorePort, StoreError, Scope.Scope> =>
  openSqliteStore({ file, app, durability: "process" });

const locksIn = (path: string): readonly string[] =>
  readdirSync(path).filter((name) => name.endsWith(".lock"));

test("while an engine lives another may enter, of whichever app, and takes it for alive; emitting and listing go on", () =>
  run(
    Effect.gen(function* () {
      const path = yield* folder;
      const file = join(path, "x.db");
      const engine = yield* child(file, "enter");
      yield* engine.said("entered");
      for (const app of ["main", "other"]) {
        const store = yield* opened(file, app);
        yield* store.enter(anOwner(`second-${app}`));
        expect(yield* store.dead).toEqual([]);
        expect(yield* store.commit(writes({ signals: [anEvent("e")], runs: [aRun("r")] }))).toEqual(
          { _tag: "Committed", signals: ["accepted"] },
        );
        expect((yield* store.list("run", { limit: 5, where: { ids: ["r"] } })).rows).toHaveLength(
          1,
        );
      }
      expect(locksIn(path)).toHaveLength(3);
      for (const app of ["main", "other"]) {
        const store = yield* opened(file, app);
        yield* store.leave(`second-${app}`);
      }
      expect(locksIn(path)).toHaveLength(1);
    }),
  ));

test("an engine that is stopped, and can do nothing, is not dead", () =>
  run(
    Effect.gen(function* () {
      const file = join(yield* folder, "x.db");
      const engine = yield* child(file, "enter");
      yield* engine.said("entered");
      process.kill(engine.pid, "SIGSTOP");
      const store = yield* opened(file);
      expect(yield* store.dead).toEqual([]);
      process.kill(engine.pid, "SIGCONT");
      yield* engine.kill;
      expect(yield* store.dead).toMatchObject([{ id: "child" }]);
    }),
  ));

test("an engine that was killed is not dead while a process that executes for it lives", () =>
  run(
    Effect.gen(function* () {
      const path = yield* folder;
      const file = join(path, "x.db");
      const engine = yield* child(file, "enter");
      yield* engine.said("entered");
      const store = yield* opened(file);
      const proof = yield* store.proof("child");
      const executing = yield* child(file, "hold", proof?.path ?? "");
      yield* executing.said("held");
      yield* engine.kill;
      expect(yield* store.dead).toEqual([]);
      yield* executing.kill;
      expect(yield* store.dead).toMatchObject([{ id: "child" }]);
      yield* store.commit(writes({ close: { owner: "child", at: noon } }));
      expect(locksIn(path).concat(readdirSync(path).filter((name) => /child/.test(name)))).toEqual(
        [],
      );
    }),
  ));

test("an engine that was killed is dead although a process that executed for it has ended by itself before", () =>
  run(
    Effect.gen(function* () {
      const path = yield* folder;
      const file = join(path, "x.db");
      const engine = yield* child(file, "enter");
      yield* engine.said("entered");
      const store = yield* opened(file);
      const { path: lock = "" } = (yield* store.proof("child")) ?? {};
      yield* (yield* child(file, "part", lock)).ended;
      // Of a process that was killed between its two deletions.
      writeFileSync(`${lock}.child-1-journal`, Buffer.alloc(512));
      yield* engine.kill;
      expect(yield* store.dead).toMatchObject([{ id: "child" }]);
      expect(readdirSync(path).filter((name) => /child/.test(name))).toEqual([
        expect.stringMatching(/child-1-journal$/),
      ]);
    }),
  ));

test("an engine that was killed is dead at once for the next one, which keeps its runs until it has closed it; then the lock is gone", () =>
  run(
    Effect.gen(function* () {
      const path = yield* folder;
      const file = join(path, "x.db");
      const engine = yield* child(file, "enter");
      yield* engine.said("entered");
      yield* engine.kill;
      const store = yield* opened(file);
      const dead = yield* store.dead;
      expect(dead).toMatchObject([{ id: "child", process: engine.pid, closedAt: null }]);
      yield* entered(store);
      expect(locksIn(path)).toHaveLength(2);
      expect(
        (yield* store.list("run", { limit: 5, where: { owner: "child" } })).rows,
      ).toMatchObject([{ id: "claimed", state: "claimed" }]);
      yield* store.commit({
        checks: [{ _tag: "OwnerOpen", owner: "child" }],
        close: { owner: "child", at: noon },
      });
      expect(yield* store.dead).toEqual([]);
      expect(locksIn(path)).toHaveLength(1);
      yield* store.leave("engine");
      expect(locksIn(path)).toEqual([]);
    }),
  ));

test("looking at an engine of the same process does not free its lock", () =>
  run(
    Effect.gen(function* () {
      const path = yield* folder;
      const file = join(path, "x.db");
      const [first, second] = [yield* opened(file), yield* opened(file)];
      yield* entered(first);
      yield* second.enter(anOwner("second"));
      for (let look = 0; look < 3; look++) expect(yield* second.dead).toEqual([]);
      globalThis.gc?.();
      const outside = yield* child(file, "dead");
      yield* outside.ended;
      expect(outside.lines()).toEqual(["dead: "]);
      yield* first.leave("engine");
      yield* second.leave("second");
      expect(locksIn(path)).toEqual([]);
    }),
  ));

test("an engine whose store was closed without leaving keeps its lock: its threads may still run", () =>
  run(
    Effect.gen(function* () {
      const file = join(yield* folder, "x.db");
      yield* Effect.scoped(Effect.flatMap(opened(file), entered));
      const outside = yield* child(file, "dead");
      yield* outside.ended;
      expect(outside.lines()).toEqual(["dead: "]);
      const store = yield* opened(file);
      expect(yield* store.dead).toEqual([]);
      yield* store.leave("engine");
    }),
  ));

test("a lock file that is missing proves nothing, until a person says that the engine is gone", () =>
  run(
    Effect.gen(function* () {
      const path = yield* folder;
      const file = join(path, "x.db");
      const engine = yield* child(file, "enter");
      yield* engine.said("entered");
      yield* engine.kill;
      const [lock = ""] = locksIn(path);
      unlinkSync(join(path, lock));
      const store = yield* opened(file);
      expect(yield* store.dead).toEqual([]);
      writeFileSync(join(path, lock), "");
      expect(yield* store.dead).toMatchObject([{ id: "child" }]);
    }),
  ));

test("a moved database still finds the locks beside it", () =>
  run(
    Effect.gen(function* () {
      const path = yield* folder;
      const file = join(path, "x.db");
      const engine = yield* child(file, "enter");
      yield* engine.said("entered");
      yield* engine.kill;
      for (const end of ["", "-wal", "-shm"])
        renameSync(`${file}${end}`, `${join(path, "moved.db")}${end}`);
      const moved = yield* opened(join(path, "moved.db"));
      expect(yield* moved.dead).toMatchObject([{ id: "child" }]);
    }),
  ));

test("claims of an engine are refused after another has closed it", () =>
  run(
    Effect.gen(function* () {
      const file = join(yield* folder, "x.db");
      const [store, other] = [yield* opened(file), yield* opened(file)];
      yield* entered(store);
      yield* store.commit(writes({ runs: [aRun("a"), aRun("b")] }));
      expect((yield* claimAs(store, { limit: 1 })).runs).toHaveLength(1);
      yield* other.commit(writes({ close: { owner: "engine", at: noon } }));
      expect(yield* claimAs(store)).toEqual({ runs: [], nextDueAt: null });
    }),
  ));

test("an engine that enters while another process writes keeps its lock once it is in, and so does one that is closed in vain", () =>
  run(
    Effect.gen(function* () {
      const place = yield* folder;
      const file = join(place, "x.db");
      const store = yield* opened(file);
      const other = yield* shell(file);
      // What is asked for while the file is busy is undone and tried again.
      const whileBusy = <A>(asked: Effect.Effect<A, StoreError>) =>
        Effect.gen(function* () {
          other.exec("BEGIN IMMEDIATE");
          const fiber = yield* Effect.forkChild(asked, { startImmediately: true });
          yield* Effect.yieldNow;
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)));
          other.exec("COMMIT");
          return yield* Fiber.join(fiber);
        });
      yield* whileBusy(store.commit(writes({ runs: [aRun("a")] })));
      yield* whileBusy(entered(store));
      expect(locksIn(place)).toHaveLength(1);
      // Closed in a batch that can't be written: it stays open, and its lock where it is.
      const bad = writes({
        close: { owner: "engine", at: noon },
        watermark: { seq: 0, at: 0.5 },
      });
      yield* Effect.exit(store.commit(bad));
      expect(locksIn(place)).toHaveLength(1);
      yield* store.leave("engine");
      expect(locksIn(place)).toEqual([]);
    }),
  ));

test("who enters clears away the locks of engines that were killed while they entered or left, and no others", () =>
  run(
    Effect.gen(function* () {
      const path = yield* folder;
      const file = join(path, "x.db");
      const engine = yield* child(file, "enter");
      yield* engine.said("entered");
      const [alive = ""] = locksIn(path);
      const other = yield* opened(file, "other");
      yield* other.enter(anOwner("killed"));
      const [killed = ""] = locksIn(path).filter((name) => name !== alive);
      // As if its process had ended: the row is open, and the lock is free.
      held.get(join(path, killed))?.close();
      held.delete(join(path, killed));
      const entering = "x.db.engine-00.lock";
      hold(join(path, entering));
      yield* Effect.addFinalizer(() => Effect.sync(() => held.get(join(path, entering))?.close()));
      writeFileSync(join(path, "x.db.engine-01.lock"), "");
      writeFileSync(join(path, "y.db.engine-02.lock"), "");
      const store = yield* opened(file);
      yield* store.enter(anOwner("second"));
      const kept = [alive, killed, entering, "y.db.engine-02.lock"];
      expect(locksIn(path)).toHaveLength(kept.length + 1);
      expect(locksIn(path)).toEqual(expect.arrayContaining(kept));
    }),
  ));
