// What commands do: the part of the decision that people made. `step` asks here when it comes to a command in the log, or to an instant that a command has set.
//
// A pause is a deadline at its end, and lasts while that row is there. A paused trigger's schedules are taken off the heap, so that a pause costs nothing while it lasts; their
// cursors stay where the pause found them, and when it ends, what they named meanwhile becomes one skip each. Signals that satisfy a paused trigger become skips as they come
// (hear.ts). A paused task's runs are owed as ever; stores leave them out of claims.
//
// A backfill and a rewind may owe runs that were owed before. Their ids say so; whoever routes looks which of `again` are stored, and decides anew with that (`Piece.known`).
import {
  backfillMax,
  commandOf,
  endless,
  pausedIdOf,
  subjectText,
  type Command,
  type Subject,
} from "./command.ts";
import type { CompiledTrigger, Definitions } from "./definitions.ts";
import type { Draft } from "./draft.ts";
import { fire, repeat } from "./fire.ts";
import { rangeOf, type Schedule } from "./schedule.ts";
import { occurrenceIdOf, type Event, type StoredSignal } from "./signal.ts";
import type { CursorMove } from "./step.ts";
import type { Deadline } from "./store.ts";

interface Deciding {
  readonly definitions: Definitions;
  readonly draft: Draft;
}

/** Does what a command in the log says; gives the schedules that go on elsewhere than they were. What can't be done is a skip with its reason. */
export const obey = (deciding: Deciding, stored: StoredSignal): readonly CursorMove[] => {
  const { draft } = deciding;
  const event = stored.signal as Event;
  const command = commandOf(event);
  const answer = command.ok ? obeyed(deciding, command.value, stored) : command.message;
  if (typeof answer !== "string") return answer;
  draft.skip({
    trigger: event.name,
    signal: stored.id,
    reason: "refused",
    detail: answer,
    at: stored.at,
  });
  return [];
};

/** The moves of schedules, or why the command is refused. */
const obeyed = (
  deciding: Deciding,
  command: Command,
  { id, at }: StoredSignal,
): readonly CursorMove[] | string => {
  switch (command._tag) {
    case "Pause":
      return pause(deciding, command, at);
    case "Resume":
      return resume(deciding, command.subject, { at, through: at });
    case "Backfill":
      return backfill(deciding, command, at) ?? [];
    case "Rewind":
      return command.to > at ? "it lies ahead of the log" : rewind(deciding, command.to);
    case "Retry":
      return retry(deciding, command, { id, at });
  }
};

const pause = (
  { definitions, draft }: Deciding,
  { subject, until }: Command & { _tag: "Pause" },
  at: number,
): readonly CursorMove[] | string => {
  const isKnown =
    "trigger" in subject
      ? definitions.triggers.has(subject.trigger)
      : definitions.tasks.has(subject.task);
  if (!isKnown) return `no ${subjectText(subject)} is defined`;
  if (until !== null && until <= Math.min(at, draft.now)) return "its end has passed";
  const wasPaused = draft.isPaused(subject);
  draft.putDeadline(pausedDeadlineOf(subject, until));
  return wasPaused ? [] : heldSchedules(definitions, subject, at);
};

/** The run is owed by the trigger of runs that people ask for; its cause is the command. */
const retry = (
  { definitions, draft }: Deciding,
  { task, ...repeated }: Command & { _tag: "Retry" },
  { id, at }: Pick<StoredSignal, "id" | "at">,
): readonly CursorMove[] | string => {
  const trigger = definitions.triggers.get(`@${task}`);
  if (trigger === undefined) return `no task ${JSON.stringify(task)} is defined`;
  return (
    repeat({ definitions, draft, trigger, at, scopes: [] }, { cause: [id], ...repeated }) ?? []
  );
};

const heldSchedules = (
  definitions: Definitions,
  subject: Subject,
  at: number,
): readonly CursorMove[] =>
  schedulesOf(triggerOf(definitions, subject)).map((leaf) => ({ leaf, at, nextAt: undefined }));

