// Missed occurrences: what becomes of instants that were noticed too late. Decides ranges to skip and the first instant to fire; knows no trigger and no store.
import { rangeOf, type CompiledSchedule } from "./schedule.ts";
import type { SkipReason } from "./skip-reason.ts";

interface SkippedRange {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly reason: SkipReason;
}

export interface CatchUp {
  readonly skipped: readonly SkippedRange[];
  /** Occurrences from here on fire, missed or not; undefined: none of the missed ones does. */
  readonly fireFrom: number | undefined;
  /** The last occurrence that this answer covers. */
  readonly through: number;
}

/**
 * What to do with the occurrences from `from` (an occurrence) to `until`, as far as they are older than the schedule's `missedAfter` at `now`. The policy is applied to
 * all that were missed by `now`, even those after `until`, so that a router that reads the log in small pieces still fires only the latest one.
 */
export const catchUp = (
  schedule: CompiledSchedule,
  range: { from: number; until: number; now: number },
): CatchUp => {
  const { from, until, now } = range;
  const missedThrough = now - schedule.missedAfterMillis - 1;
  const last = Math.min(until, missedThrough);
  const keepFrom =
    schedule.missed === "skip" ? undefined : keptFrom(schedule, from, missedThrough, now);
  const through = schedule.previous(last + 1) ?? from;
  if (keepFrom === undefined || keepFrom > through)
    return { skipped: rangesOf(schedule, from, through, now), fireFrom: undefined, through };
  return { skipped: rangesOf(schedule, from, keepFrom - 1, now), fireFrom: keepFrom, through };
};

/** The first missed occurrence that still runs under the policies `latest` and `all`. */
const keptFrom = (
  schedule: CompiledSchedule,
  from: number,
  missedThrough: number,
  now: number,
): number | undefined => {
  const oldest =
    schedule.missedWithinMillis === undefined
      ? from
      : Math.max(from, now - schedule.missedWithinMillis);
  const kept = schedule.missed === "latest" ? 1 : schedule.missedMax;
  let first: number | undefined;
  // Walk back from the newest, as many as the policy keeps: its bound is small, while the range may be years.
  for (
    let count = 0, at = schedule.previous(missedThrough + 1);
    count < kept && at !== undefined && at >= oldest;
    count++, at = schedule.previous(at)
  )
    first = at;
  return first;
};

/** The skipped range, split where occurrences are too old under any policy. `from` is an occurrence. */
const rangesOf = (
  schedule: CompiledSchedule,
  from: number,
  to: number,
  now: number,
): SkippedRange[] => {
  const tooOldThrough =
    schedule.missedWithinMillis === undefined ? -Infinity : now - schedule.missedWithinMillis - 1;
  const tooOld = rangeOf(schedule, { after: from - 1, until: Math.min(to, tooOldThrough) });
  const missed = rangeOf(schedule, { after: Math.max(from - 1, tooOldThrough), until: to });
  return [
    ...(tooOld === undefined ? [] : [{ ...tooOld, reason: "missed-too-old" as const }]),
    ...(missed === undefined ? [] : [{ ...missed, reason: "missed" as const }]),
  ];
};
