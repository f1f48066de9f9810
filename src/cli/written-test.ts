// `detent simulate --emit-test`: the plan that broke a law as a vitest file.
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import type { SimulationReport } from "../simulation/report.ts";
import { testSource } from "../simulation/written-test.ts";
import { print } from "./output.ts";
import { fakeTakes, type SimulatedApp } from "./simulated-app.ts";

export const writeTest = (
  target: string,
  of: {
    readonly file: string;
    readonly subject: SimulatedApp;
    readonly report: SimulationReport;
    readonly isQuiet: boolean;
  },
): void => {
  const { file, subject, report, isQuiet } = of;
  const [violation] = report.violations;
  if (violation === undefined) {
    if (!isQuiet) print(`no law was broken, so ${target} was not written`);
    return;
  }
  const from = path.relative(path.dirname(target), file).replaceAll("\\", "/");
  const source = testSource(violation, {
    app: from.startsWith(".") ? from : `./${from}`,
    hasSettings: subject.hasSettings,
    faked: subject.faked,
    takes: fakeTakes,
  });
  writeFileSync(target, source);
  if (!isQuiet)
    print(`${target} plays the plan that broke ${violation.law}: npx vitest run ${target}`);
};
