// Leases: an engine whose lease could not be renewed ends what it holds before others may take it back. It claims nothing until all of that has ended; then it enters anew,
// under another id, for the old one may be closed by now. What the old one still holds in the store is taken back as a dead engine's is.
import * as Effect from "effect/Effect";
import type { StoreError } from "./errors.ts";
import { Holdings } from "./holdings.ts";
import type { Incarnation } from "./incarnation.ts";

/** Listens for the end of the lease. It may come while a turn waits for the store, so it is acted upon at once. */
export const watchLease = (self: Incarnation): Effect.Effect<void> =>
  Effect.contextWith((services) =>
    Effect.sync(() => {
      self.endWatch = self.store.lapses?.(self.owner, (graceMillis) => {
        if (self.isLapsed) return;
        self.isLapsed = true;
        const held = self.holdings.cutOff();
        self.note({
          _tag: "Warning",
          message: `the lease of engine ${self.owner} could not be renewed: what it runs (${held.length}) is ended, for others may take it back in ${Math.round(graceMillis / 1_000)} s`,
        });
        Effect.runForkWith(services)(
          Effect.forEach(held, (run) => self.executor.cancel(run), { discard: true }),
        );
        self.wake();
      });
    }),
  );

/** Enters anew when nothing runs any more. */
export const enterAnew = (self: Incarnation): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    if (self.holdings.size > 0 || self.draining) return;
    const id = `${self.entrant.id}/${++self.entries}`;
    yield* self.store.enter({ ...self.entrant, id });
    self.endWatch?.();
    self.owner = id;
    self.holdings = new Holdings(self.definitions, id);
    self.isLapsed = false;
    self.mayRoute = self.mayClaim = true;
    yield* watchLease(self);
    self.note({ _tag: "Warning", message: `the engine goes on as ${id}` });
  });
