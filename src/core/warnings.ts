// What a router tells people when it does not do what they expect: it waits for the clock, or another generation is active. Each is told once, not every turn.
import type { Incarnation } from "./incarnation.ts";
import { formatInstant } from "./instant.ts";
import { waitsForClock, type State } from "./state.ts";
import type { Generation } from "./store.ts";

/** Clocks of engines on one machine, and the steps of a clock that is kept right, differ by less. */
const setBackMillisMin = 1_000;

/** Tells, once each time, that schedules wait because the clock was set back. */
export const tellSetBack = (self: Incarnation, state: State, now: number): void => {
  const { at } = state.watermark;
  const wasSetBack = self.isSetBack;
  self.isSetBack = at - now > setBackMillisMin;
  if (self.isSetBack && !wasSetBack && waitsForClock(self.definitions, state, now))
    self.note({
      _tag: "Warning",
      message: `the store's clock was set back; schedules go on at once after "detent rewind", or by themselves at ${formatInstant(at)}`,
    });
};

/** Once a generation: whoever deploys wants to know which engine is behind, whoever didn't that it is. */
export const tellOtherGeneration = (self: Incarnation, generation: Generation | null): void => {
  if (generation === null || self.toldGeneration === generation.number) return;
  self.toldGeneration = generation.number;
  const difference =
    generation.fingerprint === self.definitions.fingerprint
      ? `computes with the time zone database ${generation.zones ?? "of an engine that didn't say"}, this engine with ${self.zones}`
      : "has other definitions";
  self.note({
    _tag: "Warning",
    message: `generation ${generation.number}, which is active now, ${difference}: this engine executes runs of its tasks and routes nothing; start it anew to make its own the active ones`,
  });
};
