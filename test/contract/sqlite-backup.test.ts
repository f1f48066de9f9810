/**
 * Goal: a backup is one state of the file, whole, and an engine that opens it takes back what others held.
 * Method: a file in use, copied between writes; the copy is opened as a store.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { expect, test } from "vitest";
import { backUp } from "../../src/adapters/sqlite/backup.ts";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import { aRun, claimAs, entered, writes } from "../../src/adapters/testing/subject.ts";
import type { StoreError } from "../../src/core/errors.ts";
import { dump } from "../../src/core/store-dump.ts";
import { folder } from "./sqlite-place.ts";

const run = <A>(test: Effect.Effect<A, StoreError, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(test));

test("the copy has what was committed, though others write on; who held a run there is proved dead in the copy, and alive in the file", () =>
  run(
    Effect.gen(function* () {
      const place = yield* folder;
      const [file, copy] = [join(place, "live.db"), join(place, "copy.db")];
      const store = yield* openSqliteStore({ file, durability: "process" });
      yield* entered(store);
      yield* store.commit(writes({ runs: [aRun("held")] }));
      yield* claimAs(store);
      const before = yield* dump(store);
      const writing = new DatabaseSync(file, { timeout: 0 });
      writing.exec("BEGIN IMMEDIATE; UPDATE run SET priority = 9");
      backUp(file, copy);
      writing.exec("COMMIT");
      writing.close();
      yield* store.commit(writes({ runs: [aRun("later")] }));
      const other = yield* openSqliteStore({ file: copy, durability: "process" });
      expect(yield* dump(other)).toEqual(before);
      expect([yield* store.dead, (yield* other.dead).map(({ id }) => id)]).toEqual([
        [],
        ["engine"],
      ]);
      yield* other.commit(writes({ close: { owner: "engine", at: 1 } }));
      expect(yield* other.dead).toEqual([]);
      expect(readdirSync(place).filter((name) => name.endsWith(".lock"))).toHaveLength(1);
    }),
  ));

test("what is in the way is said in one line, and leaves nothing behind", () =>
  run(
    Effect.gen(function* () {
      const place = yield* folder;
      const file = join(place, "live.db");
      yield* openSqliteStore({ file, durability: "process" });
      const said = (from: string, to: string): string => {
        try {
          backUp(from, to);
          return "";
        } catch (error) {
          return (error as Error).message.replaceAll(place, "");
        }
      };
      mkdirSync(join(place, "there"));
      writeFileSync(join(place, "text"), "no database".repeat(100));
      expect([
        said(file, join(place, "there")),
        said(file, join(place, "none", "x.db")),
        said(join(place, "text"), join(place, "x.db")),
      ]).toEqual([
        "store /there: it is there already; give the backup a name of its own",
        "store /none/x.db: there is no folder /none; make it first",
        "store /text: it is no SQLite database; give the store another file",
      ]);
      expect([existsSync(join(place, "x.db")), existsSync(join(place, "x.db.part"))]).toEqual([
        false,
        false,
      ]);
    }),
  ));
