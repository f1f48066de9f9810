// `detent cancel` and `detent retry`: end a run, or run again what one did; whether or not an engine runs.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { RefusedError } from "./failure.ts";
import { print, printJson } from "./output.ts";
import { app, argument, doing, id, json, store } from "./options.ts";
import { appNamed, withStore } from "./reach.ts";
import { noRun } from "./run-view.ts";

const run = argument("RUN", "The run's id");

export const cancel = Command.make(
  "cancel",
  { run, app, store, json },
  doing(async (options) => {
    const { name } = await appNamed(options.app);
    const { cancelRun } = await import("../core/cancel.ts");
    const status = await withStore({ store: options.store, app: name, absent: "refuse" }, (port) =>
      Effect.flatMap(cancelRun(port, options.run), (told) =>
        told === "unknown" ? Effect.fail(noRun(options.run, port)) : Effect.succeed(told),
      ),
    );
    if (status === "over") throw new RefusedError(`run ${options.run} is over already`);
    if (options.json) return printJson({ run: options.run, status });
    print(
      status === "cancelled"
        ? `${options.run} is cancelled`
        : `${options.run} is held by an engine, which has been asked to end it`,
    );
  }),
).pipe(
  Command.withDescription(
    "Cancel a run: at once while it waits; once it has begun, by asking its engine to end it",
  ),
  Command.withExamples([{ command: "detent cancel thumbnail~01JQ8Z5K3V9W2X7Y4R6T8P0M1N" }]),
);

export const retry = Command.make(
  "retry",
  { run, id, app, store, json },
  doing(async (options) => {
    const { name } = await appNamed(options.app);
    const { retryIn } = await import("../runtime/retry.ts");
    const reply = await withStore({ store: options.store, app: name, absent: "refuse" }, (port) =>
      Effect.flatMap(
        retryIn(port, options.run, options.id === undefined ? {} : { id: options.id }),
        (told) =>
          told.status === "unknown" ? Effect.fail(noRun(options.run, port)) : Effect.succeed(told),
      ),
    );
    if (reply.status === "not-over")
      throw new RefusedError(
        `run ${options.run} is not over; cancel it first, or wait until it is`,
      );
    if (options.json) return printJson({ ...reply, of: options.run });
    print(
      reply.status === "accepted"
        ? `${options.run} will run again as ${reply.run}`
        : `${reply.run} is a duplicate; nothing changed`,
    );
  }),
).pipe(
  Command.withDescription(
    "Run again what a run did that is over: the same task, input and idempotency key, as a run of its own",
  ),
  Command.withExamples([{ command: "detent retry thumbnail~01JQ8Z5K3V9W2X7Y4R6T8P0M1N" }]),
);
