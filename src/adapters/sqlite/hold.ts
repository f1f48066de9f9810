// Locks that a process holds until it ends. Apart from all else, so that a child process which holds one loads nothing else.
import { rmSync, unlinkSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** By path. A connection that is collected as garbage would let go of its lock. */
export const held = new Map<string, DatabaseSync>();

/** Makes the file if it is not there, and keeps it locked. */
export const hold = (path: string): void => {
  const connection = new DatabaseSync(path, { timeout: 0 });
  connection.exec("BEGIN EXCLUSIVE");
  held.set(path, connection);
};

/** What the lock of a child process is called, after that of its engine: then a number. */
export const childMark = ".child-";

/** For a process that executes for the engine whose lock is at `path`: nobody takes the engine for dead while this process lives. */
export const holdAsChild = (path: string): void => {
  const own = `${path}${childMark}${process.pid}`;
  hold(own);
  process.once("exit", () => {
    rmSync(`${own}-journal`, { force: true });
    unlinkSync(own);
  });
};
