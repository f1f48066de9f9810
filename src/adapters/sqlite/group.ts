// Group commit: what is asked for in one tick shares one transaction, and so one flush. Each batch is all or nothing by itself: a failed check comes before any write, and
// when a write throws, the transaction is undone and each batch gets one of its own.
import type { StoreError } from "../../core/errors.ts";
import { isBusy, storeError, type Database } from "./database.ts";

interface Job {
  readonly operation: string;
  readonly work: () => unknown;
  readonly done: (value: unknown) => void;
  readonly failed: (error: StoreError) => void;
}

/** How long a file may be locked by others before the operation fails. */
const busyMillisMax = 10_000;

export class Group {
  readonly #database: Database;
  readonly #file: string;
  readonly #committed: () => void;
  #jobs: Job[] = [];
  #scheduled = false;
  #busySince: number | undefined;
  #retry: NodeJS.Timeout | undefined;

  /** `committed` is called after each transaction that wrote. */
  constructor(database: Database, file: string, committed: () => void) {
    this.#database = database;
    this.#file = file;
    this.#committed = committed;
  }

  add(job: Job): void {
    this.#jobs.push(job);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  /** Commits what waits, now. */
  close(): void {
    clearTimeout(this.#retry);
    if (this.#jobs.length > 0) this.#flush();
  }

  #flush(): void {
    const jobs = this.#jobs;
    try {
      this.#database.connection.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (
        isBusy(error) &&
        performance.now() - (this.#busySince ??= performance.now()) < busyMillisMax
      ) {
        // SQLite's own busy handler would block this thread, and starve processes; this asks again after an uneven while.
        this.#retry = setTimeout(() => this.#flush(), 1 + Math.random() * 2);
        return;
      }
      this.#take();
      for (const { operation, failed } of jobs) failed(storeError(operation, error, this.#file));
      return;
    }
    this.#take();
    const answers = this.#transaction(jobs);
    if (answers instanceof Array) {
      this.#committed();
      jobs.forEach(({ done }, index) => done(answers[index]));
    } else if (jobs.length === 1)
      jobs[0]?.failed(storeError(jobs[0].operation, answers.error, this.#file));
    else for (const job of jobs) this.#alone(job);
  }

  #take(): void {
    this.#jobs = [];
    this.#scheduled = false;
    this.#busySince = undefined;
  }

  #alone(job: Job): void {
    try {
      this.#database.connection.exec("BEGIN IMMEDIATE");
    } catch (error) {
      return job.failed(storeError(job.operation, error, this.#file));
    }
    const answers = this.#transaction([job]);
    if (!(answers instanceof Array))
      return job.failed(storeError(job.operation, answers.error, this.#file));
    this.#committed();
    job.done(answers[0]);
  }

  #transaction(jobs: readonly Job[]): unknown[] | { readonly error: unknown } {
    const { connection } = this.#database;
    try {
      const answers = jobs.map(({ work }) => work());
      connection.exec("COMMIT");
      return answers;
    } catch (error) {
      if (connection.isTransaction) connection.exec("ROLLBACK");
      return { error };
    }
  }
}
