// Waiting for runs to end, whoever ends them: all that are waited for are looked up at once, when the store hints at a change, or else once a second. A look takes at most a tenth
// of the time, however many are waited for.
import * as Effect from "effect/Effect";
import { InputError } from "../core/errors.ts";
import { isTerminal, type Run } from "../core/run.ts";
import type { StorePort } from "../core/store.ts";

interface Waiter {
  readonly resolve: (run: Run) => void;
  readonly reject: (error: Error) => void;
}

const lookMillis = 1_000;
const idsMax = 10_000;

export class Outcomes {
  readonly #store: StorePort;
  readonly #waiters = new Map<string, Waiter[]>();
  #deafen: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  /** Not before this instant of the process's own clock. */
  #restUntil = 0;
  #isLooking = false;

  constructor(store: StorePort) {
    this.#store = store;
  }

  /** The run once it is over. Rejects with an InputError if nothing owes a run of that id, and with an Error if the runtime stops before. */
  of(run: string): Promise<Run> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(run);
      if (waiters === undefined) this.#waiters.set(run, [{ resolve, reject }]);
      else waiters.push({ resolve, reject });
      this.#deafen ??= this.#store.changes(() => this.#lookIn(0));
      this.#lookIn(0);
    });
  }

  /** Looks a last time, and rejects for what is not over then. */
  async finish(): Promise<void> {
    await Effect.runPromise(Effect.ignore(this.#lookup()));
    clearTimeout(this.#timer);
    this.#deafen?.();
    for (const run of this.#waiters.keys())
      this.#end(run, new Error(`the runtime stopped before run ${run} was over`));
  }

  #lookIn(millis: number): void {
    const at = Math.max(performance.now() + millis, this.#restUntil);
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity;
        void this.#look();
      },
      Math.max(0, at - performance.now()),
    );
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return this.#lookIn(1);
    this.#isLooking = true;
    const since = performance.now();
    try {
      await Effect.runPromise(this.#lookup());
    } catch {
      // The store fails for a while: whoever waits goes on waiting.
    }
    this.#isLooking = false;
    const now = performance.now();
    this.#restUntil = now + 9 * (now - since);
    if (this.#waiters.size > 0) return this.#lookIn(lookMillis);
    this.#deafen?.();
    this.#deafen = undefined;
  }

  #lookup() {
    return Effect.gen({ self: this }, function* () {
      const ids = [...this.#waiters.keys()];
      // Before the runs: what was routed by now is found among them.
      const { unrouted, deadlines } = yield* this.#store.summary;
      const absent = new Set(ids);
      for (let from = 0; from < ids.length; from += idsMax) {
        const where = { ids: ids.slice(from, from + idsMax) };
        for (const run of (yield* this.#store.list("run", { where, limit: idsMax })).rows) {
          absent.delete(run.id);
          if (isTerminal(run.state)) this.#end(run.id, run);
        }
      }
      if (unrouted + deadlines > 0) return;
      for (const run of absent)
        this.#end(
          run,
          new InputError(`there is no run ${JSON.stringify(run)}, and nothing that could owe it`),
        );
    });
  }

  #end(id: string, run: Run | Error): void {
    const waiters = this.#waiters.get(id) ?? [];
    this.#waiters.delete(id);
    for (const { resolve, reject } of waiters) {
      if (run instanceof Error) reject(run);
      else resolve(run);
    }
  }
}
