// Expiry: pending runs whose time is over.
import * as Effect from "effect/Effect";
import type { StoreError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";
import { expired, moves, type Run } from "./run.ts";

/** At once. More than that are the business of the next turn. */
const expiredMax = 10_000;

/**
 * Ends the pending runs that have expired, whether or not there are slots free. Whoever defines the task may do it: it needs no router, and none of what a router knows.
 * An engine none of whose tasks expires looks now and then, for runs of former definitions.
 */
export const expire = (self: Incarnation): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const now = yield* self.store.now;
    self.expiryCheckedAt = now;
    const { runs, nextAt } = yield* self.store.expiry({ tasks: self.tasks, limit: expiredMax });
    self.expiryAt = nextAt;
    if (runs.length === expiredMax) self.mayRoute = true;
    const end = Effect.fnUntraced(function* (run: Run) {
      const { patch, signals } = expired(run, now);
      const reply = yield* self.commit({
        checks: [{ _tag: "InState", run: run.id, token: run.token, states: moves.expire.from }],
        patches: [{ run: run.id, patch }],
        signals,
      });
      if (reply._tag === "Conflict") return;
      self.mayRoute = true;
      self.note({ _tag: "Expired", run: { ...run, ...patch } });
    });
    yield* Effect.forEach(runs, end, { concurrency: "unbounded", discard: true });
  });
