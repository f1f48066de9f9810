// `detent cancel` and `detent retry`: end a run, or run again what one did; whether or not an engine runs.
import * as Command from "effect/cli/Command";
import { InputError } from "../core/errors.ts";
import { RefusedError } from "./failure.ts";
import { print, printJson } from "./output.ts";
import { app, argument, doing, id, json, store } from "./options.ts";
import { appNamed, shownStoreUrl, withStore } from "./reach.ts";

const run = argument("RUN", "The run's id");

const unknown = (options: { readonly run: string; readonly store: string | undefined }): Error =>
  new InputError(
    `there is no run ${JSON.stringify(options.run)} in ${shownStoreUrl(options.store)}; "detent runs" lists them${options.run.startsWith("@") ? ", and one that was asked for becomes a run when an engine comes to it" : ""}`,
  );

export const cancel = Command.make(
  "cancel",
  { run, app, store, json },
  doing(async (options) => {
    const { name } = await appNamed(options.app);
    const { cancelRun } = await import("../core/cancel.ts");
    const status = await withStore({ store: options.store, app: name, absent: "refuse" }, (port) =>
      cancelRun(port, options.run),
    );
    if (status === "unknown") throw unknown(options);
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
      retryIn(port, options.run, options.id === undefined ? {} : { id: options.id }),
    );
    if (reply.status === "unknown") throw unknown(options);
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
