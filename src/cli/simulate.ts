// `detent simulate`: plays an app in many worlds with faults, and shows what breaks a law. Exit codes: 0 clean, 1 a law was broken, 2 wrong use, 3 vacuous, 4 not
// deterministic.
import * as Flag from "effect/cli/Flag";
import * as Option from "effect/Option";
import * as Command from "effect/cli/Command";
import type { Lanes, LaneSetup } from "./lanes.ts";
import type { SimulateOptions } from "../simulation/options.ts";
import type { SimulationReport } from "../simulation/report.ts";
import { sabotaged } from "./sabotage.ts";
import type { Chosen } from "./simulate-settings.ts";
import { count, demandCount, doing, flag, json, optionalArgument, toggle } from "./options.ts";
import { print, printJson, styled } from "./output.ts";
import { appFile } from "./settings.ts";

/** Said here, too, because help is to come without the simulator. */
const faultKinds =
  "crash power reply conflict busy partition full stop deploy slow late freeze clock drift timer hint worker pool task duplicate reorder burst"
    .split(" ")
    .join(", ");

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
    fromJournal: flag(
      "from-journal",
      "FILE",
      "Go on from a recorded moment: from the end of what detent export has written",
    ),
    at: flag("at", "INSTANT", "With --from-journal: from this instant within it"),
    next: flag(
      "next",
      "FILE",
      "The app's next version, which engines are started with when they are deployed. Default: the same with a trigger more that never fires",
    ),
    durability: Flag.Literals("durability", ["power", "process"]).pipe(
      Flag.withDescription(
        "What an acknowledged commit survives: the loss of power, or the end of the process. Default: power",
      ),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    ),
    faults: flag(
      "faults",
      "KINDS",
      `Default: chaos, which is all of them. "none", or some of ${faultKinds}, such as "crash,clock"`,
    ),
    bodies: Flag.Literals("bodies", ["own", "fake"]).pipe(
      Flag.withDescription(
        "Whether tasks of modules run their own functions, with all that these do, or are faked (default): they take up to a second and return null",
      ),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    ),
    strategy: flag(
      "strategy",
      "NAME",
      "How the next step is chosen: random, fifo, pct:3, exhaustive (every order of steps). Default: some of each",
    ),
    threads: count("threads", "N", "How many threads play plans. Default: one for each core"),
    crashes: count("crashes", "N", "With --strategy exhaustive: crashes in a plan. Default: 1"),
    save: flag(
      "save",
      "FOLDER",
      "Plans that break a law are saved there, and played first the next time. Default: .detent/plans/APP; none: nowhere",
    ),
    replay: flag("replay", "FILE", "Play this plan alone: one that was saved"),
    html: flag(
      "html",
      "FILE",
      "Write a page that shows the plan that broke a law, or else the first",
    ),
    emitTest: flag("emit-test", "FILE", "Write a vitest file that plays the plan that broke a law"),
    sabotage: toggle(
      "sabotage",
      "Without an APP: break detent's own engine in every way that is known, and see that the laws notice; exit code 1 if one goes unseen",
    ),
    json,
  },
  doing(async (options) => {
    if (options.sabotage) return sabotaged(options);
    const { hasAsyncBody, settingsOver, simulatedApp } = await import("./simulated-app.ts");
    const { simulated } = await import("../simulation/simulate.ts");
    const { demandSound, settingsOf } = await import("./simulate-settings.ts");
    const { Shown } = await import("./shown.ts");
    const { HeadwayLine } = await import("./headway.ts");
    const file = appFile(options.app);
    demandSound(options);
    const subject = await quietly(() => simulatedApp(file, options));
    if (options.emitTest !== undefined && !subject.isExported)
      throw new (await import("../core/errors.ts")).InputError(
        `--emit-test: ${file} must export its app by default, so that a test can import it`,
      );
    const said = await settingsOf(options, file);
    const settings = settingsOver(subject.settings, said);
    const shown = new Shown();
    const threads = hasAsyncBody(subject) ? 1 : options.threads;
    const lanes = await lanesOf(threads, settings, {
      file,
      bodies: options.bodies,
      next: options.next,
      settings: said,
    });
    const headway = new HeadwayLine(process.stderr, () => performance.now(), process.env["TERM"]);
    const report = await quietly(() =>
      simulated(subject.app, settings, {
        onWorld: shown.onWorld,
        ...(!options.json && { onHeadway: headway.tell }),
        ...(lanes !== undefined && { scouts: lanes }),
      }),
    ).finally(() => headway.wipe());
    await lanes?.close();
    if (options.json) printJson(report);
    else print(await reportText(report, againOf(options, file)));
    if (options.html !== undefined) {
      shown.write(options.html, file);
      if (!options.json) print(`${options.html} shows ${shown.law ?? "the first plan"}`);
    }
    if (options.emitTest !== undefined)
      (await import("./written-test.ts")).writeTest(options.emitTest, {
        file,
        subject,
        report,
        isQuiet: options.json,
      });
    process.exitCode = codeOf(report);
  }),
).pipe(
  Command.withDescription("Look for lost, doubled and late runs in virtual time, with faults"),
  Command.withExamples([
    { command: "detent simulate app.ts" },
    { command: "detent simulate app.ts --runs 500 --faults crash,clock --json" },
  ]),
);

/** Threads that play ahead, where there are plans enough; every order of steps follows from the one before. */
const lanesOf = async (
  threads: number | undefined,
  { plan, strategy, runs = 100 }: SimulateOptions,
  setup: LaneSetup,
): Promise<Lanes | undefined> => {
  if (threads !== undefined) demandCount("threads", threads, 64);
  if (plan !== undefined || strategy === "exhaustive" || threads === 1) return undefined;
  const { Lanes, laneCount } = await import("./lanes.ts");
  const count = laneCount(runs, threads);
  return count < 2 ? undefined : new Lanes(count, runs, setup);
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

/** What plays a saved plan again: it goes on from the same journal, to the same next version. */
const againOf = ({ next, fromJournal, at }: Chosen, file: string): string =>
  [
    `detent simulate ${file}`,
    ...(next === undefined ? [] : [`--next ${next}`]),
    ...(fromJournal === undefined ? [] : [`--from-journal ${fromJournal}`]),
    ...(at === undefined ? [] : [`--at ${at}`]),
    "--replay",
  ].join(" ");

const reportText = async (report: SimulationReport, again: string): Promise<string> => {
  const { summaryText, violationText } = await import("../simulation/report.ts");
  const { violations } = report;
  return [
    ...violations.map(
      (violation) => `${violationText(violation, `${again} ${violation.file ?? "FILE"}`)}\n`,
    ),
    summaryText(report),
    violations.length === 0
      ? styled("green", "all laws held")
      : styled("red", `${violations.length} ${violations.length === 1 ? "law" : "laws"} broken`),
  ].join("\n");
};
