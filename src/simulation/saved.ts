// Plans that have broken a law, kept as JSON files: one for each law, so that the next simulation plays them first. They name what happens by logical names, and go on
// being useful when the app changes: what they name and is not there any more does not happen.
import { InputError } from "../core/errors.ts";
import { numberOf } from "../core/simulation/chance.ts";
import type { Plan } from "../core/simulation/plan.ts";
import type { SimulationViolation } from "./report.ts";

export interface SavedPlan {
  readonly law: string;
  readonly message: string;
  /** The lines that lead to where the law broke, for people; none in a plan that was saved without. */
  readonly timeline: readonly string[];
  readonly plan: Plan;
}

// Asked for when a plan is saved or read, not imported: simulations also run in browsers, from bundles, where there are no files.
const files = () => process.getBuiltinModule("node:fs");
const paths = () => process.getBuiltinModule("node:path");

/** All plans of a folder, by the names of their files; none if it isn't there. Throws an InputError for a file that is no plan. */
export const savedPlans = (folder: string): readonly SavedPlan[] => {
  let names: string[];
  try {
    names = files().readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => readPlan(paths().join(folder, name)));
};

/** The file that the plan is in now. */
export const savePlan = (
  folder: string,
  {
    law,
    message,
    timeline,
    plan,
  }: Pick<SimulationViolation, "law" | "message" | "timeline" | "plan">,
): string => {
  const file = paths().join(folder, `${fileNameOf(law)}.json`);
  files().mkdirSync(folder, { recursive: true });
  files().writeFileSync(file, `${JSON.stringify({ law, message, timeline, plan }, null, 2)}\n`);
  return file;
};

/** A plan that was saved, or a violation or plan as `detent simulate --json` prints it. Throws an InputError. */
export const readPlan = (file: string): SavedPlan => {
  let read: Partial<SavedPlan> & Partial<Plan>;
  try {
    read = JSON.parse(files().readFileSync(file, "utf8"));
  } catch (error) {
    throw new InputError(`${file} is no plan: ${(error as Error).message}`);
  }
  const plan = read.plan ?? read;
  const { seed, engines, from, forMillis, steps, faults } = plan as Partial<Plan>;
  const isPlan =
    [seed, engines, from, forMillis].every((it) => Number.isSafeInteger(it)) &&
    (typeof steps === "string" || Array.isArray(steps)) &&
    Array.isArray(faults);
  if (!isPlan)
    throw new InputError(
      `${file} is no plan: it needs seed, engines, from, forMillis, steps and faults, as detent simulate saves them`,
    );
  const { law = "", message = "", timeline = [] } = read;
  return { law, message, timeline, plan: plan as Plan };
};

/** A law is named as its user likes; a file can't be. */
const fileNameOf = (law: string): string => {
  const name = law.replace(/[^\w-]+/g, "-").slice(0, 80);
  return name === law ? name : `${name}-${numberOf(law).toString(16)}`;
};
