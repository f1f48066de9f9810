// The proof that an owner lives: a lock on a file of its own beside the database, which the operating system takes back when the process ends, however it ends.
//
// Pitfalls, each of which would make a live owner look dead:
// 1. The process that holds a lock must never open that file again: closing the second handle would drop the lock. Own locks are known by name and never probed.
// 2. The handle must not be collected: it is kept in a table of the module, for the life of the process.
// 3. A file that is missing proves nothing. It is unlinked only by whoever holds it, after the owner's row is closed.
import * as fs from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { isBusy } from "./database.ts";

const held = new Map<string, DatabaseSync>();

export const lockFileOf = (file: string, owner: string): string => `${file}.engine-${owner}.lock`;

export const takeLock = (path: string): void => {
  const connection = new DatabaseSync(path, { timeout: 0 });
  connection.exec("PRAGMA journal_mode = MEMORY");
  connection.exec("BEGIN EXCLUSIVE");
  held.set(path, connection);
};

/** Unlinks a lock that this process holds, and lets it go. */
export const dropLock = (path: string): void => {
  const connection = held.get(path);
  if (connection === undefined) return;
  fs.rmSync(path, { force: true });
  held.delete(path);
  connection.close();
};

/** Removes the lock of an owner that is dead and closed. */
export const removeLock = (path: string): void => {
  if (!held.has(path) && fs.existsSync(path) && probe(path) === "dead")
    fs.rmSync(path, { force: true });
};

export const probe = (path: string): "alive" | "dead" | "unknown" => {
  if (held.has(path)) return "alive";
  if (!fs.existsSync(path)) return "unknown";
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(path, { timeout: 0 });
    connection.exec("BEGIN EXCLUSIVE");
    connection.exec("ROLLBACK");
    return "dead";
  } catch (error) {
    return isBusy(error) ? "alive" : "unknown";
  } finally {
    connection?.close();
  }
};
