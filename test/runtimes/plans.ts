// Plans that are played wherever detent runs, and what must come of them everywhere. Depends on nothing of its place, so that it also runs as a bundle where there is no Node.
import { fake } from "../../src/core/simulation/fake.ts";
import { played } from "../../src/core/simulation/play.ts";
import { cron, detent, event, task, trigger } from "../../src/core/index.ts";
import { sabotageApp, sabotageOptions } from "../../src/simulation/sabotage-app.ts";
import { planOf } from "../../src/simulation/options.ts";

/** Days on which clocks change, in a zone that is not the machine's. */
const work = task({ id: "work", run: (input: unknown) => input });
const zoned = detent({
  tasks: [work],
  triggers: [
    trigger("night", { when: cron("30 1,2 * * *", { timeZone: "Europe/Madrid" }), run: work }),
    trigger("each", { when: event("e"), run: work, input: (f) => f.event.payload }),
  ],
});

const plans = [0, 1, 2].map((index) => ({
  play: {
    app: sabotageApp,
    ...(sabotageOptions.tasks && { tasks: sabotageOptions.tasks }),
    world: sabotageOptions.world,
  },
  plan: planOf({ ...sabotageOptions, for: "15 s" }, index),
}));
plans.push({
  play: {
    app: zoned,
    tasks: { work: fake({ takes: ["1 s", "9 min"] }) },
    world: (w) => w.every("20 min", (n) => w.emit("e", n)),
  },
  plan: planOf({ from: "2026-03-28T23:30:00Z", for: "3 h", faults: "chaos" }, 1),
});

/** Of a plan: the trace's hash, how many faults happened, the laws that broke, and the ids of all runs. Whoever changes what an engine does changes them, and that is all right. */
export type Outcome = readonly [
  hash: string,
  faults: number,
  laws: readonly string[],
  runs: readonly string[],
];

export const playPlans = (): readonly Outcome[] =>
  plans.map(({ play, plan }) => {
    const { traceHash, violations, faults, world } = played(play, plan, {});
    return [
      traceHash,
      faults.length,
      violations.map(({ law }) => law),
      world.runs().map(({ id }) => id),
    ];
  });
