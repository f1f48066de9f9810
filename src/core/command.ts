// Commands: what people tell a running system. A command is a row of the log like any event, named `@:<verb>`, so that what it changes is a fold over the log too: it has its
// place in the order of signals, is heard once, and waits for an engine if none runs. What commands do is said in control.ts.
import { formatInstant } from "./instant.ts";
import { instantMax } from "./civil.ts";
import type { Json } from "./json.ts";
import { read, shown, unread, type Reading } from "./reading.ts";
import { scheduleFaults, type Schedule } from "./schedule.ts";
import type { Event, StoredSignal } from "./signal.ts";
import type { Run } from "./run.ts";
import { idFault } from "./task.ts";

/** What a pause is of. */
export type Subject = { readonly trigger: string } | { readonly task: string };

export type Command =
  /** `until`: when it ends by itself; null: when somebody resumes it. */
  | { readonly _tag: "Pause"; readonly subject: Subject; readonly until: number | null }
  | { readonly _tag: "Resume"; readonly subject: Subject }
  /** Both ends are included. */
  | {
      readonly _tag: "Backfill";
      readonly trigger: string;
      readonly from: number;
      readonly to: number;
    }
  /** `to`: what the clock said. */
  | { readonly _tag: "Rewind"; readonly to: number }
  | {
      readonly _tag: "Schedule";
      readonly id: string;
      readonly when: Schedule;
      readonly task: string;
      readonly input: Json;
    }
  | { readonly _tag: "Unschedule"; readonly id: string }
  /** Runs again what the run did that is named: another run, of the same task, with the same input and idempotency key. */
  | ({ readonly _tag: "Retry"; readonly run: string } & Repeated);

/** So many occurrences one backfill may name. */
export const backfillMax = 10_000;

/** What a run that is made to repeat another one takes over from it. */
type Repeated = Pick<Run, "task" | "input" | "idempotencyKey">;

const prefix = "@:";

/** Whether a stored signal is a command; whether it says anything is for `commandOf`. */
export const isCommand = ({ signal }: Pick<StoredSignal, "signal">): boolean =>
  signal._tag === "Event" && signal.name.startsWith(prefix);

/** The name and payload of the event that a command is stored as. */
export const eventOf = (command: Command): Pick<Event, "name" | "payload"> => {
  const { _tag, ...rest } = command;
  const name = `${prefix}${_tag.toLowerCase()}`;
  if (!("subject" in rest)) return { name, payload: rest as unknown as Json };
  const { subject, ...more } = rest;
  return { name, payload: { ...subject, ...more } };
};

/** The command that an event stands for, or why it stands for none: other versions and other programs write logs too. */
export const commandOf = ({ name, payload }: Pick<Event, "name" | "payload">): Reading<Command> => {
  const verb = name.slice(prefix.length);
  const reader = Object.hasOwn(readers, verb) ? readers[verb] : undefined;
  if (reader === undefined) return unread(`${shown(verb)} is no command of this version`);
  if (typeof payload !== "object" || payload === null || Array.isArray(payload))
    return unread(`the payload of ${shown(name)} is ${shown(payload)}; it is an object`);
  return reader(payload as { readonly [field: string]: Json });
};

type Fields = { readonly [field: string]: Json };

const readers: { readonly [verb: string]: (fields: Fields) => Reading<Command> } = {
  pause: (fields) => {
    const subject = subjectOf(fields);
    if (!subject.ok) return subject;
    const { until = null } = fields;
    if (until !== null && !isInstant(until)) return unread(`until is ${shown(until)}; no instant`);
    return read({ _tag: "Pause", subject: subject.value, until });
  },
  backfill: ({ trigger, from, to }) => {
    const fault = idFault(trigger);
    if (fault !== undefined) return unread(fault);
    if (!isInstant(from)) return unread(`from is ${shown(from)}; no instant`);
    if (!isInstant(to)) return unread(`to is ${shown(to)}; no instant`);
    return read({ _tag: "Backfill", trigger: trigger as string, from, to });
  },
  rewind: ({ to }) =>
    isInstant(to) ? read({ _tag: "Rewind", to }) : unread(`to is ${shown(to)}; no instant`),
  schedule: ({ id, when, task, input = null }) => {
    const fault = idFault(id) ?? idFault(task);
    if (fault !== undefined) return unread(fault);
    const [first] = scheduleFaults(when as unknown as Schedule, id as string);
    if (first !== undefined) return unread(first);
    return read({
      _tag: "Schedule",
      id: id as string,
      when: when as unknown as Schedule,
      task: task as string,
      input,
    });
  },
  unschedule: ({ id }) => {
    const fault = idFault(id);
    return fault === undefined ? read({ _tag: "Unschedule", id: id as string }) : unread(fault);
  },
  resume: (fields) => {
    const subject = subjectOf(fields);
    return subject.ok ? read({ _tag: "Resume", subject: subject.value }) : subject;
  },
  retry: ({ run, task, input, idempotencyKey }) => {
    if (typeof run !== "string" || typeof idempotencyKey !== "string")
      return unread("it names no run, or no idempotency key");
    const fault = idFault(task);
    if (fault !== undefined) return unread(fault);
    return read({ _tag: "Retry", run, task: task as string, input: input ?? null, idempotencyKey });
  },
};

const subjectOf = ({ trigger, task }: Fields): Reading<Subject> => {
  if ((trigger === undefined) === (task === undefined))
    return unread("it names neither a trigger nor a task, or both");
  const fault = idFault(trigger ?? task);
  if (fault !== undefined) return unread(fault);
  return read(trigger === undefined ? { task: task as string } : { trigger: trigger as string });
};

const isInstant = (value: Json | undefined): value is number =>
  typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= instantMax;

/** How people call what a pause is of: `trigger "nightly"`. */
export const subjectText = (subject: Subject): string =>
  "trigger" in subject
    ? `trigger ${JSON.stringify(subject.trigger)}`
    : `task ${JSON.stringify(subject.task)}`;

/** The id of the deadline that a pause is. */
export const pausedIdOf = (subject: Subject): string =>
  "trigger" in subject ? pausedTriggerIdOf(subject.trigger) : `${pausedTasks}${subject.task}`;

export const pausedTriggerIdOf = (trigger: string): string => `paused/trigger/${trigger}`;

/** What the ids of all pauses of tasks begin with. */
export const pausedTasks = "paused/task/";

/** The end of a pause that nobody has set an end to: the end of time. */
export const endless = instantMax;

/** When a pause ends by itself, for people and scripts; null: it does not. */
export const pauseEnd = (at: number): string | null => (at >= endless ? null : formatInstant(at));
