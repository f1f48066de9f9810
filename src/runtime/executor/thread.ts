// One worker thread, spawned by a pool of its own that never holds more than this one thread and the orders that it has. So the pool's queue, its respawning and its
// way of closing, each of which loses runs in some state, are never used; what is left is a fast way to start a thread and to talk with it.
import type { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import type { ErrorData } from "../../core/errors.ts";
import type { SharedMemory } from "../../core/task.ts";
import { fullErrorData } from "./error-data.ts";
import type { Host, HostEvent } from "./host.ts";
import { Ledgers, type Ledger } from "./ledger.ts";
import { heapOf, type Heap } from "./memory.ts";
import type { FromThread, Hello, SentOrder, ThreadData, Wish } from "./wire.ts";

/** The pool counts those, too, whose end it has not read yet, and nothing is to wait in its queue, where it loses its place. */
const tasksMax = Number.MAX_SAFE_INTEGER;

export interface ThreadOptions {
  /** The file of worker-entry. */
  readonly entry: URL;
  readonly modules: readonly string[];
  readonly shared: SharedMemory;
  /** "sync": an idle thread blocks until the next order, which saves some microseconds; leftovers of a run then go unseen until the next one. */
  readonly atomics: "disabled" | "async" | "sync";
}

export class Thread implements Host {
  readonly #ledgers = new Ledgers();
  readonly #pool: Piscina<SentOrder | null, Hello | null>;
  readonly #worker: Worker;
  readonly #tell: (event: HostEvent) => void;
  #error: ErrorData | null = null;

  constructor(options: ThreadOptions, tell: (event: HostEvent) => void) {
    this.#tell = tell;
    this.#pool = new Piscina({
      filename: options.entry.href,
      name: "answer",
      // None at least: a thread that dies is replaced when this executor says so, not by the pool.
      minThreads: 0,
      maxThreads: 1,
      concurrentTasksPerWorker: tasksMax,
      idleTimeout: Number.POSITIVE_INFINITY,
      recordTiming: false,
      atomics: options.atomics,
      workerData: {
        ledgers: this.#ledgers.buffer,
        modules: options.modules,
        shared: options.shared,
      } satisfies ThreadData,
    });
    // Without a listener these would end the process.
    this.#pool.on("error", (error: unknown) => this.#hearError(error));
    this.#pool.on("message", (told: FromThread | null) => {
      if (typeof told?._tag !== "string") return; // A task has used its thread's port.
      tell(told._tag === "Answered" ? told : { _tag: "Noted", note: told });
    });
    const hello = this.#pool.run(null) as Promise<Hello>;
    const worker = this.#pool.threads[0];
    if (worker === undefined) throw new Error("the pool made no thread for its first order");
    this.#worker = worker;
    // The pool lets the process end while a thread starts; whoever waits for the thread would then wait in vain.
    worker.ref();
    worker.on("error", (error: unknown) => this.#hearError(error));
    worker.on("exit", (code: number) => this.#hearExit(code));
    hello.then(
      ({ faults }) => {
        worker.unref();
        tell({ _tag: "Ready", faults });
      },
      (error: unknown) => this.#hearError(error),
    );
  }

  ledgerOf(number: number): Ledger {
    return this.#ledgers.of(number);
  }

  send(order: SentOrder): void {
    const { number } = order;
    this.ledgerOf(number).send(number);
    // The pool would open another thread for it. That this one is over, its exit tells.
    if (this.#error !== null) return;
    this.#pool.run(order).catch((error: unknown) => {
      // Any other rejection means that the thread is dying; its exit tells.
      if (isCloneError(error))
        this.#tell({ _tag: "Unsendable", number, error: fullErrorData(error) });
      else this.#hearError(error);
    });
  }

  ask(number: number, wish: Wish): void {
    this.ledgerOf(number).ask(wish);
  }

  end(): void {
    // Not `close`, which can end other threads' work early, or spin for ever. When it resolves, the exit has been told by the worker.
    void this.#pool.destroy();
  }

  heap(): Promise<Heap | undefined> {
    return heapOf(this.#worker);
  }

  /** The first is the cause; those that follow are its echo. */
  #hearError(error: unknown): void {
    this.#error ??= fullErrorData(error);
  }

  #hearExit(code: number): void {
    const memory = this.#error?.data?.["code"] === "ERR_WORKER_OUT_OF_MEMORY";
    this.#tell({
      _tag: "Gone",
      how: memory ? "its thread ran out of memory" : `its thread ended with code ${code}`,
      error: this.#error,
    });
  }
}

const isCloneError = (error: unknown): boolean =>
  error instanceof Error && error.name === "DataCloneError";
