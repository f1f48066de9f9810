// Makes a plan that breaks a law smaller, as long as it still breaks it: fewer faults, fewer departures from first come, first served, less time.
import fc from "fast-check";
import type { Fault } from "../core/simulation/fault.ts";
import type { Departure } from "../core/simulation/interleaving.ts";
import type { Played } from "../core/simulation/play.ts";
import type { Plan } from "../core/simulation/plan.ts";

/** A plan whose faults and steps are written out. */
export interface WrittenPlan extends Plan {
  readonly steps: readonly Departure[];
  readonly faults: readonly Fault[];
}

/** After this long the smallest plan so far is good enough. */
const shrinkMillisMax = 5_000;

/** `play` says what comes of a plan; undefined if it can't be played now. */
export const shrunk = (
  play: (plan: Plan) => Played | undefined,
  { plan, found, law }: { readonly plan: Plan; readonly found: Played; readonly law: string },
): WrittenPlan => {
  const begun = performance.now();
  const isLate = (): boolean => performance.now() - begun > shrinkMillisMax;
  const breaks = (candidate: WrittenPlan): boolean =>
    !isLate() && play(candidate)?.violations.some((violation) => violation.law === law) === true;
  const written: WrittenPlan = { ...plan, steps: found.departures, faults: found.faults };
  const calm: WrittenPlan = { ...written, steps: [] };
  const first = breaks(calm) ? calm : written;
  if (first === written && !breaks(written)) return written;
  let smallest = shorter(first, breaks);
  const { faults, steps } = smallest;
  const some = <A>(list: readonly A[]): fc.Arbitrary<A[]> =>
    list.length === 0
      ? fc.constant([])
      : fc.array(fc.constantFrom(...list), { maxLength: list.length });
  fc.check(
    fc.property(some(faults), some(steps), (faults, steps) => {
      const candidate = { ...smallest, faults, steps };
      const isBroken = breaks(candidate);
      if (isBroken) smallest = candidate;
      return !isBroken;
    }),
    { examples: [[[...faults], [...steps]]], numRuns: 1, seed: 0 },
  );
  return smallest;
};

/** The same plan for half the time, again and again, while that still breaks the law. */
const shorter = (plan: WrittenPlan, breaks: (plan: WrittenPlan) => boolean): WrittenPlan => {
  let shortest = plan;
  for (let millis = plan.forMillis; millis > 1_000;) {
    millis = Math.floor(millis / 2);
    const candidate = { ...shortest, forMillis: millis };
    if (!breaks(candidate)) break;
    shortest = candidate;
  }
  return shortest;
};
