// What a person reads of a simulation.
import type { SimulationReport, SimulationViolation } from "./simulate.ts";

/** A violation: the law, the lines that lead to it, and the plan that shows it again. */
export const violationText = ({ law, message, plan, timeline }: SimulationViolation): string =>
  [
    `✗ ${law}: ${message}`,
    ...timeline.map((line) => `  ${line}`),
    `  ${plan.faults.length} faults and ${plan.steps.length} departures from first come, first served are left. The plan:`,
    `  ${JSON.stringify(plan)}`,
  ].join("\n");

/** How much was looked at, and what never happened. */
export const summaryText = (report: SimulationReport): string => {
  const { runs, distinct, steps, seed, faults, vacuous, unmodelled } = report;
  const happened = Object.entries(faults).map(([kind, times]) => `${times} ${kind}`);
  return [
    `${runs} plans, ${distinct} of them distinct, ${steps} steps; seed ${seed}`,
    `faults: ${happened.length === 0 ? "none" : happened.join(", ")}`,
    ...unmodelled.map((id) => `the reference model does not know all options of trigger ${id}`),
    ...vacuous.map((what) => `vacuous: ${what}`),
  ].join("\n");
};
