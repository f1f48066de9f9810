// `detent simulate --sabotage`: the trial of the oracle, as a table that grows while it is made. Exit codes: 0 all mutants were seen and the engine is clean, 1 otherwise.
import type { MutantReport, SabotageReport } from "../simulation/sabotage-run.ts";
import { demandCount, durationOf } from "./options.ts";
import { print, printJson, styled } from "./output.ts";
import { counted } from "../core/counted.ts";

interface Settings {
  readonly app: string | undefined;
  readonly seed: number | undefined;
  readonly runs: number | undefined;
  readonly for: string | undefined;
  readonly json: boolean;
}

export const sabotaged = async (settings: Settings): Promise<void> => {
  const { app, seed, runs, json } = settings;
  if (app !== undefined) {
    const { InputError } = await import("../core/errors.ts");
    throw new InputError(
      `--sabotage tries detent itself, with an app of its own: leave ${app} out`,
    );
  }
  const { sabotage } = await import("../simulation/sabotage-run.ts");
  if (!json) print(styled("bold", `${"mutant".padEnd(nameWidth)}  plans  seen by`));
  const report = await sabotage({
    ...(seed !== undefined && { seed }),
    ...(runs !== undefined && { runs: demandCount("runs", runs, 100_000) }),
    ...(settings.for !== undefined && { for: durationOf(settings.for) }),
    onMutant: (mutant) => void (json || print(lineOf(mutant))),
  });
  if (json) printJson(report);
  else print(summaryOf(report));
  process.exitCode = report.alive.length + report.clean.violations.length > 0 ? 1 : 0;
};

const nameWidth = 28;

const lineOf = ({ name, fault, plans, laws }: MutantReport): string => {
  const seen = laws.length === 0 ? styled("red", "LIVES") : styled("green", laws.join(", "));
  const what = styled("dim", `${" ".repeat(nameWidth + 9)}${fault}`);
  return `${name.padEnd(nameWidth)}  ${String(plans).padStart(5)}  ${seen}\n${what}`;
};

const summaryOf = ({ seed, mutants, alive, clean }: SabotageReport): string => {
  const most = Math.max(...mutants.map(({ plans }) => plans));
  const { runs, distinct, steps, faults, violations } = clean;
  const happened = Object.entries(faults).map(([kind, times]) => `${times} ${kind}`);
  return [
    "",
    alive.length === 0
      ? styled(
          "green",
          `${mutants.length} mutants, all of them seen, within ${counted(most, "plan")} each`,
        )
      : styled("red", `${alive.length} of ${mutants.length} mutants live: ${alive.join(", ")}`),
    violations.length === 0
      ? styled("green", `the engine itself keeps all laws in the same ${counted(runs, "plan")}`)
      : styled("red", `the engine itself breaks ${violations.map(({ law }) => law).join(", ")}`),
    `${counted(distinct, "distinct plan")}, ${counted(steps, "step")}, seed ${seed}; faults: ${happened.join(", ")}`,
  ].join("\n");
};
