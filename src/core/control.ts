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
import type { Definitions, Leaf } from "./definitions.ts";
import type { Draft } from "./draft.ts";
import { fire, repeat } from "./fire.ts";
import { formatInstant } from "./instant.ts";
import { schedule, triggerNamed, unschedule } from "./made.ts";
import { takeTurn } from "./overlap.ts";
import type { Schedule } from "./schedule.ts";
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
    case "Schedule":
      return schedule(deciding, command, at);
    case "Unschedule":
      return unschedule(deciding, command, at);
    case "Rewind":
      return command.to > at ? "it lies ahead of the log" : rewind(deciding, command.to);
    case "Retry":
      return retry(deciding, command, { id, at });
  }
};

const pause = (
  deciding: Deciding,
  { subject, until }: Command & { _tag: "Pause" },
  at: number,
): readonly CursorMove[] | string => {
  const { definitions, draft } = deciding;
  const isKnown =
    "trigger" in subject
      ? triggerNamed(deciding, subject.trigger) !== undefined
      : definitions.tasks.has(subject.task);
  if (!isKnown) return `no ${subjectText(subject)} is defined`;
  if (until !== null && until <= Math.min(at, draft.now)) return "its end has passed";
  const wasPaused = draft.isPaused(subject);
  draft.putDeadline(pausedDeadlineOf(subject, until));
  return wasPaused ? [] : heldSchedules(deciding, subject, at);
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

const heldSchedules = (deciding: Deciding, subject: Subject, at: number): readonly CursorMove[] =>
  schedulesOf(deciding, subject).map((leaf) => ({ leaf, at, nextAt: undefined }));

/** A pause is over at `at`; its schedules skip what they named through `through` and go on behind it. */
const resume = (
  deciding: Deciding,
  subject: Subject,
  { at, through }: { readonly at: number; readonly through: number },
): readonly CursorMove[] => {
  const { draft } = deciding;
  if (!draft.isPaused(subject)) return [];
  draft.removeDeadline(pausedIdOf(subject));
  return schedulesOf(deciding, subject).map((leaf) => {
    const to = draft.skipPaused(leaf, { at, through });
    return { leaf, at: to, nextAt: leaf.schedule?.next(to) };
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

const schedulesOf = (deciding: Deciding, subject: Subject): readonly Leaf[] => {
  const trigger = "trigger" in subject ? triggerNamed(deciding, subject.trigger) : undefined;
  const leaves = [...(trigger?.leaves ?? []), ...(trigger?.parts ?? [])];
  return leaves.filter(({ schedule: rule }) => rule !== null);
};

/** Owes a run for each occurrence in the range, whatever became of it before. Gives a line if it is refused. */
const backfill = (
  deciding: Deciding,
  { trigger: id, from, to }: Command & { _tag: "Backfill" },
  at: number,
): string | undefined => {
  const { definitions, draft } = deciding;
  const trigger = triggerNamed(deciding, id);
  if (trigger === undefined) return `no trigger ${JSON.stringify(id)} is defined`;
  const [leaf, ...others] = trigger.leaves;
  const rule = leaf?.schedule ?? null;
  if (leaf === undefined || rule === null || others.length > 0)
    return `the trigger ${JSON.stringify(id)} waits for more, or other things, than one schedule`;
  if (trigger.flow !== null)
    return `the trigger ${JSON.stringify(id)} debounces, throttles or batches what its schedule names`;
  if (to > at) return "it reaches into the future";
  const count = rule.count({ after: from - 1, until: to });
  if (count > backfillMax) return `it names ${count} occurrences; ${backfillMax} are the most`;
  const forgottenAt = draft.forgottenAt(trigger);
  if (from <= forgottenAt)
    return `what ran up to ${formatInstant(forgottenAt)} is forgotten, and might run a second time; begin after that`;
  // Due now, not then: what is due by itself at the moment is not to wait for all of these.
  const fired = { definitions, draft, trigger, at, scopes: [] };
  draft.again(() => {
    for (let due = rule.next(from - 1); due !== undefined && due <= to; due = rule.next(due)) {
      const id = occurrenceIdOf(leaf.key, due);
      takeTurn(draft, trigger.id, id);
      fire(fired, [
        {
          leaf: leaf.path,
          id,
          signal: { _tag: "Occurrence", schedule: leaf.condition as Schedule, dueAt: due },
        },
      ]);
    }
  });
  return undefined;
};

/** Sets schedules that lie ahead of an instant back to it. */
const rewind = ({ definitions, draft }: Deciding, to: number): readonly CursorMove[] =>
  [...definitions.schedules, ...draft.madeSchedules()].flatMap((leaf): readonly CursorMove[] => {
    const nextAt = leaf.schedule?.next(to);
    if (draft.isTriggerPaused(leaf.trigger.id))
      return (draft.heldAt(leaf) ?? to) > to ? [{ leaf, at: to, nextAt: undefined }] : [];
    return nextAt !== undefined && nextAt < (draft.nextAtOf(leaf) ?? Infinity)
      ? [{ leaf, at: to, nextAt }]
      : [];
  });
