// What a simulation may be given besides its options by the command line and by the trial of the oracle, and what it tells them meanwhile.
import type { Played } from "../core/simulation/play.ts";
import type { WorldInternals } from "../core/simulation/world-options.ts";
import type { SimulationViolation } from "./report.ts";
import type { Digest } from "./tally.ts";

/** Somebody who plays plans ahead, in other threads. */
export interface Scouts {
  /** What came of a plan; undefined: nobody there could play it. */
  readonly take: (index: number) => Promise<Digest | undefined>;
  /** No plan from this one on will be asked for. */
  readonly limit: (end: number) => void;
}

/** How far a simulation has got. */
export interface Headway {
  /** What is played: a plan, one that was saved, or smaller ones than the last plan, which broke the law. */
  readonly stage: "plan" | "saved" | "smaller";
  /** Which plan that is, counted from 1, of how many at most. */
  readonly plan: number;
  readonly plans: number;
  /** How many runs were owed in the plans before. */
  readonly owed: number;
  /** The law that was broken, where smaller plans are played; otherwise null. */
  readonly law: string | null;
}

export interface SimulateInternals extends Pick<WorldInternals, "wrap" | "tamper"> {
  /** Ends with the first plan that breaks a law, and neither makes it smaller nor plays a plan twice. */
  readonly isQuick?: boolean;
  /** Plans are played there first; those that break a law, and every fiftieth, are played here. */
  readonly scouts?: Scouts;
  /** Is given the worlds of what a person may want to look at: of each law that was broken, and of the first plan. */
  readonly onWorld?: (played: Played, violation?: SimulationViolation) => void;
  /** Is told before each plan, and before a plan is made smaller. */
  readonly onHeadway?: (headway: Headway) => void;
}
