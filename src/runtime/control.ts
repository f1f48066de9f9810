// Telling a running system what to do: commands are checked here, once, and stored as signals; whichever engine routes next obeys them. No engine need run.
import * as Effect from "effect/Effect";
import { scheduleOf as scheduleOfKey } from "../core/activation.ts";
import {
  backfillMax,
  eventOf,
  pausedIdOf,
  subjectText,
  type Command,
  type Subject,
} from "../core/command.ts";
import type { Definitions } from "../core/definitions.ts";
import { InputError, type StoreError } from "../core/errors.ts";
import { formatInstant, instantMillis, type InstantInput } from "../core/instant.ts";
import { jsonFault, type Json } from "../core/json.ts";
import { meantOr } from "../core/nearest.ts";
import { scheduleFaults, type CompiledSchedule, type Schedule } from "../core/schedule.ts";
import { optionFault, shown } from "../core/reading.ts";
import type { Generation, StorePort } from "../core/store.ts";
import { idFault, type Task } from "../core/task.ts";
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
    const wrong = optionFault("pause", options, ["id", "until"]);
    if (wrong !== undefined) return yield* refuse(wrong);
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

export interface BackfillOptions extends CommandOptions {
  /** The first occurrence may lie here. */
  readonly from: InstantInput;
  /** The last occurrence may lie here; not in the future. */
  readonly to: InstantInput;
}

export interface BackfillReply extends CommandReply {
  /** How many occurrences the range names, those that have run included. */
  readonly count: number;
}

/**
 * Owes a run for each occurrence of a trigger of one schedule in a range of the past, up to 10,000. A run has the id that it would have had in time: what has run stays as
 * it is, what was skipped runs. Fails with an InputError for a trigger that is not there or waits for anything else, and a range that is none or too wide.
 */
export const backfillIn = (
  store: StorePort,
  trigger: string,
  options: BackfillOptions,
  known?: Known,
): Answer<BackfillReply> =>
  Effect.gen(function* () {
    yield* demandSubject({ trigger });
    yield* demandKnown(store, { trigger }, known);
    const from = yield* read(() => instantMillis(options.from), "from");
    const to = yield* read(() => instantMillis(options.to), "to");
    const now = yield* store.now;
    if (from > to)
      return yield* refuse(
        `from ${formatInstant(from)} lies after to ${formatInstant(to)}; exchange them`,
      );
    if (to > now)
      return yield* refuse(
        `to is ${formatInstant(to)}, which lies in the future (it is ${formatInstant(now)}); a backfill is for the past`,
      );
    const schedule = yield* scheduleOf(store, trigger, known);
    const count = schedule.count({ after: from - 1, until: to });
    if (count > backfillMax)
      return yield* refuse(
        `the range names ${count} occurrences; ${backfillMax} are the most at once: narrow it`,
      );
    const reply = yield* tell(store, { _tag: "Backfill", trigger, from, to }, options);
    return { ...reply, count };
  });

/** The one schedule of a trigger; without definitions, as the cursors tell it. */
const scheduleOf = (store: StorePort, trigger: string, known: Known): Answer<CompiledSchedule> =>
  Effect.gen(function* () {
    const leaves = known?.triggers.get(trigger)?.leaves;
    if ((known?.triggers.get(trigger)?.flow ?? null) !== null)
      return yield* refuse(
        `the trigger ${JSON.stringify(trigger)} debounces, throttles or batches what its schedule names; run its task instead`,
      );
    const { rows } = yield* store.list("cursor", { where: { trigger }, limit: 2 });
    const schedules =
      leaves === undefined
        ? rows.flatMap(({ leaf }) => scheduleOfKey(leaf, trigger) ?? [])
        : leaves.map(({ schedule }) => schedule);
    const [schedule, ...others] = schedules;
    if (schedule === undefined || schedule === null || others.length > 0)
      return yield* refuse(
        `the trigger ${JSON.stringify(trigger)} waits for more, or other things, than one schedule; a backfill is for schedules`,
      );
    return schedule;
  });

export interface MadeSchedule<Input> {
  /** What `cron`, `every` or `at` give. */
  readonly when: Schedule;
  readonly run: Task<Input> | string;
  /** JSON; null when left out. */
  readonly input?: Input;
}

/**
 * Makes a schedule, or replaces the one that was made under the id: from now on each of its occurrences owes a run of the task with the input. It is data, survives restarts
 * and obeys the rules of schedules that are defined. Fails with an InputError for an id that a trigger has, a task that is not there, and what is no schedule or no JSON.
 */
