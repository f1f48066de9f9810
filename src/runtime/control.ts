// Telling a running system what to do: commands are checked here, once, and stored as signals; whichever engine routes next obeys them. No engine need run.
import * as Effect from "effect/Effect";
import { eventOf, pausedIdOf, subjectText, type Command, type Subject } from "../core/command.ts";
import type { Definitions } from "../core/definitions.ts";
import { InputError, type StoreError } from "../core/errors.ts";
import { formatInstant, instantMillis, type InstantInput } from "../core/instant.ts";
import { shown } from "../core/reading.ts";
import type { Generation, StorePort } from "../core/store.ts";
import { idFault } from "../core/task.ts";
import { append } from "./emit.ts";

export interface CommandOptions {
  /** The same id again is a duplicate and changes nothing. Default: a new one. At most 500 characters. */
  readonly id?: string;
}

export interface PauseOptions extends CommandOptions {
  /** When the pause ends by itself; in the future. Default: when somebody resumes it. */
  readonly until?: InstantInput;
}

/** A command is stored; it takes effect at its place in the log, when that is routed. */
export interface CommandReply {
  /** The id of the command in the log. */
  readonly command: string;
  readonly status: "accepted" | "duplicate";
}

type Answer<Value> = Effect.Effect<Value, InputError | StoreError>;

/** What there is to command; without it, what the active generation of the store has. */
export type Known = Pick<Definitions, "triggers" | "tasks"> | undefined;

/** Pauses a trigger or the runs of a task. Fails with an InputError for what is not there, or an end that is no instant in the future. */
export const pauseIn = (
  store: StorePort,
  subject: Subject,
  options: PauseOptions = {},
  known?: Known,
): Answer<CommandReply> =>
  Effect.gen(function* () {
    yield* demandSubject(subject);
    yield* demandKnown(store, subject, known);
    const { until } = options;
    const end = until === undefined ? null : yield* read(() => instantMillis(until), "until");
    const now = yield* store.now;
    if (end !== null && end <= now)
      return yield* refuse(
        `until is ${formatInstant(end)}, which has passed (it is ${formatInstant(now)}); give an instant in the future`,
      );
    return yield* tell(store, { _tag: "Pause", subject, until: end }, options);
  });

/** Ends a pause. Fails with an InputError for a trigger or task that is not there and not paused either; one that is not paused stays as it is. */
export const resumeIn = (
  store: StorePort,
  subject: Subject,
  options: CommandOptions = {},
  known?: Known,
): Answer<CommandReply> =>
  Effect.gen(function* () {
    yield* demandSubject(subject);
    const ids = [pausedIdOf(subject)];
    const { rows } = yield* store.list("deadline", { where: { ids }, limit: 1 });
    if (rows.length === 0) yield* demandKnown(store, subject, known);
    return yield* tell(store, { _tag: "Resume", subject }, options);
  });

const tell = (store: StorePort, command: Command, { id }: CommandOptions): Answer<CommandReply> => {
  const { name, payload } = eventOf(command);
  return Effect.flatMap(
    append(store, name, payload, id === undefined ? {} : { id }),
    ({ event, status, differs }) =>
      differs === true
        ? refuse(`the id ${JSON.stringify(event)} is taken by another signal; give another`)
        : Effect.succeed({ command: event, status }),
  );
};

const refuse = (line: string): Effect.Effect<never, InputError> =>
  Effect.fail(new InputError(line));

const read = <Value>(reading: () => Value, place: string): Effect.Effect<Value, InputError> =>
  Effect.try({
    try: reading,
    catch: (error) => new InputError(`${place}: ${(error as Error).message}`),
  });

const demandSubject = (subject: unknown): Effect.Effect<void, InputError> => {
  const { trigger, task } = (subject ?? {}) as { readonly [name: string]: unknown };
  if ((trigger === undefined) === (task === undefined))
    return refuse(`${shown(subject)} names nothing to pause; give { trigger } or { task }`);
  const fault = idFault(trigger ?? task);
  return fault === undefined
    ? Effect.void
    : refuse(`${trigger === undefined ? "task" : "trigger"}: ${fault}`);
};

/** Before the first engine nobody knows what there will be. */
const demandKnown = (store: StorePort, subject: Subject, known: Known): Answer<void> =>
  Effect.gen(function* () {
    const there =
      known === undefined
        ? idsOf((yield* store.read({ revision: null, limit: 0 })).generation)
        : { triggers: [...known.triggers.keys()], tasks: [...known.tasks.keys()] };
    if (there === undefined) return;
    const [id, ids] =
      "trigger" in subject ? [subject.trigger, there.triggers] : [subject.task, there.tasks];
    if (ids.includes(id)) return;
    const names = ids.filter((it) => !it.startsWith("@")).map((it) => JSON.stringify(it));
    return yield* refuse(
      `there is no ${subjectText(subject)}; the app has ${names.length === 0 ? "none" : names.join(", ")}`,
    );
  });

const idsOf = (generation: Generation | null) => {
  if (generation === null) return undefined;
  const triggers = Object.keys(generation.triggers);
  // Each task has a trigger `@<task>`, for the runs that people ask for.
  return { triggers, tasks: triggers.flatMap((id) => (id.startsWith("@") ? [id.slice(1)] : [])) };
};
