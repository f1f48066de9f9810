// The proof that an engine lives: a file beside the database that SQLite keeps locked for as long as the engine's process exists, however that ends. The operating system lets
// go of the lock when the process dies, so whoever finds it free knows that the owner is dead; no clock and no lease is needed.
//
// What would make a living owner look dead, and is therefore never done:
// 1. Opening the file by other means in the process that holds the lock: closing any handle on it drops the lock (POSIX). So own locks are looked up here, never probed.
// 2. Letting the connection be collected as garbage: `held` keeps it.
// 3. Taking it in a thread that may end: it is taken by whoever enters, on the main thread.
// 4. Deleting the file: only its holder does, after the owner's row is closed. A file that is missing therefore proves nothing.
// 5. Believing the engine's lock alone: a process of its own that executes a run may outlive it by a moment, and holds a lock beside it.
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { isBusy } from "./fault.ts";
import { childMark, held, hold } from "./hold.ts";

/** Takes a new lock beside the database; its file name. */
export const takeLock = (database: string): string => {
  const name = `${basename(database)}.engine-${randomBytes(8).toString("hex")}.lock`;
  hold(join(dirname(database), name));
  return name;
};

/** Whether the engine and all processes that executed for it are gone. Of a lock whose file is missing nobody knows. */
export const isDead = (database: string, name: string): boolean => {
  const folder = dirname(database);
  return (
    lockState(join(folder, name)) === "free" &&
    childrenOf(folder, name).every((child) => lockState(join(folder, child)) !== "held")
  );
};

const childrenOf = (folder: string, name: string): readonly string[] =>
  // Not the journals that SQLite keeps beside them: those are nobody's lock, and outlive a process that was killed.
  readdirSync(folder).filter(
    (other) =>
      other.startsWith(`${name}${childMark}`) &&
      /^\d+$/.test(other.slice(name.length + childMark.length)),
  );

const lockState = (path: string): "held" | "free" | "missing" => {
  if (held.has(path)) return "held";
  if (!existsSync(path)) return "missing";
  let connection: DatabaseSync | undefined;
  try {
    // A shared lock is enough to see the exclusive one, and two who look at once don't see each other.
    connection = openExisting(path);
    connection.exec("SELECT 1 FROM sqlite_schema");
    return "free";
  } catch (thrown) {
    if (isBusy(thrown)) return "held";
    return existsSync(path) ? "held" : "missing";
  } finally {
    connection?.close();
  }
};

/** Gives up a lock and deletes its file; for an owner whose row is closed: one's own, or a dead one's. Leaves a file alone that another process uses at the moment. */
export const leaveLock = (database: string, name: string): void => {
  const folder = dirname(database);
  for (const file of [...childrenOf(folder, name), name]) remove(join(folder, file));
};

/**
 * Removes the locks of engines that were killed while they entered or left: free, and not among those of open owners. To be called inside of a transaction that writes: then nobody
 * else has taken a lock and not yet written its row.
 */
export const sweepLocks = (database: string, open: ReadonlySet<string>): void => {
  const folder = dirname(database);
  const isLock = (name: string): boolean =>
    name.startsWith(`${basename(database)}.engine-`) && name.endsWith(".lock");
  for (const name of readdirSync(folder))
    if (isLock(name) && !open.has(name) && lockState(join(folder, name)) === "free")
      leaveLock(database, name);
};

const remove = (path: string): void => {
  let connection = held.get(path);
  try {
    if (connection === undefined) {
      if (!existsSync(path)) return;
      connection = openExisting(path);
      connection.exec("BEGIN EXCLUSIVE");
    }
    rmSync(`${path}-journal`, { force: true });
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
