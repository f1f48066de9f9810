// Moves what was committed from the write-ahead log into the database, on a thread of its own: it takes two flushes and scattered writes, during which this thread would do
// nothing else. Only a store that writes much gets that thread. If it falls behind, or can't be had, SQLite does the rest after a commit once the log is too long.
import { Worker } from "node:worker_threads";

/** Rows written until the log is worth it. */
const writesMin = 5_000;

// As text, so that it is found wherever this module ends up in a bundle.
const thread = `
const { parentPort, workerData } = require("node:worker_threads");
const { DatabaseSync } = require("node:sqlite");
const database = new DatabaseSync(workerData.file, { timeout: 0 });
for (const [name, value] of workerData.settings) database.exec("PRAGMA " + name + " = " + value);
parentPort.on("message", (message) => {
  if (message === "close") {
    database.close();
    parentPort.close();
    return;
  }
  try {
    database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  } catch {}
  parentPort.postMessage("done");
});
`;

export class Checkpointer {
  readonly #file: string;
  readonly #settings: readonly (readonly [name: string, value: string | number])[];
  #worker: Worker | undefined;
  #writes = 0;
  #isWorking = false;
  #isOver = false;

  /** `settings`: how the connection flushes. */
  constructor(
    file: string,
    settings: readonly (readonly [name: string, value: string | number])[],
  ) {
    this.#file = file;
    this.#settings = settings;
  }

  /** Called after each commit with the number of rows that it wrote. */
  wrote(rows: number): void {
    this.#writes += rows;
    if (this.#writes < writesMin || this.#isWorking || this.#isOver) return;
    this.#writes = 0;
    this.#isWorking = true;
    this.#worker ??= this.#started();
    this.#worker.postMessage("checkpoint");
  }

  /** Resolves when the thread has let go of the file. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined || this.#isOver) return;
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.ref();
    worker.postMessage("close");
    await ended;
  }

  #started(): Worker {
    const worker = new Worker(thread, {
      eval: true,
      workerData: { file: this.#file, settings: this.#settings },
    });
    worker.unref();
    worker.on("message", () => {
      this.#isWorking = false;
    });
    const end = (): void => {
      this.#isOver = true;
    };
    return worker.on("error", end).on("exit", end);
  }
}
