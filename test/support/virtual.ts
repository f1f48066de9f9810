// Virtual time as tests by hand use it: everything is one process, and what has been ready for longest goes first.
import type * as Effect from "effect/Effect";
import { VirtualTime as WorldTime } from "../../src/core/simulation/virtual-time.ts";

export class VirtualTime extends WorldTime {
  /** Runs an effect on this time. */
  fork<A, E>(effect: Effect.Effect<A, E>): { readonly result: () => A | undefined } {
    return this.outside.fork(effect);
  }

  sleep(millis: number): Effect.Effect<void> {
    return this.outside.sleep(millis);
  }
}
