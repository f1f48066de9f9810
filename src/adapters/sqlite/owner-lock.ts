// The proof that an engine lives: a file beside the database that SQLite keeps locked for as long as the engine's process exists, however that ends. The operating system lets
// go of the lock when the process dies, so whoever finds it free knows that the owner is dead; no clock and no lease is needed.
//
// What would make a living owner look dead, and is therefore never done:
// 1. Opening the file by other means in the process that holds the lock: closing any handle on it drops the lock (POSIX). So own locks are looked up here, never probed.
// 2. Letting the connection be collected as garbage: `held` keeps it.
// 3. Taking it in a thread that may end: it is taken by whoever enters, on the main thread.
// 4. Deleting the file: only its holder does, after the owner's row is closed. A file that is missing therefore proves nothing.
import { randomBytes } from "node:crypto";
import { existsSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { isBusy } from "./fault.ts";

/** By path. Never emptied but by `leaveLock`. */
const held = new Map<string, DatabaseSync>();

/** Takes a new lock beside the database; its file name. */
export const takeLock = (database: string): string => {
  const name = `${basename(database)}.engine-${randomBytes(8).toString("hex")}.lock`;
  const path = join(dirname(database), name);
  const connection = new DatabaseSync(path, { timeout: 0 });
  connection.exec("BEGIN EXCLUSIVE");
  held.set(path, connection);
  return name;
};

/** "unknown": the file is missing. */
export type LockState = "held" | "free" | "unknown";

export const lockState = (database: string, name: string): LockState => {
  const path = join(dirname(database), name);
  if (held.has(path)) return "held";
  if (!existsSync(path)) return "unknown";
  let connection: DatabaseSync | undefined;
  try {
    // A shared lock is enough to see the exclusive one, and two who look at once don't see each other.
    connection = openExisting(path);
    connection.exec("SELECT 1 FROM sqlite_schema");
    return "free";
  } catch (thrown) {
    if (isBusy(thrown)) return "held";
    return existsSync(path) ? "held" : "unknown";
  } finally {
    connection?.close();
  }
};

/** Gives up a lock and deletes its file; for an owner whose row is closed: one's own, or a dead one's. Leaves a file alone that another process uses at the moment. */
export const leaveLock = (database: string, name: string): void => {
  const path = join(dirname(database), name);
  let connection = held.get(path);
  try {
    if (connection === undefined) {
      if (!existsSync(path)) return;
      connection = openExisting(path);
      connection.exec("BEGIN EXCLUSIVE");
    }
    unlinkSync(path);
  } catch {
    // Only litter: a closed owner's lock is never looked at again.
  } finally {
    connection?.close();
    held.delete(path);
  }
};

/** Never creates the file. */
const openExisting = (path: string): DatabaseSync =>
  new DatabaseSync(`${pathToFileURL(path).href}?mode=rw`, { timeout: 0 });