export const scheduleIn = (
  store: StorePort,
  id: string,
  { when, run, input }: MadeSchedule<any>,
  options: CommandOptions = {},
  known?: Known,
): Answer<CommandReply> =>
  Effect.gen(function* () {
    yield* demandSubject({ trigger: id });
    if ((yield* thereIn(store, known))?.triggers.includes(id) === true)
      return yield* refuse(`the trigger ${JSON.stringify(id)} is defined; give another id`);
    const task = typeof run === "string" ? run : run.id;
    yield* demandSubject({ task });
    yield* demandKnown(store, { task }, known);
    const value = input ?? null;
    const faults = [...scheduleFaults(when, id), jsonFault(value, "input")].filter(
      (fault) => fault !== undefined,
    );
    if (faults.length > 0) return yield* refuse(faults.join("; "));
    const command: Command = { _tag: "Schedule", id, when, task, input: value as Json };
    return yield* tell(store, command, options);
  });

/** Ends a schedule that was made under the id; runs that it has owed stay. If there is none when this is routed, that is a skip. */
export const unscheduleIn = (
  store: StorePort,
  id: string,
  options: CommandOptions = {},
): Answer<CommandReply> =>
  Effect.gen(function* () {
    yield* demandSubject({ trigger: id });
    return yield* tell(store, { _tag: "Unschedule", id }, options);
  });

export interface RewindReply extends CommandReply {
  /** What the store's clock said, in milliseconds since the epoch. */
  readonly to: number;
}

/** Sets schedules that lie ahead of the store's clock back to it: after a clock was set back, they go on from now. What has run does not run again. */
export const rewindIn = (store: StorePort, options: CommandOptions = {}): Answer<RewindReply> =>
  Effect.gen(function* () {
    const to = yield* store.now;
    return { ...(yield* tell(store, { _tag: "Rewind", to }, options)), to };
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
    return refuse(
      `${shown(subject)} names ${task === undefined ? "neither" : "both"}; give { trigger } or { task }`,
    );
  const misplaced = optionFault("what is named", subject as object, ["trigger", "task"]);
  if (misplaced !== undefined) return refuse(misplaced);
  const fault = idFault(trigger ?? task);
  return fault === undefined
    ? Effect.void
    : refuse(`${trigger === undefined ? "task" : "trigger"}: ${fault}`);
};

const demandKnown = (store: StorePort, subject: Subject, known: Known): Answer<void> =>
  Effect.flatMap(unknownIn(store, subject, known), (told) =>
    told === undefined ? Effect.void : refuse(told),
  );

/** What is to be said of a trigger or task that is not there; undefined if it is, or if nobody knows: before the first engine nobody knows what there will be. */
export const unknownIn = (
  store: StorePort,
  subject: Subject,
  known: Known,
): Effect.Effect<string | undefined, StoreError> =>
  Effect.gen(function* () {
    const there = yield* thereIn(store, known);
    if (there === undefined) return undefined;
    const [id, ids] =
      "trigger" in subject ? [subject.trigger, there.triggers] : [subject.task, there.tasks];
    if (ids.includes(id) || ("trigger" in subject && (yield* isMade(store, id)))) return undefined;
    const place =
      known === undefined ? `among the active definitions in ${store.url}` : "in the app";
    return unknownText(subject, ids, place);
  });

/** That there is no such trigger or task in this place, and which there are. */
export const unknownText = (subject: Subject, ids: Iterable<string>, place: string): string => {
  const id = "trigger" in subject ? subject.trigger : subject.task;
  const others = [...ids].filter((it) => !it.startsWith("@"));
  const names = others.length === 0 ? "none" : others.map((it) => JSON.stringify(it)).join(", ");
  return `there is no ${subjectText(subject)} ${place}${meantOr(id, others, `; there ${others.length === 1 ? "is" : "are"} ${names}`)}`;
};

interface There {
  readonly triggers: readonly string[];
  readonly tasks: readonly string[];
}

const thereIn = (store: StorePort, known: Known): Effect.Effect<There | undefined, StoreError> =>
  known === undefined
    ? Effect.map(store.read({ revision: null, limit: 0 }), ({ generation }) => idsOf(generation))
    : Effect.succeed({ triggers: [...known.triggers.keys()], tasks: [...known.tasks.keys()] });

/** Whether there is a schedule of this id that was made at run time. */
const isMade = (store: StorePort, trigger: string): Effect.Effect<boolean, StoreError> =>
  Effect.map(store.list("cursor", { where: { trigger }, limit: 1 }), ({ rows }) =>
    rows.some(({ made }) => made !== undefined),
  );

const idsOf = (generation: Generation | null): There | undefined => {
  if (generation === null) return undefined;
  const triggers = Object.keys(generation.triggers);
  // Each task has a trigger `@<task>`, for the runs that people ask for.
  return { triggers, tasks: triggers.flatMap((id) => (id.startsWith("@") ? [id.slice(1)] : [])) };
};
