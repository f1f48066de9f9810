// `detent simulate`: plays an app in many worlds with faults, and shows what breaks a law. Exit codes: 0 clean, 1 a law was broken, 2 wrong use, 3 vacuous, 4 not
// deterministic.
import * as Flag from "effect/cli/Flag";
import * as Option from "effect/Option";
import * as Command from "effect/cli/Command";
import type { App } from "../core/app.ts";
import { isTask } from "../core/task.ts";
import type { FaultsInput } from "../core/simulation/fault.ts";
import type { SimulateOptions, SimulationReport } from "../simulation/simulate.ts";
import { sabotaged } from "./sabotage.ts";
import {
  count,
  demandCount,
  doing,
  durationOf,
  flag,
  demandInstant,
  json,
  optionalArgument,
  toggle,
} from "./options.ts";
import { print, printJson, styled } from "./output.ts";

export const simulate = Command.make(
  "simulate",
  {
    app: optionalArgument("APP", "The file whose default export is detent({ … })"),
    seed: count("seed", "N", "Decides everything that is left to chance. Default: 1"),
    runs: count("runs", "N", "How many plans, at most 100000. Default: 100 (500 with --sabotage)"),
    from: flag("from", "INSTANT", "When each plan begins. Default: 2026-01-01T00:00Z"),
    for: flag(
      "for",
      "DURATION",
      "For how long things happen. Default: 1 day, or 10,000 steps if they come first",
    ),
    engines: count("engines", "N", "How many engines share the store. Default: 2"),
    faults: flag("faults", "KINDS", 'Default: chaos. "none", or kinds such as "crash,clock"'),
    bodies: Flag.Literals("bodies", ["own", "fake"]).pipe(
      Flag.withDescription(
        "Whether tasks of modules run their own functions, with all that these do, or are faked (default): they take up to a second and return null",
      ),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    ),
    replay: flag("replay", "FILE", "Play this plan alone: a violation's plan, as JSON"),
    sabotage: toggle(
      "sabotage",
      "Without an APP: break detent's own engine in every way that is known, and see that the laws notice; exit code 1 if one goes unseen",
    ),
    json,
  },
  doing(async (options) => {
    if (options.sabotage) return sabotaged(options);
    const { loadApp } = await import("../runtime/load-app.ts");
    const { simulate } = await import("../simulation/simulate.ts");
    const app = await loadApp(await demandApp(options.app));
    const { app: played, tasks } = await tasksOf(app, options.bodies ?? "fake");
    const report = await quietly(async () =>
      simulate(played, { ...(await settingsOf(options)), ...(tasks && { tasks }) }),
    );
    if (options.json) printJson(report);
    else print(await reportText(report, options.app ?? ""));
    process.exitCode = codeOf(report);
  }),
).pipe(
  Command.withDescription("Look for lost, doubled and late runs in virtual time, with faults"),
  Command.withExamples([
    { command: "detent simulate app.ts" },
    { command: "detent simulate app.ts --runs 500 --faults crash,clock --json" },
  ]),
);

const demandApp = async (app: string | undefined): Promise<string> => {
  if (app !== undefined) return app;
  const { InputError } = await import("../core/errors.ts");
  throw new InputError("APP is missing: the file whose default export is detent({ … })");
};

interface Settings {
  readonly seed: number | undefined;
  readonly runs: number | undefined;
  readonly from: string | undefined;
  readonly for: string | undefined;
  readonly engines: number | undefined;
  readonly faults: string | undefined;
  readonly replay: string | undefined;
}

const settingsOf = async (settings: Settings): Promise<SimulateOptions> => {
  const { seed, runs, from, engines, faults, replay } = settings;
  const duration = settings.for;
  return {
    ...(seed !== undefined && { seed }),
    ...(runs !== undefined && { runs: demandCount("runs", runs, 100_000) }),
    ...(from !== undefined && { from: demandInstant("from", from) }),
    ...(duration !== undefined && { for: durationOf(duration) }),
    ...(engines !== undefined && { engines: demandCount("engines", engines, 100) }),
    ...(faults !== undefined && { faults: faultsOf(faults) }),
    ...(replay !== undefined && { plan: await planOf(replay) }),
  };
};

const faultsOf = (text: string): FaultsInput =>
  text === "none" || text === "chaos" ? text : (text.split(",") as unknown as FaultsInput);

const planOf = async (file: string): Promise<NonNullable<SimulateOptions["plan"]>> => {
  const { readFile } = await import("node:fs/promises");
  const { InputError } = await import("../core/errors.ts");
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new InputError(
      `--replay: ${file} is no plan (${(error as Error).message}); give the "plan" of a violation, as --json prints it`,
    );
  }
};

/** Tasks given as values run themselves. Those of modules are made for threads, and may send mail or charge cards: they do that only when somebody asks for it. */
const tasksOf = async (
  app: App,
  bodies: "own" | "fake",
): Promise<{ readonly app: App; readonly tasks: SimulateOptions["tasks"] | undefined }> => {
  if (app.tasks.every(isTask)) return { app, tasks: undefined };
  const { loadTasks } = await import("../runtime/executor/registry.ts");
  const { fake } = await import("../core/simulation/fake.ts");
  const tasks = await loadTasks(app.tasks.map((module) => new URL(module as string)));
  const stands = Object.fromEntries(tasks.map(({ id }) => [id, fake({ takes: ["1 ms", "1 s"] })]));
  return { app: { ...app, tasks }, tasks: bodies === "fake" ? stands : undefined };
};

/** What bodies print would be printed a thousand times, and among the JSON. */
const quietly = async <A>(work: () => Promise<A>): Promise<A> => {
  const names = ["log", "info", "warn", "error", "debug"] as const;
  const own = names.map((name) => console[name]);
  for (const name of names) console[name] = () => undefined;
  try {
    return await work();
  } finally {
    names.forEach((name, index) => (console[name] = own[index] as typeof console.log));
  }
};

const codeOf = ({ violations, vacuous }: SimulationReport): number => {
  if (violations.some(({ law }) => law === "deterministic")) return 4;
  if (violations.length > 0) return 1;
  return vacuous.length > 0 ? 3 : 0;
};

const reportText = async (report: SimulationReport, app: string): Promise<string> => {
  const { summaryText, violationText } = await import("../simulation/report.ts");
  const { violations } = report;
  return [
    ...violations.map(
      (violation) =>
        `${violationText(violation)}\n  saved as plan.json, it shows itself again: detent simulate ${app} --replay plan.json\n`,
    ),
    summaryText(report),
    violations.length === 0
      ? styled("green", "all laws held")
      : styled("red", `${violations.length} ${violations.length === 1 ? "law" : "laws"} broken`),
  ].join("\n");
};
