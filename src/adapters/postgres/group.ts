// Group commit: what was asked for while a transaction was under way shares the next one, and so one flush of the server's disk. Each request stands or falls by itself: one
// that is refused writes nothing, and if one fails, the others are done without it. A transaction that provably wrote nothing, because the connection was lost, is done again.
import { randomUUID } from "node:crypto";
import * as Clock from "effect/Clock";
import type * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import { isNews } from "../../core/batch.ts";
import { StoreError } from "../../core/errors.ts";
import type { Batch, ClaimReply, ClaimRequest, CommitReply } from "../../core/store.ts";
import { canTryAgain, isOfOne, storeErrorOf } from "./fault.ts";
import { type Failed, patienceMillis, pause } from "./session.ts";
import {
  transact,
  type Asked,
  type Begun,
  type Committed,
  type Place,
  type Request,
  type Undone,
} from "./transaction.ts";

/** More requests than that don't share a transaction, so that none waits for too long. */
const requestsMax = 2_000;

export interface GroupFields extends Omit<Place, "handle"> {
  readonly clock: "server" | "caller";
  readonly services: Context.Context<never>;
  readonly onCommitted: (isNews: boolean) => void;
}

export class Group {
  readonly #fields: GroupFields & Place;
  #transactions = 0;
  #queue: Request[] = [];
  #isRunning = false;
  #aloneCount = 0;
  #isClosed = false;
  #onRest: (() => void) | undefined;

  constructor(fields: GroupFields) {
    this.#fields = { ...fields, handle: randomUUID() };
  }

  commit(batch: Batch): Effect.Effect<CommitReply, StoreError> {
    return this.#submit("commit", { _tag: "Commit", batch });
  }

  claim(claim: ClaimRequest): Effect.Effect<ClaimReply, StoreError> {
    return this.#submit("claim", { _tag: "Claim", claim });
  }

  /** Work of its own. The overlay has what `batch` would look at. */
  alone<A>(
    operation: string,
    work: (begun: Begun) => Effect.Effect<A, Failed>,
    batch: Batch = { checks: [] },
  ): Effect.Effect<A, StoreError> {
    return this.#submit(operation, { _tag: "Alone", work, batch });
  }

  #submit<A>(operation: string, asked: Asked): Effect.Effect<A, StoreError> {
    return Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock);
      return Effect.callback<A, StoreError>((resume) => {
        if (this.#isClosed) {
          resume(Effect.fail(this.#closed(operation)));
          return undefined;
        }
        const request: Request = {
          operation,
          asked,
          now: this.#fields.clock === "caller" ? () => clock.currentTimeMillisUnsafe() : null,
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

  /** Does what is still waiting, and nothing after it. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#isClosed = true;
    if (!this.#isRunning) return Effect.void;
    return Effect.callback<void>((resume) => {
      this.#onRest = () => resume(Effect.void);
    });
  });

  #closed(operation: string): StoreError {
    const message = `store ${this.#fields.session.url}: it was closed before this was done`;
    return new StoreError({ operation, message });
  }

  #schedule(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    // What is asked for in the same turn of the event loop goes together.
    setImmediate(() => Effect.runForkWith(this.#fields.services)(this.#run));
  }

  readonly #run: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    for (;;) {
      const requests = this.#take();
      if (requests.length === 0) break;
      yield* this.#fields.session.use(this.#attempt(requests));
    }
    this.#isRunning = false;
    this.#onRest?.();
  });

  /** The next requests that share a transaction: batches, and at most one claim behind them. */
  #take(): readonly Request[] {
    this.#queue = this.#queue.filter(({ isDropped }) => !isDropped);
    const most = this.#aloneCount > 0 ? 1 : requestsMax;
    let count = 0;
    for (const { asked } of this.#queue.slice(0, most)) {
      if (asked._tag === "Alone" && count > 0) break;
      count++;
      if (asked._tag !== "Commit") break;
    }
    this.#aloneCount = Math.max(0, this.#aloneCount - 1);
    return this.#queue.splice(0, count);
  }

  readonly #attempt = Effect.fnUntraced(function* (this: Group, requests: readonly Request[]) {
    const since = yield* Clock.monotonicTimeNanos;
    for (let failures = 0; ; failures++) {
      const connected = yield* Effect.result(this.#fields.session.connect("commit"));
      const ended =
        connected._tag === "Failure"
          ? connected.failure
          : yield* transact(this.#fields, requests, ++this.#transactions);
      if (!(ended instanceof StoreError) && ended._tag === "Committed")
        return this.#answer(requests, ended);
      if (!(ended instanceof StoreError) && !ended.isUnknown) {
        const waited = Number((yield* Clock.monotonicTimeNanos) - since) / 1_000_000;
        if (canTryAgain(ended.fault) && waited < patienceMillis) {
          yield* pause(failures);
          continue;
        }
        if (requests.length > 1 && isOfOne(ended.fault)) {
          this.#queue.unshift(...requests);
          this.#aloneCount = requests.length;
          return;
        }
      }
      for (const { operation, resume } of requests)
        resume(Effect.fail(this.#error(operation, ended)));
      return;
    }
  }).bind(this);

  #error(operation: string, ended: StoreError | Undone): StoreError {
    if (ended instanceof StoreError) {
      const { message, cause } = ended;
      return new StoreError({ operation, message, cause });
    }
    const { fault, isUnknown } = ended;
    return storeErrorOf({
      operation,
      url: this.#fields.session.url,
      fault,
      unknown: isUnknown,
    });
  }

  #answer(requests: readonly Request[], { replies }: Committed): void {
    let isRinging = false;
    for (const [index, { asked, resume }] of requests.entries()) {
      const reply = replies[index];
      if (asked._tag === "Commit") isRinging ||= isNews(asked.batch, reply as CommitReply);
      resume(Effect.succeed(reply));
    }
    this.#fields.onCommitted(isRinging);
  }
}
