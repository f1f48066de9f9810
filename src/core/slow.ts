// Slow code of the user's: filters, `by` and `input` run while nothing else of the engine does. How long they take is measured by whoever has a clock; this decides what
// is worth telling.
import type { Stopwatch } from "./step.ts";

/** Shorter than this is not told. */
const slowMillisMin = 200;

/**
 * Measures what it is told of by `now`, and tells of a trigger when its code took `slowMillisMin` or longer, and again when it took twice as long as was told before:
 * `slowest` keeps that between measurements.
 */
export const stopwatch = (
  now: () => number,
  slowest: Map<string, number>,
  tell: (message: string) => void,
): Stopwatch => {
  let [trigger, begunAt] = ["", 0];
  return {
    begun: (id) => {
      [trigger, begunAt] = [id, now()];
    },
    ended: () => {
      const millis = now() - begunAt;
      if (millis < Math.max(slowMillisMin, 2 * (slowest.get(trigger) ?? 0))) return;
      slowest.set(trigger, millis);
      tell(
        `trigger ${JSON.stringify(trigger)}: its filters, by and input took ${Math.round(millis)} ms for one signal; nothing else is routed meanwhile`,
      );
    },
  };
};
