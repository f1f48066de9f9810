// Virtual time for an engine: fibers run when they are ready, sleepers wake in the order of their instants, and nobody reads the machine's clock.
import * as Clock from "effect/Clock";
import * as Context from "effect/Context";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import type * as Scheduler from "effect/Scheduler";

export class VirtualTime {
  now: number;
  readonly #ready: (() => void)[] = [];
  #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  constructor(now: number) {
    this.now = now;
  }

  /** Runs an effect on this time; its errors surface as a thrown defect. */
  fork<A, E>(effect: Effect.Effect<A, E>): { readonly result: () => A | undefined } {
    let value: A | undefined;
    const services = Context.make(Clock.Clock, this.#clock());
    Effect.runForkWith(services)(
      Effect.map(effect, (result) => void (value = result)),
      { scheduler: this.#scheduler() },
    );
    return { result: () => value };
  }

  /** Lets everything happen that can, until nothing is ready and no sleeper wakes up to and including `until`. */
  runUntil(until: number): void {
    for (;;) {
      for (let task = this.#ready.shift(); task !== undefined; task = this.#ready.shift()) task();
      const at = Math.min(...this.#sleepers.map((sleeper) => sleeper.at));
      if (at > until) break;
      this.now = Math.max(this.now, at);
      const due = this.#sleepers.filter((sleeper) => sleeper.at <= this.now);
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.at > this.now);
      for (const { wake } of due) wake();
    }
    this.now = until;
  }

  sleep(millis: number): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const sleeper = {
        at: this.now + Math.max(0, Math.ceil(millis)),
        wake: () => resume(Effect.void),
      };
      this.#sleepers.push(sleeper);
      return Effect.sync(() => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
      });
    });
  }

  #clock(): Clock.Clock {
    const now = (): number => this.now;
    return {
      currentTimeMillisUnsafe: now,
      currentTimeNanosUnsafe: () => BigInt(now()) * 1_000_000n,
      monotonicTimeNanosUnsafe: () => BigInt(now()) * 1_000_000n,
      currentTimeMillis: Effect.sync(now),
      currentTimeNanos: Effect.sync(() => BigInt(now()) * 1_000_000n),
      monotonicTimeNanos: Effect.sync(() => BigInt(now()) * 1_000_000n),
      sleep: (duration) => this.sleep(Duration.toMillis(duration)),
    };
  }

  #scheduler(): Scheduler.Scheduler {
    return {
      executionMode: "sync",
      shouldYield: () => false,
      makeDispatcher: () => ({
        scheduleTask: (task) => void this.#ready.push(task),
        flush: () => {
          for (let task = this.#ready.shift(); task !== undefined; task = this.#ready.shift())
            task();
        },
      }),
    };
  }
}
