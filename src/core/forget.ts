// The router forgets what is old: from time to time, and a little at a time, so that nothing else waits for it.
import * as Effect from "effect/Effect";
import type { StoreError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";
import { purgeAt } from "./purge.ts";

const everyMillis = 600_000;
const rowsMax = 500;
/** How soon it goes on if there is more. */
const pauseMillis = 20;

export const forget = (self: Incarnation): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    // Without what the router knows another one routes, or this one is about to read again.
    if (self.state === undefined || self.draining) return;
    const now = yield* self.store.now;
    if (now < self.forgetAt && self.forgetAt - now <= everyMillis) return;
    const { more } = yield* self.store.purge({
      ...purgeAt(now, self.definitions.retentionMillis),
      limit: rowsMax,
    });
    self.isForgetting = more;
    self.forgetAt = now + (more ? pauseMillis : everyMillis);
  });
