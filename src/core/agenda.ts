// The agenda of a step: what comes due within a piece of the log besides stored signals, in the order in which it is heard.
import type { Leaf } from "./definitions.ts";
import { DueHeap } from "./due-heap.ts";
import { nextDueAt, type State } from "./state.ts";
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

  get isEmpty(): boolean {
    return this.heap.size === 0;
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

/** Up to where things are due: by the log's own time, which goes on when the clock was set back, and by the store's clock. */
interface Horizon {
  readonly until: number;
  readonly now: number;
}

/** What the state says is due. */
export const agendaOf = (state: State, horizon: Horizon): Agenda => {
  const agenda = new Agenda();
  const logAt = state.watermark.at;
  for (const deadline of state.deadlines.upTo(horizon.until))
    if (isDeadlineDue(deadline, horizon)) agenda.add(upcomingDeadline(deadline));
  for (const { leaf, nextAt } of state.schedules.upTo(horizon.until))
    if (isOccurrenceDue(nextAt, { ...horizon, logAt }))
      agenda.add(upcomingOccurrence(leaf, nextAt, -Infinity));
  return agenda;
};

/** Whether the state says that anything is due. */
export const isAnythingDue = (state: State, horizon: Horizon): boolean => {
  if ((nextDueAt(state) ?? Infinity) > horizon.until) return false;
  return horizon.until <= horizon.now || !agendaOf(state, horizon).isEmpty;
};

/** An occurrence that lies before the end of the log was brought back by a rewind: it is due when the clock says so. */
export const isOccurrenceDue = (
  at: number,
  { until, now, logAt }: Horizon & { readonly logAt: number },
): boolean => at <= (at <= logAt ? now : until);

/** So is an event whose delay ends before the instant at which it was stored: that was after the clock was set back. */
export const isDeadlineDue = ({ at, due }: Deadline, { until, now }: Horizon): boolean =>
  at <= (due._tag === "Hear" && due.stored.at > at ? Math.min(until, now) : until);

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
