// A plan: all that decides how a world goes on, as data. What is left to chance is in its seed, or written out as departures and faults, by which it can be made smaller.
import type { Fault, FaultKind } from "./fault.ts";
import type { Departure, Strategy } from "./interleaving.ts";
import type { Durability } from "./simulated-store.ts";

export interface Plan {
  readonly seed: number;
  readonly engines: number;
  /** The instant at which it begins, in milliseconds. */
  readonly from: number;
  /** For how long the environment acts and faults happen. */
  readonly forMillis: number;
  /** Or for so many steps, if they come first. */
  readonly stepsMax?: number;
  /** What an acknowledged write survives. Left out: a loss of power. */
  readonly durability?: Durability;
  /** What the environment does not do of what it would, by name: `every 0 7` is the eighth occasion of the first `every`, `at 2` the third `at`. */
  readonly without?: readonly string[];
  /** How the next step is chosen, or the choices that depart from first come, first served. */
  readonly steps: Strategy | readonly Departure[];
  /** Kinds of faults, drawn by the seed; or the faults. */
  readonly faults: readonly FaultKind[] | readonly Fault[];
}
