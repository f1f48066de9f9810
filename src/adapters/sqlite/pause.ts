// How to wait for another process that has the file to itself at the moment. SQLite's own waiting blocks this thread and starves some of those who wait; asking again after a
// random pause, as short as timers are, doesn't. The Random and the Clock are Effect's.
import * as Effect from "effect/Effect";
import * as Random from "effect/Random";

/** Others who take longer than that are in the way: an error. */
export const patienceMillis = 10_000;

export const pause: Effect.Effect<void> = Effect.flatMap(Random.nextBetween(0.2, 1.7), (millis) =>
  Effect.sleep(millis),
);
