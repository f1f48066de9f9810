// Goal: nobody reads "1 runs". Method: the noun by itself, and the lines that count: of a start, of plans, of a poisoned run.
import { expect, test } from "vitest";
import { counted } from "../../src/core/counted.ts";
import { summaryText as startText } from "../../src/cli/display.ts";
import { Tally } from "../../src/cli/tally.ts";
import { summaryText as plansText, type SimulationReport } from "../../src/simulation/report.ts";

test.each([
  [0, "run", "0 runs"],
  [1, "run", "1 run"],
  [2, "match", "2 matches"],
  [1, "match", "1 match"],
  [12_345, "distinct plan", "12,345 distinct plans"],
])("%d %s is %s", (count, noun, text) => {
  expect(counted(count, noun)).toBe(text);
});

test("a start that ended one run, and a simulation of one plan and one step, say so in the singular", () => {
  const tally = new Tally(0);
  tally.tasks.set("a", { ...none, task: "a", succeeded: 1 });
  expect(startText(tally, undefined, 5)).toContain("\n1 run ended in 5 ms");
  const report = {
    runs: 1,
    distinct: 1,
    steps: 1,
    seed: 1,
    faults: {},
    vacuous: [],
    unmodelled: [],
  };
  expect(plansText(report as unknown as SimulationReport)).toContain(
    "1 plan, 1 of them distinct, 1 step; seed 1",
  );
});

const none = { succeeded: 0, failed: 0, other: 0, retries: 0, millis: 0 };
