// Goal: a simulation is a test. Method: one that passes is called as users do; what one that fails would say is made by hand, because a failing test would fail this file.
import { expect, test } from "vitest";
import { detent, event, task, trigger } from "../../src/core/index.ts";
import { summaryText, violationText } from "../../src/simulation/report.ts";
import { simulate } from "../../src/simulation/index.ts";
import { simTest } from "../../src/simulation/vitest.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const app = detent({
  tasks: [work],
  triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.payload })],
});

simTest("an app whose laws hold is a test that passes", app, {
  runs: 3,
  for: "10 min",
  faults: "none",
  sometimes: { ran: (s) => s.running("work").length === 1 },
});

test("a failure tells the law, the lines, what is left of the plan and how much was looked at", async () => {
  const report = await simulate(app, {
    runs: 2,
    for: "10 min",
    faults: "none",
    always: { few: (s) => s.runs().length < 3 },
  });
  const text = report.violations.map((violation) => violationText(violation)).join("\n");
  expect(text).toMatch(/^✗ few: it does not hold any more\n/);
  expect(text).toContain("\n  ▶ 2026-01-01T00:03:00.000Z  engine");
  expect(text).toContain(
    "0 faults and 0 departures from first come, first served are left. The plan:\n  {",
  );
  expect(text.split("\n").length).toBeLessThanOrEqual(18);
  expect(summaryText(report)).toMatch(
    /^2 plans, \d of them distinct, \d+ steps; seed 1\nfaults: none$/,
  );
});
