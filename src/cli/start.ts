// `detent start`: runs an app until it is told to end, or until nothing is left to do. The first signal drains, the second aborts.
import * as Option from "effect/Option";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import type { Summary } from "../core/store.ts";
import type { Runtime } from "../runtime/start.ts";
import type { Display } from "./display.ts";
import { argument, count, doing, flag, json, store, toggle } from "./options.ts";
import { storeUrl } from "./reach.ts";

export const start = Command.make(
  "start",
  {
    app: argument("APP", "The file whose default export is detent({ … })"),
    store,
    tasks: flag(
      "tasks",
      "FILE",
      "What detent build has made of the app's task modules. Default: the modules themselves",
    ),
    slots: count("slots", "N", "How many runs at a time. Default: one for each core"),
    durability: Flag.Literals("durability", ["power", "process"]).pipe(
      Flag.withDescription(
        "What a commit survives: loss of power (default), or the end of the process",
      ),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    ),
    untilIdle: toggle(
      "until-idle",
      "End when nothing is left but to wait for schedules and events",
    ),
    json,
  },
  doing(async (options) => {
    const ending = endingOf();
    const display = await displayOf(options.json);
    try {
      const { loadApp } = await import("../runtime/load-app.ts");
      const { start } = await import("../runtime/start.ts");
      const app = await loadApp(options.app);
      const runtime = await start(app, {
        store: storeUrl(options.store),
        onNote: display.hear,
        ...(options.tasks !== undefined && { tasks: options.tasks }),
        ...(options.slots !== undefined && { slots: options.slots }),
        ...(options.durability && { durability: options.durability }),
      });
      display.begin(runtime);
      display.end(await watch(runtime, { display, ending, untilIdle: options.untilIdle }));
    } catch (error) {
      display.abandon();
      throw error;
    }
  }),
).pipe(
  Command.withDescription(
    "Run an app: route its signals, run what is due. Ctrl-C drains, a second one aborts",
  ),
  Command.withExamples([
    { command: "detent start app.ts" },
    {
      command: "detent start app.ts --until-idle --store sqlite:ci.db",
      description: "In a script",
    },
    {
      command: "detent start app.ts --tasks app.tasks.mjs",
      description: "With what detent build has made",
    },
    { command: "detent start app.ts --json | jq .", description: "Each note as a line of JSON" },
  ]),
);

interface Ending {
  /** The first signal. */
  readonly asked: Promise<NodeJS.Signals>;
}

/** SIGINT, SIGTERM and SIGHUP: the first asks, the second ends the process at once; what it held is run again by the next engine. */
const endingOf = (): Ending => {
  const asked = Promise.withResolvers<NodeJS.Signals>();
  let first = true;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (!first) {
        process.stderr.write("\ndetent: aborted; the next start takes back what was running\n");
        process.exit(1);
      }
      first = false;
      asked.resolve(signal);
    });
  return { asked: asked.promise };
};

const displayOf = async (asJson: boolean): Promise<Display> => {
  const { jsonDisplay, lineDisplay } = await import("./display.ts");
  if (asJson) return jsonDisplay(Date.now);
  if (!process.stdout.isTTY || process.env["TERM"] === "dumb") return lineDisplay(Date.now);
  return (await import("./live.ts")).liveDisplay(Date.now, process.stdout);
};

/** Stops the runtime when it is time to; what its store held last, where that could still be asked. */
const watch = async (
  runtime: Runtime,
  options: { readonly display: Display; readonly ending: Ending; readonly untilIdle: boolean },
): Promise<Summary | undefined> => {
  const { display, ending, untilIdle } = options;
  const idle = untilIdle ? runtime.idle().then(() => "idle" as const) : ending.asked;
  const why = await Promise.race([
    ending.asked,
    idle,
    runtime.ended.then(() => "the engine has stopped" as const),
  ]);
  if (why === "idle") {
    const summary = await runtime.summary();
    await runtime.stop();
    return summary;
  }
  display.say(`${why}: waiting for what runs; once more aborts`);
  await runtime.stop();
  return undefined;
};
