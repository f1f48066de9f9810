// The server's clock, as this process knows it: each answer of the server tells how far it is from the monotonic clock here, which nobody sets.
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";

/** An answer that took longer tells too early an instant; what differs by more than that is a clock that was set. */
const jitterMillis = 50;

export class ServerClock {
  /** The server's instant at the beginning of the monotonic clock. */
  #origin: number | undefined;

  /** What the server has just told. */
  hear(now: number): void {
    const origin = now - performance.now();
    if (this.#origin === undefined || origin > this.#origin || this.#origin - origin > jitterMillis)
      this.#origin = origin;
  }

  readonly now: Effect.Effect<number> = Effect.suspend(() =>
    this.#origin === undefined
      ? Clock.currentTimeMillis
      : Effect.succeed(Math.floor(this.#origin + performance.now())),
  );
}
