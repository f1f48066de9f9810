// The rest of an engine between two turns, and how long it is.
import * as Effect from "effect/Effect";
import type { Incarnation } from "./incarnation.ts";
import { nextDueAt } from "./state.ts";

export const sleepMillisMax = 30_000;
export const cancelCheckMillis = 200;
/** Where other engines share the store: how often one looks whether another has died. */
export const deadCheckMillis = 500;
/** How long the note that a body has begun may wait for a commit to ride along with. */
const notedMillisMax = 250;

/** Sleeps until something comes due, or somebody hints that there is work. With one fiber besides, where a race would have two: it is what an idle engine does most. */
export const rest = (self: Incarnation): Effect.Effect<void> =>
  Effect.gen(function* () {
    const sleeper = yield* Effect.forkChild(
      Effect.andThen(
        Effect.sleep(yield* sleepMillis(self)),
        Effect.sync(() => self.endRest?.()),
      ),
    );
    if (!self.isHinted)
      yield* Effect.callback<void>((resume) => {
        self.endRest = () => resume(Effect.void);
      });
    self.endRest = undefined;
    sleeper.interruptUnsafe();
  });

const sleepMillis = (self: Incarnation): Effect.Effect<number> =>
  Effect.gen(function* () {
    const now = yield* self.store.now;
    const capacity = self.draining ? 0 : yield* self.executor.capacity;
    const dueAt = Math.min(
      (self.state && nextDueAt(self.state)) ?? Infinity,
      self.expiryAt ?? Infinity,
      self.isForgetting ? self.forgetAt : Infinity,
      capacity > 0 ? (self.claimAt ?? Infinity) : Infinity,
    );
    const noted = self.holdings.isUnwritten
      ? notedMillisMax
      : self.holdings.size > 0
        ? cancelCheckMillis * 5
        : Infinity;
    const dead = self.store.abilities.scope === "process" ? Infinity : deadCheckMillis;
    return Math.max(1, Math.min(sleepMillisMax, dueAt - now, noted, dead));
  });
