// The agenda of a step: what comes due within a piece of the log besides stored signals, in the order in which it is heard.
import type { Leaf } from "./definitions.ts";
import { DueHeap } from "./due-heap.ts";
import type { State } from "./state.ts";
import type { Deadline } from "./store.ts";

/** Ranked, so that at one instant deadlines go before occurrences, each in an order that depends on nothing but their names. */
export type Upcoming =
  | {
      readonly _tag: "Deadline";
      readonly at: number;
      readonly rank: string;
      readonly deadline: Deadline;
    }
  | {
      readonly _tag: "Occurrence";
      readonly at: number;
      readonly rank: string;
      readonly leaf: Leaf;
      readonly missedThrough: number;
    };

export class Agenda {
  private readonly heap = new DueHeap<Upcoming[]>();

  add(upcoming: Upcoming): void {
    const key = String(upcoming.at);
    const sameInstant = this.heap.get(key);
    if (sameInstant === undefined) this.heap.set(key, upcoming.at, [upcoming]);
    else sameInstant.push(upcoming);
  }

  /** All that is due at the earliest instant up to and including `until`, in the order in which it is heard. */
  take(until: number): readonly Upcoming[] {
    const at = this.heap.nextAt;
    if (at === undefined || at > until) return [];
    const sameInstant = this.heap.get(String(at)) ?? [];
    this.heap.delete(String(at));
    return sameInstant.length === 1
      ? sameInstant
      : sameInstant.sort((one, other) => (one.rank < other.rank ? -1 : 1));
  }
}

/** What the state says is due up to and including `until`. */
export const agendaOf = (state: State, until: number): Agenda => {
  const agenda = new Agenda();
  for (const deadline of state.deadlines.upTo(until)) agenda.add(upcomingDeadline(deadline));
  for (const { leaf, nextAt } of state.schedules.upTo(until))
    agenda.add(upcomingOccurrence(leaf, nextAt, -Infinity));
  return agenda;
};

export const upcomingDeadline = (deadline: Deadline): Upcoming => ({
  _tag: "Deadline",
  at: deadline.at,
  rank: rankOf(deadline),
  deadline,
});

/**
 * What has waited too long is gone before anything is heard; absences are heard before what would have answered them, those of one leaf by their `order`; delayed
 * events in the order in which they were stored.
 */
const rankOf = ({ id, due }: Deadline): string => {
  if (due._tag === "Hear") return `2 ${padded(due.stored.seq)}`;
  if (due._tag !== "Absent") return `0 ${id}`;
  const { trigger, leaf, order } = due;
  // Orders may be negative: those sort first, and among themselves.
  return `1 ${trigger} ${leaf} ${order < 0 ? `-${padded(order + Number.MAX_SAFE_INTEGER)}` : `0${padded(order)}`}`;
};

const padded = (count: number): string => String(count).padStart(16, "0");

/** `missedThrough`: occurrences up to there have been found to fire although they were missed. */
export const upcomingOccurrence = (leaf: Leaf, at: number, missedThrough: number): Upcoming => ({
  _tag: "Occurrence",
  at,
  rank: `3 ${leaf.trigger.id} ${leaf.key}`,
  leaf,
  missedThrough,
});
