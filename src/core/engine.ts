// The engine: one participant that routes the log, claims runs, has them executed and settles them. One Effect program over the ports Store and Executor and Effect's
// own Clock; production and simulation run it unchanged. It decides nothing itself: `step` says which runs are owed, run.ts how a run moves, the store what still holds.
//
// It goes in turns. A turn writes what has ended and claims what fits into the free slots (one group commit), routes what the log has gained, and claims again if that
// owed runs. Between turns it sleeps until something comes due or somebody hints that there is work.
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Latch from "effect/Latch";
import { isActive } from "./activation.ts";
import { isAnythingDue } from "./agenda.ts";
import { freesRuns, isIdle } from "./batch.ts";
import { cancelOthers } from "./cancel.ts";
import { orderOf } from "./definitions.ts";
import type { StoreError } from "./errors.ts";
import { Executor, type ExecutorEvent } from "./executor.ts";
import { expire } from "./expire.ts";
import { forget, wantsForget } from "./forget.ts";
import type { Writing } from "./holdings.ts";
import { Incarnation, type EngineOptions } from "./incarnation.ts";
import { enterAnew, watchLease } from "./lapse.ts";
import { refusalOf } from "./refusal.ts";
import { moves, type Run } from "./run.ts";
import {
  deadCheckMillis,
  hasPassed,
  rest,
  wantsClaim,
  wantsRoute,
  lookMillis,
  wantsToHearCancels,
} from "./rest.ts";
import { stopwatch } from "./slow.ts";
import { advance, batchOf, nextDueAt, stateOf, type State } from "./state.ts";
import { step, type Decision, type Piece, type Stopwatch } from "./step.ts";
import { Store, type Batch } from "./store.ts";
import { activate, reclaimDead } from "./takeover.ts";
import { tellOtherGeneration, tellSetBack } from "./warnings.ts";

export type { EngineNote, EngineOptions } from "./incarnation.ts";

export interface Engine {
  /** Its id in the store at the moment. */
  readonly owner: () => string;
  /** Takes turns until `stop`; ends when no run is held any more. */
  readonly loop: Effect.Effect<void>;
  /** Completes when there is nothing left to do but to wait for schedules, people and matches. */
  readonly idle: Effect.Effect<void>;
  /** Claims nothing any more. The loop goes on until what is held has ended. */
  readonly drain: Effect.Effect<void>;
  /** Asks everything that is held to end now; it goes back to be run again, or fails, as its `onLost` says. */
  readonly cutOff: Effect.Effect<void>;
  /** When the router must act next without hearing anything new. */
  readonly nextDueAt: () => number | undefined;
}

const signalsMax = 1_000;
const listMax = 10_000;

/** Enters the store, takes back what dead owners held, activates the definitions. Fails if the store can't be used; after that the loop outlives its failures. */
export const openEngine = (
  options: EngineOptions,
): Effect.Effect<Engine, StoreError, Store | Executor> =>
  Effect.gen(function* () {
    const self = new Incarnation(options, yield* Store, yield* Executor);
    yield* self.store.enter(options.owner);
    // An engine that can't begin must not bar the next one from the store.
    yield* Effect.onError(Effect.andThen(reclaimDead(self), activate(self)), () =>
      Effect.ignore(self.store.leave(self.owner)),
    );
    self.listen();
    yield* watchLease(self);
    return {
      owner: () => self.owner,
      loop: Effect.ensuring(
        loop(self),
        Effect.sync(() => self.end()),
      ),
      idle: Effect.suspend(() => {
        if (self.isOver) return Effect.die(new Error("the engine has stopped"));
        const waiter = Latch.makeUnsafe(false);
        self.idleWaiters.add(waiter);
        self.wake();
        return Effect.flatMap(waiter.await, () =>
          self.idleWaiters.delete(waiter)
            ? Effect.die(new Error("the engine stopped before it was idle"))
            : Effect.void,
        );
      }),
      drain: Effect.sync(() => self.drain()),
      cutOff: Effect.suspend(() => {
        const held = self.holdings.cutOff();
        return Effect.forEach(held, (run) => self.executor.cancel(run), { discard: true });
      }),
      nextDueAt: () => self.state && nextDueAt(self.state),
    };
  });

