// Group commit: what was asked for in the same turn of the event loop shares one transaction, and so one flush to the disk. Each request stands or falls by itself: one that
// is refused writes nothing, and if one fails, the others are done without it.
import * as Clock from "effect/Clock";
import type * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import { StoreError } from "../../core/errors.ts";
import { flushError, isBusy, isOfOne, isSqliteError, messageOf, storeErrorOf } from "./fault.ts";
import type { Flusher } from "./flusher.ts";
import { patienceMillis, pause } from "./pause.ts";
import type { Tables } from "./tables.ts";

interface Request {
  readonly operation: string;
  readonly work: () => unknown;
  readonly resume: (effect: Effect.Effect<never, StoreError> | Effect.Effect<unknown>) => void;
  isDropped: boolean;
}

/** More requests than that don't share a transaction, so that none waits for too long. */
const requestsMax = 2_000;

export class Group {
  readonly #tables: Tables;
  readonly #services: Context.Context<never>;
  readonly #onCommitted: (committed: Committed) => void;
  readonly #flusher: Flusher | undefined;
  #queue: Request[] = [];
  #isScheduled = false;
  /** Since when another process has been in the way, by the monotonic clock. */
  #busySince: bigint | null = null;
  /** So many of the next requests get a transaction each, because one of them has a fault. */
  #aloneCount = 0;
  #isClosed = false;

  /** `services` has the Clock and the Random by which pauses are made. With a `flusher`, an answer waits for the disk. */
  constructor(fields: {
    readonly tables: Tables;
    readonly services: Context.Context<never>;
    readonly flusher: Flusher | undefined;
    readonly onCommitted: (committed: Committed) => void;
  }) {
    this.#tables = fields.tables;
    this.#services = fields.services;
    this.#onCommitted = fields.onCommitted;
    this.#flusher = fields.flusher;
  }

  /**
   * Does work inside of the next transaction, and answers when that is committed. `prepare` is called at once and copies what the caller may change afterwards; `now` is the
   * caller's clock when the transaction is open.
   */
  submit<A>(operation: string, prepare: () => (now: number) => A): Effect.Effect<A, StoreError> {
    return Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock);
      const work = prepare();
      return Effect.callback<A, StoreError>((resume) => {
        const request: Request = {
          operation,
          work: () => work(clock.currentTimeMillisUnsafe()),
          resume: resume as Request["resume"],
          isDropped: false,
        };
        this.#queue.push(request);
        this.#schedule();
        return Effect.sync(() => {
          request.isDropped = true;
        });
      });
    });
  }

  /** Does what is still waiting, unless another process is in the way. */
  close(): void {
    this.#flush();
    this.#isClosed = true;
    this.#busySince = null;
    this.#flush();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#busySince !== null || this.#queue.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const requests = this.#queue
      .splice(0, this.#aloneCount > 0 ? 1 : requestsMax)
      .filter(({ isDropped }) => !isDropped);
    if (this.#isClosed)
      for (const request of requests) request.resume(Effect.fail(this.#closed(request)));
    else if (requests.length > 0) this.#attempt(requests);
    else this.#goOn(1);
    this.#schedule();
  }

  #attempt(requests: readonly Request[]): void {
    const ended = this.#transact(requests);
    if (ended._tag === "Committed") {
      this.#goOn(requests.length);
      if (this.#flusher === undefined) answer(requests, ended.replies);
      else this.#answerWhenFlushed(this.#flusher, requests, ended);
      this.#onCommitted(ended);
    } else if (isBusy(ended.thrown) && !this.#isOutOfPatience()) {
      this.#queue.unshift(...requests);
      this.#pause();
    } else if (requests.length > 1 && isOfOne(ended.thrown)) {
      this.#queue.unshift(...requests);
      this.#aloneCount = requests.length;
    } else {
      this.#goOn(requests.length);
      for (const request of requests) this.#fail(request, ended);
    }
  }

  /** What was only read may be of others, and not be on the disk either. */
  #answerWhenFlushed(
    flusher: Flusher,
    requests: readonly Request[],
    { replies, rowsWritten, isNewsOfOthers }: Committed,
  ): void {
    if (rowsWritten > 0 || isNewsOfOthers) flusher.note();
    flusher.whenFlushed((fault) => {
      if (fault === null) answer(requests, replies);
      else
        for (const { operation, resume } of requests)
          resume(Effect.fail(flushError({ operation, file: this.#tables.database.file, fault })));
    });
  }

  /** Nobody is in the way, and so many requests are over. */
  #goOn(count: number): void {
    this.#busySince = null;
    this.#aloneCount = Math.max(0, this.#aloneCount - count);
  }

  #transact(requests: readonly Request[]): Committed | Undone {
    const { database, ledger } = this.#tables;
    let isCommitting = false;
    try {
      database.begin("IMMEDIATE");
      const isNewsOfOthers = this.#tables.refresh();
      const replies = requests.map(({ work }) => work());
      ledger.save();
      isCommitting = true;
      database.commit();
      this.#tables.settle();
      const rowsWritten = database.takeRowsWritten();
      return { _tag: "Committed", replies, rowsWritten, isNewsOfOthers };
    } catch (thrown) {
      database.rollback();
      this.#tables.forget();
      return { _tag: "Undone", thrown, isUnknown: isCommitting };
    }
  }

  #fail({ operation, resume }: Request, { thrown, isUnknown }: Undone): void {
    if (thrown instanceof StoreError) resume(Effect.fail(thrown));
    else if (!isSqliteError(thrown)) resume(Effect.die(thrown));
    else
      resume(
        Effect.fail(
          storeErrorOf({
            operation,
            file: this.#tables.database.file,
            cause: thrown,
            unknown: isUnknown,
          }),
        ),
      );
  }

  #closed({ operation }: Request): StoreError {
    const message = messageOf(this.#tables.database.file, "it was closed before this was written");
    return new StoreError({ operation, message });
  }

  #isOutOfPatience(): boolean {
    return (
      this.#busySince !== null &&
      this.#monotonic() - this.#busySince > BigInt(patienceMillis) * 1_000_000n
    );
  }

  #pause(): void {
    this.#busySince ??= this.#monotonic();
    Effect.runForkWith(this.#services)(Effect.map(pause, () => this.#flush()));
  }

  #monotonic(): bigint {
    return Effect.runSyncWith(this.#services)(Clock.monotonicTimeNanos);
  }
}

const answer = (requests: readonly Request[], replies: readonly unknown[]): void => {
  for (const [index, { resume }] of requests.entries()) resume(Effect.succeed(replies[index]));
};

export interface Committed {
  readonly _tag: "Committed";
  readonly replies: readonly unknown[];
  readonly rowsWritten: number;
  readonly isNewsOfOthers: boolean;
}

/** Nothing of the transaction is in the file; unless its commit failed by itself, then it is not known. */
interface Undone {
  readonly _tag: "Undone";
  readonly thrown: unknown;
  readonly isUnknown: boolean;
}
