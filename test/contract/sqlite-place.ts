// A folder of its own for a test with files, and ways to look at a SQLite file from outside.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";

/** Deleted with the scope. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "detent-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
);

/** Another connection, as the sqlite3 shell has one. */
export const shell = (file: string): Effect.Effect<DatabaseSync, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(file, { timeout: 0 })),
    (database) => Effect.sync(() => database.close()),
  );

/** How many transactions the write-ahead log has: each ends with a frame that says how long the database is after it. https://sqlite.org/fileformat.html#the_write_ahead_log */
export const committedIn = (file: string): number => {
  const log = readFileSync(`${file}-wal`);
  const salt = log.subarray(16, 24);
  let count = 0;
  for (let at = 32; at + 24 + 4_096 <= log.length; at += 24 + 4_096)
    if (salt.equals(log.subarray(at + 8, at + 16)) && log.readUInt32BE(at + 4) > 0) count++;
  return count;
};
