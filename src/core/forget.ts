// The router forgets what is old: from time to time, and a little at a time, so that nothing else waits for it.
import * as Effect from "effect/Effect";
import type { StoreError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";
import { purgeAt } from "./purge.ts";

const everyMillis = 600_000;
const rowsMax = 500;
/** How soon it goes on if there is more. */
const pauseMillis = 20;

/** Without what the router knows another one routes, or this one is about to read again. */
export const wantsForget = ({ state, draining, forgetAt }: Incarnation, now: number): boolean =>
  state !== undefined && !draining && (now >= forgetAt || forgetAt - now > everyMillis);

export const forget = (self: Incarnation, now: number): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const { more } = yield* self.store.purge({
      ...purgeAt(now, self.definitions.retentionMillis),
      limit: rowsMax,
    });
    self.isForgetting = more;
    self.forgetAt = now + (more ? pauseMillis : everyMillis);
  });
