// What a simulation tells: as data, and as a person reads it.
import type { FaultKind } from "../core/simulation/fault.ts";
import type { WrittenPlan } from "./shrink.ts";
import { counted } from "../core/counted.ts";

export interface SimulationViolation {
  /** The name of the user's law, or of the oracle's. */
  readonly law: string;
  readonly message: string;
  /** The smallest plan that was found. */
  readonly plan: WrittenPlan;
  /** At most 15 lines; ▶ marks the one at which the law broke. */
  readonly timeline: readonly string[];
  /** The file in which the plan is saved. */
  readonly file?: string;
}

export interface SimulationReport {
  readonly seed: number;
  /** How many plans were played. */
  readonly runs: number;
  /** How many of them differed in their steps. */
  readonly distinct: number;
  readonly steps: number;
  /** One for each law that was broken. */
  readonly violations: readonly SimulationViolation[];
  /** What was asked for and never happened: then the simulation has shown less than it seems. */
  readonly vacuous: readonly string[];
  /** 8 hexadecimal digits over all steps of all plans. */
  readonly traceHash: string;
  /** How often each kind of fault has happened. */
  readonly faults: { readonly [kind in FaultKind]?: number };
  /** Triggers with options that the reference model doesn't know; only the laws of the store watch them. */
  readonly unmodelled: readonly string[];
  /** Of the strategy "exhaustive": whether every order of steps was played. */
  readonly isExhausted?: boolean;
  /** Saved plans that were played before all others, and how many of them still break their law. */
  readonly saved?: { readonly plans: number; readonly broken: number };
}

/** A violation: the law, the lines that lead to it, and what shows it again. */
export const violationText = (
  { law, message, plan, timeline, file }: SimulationViolation,
  replay?: string,
): string =>
  [
    `✗ ${law}: ${message}`,
    ...timeline.map((line) => `  ${line}`),
    `  ${counted(plan.faults.length, "fault")} and ${counted(plan.steps.length, "departure")} from first come, first served are left.${file === undefined ? " The plan:" : ""}`,
    ...(file === undefined ? [`  ${JSON.stringify(plan)}`] : [`  Again: ${replay ?? file}`]),
  ].join("\n");

/** How much was looked at, and what never happened. */
export const summaryText = (report: SimulationReport): string => {
  const { runs, distinct, steps, seed, faults, vacuous, unmodelled, isExhausted, saved } = report;
  const happened = Object.entries(faults).map(([kind, times]) => `${times} ${kind}`);
  return [
    ...(saved === undefined
      ? []
      : [`${counted(saved.plans, "saved plan")} first; ${saved.broken} of them still break a law`]),
    `${counted(runs, "plan")}, ${distinct} of them distinct, ${counted(steps, "step")}; seed ${seed}`,
    ...(isExhausted === undefined
      ? []
      : [isExhausted ? "every order of steps was played" : "there are more orders of steps"]),
    `faults: ${happened.length === 0 ? "none" : happened.join(", ")}`,
    ...unmodelled.map((id) => `the reference model does not know all options of trigger ${id}`),
    ...vacuous.map((what) => `vacuous: ${what}`),
  ].join("\n");
};
