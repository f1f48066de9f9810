// Schedules made at run time: a trigger of one schedule as data, an id, a schedule, a task and an input. It lives in its cursor's row, which says all of that, and obeys the rules
// of schedules that are defined. An id that is defined can't be made, and a definition that comes later takes it over (activation.ts).
import type { Command } from "./command.ts";
import {
  compiledTrigger,
  type CompiledTrigger,
  type Definitions,
  type Leaf,
} from "./definitions.ts";
import type { Draft } from "./draft.ts";
import { giveWay } from "./fire.ts";
import { scheduleOfKey, type Schedule } from "./schedule.ts";
import { overlapScopeOf } from "./scope.ts";
import type { CursorMove } from "./step.ts";
import type { Cursor, Made } from "./store.ts";
import { trigger } from "./trigger.ts";

interface Deciding {
  readonly definitions: Definitions;
  readonly draft: Draft;
}

/** Throws a DefinitionError for a faulty schedule. */
const madeTrigger = (id: string, when: Schedule, made: Made): CompiledTrigger => {
  const { task: run, input } = made;
  return Object.assign(compiledTrigger(trigger(id, { when, run, input })), { made });
};

/** The trigger that a cursor's row tells of; undefined if it tells of none, or this version can't read it. */
export const triggerOfRow = ({ trigger: id, leaf, made }: Cursor): CompiledTrigger | undefined => {
  const when = made && scheduleOfKey(leaf);
  if (when === undefined) return undefined;
  try {
    return madeTrigger(id, when, made as Made);
  } catch {
    return undefined;
  }
};

/** A trigger by its id, defined or made. */
export const triggerNamed = (
  { definitions, draft }: Deciding,
  id: string,
): CompiledTrigger | undefined => definitions.triggers.get(id) ?? draft.madeOf(id);

/** Makes a schedule, or replaces the one that was made under this id. It names nothing before this instant. Gives a line if it is refused. */
export const schedule = (
  { definitions, draft }: Deciding,
  { id, when, task, input }: Command & { _tag: "Schedule" },
  at: number,
): readonly CursorMove[] | string => {
  if (definitions.triggers.has(id)) return `the trigger ${JSON.stringify(id)} is defined`;
  if (!definitions.tasks.has(task)) return `no task ${JSON.stringify(task)} is defined`;
  const made = madeTrigger(id, when, { task, input }); // its faults were found when the command was read
  const before = ended(draft, draft.madeOf(id), at);
  draft.make(made);
  const leaf = made.leaves[0] as Leaf;
  const nextAt = draft.isTriggerPaused(id) ? undefined : leaf.schedule?.next(at);
  return [...before, { leaf, at, nextAt }];
};

/** Ends a schedule that was made. Gives a line if there is none. */
export const unschedule = (
  { draft }: Deciding,
  { id }: Command & { _tag: "Unschedule" },
  at: number,
): readonly CursorMove[] | string => {
  const made = draft.madeOf(id);
  if (made === undefined) return `no schedule was made under the id ${JSON.stringify(id)}`;
  const moves = ended(draft, made, at);
  draft.unmake(made);
  return moves;
};

/** Takes a made schedule off the agenda; what a pause of it has kept from running, and what waits for its turn, is recorded. */
const ended = (
  draft: Draft,
  made: CompiledTrigger | undefined,
  at: number,
): readonly CursorMove[] => {
  if (made === undefined) return [];
  const waiting = [...draft.heldFirings(overlapScopeOf(made.id))]; // each of them is taken out
  for (const firing of waiting) giveWay({ draft, trigger: made, at }, firing, "retired");
  return made.leaves.map((leaf) => {
    if (draft.isTriggerPaused(made.id)) draft.skipPaused(leaf, { at, through: at });
    return { leaf, at, nextAt: undefined };
  });
};
