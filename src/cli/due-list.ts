// What is due next in a store, as far as its rows say it: schedules, runs that wait, and what a router is to do at an instant.
import { conditionText } from "../core/condition-text.ts";
import { endless } from "../core/command.ts";
import { scheduleOfKey } from "../core/schedule.ts";
import type { Run } from "../core/run.ts";
import type { Cursor, Deadline } from "../core/store.ts";
import { nextOf, pausedTriggersOf } from "./diagnosis-recent.ts";

export interface Due {
  readonly at: number;
  readonly kind: "schedule" | "run" | "deadline";
  /** The trigger, the run, or what the deadline is for. */
  readonly id: string;
  readonly what: string;
}

/** The first ones, in the order of time; what is overdue comes first; of several of one kind for one trigger the first. Schedules of paused triggers are left out. */
export const dueListOf = (
  {
    cursors,
    deadlines,
    runs,
  }: {
    readonly cursors: readonly Cursor[];
    readonly deadlines: readonly Deadline[];
    readonly runs: readonly Run[];
  },
  limit = 10,
): readonly Due[] => {
  const due: Due[] = [];
  const paused = pausedTriggersOf(deadlines);
  for (const { trigger, leaf, at } of cursors) {
    if (paused.has(trigger)) continue;
    const nextAt = nextOf(leaf, trigger, at);
    const schedule = scheduleOfKey(leaf);
    if (nextAt !== undefined && schedule !== undefined)
      due.push({ at: nextAt, kind: "schedule", id: trigger, what: conditionText(schedule) });
  }
  for (const { id, dueAt, state, task } of runs)
    if (state === "pending") due.push({ at: dueAt, kind: "run", id, what: `task ${task}` });
  for (const deadline of deadlines)
    if (deadline.at < endless) due.push({ at: deadline.at, kind: "deadline", ...toldOf(deadline) });
  const first = new Map<string, Due>();
  for (const each of due.sort((one, other) => one.at - other.at)) {
    const key = `${each.kind} ${each.id} ${each.what}`;
    if (!first.has(key)) first.set(key, each);
  }
  return [...first.values()].slice(0, limit);
};

const toldOf = ({ due }: Deadline): Pick<Due, "id" | "what"> => {
  switch (due._tag) {
    case "Hear":
      return { id: due.stored.id, what: "a delayed event is heard" };
    case "Paused":
      return {
        id: "trigger" in due.subject ? due.subject.trigger : due.subject.task,
        what: "its pause ends",
      };
    case "Within":
      return { id: due.trigger, what: "a match that still waits is given up" };
    case "Join":
      return { id: due.trigger, what: "what it kept is looked at" };
    case "Absent":
      return { id: due.trigger, what: "a watch without an answer fires" };
    case "Gate":
      return { id: due.trigger, what: "it is throttled no more" };
    case "Release":
    case "Turn":
      return { id: due.trigger, what: "what was kept back fires" };
  }
};
