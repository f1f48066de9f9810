// Emitting without an engine: a signal is stored, and whichever engine runs next routes it.
import * as Effect from "effect/Effect";
import { durationMillis, type DurationInput } from "../core/duration.ts";
import { InputError, type StoreError } from "../core/errors.ts";
import { formatInstant, readInstant, type InstantInput } from "../core/instant.ts";
import { jsonFault, type Json } from "../core/json.ts";
import { optionFault } from "../core/reading.ts";
import { runIdOf } from "../core/run-id.ts";
import { eventNameFault, signalIdFault, type NewSignal } from "../core/signal.ts";
import type { StorePort } from "../core/store.ts";
import { idFault } from "../core/task.ts";
import { newEventId } from "./event-id.ts";

export interface EmitOptions {
  /** The same id again is a duplicate and changes nothing. Default: a new one. At most 500 characters. */
  readonly id?: string;
  /** Heard after this long, not at once. */
  readonly after?: DurationInput;
  /**
   * When it happened, if that was before: filters, `by` and `input` see it as the event's `at`. Data only: the event is heard now, in its place in the log. Not in the
   * future, and not beside `after`. Default: when it is heard.
   */
  readonly at?: InstantInput;
}

export interface EmitReply {
  readonly event: string;
  readonly status: "accepted" | "duplicate";
  /** A duplicate whose name or payload is not the stored one. */
  readonly differs?: true;
}

export interface RunReply {
  readonly run: string;
  readonly status: "accepted" | "duplicate";
}

/** Stores an event. Fails with an InputError for what can't be stored; nothing is stored then. */
export const emitTo = (
  store: StorePort,
  name: string,
  payload: unknown,
  options: EmitOptions = {},
): Effect.Effect<EmitReply, InputError | StoreError> =>
  Effect.suspend(() => {
    const fault = eventNameFault(name) ?? optionFault("emit", options, ["id", "after", "at"]);
    return fault === undefined
      ? append(store, name, payload, options)
      : Effect.fail(new InputError(fault));
  });

/** Asks for a run of a task; whether the task exists is known to the engine that routes it. */
export const runTo = (
  store: StorePort,
  task: string,
  input: unknown,
  options: { readonly id?: string } = {},
): Effect.Effect<RunReply, InputError | StoreError> =>
  Effect.suspend(() => {
    const wrongId = idFault(task);
    const fault = wrongId === undefined ? optionFault("run", options, ["id"]) : `task: ${wrongId}`;
    if (fault !== undefined) return Effect.fail(new InputError(fault));
    return Effect.flatMap(append(store, `@${task}`, input, options), ({ event, status, differs }) =>
      differs === true
        ? Effect.fail(
            new InputError(
              `the id ${JSON.stringify(event)} is taken by another signal; give another`,
            ),
          )
        : Effect.succeed({ run: runIdOf(`@${task}`, [event]), status }),
    );
  });

/** Stores an event under any name, of the engine's own too. */
export const append = (
  store: StorePort,
  name: string,
  payload: unknown,
  { id = newEventId(), after, at }: EmitOptions,
): Effect.Effect<EmitReply, InputError | StoreError> =>
  Effect.gen(function* () {
    const value = payload ?? null;
    const fault = jsonFault(value, name.startsWith("@") ? "input" : "payload") ?? signalIdFault(id);
    if (fault !== undefined) return yield* Effect.fail(new InputError(fault));
    const delay = yield* Effect.try({
      try: () => (after === undefined ? 0 : durationMillis(after)),
      catch: (error) => error as InputError,
    });
    const dueAt = delay > 0 ? (yield* store.now) + delay : null;
    const happenedAt = at === undefined ? undefined : yield* pastOf(store, at, after);
    const signal: NewSignal = {
      id,
      signal: {
        _tag: "Event",
        id,
        name,
        payload: value as Json,
        ...(happenedAt !== undefined && { at: happenedAt }),
      },
      origin: null,
      dueAt,
    };
    const reply = yield* store.commit({ checks: [], signals: [signal] });
    const status = reply._tag === "Committed" ? reply.signals[0] : undefined;
    if (status === "accepted") return { event: id, status };
    return status === "differs"
      ? { event: id, status: "duplicate", differs: true }
      : { event: id, status: "duplicate" };
  });

const pastOf = (
  store: StorePort,
  at: InstantInput,
  after: DurationInput | undefined,
): Effect.Effect<number, InputError> =>
  Effect.gen(function* () {
    if (after !== undefined)
      return yield* Effect.fail(
        new InputError("give at, when it happened, or after, how long it waits; not both"),
      );
    const reading = readInstant(at);
    if (!reading.ok) return yield* Effect.fail(new InputError(`at: ${reading.message}`));
    const now = yield* store.now;
    if (reading.value <= now) return reading.value;
    return yield* Effect.fail(
      new InputError(
        `at is ${formatInstant(reading.value)}, which lies in the future (it is ${formatInstant(now)}); at tells when something happened, use after for an event that is to come`,
      ),
    );
  });
