// A test that plays one plan: red as long as the plan breaks the law, green without the bug.
import { formatInstant } from "../core/instant.ts";
import type { SimulationViolation } from "./report.ts";

export interface TestOptions {
  /** How the test file imports the app's file. */
  readonly app: string;
  /** The app's file exports `simulation`, with its laws and its environment. */
  readonly hasSettings: boolean;
  /** Tasks for which a fake stands that the command line has made. */
  readonly faked: readonly string[];
  /** How many milliseconds such a fake takes. */
  readonly takes: readonly [string, string];
}

/** The source of a vitest file. */
export const testSource = (
  { law, message, plan }: SimulationViolation,
  { app, hasSettings, faked, takes }: TestOptions,
): string => {
  const settings = hasSettings ? ", { simulation }" : "";
  const fakes = faked.map(
    (task) => `      ${JSON.stringify(task)}: fake({ takes: ${JSON.stringify(takes)} }),\n`,
  );
  const tasks =
    fakes.length === 0
      ? ""
      : `    tasks: {\n${fakes.join("")}${hasSettings ? "      ...simulation.tasks,\n" : ""}    },\n`;
  return `// Written by \`detent simulate --emit-test\`: the smallest plan that was found which breaks this law.
// ${oneLine(message)}
import { expect, test } from "vitest";
import { ${fakes.length === 0 ? "" : "fake, "}simulate, type Plan } from "detent/simulation";
import app${settings} from ${JSON.stringify(app)};

// From ${formatInstant(plan.from)}, with seed ${plan.seed}.
const plan: Plan = ${JSON.stringify(plan, null, 2)};

test(${JSON.stringify(`${law}: one plan that broke it`)}, async () => {
  const { violations } = await simulate(app, {
${hasSettings ? "    ...simulation,\n" : ""}${tasks}    plan,
  });
  expect(violations.flatMap(({ law, message, timeline }) => [\`\${law}: \${message}\`, ...timeline])).toEqual([]);
});
`;
};

const oneLine = (text: string): string => text.replace(/\s+/g, " ");
