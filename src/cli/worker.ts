// `detent worker`: executes runs that engines of an app hand over by Redis, until it is told to end. The first signal drains, the second aborts.
import * as Command from "effect/cli/Command";
import { InputError } from "../core/errors.ts";
import { withoutSecrets } from "../core/store-url.ts";
import { endingOf } from "./ending.ts";
import {
  count,
  demandDuration,
  doing,
  flag,
  grace,
  json,
  optionalArgument,
  redis,
  tasks,
} from "./options.ts";
import { print, printJson } from "./output.ts";
import { appFile, setting } from "./settings.ts";

export const worker = Command.make(
  "worker",
  {
    app: optionalArgument("APP", "The file whose default export is detent({ … })"),
    redis,
    tasks,
    slots: count("slots", "N", "How many runs at a time. Default: one for each core"),
    lease: flag(
      "lease",
      "DURATION",
      "How long a run stays this worker's when nothing is heard of it. Default: 30 s",
    ),
    grace,
    json,
  },
  doing(async (options) => {
    const graceMillis = demandDuration("grace", options.grace ?? "30 s");
    const connection = setting("redis", options.redis).value;
    if (connection === null)
      throw new InputError(
        "give --redis URL, or name it in DETENT_REDIS or as redis in detent.config.ts: where detent start --redis hands runs over",
      );
    const ending = endingOf();
    const { loadApp } = await import("../runtime/load-app.ts");
    const { detentWorker } = await import("../runtime/bullmq.ts");
    const { withTasks } = await import("../runtime/bundled.ts");
    const loaded = await loadApp(appFile(options.app));
    const app = options.tasks === undefined ? loaded : withTasks(loaded, options.tasks);
    const { value: slots, source } = setting("slots", options.slots);
    const working = await detentWorker(app, {
      connection,
      ...(source !== "default" && { concurrency: slots }),
      ...(options.lease !== undefined && { lease: demandDuration("lease", options.lease) }),
      onWarning: (message) => process.stderr.write(`detent: ${message}\n`),
    });
    const server = withoutSecrets(connection);
    if (options.json) printJson({ redis: server, app: app.app });
    else print(`runs of ${app.app} from ${server}; Ctrl-C ends it`);
    const broken = working.closed.then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const signal = await Promise.race([ending.asked, broken]);
    if (typeof signal === "string" && !options.json)
      print(`${signal}: waiting for what runs; once more aborts`);
    void ending.askedAgain.then(() => working.close({ graceMillis: 0 }));
    await working.close({ graceMillis });
    // What a body has left behind does not keep the process.
    setTimeout(() => process.exit(), leftoverMillis).unref();
    if (typeof signal === "object" && signal !== null) throw signal.error;
  }),
).pipe(
  Command.withDescription(
    "Execute runs that detent start --redis hands over, on this machine. Ctrl-C drains, a second one aborts",
  ),
  Command.withExamples([
    { command: "detent worker app.ts --redis redis://queue.example:6379" },
    {
      command: "DETENT_REDIS=rediss://:password@queue.example:6379 detent worker app.ts --slots 8",
      description: "With a password, which others must not see among the processes",
    },
  ]),
);

/** How long the process may go on when all is closed. */
const leftoverMillis = 1_000;
