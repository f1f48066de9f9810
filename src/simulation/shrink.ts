// Makes a plan that breaks a law smaller, as long as it still breaks it: no departures from first come, first served, fewer engines, less time, fewer faults, fewer things that
// the environment does; and then smaller faults.
import fc from "fast-check";
import { shortestOf, type Fault } from "../core/simulation/fault.ts";
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

/** What came of a plan, in itself: its faults and departures as a list. */
export const writtenOf = (plan: Plan, { departures, faults }: Played): WrittenPlan => ({
  ...plan,
  steps: departures,
  faults,
});

/** `play` says what comes of a plan; undefined if it can't be played now. */
export const shrunk = (
  play: (plan: Plan) => Played | undefined,
  { plan, found, law }: { readonly plan: Plan; readonly found: Played; readonly law: string },
): WrittenPlan => new Shrinking(play, law, { plan: writtenOf(plan, found), found }).shrink();

class Shrinking {
  readonly #play: (plan: Plan) => Played | undefined;
  readonly #law: string;
  readonly #until = performance.now() + shrinkMillisMax;
  #smallest: WrittenPlan;
  /** What came of the smallest. */
  #found: Played;

  constructor(
    play: (plan: Plan) => Played | undefined,
    law: string,
    first: { readonly plan: WrittenPlan; readonly found: Played },
  ) {
    this.#play = play;
    this.#law = law;
    this.#smallest = first.plan;
    this.#found = first.found;
  }

  shrink(): WrittenPlan {
    this.#try({ ...this.#smallest, steps: [] });
    this.#shorten();
    for (let engines = 1; engines < this.#smallest.engines; engines++)
      if (this.#try({ ...this.#smallest, engines })) break;
    this.#fewerFaults();
    this.#fewer(this.#smallest.steps, (steps) => ({ ...this.#smallest, steps }));
    // By their instants: these stay as they are when less happens before.
    if (this.#try({ ...this.#smallest, faults: this.#found.world.faults.byInstant }))
      this.#fewerFaults();
    const { without = [] } = this.#smallest;
    const occasions = this.#found.occasions;
    this.#fewer(occasions, (kept) => ({
      ...this.#smallest,
      without: [...without, ...occasions.filter((name) => !kept.includes(name))],
    }));
    this.#shorten();
    this.#milder();
    return this.#smallest;
  }

  #fewerFaults(): void {
    this.#fewer(this.#smallest.faults, (faults) => ({ ...this.#smallest, faults }));
  }

  /** Whether the candidate still breaks the law; then it is the smallest. */
  #try(candidate: WrittenPlan): boolean {
    if (performance.now() > this.#until) return false;
    const found = this.#play(candidate);
    if (found === undefined || !found.violations.some(({ law }) => law === this.#law)) return false;
    this.#smallest = candidate;
    this.#found = found;
    return true;
  }

  /** To the moment at which the law broke, and then half of that, again and again. */
  #shorten(): void {
    const { elapsed } = this.#found.world.time;
    if (elapsed < this.#smallest.forMillis) this.#try({ ...this.#smallest, forMillis: elapsed });
    for (let millis = this.#smallest.forMillis; millis > 1_000;) {
      millis = Math.floor(millis / 2);
      if (!this.#try({ ...this.#smallest, forMillis: millis })) break;
    }
  }

  /** Leaves out as much of a list as can be: all of it, halves, quarters, …, single ones (delta debugging). */
  #fewer<A>(list: readonly A[], planOf: (kept: readonly A[]) => WrittenPlan): void {
    let kept = list;
    for (let size = kept.length; size >= 1; size = Math.floor(size / 2))
      for (let from = 0; from < kept.length;) {
        const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
        if (this.#try(planOf(fewer))) kept = fewer;
        else from += size;
      }
  }

  /** Faults that take as little time as can be. */
  #milder(): void {
    const { faults } = this.#smallest;
    if (faults.length === 0) return;
    const amounts = faults.map(({ what, millis }) =>
      fc.integer({ min: Math.min(shortestOf(what), millis), max: millis }),
    );
    fc.check(
      fc.property(fc.tuple(...amounts), (millis) => {
        const milder = faults.map((fault, index) => ({ ...fault, millis: millis[index] ?? 0 }));
        return !this.#try({ ...this.#smallest, faults: milder });
      }),
      { examples: [[faults.map(({ millis }) => millis)]], numRuns: 1, seed: 0 },
    );
  }
}
