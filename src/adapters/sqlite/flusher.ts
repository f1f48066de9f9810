// Makes commits outlast a loss of power without stopping this thread: SQLite appends them to its write-ahead log, and the log is flushed here, by a thread of the runtime's own.
// Until then nobody is answered. A flush takes along all that was appended before it, by whichever process, so commits that are made during one share the next.
//
// Why this is as good as `synchronous = FULL`, which flushes the same file in the same place but waits for it:
// 1. The log is valid up to its last whole frame; what was flushed is a beginning of it, so a later commit never survives an earlier one (https://sqlite.org/fileformat.html#walformat).
// 2. What leaves the log, leaves it by a checkpoint, which flushes log and database itself as long as `synchronous` is not OFF.
// 3. A handle of our own on the log is harmless: SQLite's locks lie on other files, so that closing it drops none.
import { closeSync, fdatasync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";

type Done = (fault: Error | null) => void;

export class Flusher {
  readonly #log: string;
  /** Writes all of the log into the database, and flushes that. */
  readonly #checkpoint: () => void;
  #handle: number | undefined;
  /** How often something was appended, and up to where that is on the disk. */
  #appended = 0;
  #flushed = 0;
  #isFlushing = false;
  /** A flush has failed. The system may then take for written what is not, so that flushing again proves nothing. */
  #isUnsure = false;
  #waiting: { readonly upTo: number; readonly done: Done }[] = [];

  constructor(database: string, checkpoint: () => void) {
    this.#log = `${database}-wal`;
    this.#checkpoint = checkpoint;
  }

  /** Something was appended that is not known to be on the disk. */
  note(): void {
    this.#appended++;
  }

  /** Calls back when all that is appended now is on the disk: at once, if it is. */
  whenFlushed(done: Done): void {
    if (this.#flushed === this.#appended) {
      done(null);
      return;
    }
    this.#waiting.push({ upTo: this.#appended, done });
    this.#flush();
  }

  /** Resolves when nothing is left to be flushed. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.whenFlushed(() => resolve()));
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }

  #flush(): void {
    if (this.#isFlushing || this.#waiting.length === 0) return;
    this.#isFlushing = true;
    const upTo = this.#appended;
    this.#sync((fault) => {
      this.#isFlushing = false;
      this.#isUnsure = fault !== null;
      this.#flushed = upTo;
      const over = this.#waiting.filter((waiting) => waiting.upTo <= upTo);
      this.#waiting = this.#waiting.slice(over.length);
      this.#flush();
      for (const { done } of over) done(fault);
    });
  }

  #sync(done: Done): void {
    try {
      if (this.#isUnsure) this.#checkpoint();
      this.#handle ??= opened(this.#log);
      fdatasync(this.#handle, done);
    } catch (thrown) {
      setImmediate(done, thrown as Error);
    }
  }
}

/** The first time, its folder is flushed too: a file whose name is lost is lost. */
const opened = (file: string): number => {
  const handle = openSync(file, process.platform === "win32" ? "r+" : "r");
  let folder: number | undefined;
  try {
    folder = openSync(dirname(file), "r");
    fsyncSync(folder);
  } catch {
    // Not every system can, and those that can't have no need to.
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
  return handle;
};
