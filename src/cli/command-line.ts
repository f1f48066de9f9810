// The tree of commands. They are declared in one file each; what a command needs beyond the core's plain functions it imports when it runs, so that `--help`
// and `next` load neither the runtime nor a store. Here is also how help is shown, and where a failure becomes an exit code.
import { readFileSync } from "node:fs";
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import * as CliConfig from "effect/cli/CliConfig";
import * as CliOutput from "effect/cli/CliOutput";
import * as Command from "effect/cli/Command";
import * as GlobalFlag from "effect/cli/GlobalFlag";
import { backfill } from "./backfill.ts";
import { backup } from "./backup.ts";
import { build } from "./build.ts";
import { cancel, retry } from "./cancel.ts";
import { check } from "./check.ts";
import { conform } from "./conform.ts";
import { dashboard } from "./dashboard.ts";
import { doctor } from "./doctor.ts";
import { dump, load } from "./dump.ts";
import { emit } from "./emit.ts";
import { events } from "./events.ts";
import { exportCommand } from "./export.ts";
import { reportFailure } from "./failure.ts";
import { init } from "./init.ts";
import { next } from "./next.ts";
import { canColor, print } from "./output.ts";
import { pause, resume } from "./pause.ts";
import { replay } from "./replay.ts";
import { purge } from "./purge.ts";
import { rewind } from "./rewind.ts";
import { run } from "./run.ts";
import { runs } from "./runs.ts";
import { schedule, unschedule } from "./schedule.ts";
import { show } from "./show.ts";
import { simulate } from "./simulate.ts";
import { skips } from "./skips.ts";
import { start } from "./start.ts";
import { triggers } from "./triggers.ts";
import { worker } from "./worker.ts";
import { why } from "./why.ts";
import { whyNot } from "./why-not.ts";

const commands = [
  init,
  start,
  worker,
  emit,
  run,
  next,
  triggers,
  runs,
  show,
  events,
  skips,
  why,
  whyNot,
  cancel,
  retry,
  simulate,
  pause,
  resume,
  backfill,
  rewind,
  schedule,
  unschedule,
  check,
  exportCommand,
  replay,
  doctor,
  build,
  dashboard,
  purge,
  backup,
  dump,
  load,
  conform,
] as const;

const detent = Command.make("detent").pipe(
  Command.withDescription(
    "Runs tasks on worker threads when their conditions are met: cron schedules, events, other tasks' outcomes, or any combination.",
  ),
  Command.withExamples([
    { command: "detent init my-app", description: "Write a small app" },
    { command: "detent start app.ts", description: "Run what is due, until Ctrl-C" },
    { command: `detent emit file.arrived '{"path":"a.png"}'`, description: "Tell it a fact" },
    { command: 'detent next "0 2 * * *" --tz Europe/Madrid', description: "Ask a schedule" },
  ]),
  Command.withSubcommands(commands),
);

const presenter: CliOutput.Presenter = {
  present: (event) =>
    Effect.sync(() => {
      const formatter = CliOutput.defaultFormatter({
        colors: canColor(process.stdout),
        globalFlags: "summary",
      });
      if (event._tag === "Help") print(formatter.formatHelpDoc(event.helpDoc));
      if (event._tag === "Version") print(`detent ${event.version}`);
      // Wrong use is told by `reportFailure`, in one line.
    }),
};

const settings = Layer.mergeAll(
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
);

/** Performs what the arguments say and tells what went wrong. Resolves to the exit code. */
export const perform = async (args: readonly string[]): Promise<number> => {
  const program = Command.runWith(detent, { version: versionOf() })(asked(args));
  // What a command may ask of its platform (files, prompts, child processes) none of ours does, and loading Node's would cost more than all the rest.
  const alone = program as Effect.Effect<void, unknown>;
  const exit = await Effect.runPromiseExit(Effect.provide(alone, settings));
  // A command that has done its work may still have something to say with its exit code.
  if (Exit.isSuccess(exit)) return Number(process.exitCode ?? 0);
  return reportFailure(Cause.squash(exit.cause), args);
};

/** `detent help emit` is `detent emit --help`; of a command that is not there the parser says so only where no help is asked for. */
const asked = (args: readonly string[]): readonly string[] => {
  const [first, ...rest] = args;
  if (first !== "help") return args;
  const [command = "-"] = rest;
  const isThere = command.startsWith("-") || commands.some(({ name }) => name === command);
  return isThere ? [...rest, "--help"] : rest;
};

const versionOf = (): string =>
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
