// `detent start`: runs an app until it is told to end, or until nothing is left to do. The first signal drains, the second aborts.
import * as Option from "effect/Option";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import { InputError } from "../core/errors.ts";
import { redactOf } from "../core/redact.ts";
import type { Summary } from "../core/store.ts";
import type { Dashboard } from "../adapters/dashboard/index.ts";
import type { Runtime, StartOptions } from "../runtime/start.ts";
import type { Telemetry } from "../runtime/telemetry.ts";
import type { Display } from "./display.ts";
import { dashboardBeside } from "./dashboard.ts";
import { die, endingOf, type Ending } from "./ending.ts";
import {
  count,
  demandDuration,
  doing,
  flag,
  grace,
  json,
  optionalArgument,
  redis,
  store,
  tasks,
  toggle,
} from "./options.ts";
import { flush } from "./output.ts";
import { storeUrl } from "./reach.ts";
import { appFile, setting } from "./settings.ts";

/** How long an abort waits for threads before the process dies as it is. */
const abortMillis = 2_000;

export const start = Command.make(
  "start",
  {
    app: optionalArgument("APP", "The file whose default export is detent({ … })"),
    store,
    tasks,
    slots: count(
      "slots",
      "N",
      "How many runs at a time. Default: one for each core; 100 with --redis",
    ),
    redis,
    durability: Flag.Literals("durability", ["power", "process"]).pipe(
      Flag.withDescription(
        "What a commit survives: loss of power (default), or the end of the process",
      ),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    ),
    grace,
    untilIdle: toggle(
      "until-idle",
      "End when nothing is left but to wait for schedules and events",
    ),
    dashboard: Flag.Int("dashboard").pipe(
      Flag.withOptionalValue("4747"),
      Flag.withMetavar("N"),
      Flag.withDescription("Serve the dashboard at 127.0.0.1, on port N. Default: 4747"),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    ),
    log: Flag.Literals("log", ["json", "pretty"]).pipe(
      Flag.withDescription(
        "Write log records, as JSON lines or for people, instead of showing what runs",
      ),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    ),
    otlp: flag(
      "otlp",
      "URL",
      "Send traces and metrics to this OTLP collector. Default: DETENT_OTLP, detent.config.ts, or none",
    ),
    json,
  },
  doing(async (options) => {
    const graceMillis = demandDuration("grace", options.grace ?? "30 s");
    const ending = endingOf();
    const display = await displayOf(options);
    let runtime: Runtime | undefined;
    let dashboard: Dashboard | undefined;
    const telemetry = await telemetryTo(setting("otlp", options.otlp).value);
    const aborted = ending.askedAgain.then(() => abort(runtime, display));
    try {
      const { loadApp } = await import("../runtime/load-app.ts");
      const { start } = await import("../runtime/start.ts");
      const app = await loadApp(appFile(options.app));
      runtime = await start(app, {
        store: storeUrl(options.store),
        onNote: (note) => {
          display.hear(note);
          dashboard?.hear(note);
          telemetry?.hear(note);
        },
        ...(options.tasks !== undefined && { tasks: options.tasks }),
        ...(await placeOf(options)),
        durability: setting("durability", options.durability).value,
      });
      display.begin(runtime);
      if (options.dashboard !== undefined) {
        dashboard = await dashboardBeside(app, runtime, options.dashboard);
        display.say(`dashboard at ${dashboard.url}`);
      }
      const { untilIdle } = options;
      const watched = watch(runtime, { display, ending, untilIdle, graceMillis });
      display.end(await Promise.race([watched, aborted]));
      if (await runtime.abort()) return;
      // `process.exit` would wait for native code that keeps a thread, maybe for ever.
      process.stderr.write("detent: a thread can't be ended: this process ends by SIGKILL\n");
      await flush();
      die();
    } catch (error) {
      display.abandon();
      throw error;
    } finally {
      await dashboard?.close();
      await telemetry?.close();
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
    {
      command: "detent start app.ts --dashboard",
      description: "With the dashboard at http://127.0.0.1:4747/",
    },
    {
      command: "detent start app.ts --redis redis://queue.example:6379",
      description: "With workers on other machines: detent worker",
    },
    { command: "detent start app.ts --json | jq .", description: "Each note as a line of JSON" },
    { command: "detent start app.ts --log json >> app.log", description: "As a service" },
  ]),
);

/** Where runs are executed, and how many at a time. */
const placeOf = async (
  options: Readonly<Record<"redis", string | undefined> & Record<"slots", number | undefined>>,
): Promise<Pick<StartOptions, "slots" | "executor">> => {
  const connection = setting("redis", options.redis).value;
  const { value, source } = setting("slots", options.slots);
  if (connection === null) return source === "default" ? {} : { slots: value };
  const { bullmq } = await import("../runtime/bullmq.ts");
  return {
    executor: bullmq({ connection, ...(source !== "default" && { capacity: value }) }),
  };
};

const displayOf = async ({
  json: asJson,
  log,
}: {
  readonly json: boolean;
  readonly log: "json" | "pretty" | undefined;
}): Promise<Display> => {
  const format = setting("log", log).value;
  if (format !== null && !(asJson && log === undefined)) {
    if (asJson) throw new InputError("give either --log or --json");
    const { logDisplay } = await import("./log-display.ts");
    return logDisplay(format, { clock: Date.now, redact: redactOf(setting("redact").value) });
  }
  const { jsonDisplay, lineDisplay } = await import("./display.ts");
  if (asJson) return jsonDisplay(Date.now);
  if (!process.stdout.isTTY || process.env["TERM"] === "dumb") return lineDisplay(Date.now);
  return (await import("./live.ts")).liveDisplay(Date.now, process.stdout);
};

/** The headers are those that OpenTelemetry's own variable names: `key=value,key=value`. */
const telemetryTo = async (url: string | null): Promise<Telemetry | undefined> => {
  if (url === null) return undefined;
  const { openTelemetry } = await import("../runtime/telemetry.ts");
  const pairs = (process.env["OTEL_EXPORTER_OTLP_HEADERS"] ?? "").split(",").filter(Boolean);
  const headers = Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [name.trim(), decodeURIComponent(value.join("=").trim())];
    }),
  );
  const serviceName = process.env["OTEL_SERVICE_NAME"];
  return openTelemetry({ url, headers, ...(serviceName && { serviceName }) });
};

interface Watching {
  readonly display: Display;
  readonly ending: Ending;
  readonly untilIdle: boolean;
  readonly graceMillis: number;
}

/** Stops the runtime when it is time to; what its store held last, where that could still be asked. */
const watch = async (runtime: Runtime, options: Watching): Promise<Summary | undefined> => {
  const { display, ending, untilIdle, graceMillis } = options;
  const idle = untilIdle ? runtime.idle().then(() => "idle" as const) : ending.asked;
  const why = await Promise.race([
    ending.asked,
    idle,
    runtime.ended.then(() => "the engine has stopped" as const),
  ]);
  const summary = why === "idle" ? await runtime.summary() : undefined;
  if (why !== "idle") display.say(`${why}: waiting for what runs; once more aborts`);
  await runtime.stop({ graceMillis });
  return summary;
};

/** Never comes back. */
const abort = async (runtime: Runtime | undefined, display: Display): Promise<never> => {
  process.exitCode = 1; // should the stop that goes on be over first
  display.abandon();
  process.stderr.write("\ndetent: aborted; the next start takes back what was running\n");
  setTimeout(die, abortMillis);
  if (runtime === undefined || (await runtime.abort())) process.exit(1);
  die();
  return new Promise(() => {});
};