/** A pause is over at `at`; its schedules skip what they named through `through` and go on behind it. */
const resume = (
  { definitions, draft }: Deciding,
  subject: Subject,
  { at, through }: { readonly at: number; readonly through: number },
): readonly CursorMove[] => {
  if (!draft.isPaused(subject)) return [];
  draft.removeDeadline(pausedIdOf(subject));
  const trigger = triggerOf(definitions, subject);
  return schedulesOf(trigger).map((leaf) => {
    const after = draft.heldAt(leaf) ?? through;
    const range = rangeOf(leaf.schedule, { after, until: through });
    if (range !== undefined)
      draft.skip({
        trigger: leaf.trigger.id,
        leaf: leaf.key,
        detail: leaf.path,
        reason: "paused",
        at,
        ...range,
      });
    const to = Math.max(after, through);
    return { leaf, at: to, nextAt: leaf.schedule.next(to) };
  });
};

/** The end that a pause was given has come: an occurrence at that very instant is not paused any more. */
export const endPause = (deciding: Deciding, subject: Subject, at: number): readonly CursorMove[] =>
  resume(deciding, subject, { at, through: at - 1 });

const pausedDeadlineOf = (subject: Subject, until: number | null): Deadline => ({
  id: pausedIdOf(subject),
  at: until ?? endless,
  due: { _tag: "Paused", subject },
});

const triggerOf = (definitions: Definitions, subject: Subject): CompiledTrigger | undefined =>
  "trigger" in subject ? definitions.triggers.get(subject.trigger) : undefined;

type ScheduleLeaf = CompiledTrigger["leaves"][number] & {
  readonly schedule: NonNullable<CompiledTrigger["leaves"][number]["schedule"]>;
};

const schedulesOf = (trigger: CompiledTrigger | undefined): readonly ScheduleLeaf[] =>
  [...(trigger?.leaves ?? []), ...(trigger?.parts ?? [])].filter(
    (leaf): leaf is ScheduleLeaf => leaf.schedule !== null,
  );

/** Owes a run for each occurrence in the range, whatever became of it before. Gives a line if it is refused. */
const backfill = (
  { definitions, draft }: Deciding,
  { trigger: id, from, to }: Command & { _tag: "Backfill" },
  at: number,
): string | undefined => {
  const trigger = definitions.triggers.get(id);
  if (trigger === undefined) return `no trigger ${JSON.stringify(id)} is defined`;
  const [leaf, ...others] = trigger.leaves;
  const schedule = leaf?.schedule ?? null;
  if (leaf === undefined || schedule === null || others.length > 0)
    return `the trigger ${JSON.stringify(id)} waits for more, or other things, than one schedule`;
  if (to > at) return "it reaches into the future";
  const count = schedule.count({ after: from - 1, until: to });
  if (count > backfillMax) return `it names ${count} occurrences; ${backfillMax} are the most`;
  // Due now, not then: what is due by itself at the moment is not to wait for all of these.
  const fired = { definitions, draft, trigger, at, scopes: [] };
  draft.again(() => {
    for (
      let due = schedule.next(from - 1);
      due !== undefined && due <= to;
      due = schedule.next(due)
    )
      fire(fired, [
        {
          leaf: leaf.path,
          id: occurrenceIdOf(leaf.key, due),
          signal: { _tag: "Occurrence", schedule: leaf.condition as Schedule, dueAt: due },
        },
      ]);
  });
  return undefined;
};

/** Sets schedules that lie ahead of an instant back to it. */
const rewind = ({ definitions, draft }: Deciding, to: number): readonly CursorMove[] =>
  definitions.schedules.flatMap((leaf): readonly CursorMove[] => {
    const nextAt = leaf.schedule?.next(to);
    if (draft.isTriggerPaused(leaf.trigger.id))
      return (draft.heldAt(leaf) ?? to) > to ? [{ leaf, at: to, nextAt: undefined }] : [];
    return nextAt !== undefined && nextAt < (draft.nextAtOf(leaf) ?? Infinity)
      ? [{ leaf, at: to, nextAt }]
      : [];
  });