/** A store that fails is tried again, later and later. Anything else that fails is a fault of ours: the loop ends with it. */
const loop = (self: Incarnation): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let failures = 0; !self.isDrained;) {
      self.isHinted = false;
      const failure = yield* turn(self).pipe(
        Effect.as(undefined),
        Effect.catchTag("StoreError", (error) => Effect.succeed(error)),
      );
      if (failure !== undefined) {
        self.state = undefined;
        self.isUnsure = self.mayRoute = self.mayClaim = true;
        self.note({ _tag: "Warning", message: `${failure.message}; trying again` });
        yield* Effect.sleep(Math.min(5_000, 50 * 2 ** failures++));
        continue;
      }
      failures = 0;
      if (self.mayRoute && self.conflicts > 1)
        yield* Effect.sleep(Math.min(100, 2 ** self.conflicts));
      else if (!self.mayGoOn) yield* rest(self);
      // A hint resumes this fiber in the stack of whoever gave it. Yielding leaves that stack, and lets a burst of hints become one turn.
      yield* Effect.yieldNow;
    }
  });

// What is seldom to be done is asked about here, in one go: an effect costs more than the question.
const turn = (self: Incarnation): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const now = yield* self.store.now;
    if (self.isLapsed) yield* enterAnew(self);
    if (self.isUnsure || hasPassed(lookMillis, self.ownCheckedAt, now)) yield* releaseUnknown(self);
    if (
      self.store.abilities.scope !== "process" &&
      hasPassed(deadCheckMillis, self.deadCheckedAt, now)
    )
      yield* reclaim(self);
    if (self.holdings.isUnwritten) yield* settleAndClaim(self, now);
    else if (wantsClaim(self, now)) yield* claim(self);
    if (wantsRoute(self, now)) yield* route(self);
    if (self.mayClaim) yield* claim(self);
    if (
      self.canExpire ||
      self.expiryAt !== null ||
      hasPassed(lookMillis, self.expiryCheckedAt, now)
    )
      yield* expire(self);
    if (wantsForget(self, now)) yield* forget(self, now);
    if (wantsToHearCancels(self, now)) yield* cancelRequested(self, now);
    if (self.idleWaiters.size > 0) yield* tellIdle(self);
  });

const settleAndClaim = (self: Incarnation, now: number): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const retryAt = yield* wantsClaim(self, now) ? both(settle(self), claim(self)) : settle(self);
    self.claimAt = earlier(self.claimAt, retryAt);
  });

/** Each to its end: a settle that fails must not cut off a claim whose runs are granted already. */
const both = <A, E>(one: Effect.Effect<A, E>, other: Effect.Effect<void, E>): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    const [first, second] = yield* Effect.all([Effect.exit(one), Effect.exit(other)], {
      concurrency: "unbounded",
    });
    const result = yield* first;
    yield* second;
    return result;
  });

/** Takes back what the dead held, from time to time. */
const reclaim = (self: Incarnation): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    self.deadCheckedAt = yield* self.store.now;
    self.mayRoute = self.mayClaim = true;
    yield* reclaimDead(self);
  });

const earlier = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

/** Gives back what the store says this engine holds and it does not know: it never heard of its claim, and no body was started. */
const releaseUnknown = (self: Incarnation): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    self.ownCheckedAt = yield* self.store.now;
    const { rows } = yield* self.store.list("run", {
      where: { owner: self.owner, states: moves.reclaim.from },
      limit: listMax,
    });
    for (const run of rows) {
      if (self.holdings.has(run.id, run.token)) continue;
      self.holdings.add(run);
      self.holdings.hear(unstarted(run));
    }
    self.isUnsure = rows.length === listMax;
  });

