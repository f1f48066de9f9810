// The rest of an engine between two turns, and how long it is.
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type * as Fiber from "effect/Fiber";
import type { Incarnation } from "./incarnation.ts";
import { nextDueAt, type State } from "./state.ts";

const sleepMillisMax = 30_000;
const cancelCheckMillis = 200;
/** Where other engines share the store: how often one looks whether another has died. */
export const deadCheckMillis = 500;
/** How often an engine asks what hints should have told it; and what it holds, for a claim may reach the store after its engine has given it up, or twice. */
export const lookMillis = 120_000;
/** How long the note that a body has begun may wait for a commit to ride along with. */
const notedMillisMax = 250;

/** Whether so much time has passed, in whichever direction the clock was set. */
export const hasPassed = (millis: number, since: number, now: number): boolean =>
  Math.abs(now - since) >= millis;

export const wantsClaim = (self: Incarnation, now: number): boolean =>
  self.mayClaim ||
  (self.claimAt !== null && self.claimAt <= now) ||
  hasPassed(lookMillis, self.claimedAt, now);

export const wantsRoute = (self: Incarnation, now: number): boolean =>
  self.mayRoute ||
  now < self.readAt || // The clock was set back, which the router tells.
  hasPassed(isShared(self) ? sleepMillisMax : lookMillis, self.readAt, now) ||
  isDue(self.state, now);

const isDue = (state: State | undefined, now: number): boolean =>
  state !== undefined && (nextDueAt(state) ?? Infinity) <= Math.max(now, state.watermark.at);

/** Whether to ask which of its runs people have cancelled. */
export const wantsToHearCancels = (self: Incarnation, now: number): boolean =>
  self.holdings.size > 0 &&
  hasPassed(isShared(self) ? cancelCheckMillis : lookMillis, self.cancelsCheckedAt, now);

/** Whether other processes use the store: hints from them may be lost. */
const isShared = ({ store }: Incarnation): boolean => store.abilities.scope !== "process";

/** What ends a rest in time: a fiber that sleeps. Instants are milliseconds on the clock that nobody sets. */
export interface Alarm {
  at: number;
  fiber: Fiber.Fiber<void> | undefined;
}

/**
 * Sleeps until something comes due, or somebody hints that there is work. An alarm that goes off early enough is left alone, for many a rest of a busy engine ends long before
 * it; one that is early sleeps on for as long as is left.
 *
 * A fiber may give way between any two effects. So whether there is something to wait for at all is asked in the moment in which the wait begins.
 */
export const rest = (self: Incarnation): Effect.Effect<void> =>
  Clock.clockWith((clock) =>
    Effect.gen(function* () {
      const now = yield* self.store.now;
      const capacity = self.draining ? 0 : yield* self.executor.capacity;
      const millis = sleepMillis(self, now, capacity);
      self.restUntil = elapsedMillis(clock) + millis;
      if (self.alarm === undefined || self.alarm.at > self.restUntil) {
        self.alarm?.fiber?.interruptUnsafe();
        const alarm: Alarm = { at: self.restUntil, fiber: undefined };
        self.alarm = alarm;
        alarm.fiber = yield* Effect.forkChild(sounding(self, { clock, alarm, millis }), {
          startImmediately: true,
        });
      }
      yield* Effect.callback<void>((resume) => {
        if (self.isHinted || self.alarm === undefined) resume(Effect.void);
        else self.endRest = () => resume(Effect.void);
      });
      self.endRest = undefined;
    }),
  );

interface Sounding {
  readonly clock: Clock.Clock;
  readonly alarm: Alarm;
  readonly millis: number;
}

const sounding = (self: Incarnation, { clock, alarm, millis }: Sounding): Effect.Effect<void> =>
  Effect.flatMap(Effect.sleep(millis), () => {
    if (self.alarm !== alarm) return Effect.void; // another one has taken its place
    const left = self.restUntil - elapsedMillis(clock);
    if (self.endRest !== undefined && left > 0) {
      alarm.at = self.restUntil;
      return sounding(self, { clock, alarm, millis: left });
    }
    self.alarm = undefined;
    self.endRest?.();
    return Effect.void;
  });

const elapsedMillis = (clock: Clock.Clock): number =>
  Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n);

const sleepMillis = (self: Incarnation, now: number, capacity: number): number => {
  const dueAt = Math.min(
    (self.state && nextDueAt(self.state)) ?? Infinity,
    self.expiryAt ?? Infinity,
    self.isForgetting ? self.forgetAt : Infinity,
    capacity > 0 ? (self.claimAt ?? Infinity) : Infinity,
  );
  const noted = self.holdings.isUnwritten ? notedMillisMax : Infinity;
  const asked = isShared(self) && self.holdings.size > 0 ? cancelCheckMillis * 5 : Infinity;
  const dead = isShared(self) ? deadCheckMillis : Infinity;
  return Math.max(1, Math.min(sleepMillisMax, dueAt - now, noted, asked, dead));
};
