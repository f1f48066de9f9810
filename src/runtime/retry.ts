// Running again what a run did: a command in the log, which needs no engine. The old run stays as it is.
import * as Effect from "effect/Effect";
import { eventOf } from "../core/command.ts";
import { InputError, type StoreError } from "../core/errors.ts";
import { refusalOf } from "../core/refusal.ts";
import { runIdOf } from "../core/run-id.ts";
import type { StorePort } from "../core/store.ts";
import { append, type RunReply } from "./emit.ts";

/** Refused: there is no such run, or it is not over yet. */
export type RetryReply = RunReply | { readonly run: null; readonly status: "unknown" | "not-over" };

export interface RetryOptions {
  /** The same id again is a duplicate and changes nothing. Default: a new one. At most 500 characters. */
  readonly id?: string;
}

/** Asks for another run of what a run did that is over: the same task, input and idempotency key. Whether the task exists is known to the engine that routes it. */
export const retryIn = (
  store: StorePort,
  run: string,
  options: RetryOptions = {},
): Effect.Effect<RetryReply, InputError | StoreError> =>
  Effect.gen(function* () {
    const [old] = (yield* store.list("run", { where: { ids: [run] }, limit: 1 })).rows;
    if (old === undefined) return { run: null, status: "unknown" };
    if (refusalOf(old, { request: "retry" }) !== undefined)
      return { run: null, status: "not-over" };
    const { task, input, idempotencyKey } = old;
    const { name, payload } = eventOf({ _tag: "Retry", run, task, input, idempotencyKey });
    const { event, status, differs } = yield* append(store, name, payload, options);
    if (differs === true)
      return yield* Effect.fail(
        new InputError(`the id ${JSON.stringify(event)} is taken by another signal; give another`),
      );
    return { run: runIdOf(`@${task}`, [event]), status };
  });