/** The event that a claimed run was not started. */
const unstarted = (run: Run): ExecutorEvent & { _tag: "Ended" } => ({
  _tag: "Ended",
  run: run.id,
  token: run.token,
  outcome: { _tag: "Released", error: null, holdMillis: 0 },
  emitted: [],
});

/**
 * Writes what executors have told: bodies that began, events that are emitted at once, and outcomes with their signals, each run in a commit of its own. Gives the
 * instant at which the first of them is to be tried again.
 */
const settle = (self: Incarnation): Effect.Effect<number | null, StoreError> =>
  Effect.gen(function* () {
    if (!self.holdings.isUnwritten) return null;
    const now = yield* self.store.now;
    const writings = self.holdings.unwritten(now);
    const [only] = writings;
    if (only !== undefined && writings.length === 1) return yield* write(self, only);
    const exits = yield* Effect.forEach(writings, (writing) => Effect.exit(write(self, writing)), {
      concurrency: "unbounded",
    });
    let retryAt: number | null = null;
    for (const exit of exits) retryAt = earlier(retryAt, yield* exit);
    return retryAt;
  });

const write = (
  self: Incarnation,
  { batch, written, refused }: Writing,
): Effect.Effect<number | null, StoreError> =>
  Effect.gen(function* () {
    const reply = yield* self.commit(batch);
    self.wrote(batch, reply);
    const isWritten = reply._tag === "Committed" || (yield* wasWritten(self, batch));
    if (!isWritten && (yield* isCancelled(self, batch))) return null; // written again, as cancelled
    const notes = isWritten ? written() : refused();
    for (const note of notes) self.note(note);
    return notes.reduce<number | null>(
      (at, note) =>
        note._tag === "Ended" && note.run.state === "pending" ? earlier(at, note.run.dueAt) : at,
      null,
    );
  });

/** Whether the batch was written before and only its reply was lost: then the attempt that it ends is there. */
const wasWritten = (self: Incarnation, { attempts }: Batch): Effect.Effect<boolean, StoreError> =>
  Effect.gen(function* () {
    const attempt = attempts?.[0];
    if (attempt === undefined) return false;
    const { rows } = yield* self.store.list("attempt", {
      where: { run: attempt.run },
      limit: listMax,
    });
    return rows.some(({ token, owner }) => token === attempt.token && owner === self.owner);
  });

/** Whether the batch was refused only because a person has asked for the run's end meanwhile. Notes that. */
const isCancelled = (self: Incarnation, { checks }: Batch): Effect.Effect<boolean, StoreError> =>
  Effect.gen(function* () {
    const [held] = checks;
    if (held?._tag !== "Held") return false;
    const [run] = (yield* self.store.list("run", { where: { ids: [held.run] }, limit: 1 })).rows;
    return (
      run !== undefined &&
      refusalOf(run, { move: "settle", by: held }) === undefined &&
      run.cancelRequested &&
      self.holdings.cancel(run.id, run.token)
    );
  });

/** Claims as many due runs as there are free slots, and starts them. */
const claim = (self: Incarnation): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const limit = self.draining || self.isLapsed ? 0 : yield* self.executor.capacity;
    if (limit <= 0) return;
    self.mayClaim = false;
    self.claimedAt = yield* self.store.now;
    const reply = yield* self.store.claim({
      owner: self.owner,
      nonce: `${self.owner}/${self.claims++}`,
      tasks: self.tasks,
      limit,
      limits: self.limits,
    });
    self.claimAt = reply.nextDueAt;
    // Who was cancelled before is told with the claim.
    if (self.holdings.size === 0) self.cancelsCheckedAt = self.claimedAt;
    for (const run of reply.runs) {
      self.holdings.add(run);
      if (run.cancelRequested) self.holdings.hear(unstarted(run));
      else yield* self.executor.start(orderOf(self.definitions, run));
    }
  });

