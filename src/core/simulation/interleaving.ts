// Which of the steps that could be taken is taken. Steps are counted; at each the strategy says how far it departs from first come, first served (0: not at all), and the
// departures are kept, so that a world can be run again by them alone.
import { InputError } from "../errors.ts";
import { Chance } from "./chance.ts";
import type { Choose } from "./virtual-time.ts";

/** `random`: anything that is ready. `pct:d`: first come, first served, but for `d` departures at random places. `fifo`: no departure. */
export type Strategy = "random" | "fifo" | `pct:${number}`;

/** At the `at`-th choice, the `pick`-th of what could be done next. */
export interface Departure {
  readonly at: number;
  readonly pick: number;
}

/** Among how many choices `pct` spreads its departures. */
const spreadMax = 4_000;

export class Interleaving {
  readonly departures: Departure[] = [];
  choices = 0;
  readonly choose: Choose;

  /** @param onChoice is told of each choice, and between how many steps it was */
  constructor(
    seed: number,
    strategy: Strategy | readonly Departure[],
    onChoice?: (at: number, count: number) => void,
  ) {
    const pickAt = pickerOf(new Chance(seed), strategy);
    this.choose = (count) => {
      const at = this.choices++;
      onChoice?.(at, count);
      const pick = Math.min(pickAt(at, count), count - 1);
      if (pick > 0) this.departures.push({ at, pick });
      return pick;
    };
  }
}

const pickerOf = (
  chance: Chance,
  strategy: Strategy | readonly Departure[],
): ((at: number, count: number) => number) => {
  if (typeof strategy !== "string") {
    const picks = new Map(strategy.map(({ at, pick }) => [at, pick]));
    return (at) => picks.get(at) ?? 0;
  }
  if (strategy === "fifo") return () => 0;
  if (strategy === "random") return (at, count) => Math.floor(chance.unitAt(at) * count);
  const depth = Number(/^pct:(\d{1,3})$/.exec(strategy)?.[1] ?? NaN);
  if (Number.isNaN(depth))
    throw new InputError(
      `strategy: ${JSON.stringify(strategy)} is none; give "random", "fifo" or "pct:3"`,
    );
  const places = new Set(
    Array.from({ length: depth }, (_, index) => chance.between(`place ${index}`, [0, spreadMax])),
  );
  return (at, count) => (places.has(at) ? Math.floor(chance.unitAt(at) * count) : 0);
};
