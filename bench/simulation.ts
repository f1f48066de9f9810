// Simulation: how much of a pipeline's life fits into a second of CPU, with the oracle on. A step is a store call, the start of a body or the end of a sleep.
import { cron, detent, event, task, trigger } from "../src/core/index.ts";
import { sabotageApp, sabotageOptions } from "../src/simulation/sabotage-app.ts";
import { fake, simulate, type SimulateOptions } from "../src/simulation/index.ts";
import { simulated } from "../src/simulation/simulate.ts";
import { cpuMicros, median, rounded, type Row } from "./row.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const minute = trigger("minute", {
  when: cron("* * * * *"),
  run: work,
  input: (f) => f.occurrence.dueAt,
});
const each = trigger("each", { when: event("e"), run: work, input: (f) => f.event.payload });
const tasks = { work: fake({ takes: ["100 ms", "2 s"] }) };
const busy: SimulateOptions = {
  engines: 3,
  faults: "chaos",
  tasks,
  world: (w) => w.every("10 s", (n) => w.emit("e", n)),
};

const rates = async (
  app: Parameters<typeof simulated>[0],
  options: SimulateOptions,
): Promise<{ readonly steps: number; readonly seconds: number }> => {
  let steps = 0;
  const micros = await cpuMicros(async () => {
    ({ steps } = await simulated(app, options, { isQuick: true }));
  });
  return { steps, seconds: micros / 1e6 };
};

/** Seconds until the law of a bug that a person may well write was made small. */
const shrinkSeconds = async (seed: number): Promise<number> => {
  const options = { ...busy, seed, runs: 1, for: "10 min" } as const;
  const always = {
    once: (s: { runs: () => readonly { attempt: number }[] }) =>
      s.runs().every(({ attempt }) => attempt <= 1),
  };
  const app = detent({ tasks: [work], triggers: [minute, each] });
  const found = await cpuMicros(() => simulated(app, { ...options, always }, { isQuick: true }));
  const all = await cpuMicros(() => simulate(app, { ...options, always }));
  return (all - found) / 1e6;
};

export const benchSimulation = async (): Promise<readonly Row[]> => {
  const app = detent({ tasks: [work], triggers: [minute, each] });
  await rates(app, { ...busy, runs: 4, for: "10 min" });
  const chaos = await rates(app, { ...busy, runs: 8, for: "30 min" });
  const calm = await rates(detent({ tasks: [work], triggers: [minute] }), {
    engines: 1,
    faults: "none",
    runs: 1,
    for: "5 d",
    world: () => undefined,
  });
  const everything = await rates(sabotageApp, { ...sabotageOptions, for: "1 min", runs: 40 });
  const shrinks: number[] = [];
  // oxlint-disable-next-line no-await-in-loop
  for (let seed = 1; seed <= 9; seed++) shrinks.push(await shrinkSeconds(seed));
  const row = (what: string, detent: string, note = ""): Row => ({ what, detent, peers: {}, note });
  return [
    row("simulated steps per CPU-second, 3 engines, chaos", rounded(chaos.steps / chaos.seconds)),
    row(
      "simulated hours per CPU-second, 3 engines, minute cron, an event every 10 s, chaos",
      rounded(4 / chaos.seconds),
    ),
    row(
      "CPU-seconds for a year of a minute cron",
      rounded((calm.seconds * 365) / 5),
      "from 5 days",
    ),
    row(
      "CPU-seconds for 500 chaos plans of a minute of everything",
      rounded((everything.seconds * 500) / 40),
      "from 40 plans",
    ),
    row("CPU-seconds to make a counterexample small", rounded(median(shrinks)), "median of 9"),
  ];
};
