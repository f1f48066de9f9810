// The trial of the oracle: every mutant plays plan after plan until a law breaks, and then the engine of production plays the very same plans, in which none may. A mutant
// that lives means that the oracle is blind; a law that breaks without one means that it sees ghosts.
import type { DurationInput } from "../core/duration.ts";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./sabotage.ts";
import { sabotageApp, sabotageOptions } from "./sabotage-app.ts";
import type { SimulationReport } from "./report.ts";
import { simulated } from "./simulate.ts";

export interface MutantReport {
  readonly name: string;
  /** What it does wrong. */
  readonly fault: string;
  /** How many plans it played: the law broke in the last of them, or it lives. */
  readonly plans: number;
  /** The laws that it broke; none: it lives. */
  readonly laws: readonly string[];
}

export interface SabotageReport {
  readonly seed: number;
  /** How many plans a mutant may live through at most. */
  readonly runs: number;
  readonly mutants: readonly MutantReport[];
  /** Names of the mutants that live. */
  readonly alive: readonly string[];
  /** What the engine of production did with the plans that the mutants played. */
  readonly clean: Pick<SimulationReport, "runs" | "distinct" | "steps" | "faults" | "violations">;
}

export interface SabotageOptions {
  /** Default 1. */
  readonly seed?: number;
  /** How many plans a mutant may live through. Default 500. */
  readonly runs?: number;
  /** For how long faults happen in a plan, in virtual time. Default 4 minutes. */
  readonly for?: DurationInput;
  /** Only these, by name. */
  readonly only?: readonly string[];
  /** Is told of each mutant when it is done. */
  readonly onMutant?: (report: MutantReport) => void;
}

/** Lets all mutants loose, and then the engine without one. */
export const sabotage = async (options: SabotageOptions = {}): Promise<SabotageReport> => {
  const { seed = 1, runs = 500, only, onMutant } = options;
  const settings = {
    ...sabotageOptions,
    seed,
    ...(options.for !== undefined && { for: options.for }),
  };
  const reports: MutantReport[] = [];
  for (const mutant of mutants) {
    if (only !== undefined && !only.includes(mutant.name)) continue;
    // oxlint-disable-next-line no-await-in-loop
    const report = await trialOf(mutant, { ...settings, runs });
    reports.push(report);
    onMutant?.(report);
  }
  const played = Math.max(1, ...reports.map(({ plans }) => plans));
  const clean = await simulated(sabotageApp, { ...settings, runs: played });
  const { distinct, steps, faults, violations } = clean;
  return {
    seed,
    runs,
    mutants: reports,
    alive: reports.filter(({ laws }) => laws.length === 0).map(({ name }) => name),
    clean: { runs: clean.runs, distinct, steps, faults, violations },
  };
};

const trialOf = async (
  { name, fault, ...internals }: Mutant,
  settings: typeof sabotageOptions & { readonly runs: number },
): Promise<MutantReport> => {
  const { runs, violations } = await simulated(sabotageApp, settings, {
    ...internals,
    isQuick: true,
  });
  return { name, fault, plans: runs, laws: violations.map(({ law }) => law) };
};