/** Routes one piece of what the log has gained and what came due. */
const route = (self: Incarnation): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    self.mayRoute = false;
    const reading = yield* self.store.read({
      revision: self.state?.watermark.revision ?? null,
      limit: signalsMax,
    });
    self.readAt = reading.now;
    // Another generation is active: its engines route, this one only executes what it can.
    if (!isActive(reading.generation, self.definitions, self.zones)) {
      self.state = undefined;
      tellOtherGeneration(self, reading.generation);
      return;
    }
    if (reading.state !== null)
      self.state = stateOf(self.definitions, reading.watermark, reading.state);
    const state = self.state as State;
    // Who made this state may not have come to it.
    if (reading.state !== null) yield* cancelOthers(self, state, state.firings.keys());
    tellSetBack(self, state, reading.now);
    const last = reading.signals.at(-1);
    // After the clock was set back, what is stored lies ahead of it: the log's own time counts.
    const until =
      reading.more && last !== undefined
        ? last.at
        : Math.max(reading.now, state.watermark.at, last?.at ?? 0);
    const { signals, now } = reading;
    if (last === undefined && !isAnythingDue(state, { until, now })) return;
    const piece = { signals, until, now };
    const first = step(self.definitions, state, piece, yield* watchOf(self));
    const decision = first.again.length === 0 ? first : yield* onceOnly(self, state, piece, first);
    const reply = yield* self.commit(batchOf(decision, state.watermark.revision));
    const isFirst = reply._tag === "Committed"; // otherwise another router was there: read again
    self.state = isFirst ? advance(state, decision) : undefined;
    self.conflicts = isFirst ? 0 : self.conflicts + 1;
    self.mayRoute ||= reading.more || !isFirst || decision.signals.length > 0;
    if (self.state === undefined) return;
    for (const run of decision.runs) self.note({ _tag: "Owed", run });
    for (const skip of decision.skips) self.note({ _tag: "Skipped", skip });
    self.mayClaim ||= decision.runs.length > 0 || freesRuns(decision);
    if (decision.firings.size > 0) yield* cancelOthers(self, self.state, decision.firings.keys());
  });

/** Watches how long user code takes, by the engine's clock. */
const watchOf = (self: Incarnation): Effect.Effect<Stopwatch> =>
  Clock.clockWith((clock) =>
    Effect.succeed(
      stopwatch(
        () => clock.currentTimeMillisUnsafe(),
        self.slowest,
        (message) => self.note({ _tag: "Warning", message }),
      ),
    ),
  );

/** The decision without the runs that were owed before: the store says which of those that may have been. */
const onceOnly = (
  self: Incarnation,
  state: State,
  piece: Piece,
  decision: Decision,
): Effect.Effect<Decision, StoreError> => {
  const again = new Set(decision.again);
  const triggers = decision.runs.flatMap(({ id, trigger }) => (again.has(id) ? [trigger] : []));
  const asked = self.store.owed({ runs: decision.again, triggers: [...new Set(triggers)] });
  return Effect.map(asked, ({ runs, forgotten }) =>
    runs.length + Object.keys(forgotten).length === 0
      ? decision
      : step(self.definitions, state, { ...piece, known: new Set(runs), forgotten }),
  );
};

/** Hands cancel requests of people to the executor. */
const cancelRequested = (self: Incarnation, now: number): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    self.cancelsCheckedAt = now;
    const ids = self.holdings.ids();
    const { rows } = yield* self.store.list("run", { where: { ids }, limit: ids.length });
    for (const { id, cancelRequested: asked, token } of rows)
      if (asked && self.holdings.cancel(id, token)) yield* self.executor.cancel(id);
  });

const tellIdle = (self: Incarnation): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    if (self.holdings.size > 0 || self.mayRoute) return;
    if (!isIdle(yield* self.store.summary)) return;
    const waiters = [...self.idleWaiters];
    self.idleWaiters.clear();
    for (const waiter of waiters) waiter.openUnsafe();
  });
