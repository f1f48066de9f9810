// What the dashboard of a store can do without a runtime: the functions behind `emit`, `run`, `cancel`, `retry`, `pause`, `resume` and `backfill`.
import * as Effect from "effect/Effect";
import type { Operations } from "../adapters/dashboard/index.ts";
import { cancelRun } from "../core/cancel.ts";
import type { Definitions } from "../core/definitions.ts";
import { decodedPayload } from "../core/event.ts";
import type { StorePort } from "../core/store.ts";
import { backfillIn, pauseIn, resumeIn } from "../runtime/control.ts";
import { emitTo, runTo } from "../runtime/emit.ts";
import { retryIn } from "../runtime/retry.ts";

/** Without definitions, what there is to command is what the store knows. */
export const operationsOf = (
  store: StorePort,
  definitions: Definitions | undefined,
): Operations => ({
  emit: async (name, payload, options) => {
    const definition = definitions?.events.get(name);
    const value = definition === undefined ? payload : await decodedPayload(definition, payload);
    return Effect.runPromise(emitTo(store, name, value, options));
  },
  run: (task, input, options) => Effect.runPromise(runTo(store, task, input, options)),
  cancel: (run) => Effect.runPromise(cancelRun(store, run)),
  retry: (run, options) => Effect.runPromise(retryIn(store, run, options)),
  pause: (subject, options) => Effect.runPromise(pauseIn(store, subject, options, definitions)),
  resume: (subject, options) => Effect.runPromise(resumeIn(store, subject, options, definitions)),
  backfill: (trigger, options) =>
    Effect.runPromise(backfillIn(store, trigger, options, definitions)),
});
