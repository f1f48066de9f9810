// How many instants a cron expression names in a stretch of time, without looking at each: whole days are counted by their months' masks, what daylight saving moves one by
// one. It counts exactly what `nextCron` would find.
import { dateOf, instantMax, monthLength } from "./civil.ts";
import { daysIn, nextLocal, type CronCalendar } from "./cron-calendar.ts";
import type { Bits } from "./cron-parse.ts";
import { localFrom, type CronWalk } from "./cron.ts";
import { gapMillisMax, type Segment } from "./zone.ts";

/** The occurrences after an instant (excluded) until another (included). */
export const countCron = (
  walk: CronWalk,
  range: { readonly after: number; readonly until: number },
): number => {
  const from = Math.max(Math.floor(range.after) + 1, -instantMax);
  const until = Math.min(Math.floor(range.until), instantMax);
  let count = 0;
  for (let at = from; at <= until;) {
    const segment = walk.zone.segmentAt(at);
    count += countIn(walk, segment, { from, until });
    at = segment.until;
  }
  return count;
};

interface Stretch {
  readonly from: number;
  /** Included. */
  readonly until: number;
}

/** Within one segment: its own local times, and what the gap before it moves into it. */
const countIn = (walk: CronWalk, segment: Segment, { from, until }: Stretch): number => {
  const { calendar } = walk;
  const { offset } = segment;
  const first = Math.ceil(Math.max(from + offset, localFrom(walk, segment)) / 1_000);
  const end = Math.ceil((Math.min(until + 1, segment.until) + offset) / 1_000);
  const own = first < end ? localCount(calendar, first, end) : 0;
  if (walk.gap === "skipped") return own;
  return own + movedCount(walk, segment, { from, until });
};

/** The instants to which the gap before a segment moves occurrences and at which the segment has none of its own. */
const movedCount = (walk: CronWalk, segment: Segment, { from, until }: Stretch): number => {
  const { calendar } = walk;
  const { before, offset } = segment;
  const gap = offset - before;
  const once = walk.gap === "once";
  if (once && (segment.from < from || gap > gapMillisMax)) return 0;
  const end = once ? segment.from + offset : Math.min(segment.from + offset, until + before + 1);
  const start = (once ? segment.from : Math.max(segment.from, from)) + before;
  let count = 0;
  const localAfter = (local: number): number =>
    nextLocal(calendar, Math.ceil(local / 1_000)) * 1_000;
  for (let local = localAfter(start); local < end; local = localAfter(local + 1_000)) {
    const own = once ? segment.from + offset : local + gap;
    if (localAfter(own) !== own) count++;
    if (once) break;
  }
  return count;
};

const daySeconds = 86_400;

/** The local seconds from `first` until `end`, which is excluded, that the expression names. */
const localCount = (calendar: CronCalendar, first: number, end: number): number => {
  const [firstDay, endDay] = [Math.floor(first / daySeconds), Math.floor(end / daySeconds)];
  const { seconds, minutes, hours } = calendar;
  const daily = countOf(hours) * countOf(minutes) * countOf(seconds);
  return (
    dayCount(calendar, firstDay, endDay) * daily +
    dayCount(calendar, endDay, endDay + 1) * timesBefore(calendar, end - endDay * daySeconds) -
    dayCount(calendar, firstDay, firstDay + 1) *
      timesBefore(calendar, first - firstDay * daySeconds)
  );
};

/** The days from `from` until `until`, which is excluded, that the expression names. */
const dayCount = (calendar: CronCalendar, from: number, until: number): number => {
  const date = dateOf(from);
  let { year, month } = date;
  let first = from - date.day + 1;
  let mask = -1 << date.day;
  let count = 0;
  while (first < until) {
    const length = monthLength({ year, month });
    const days = daysIn(calendar, year, month, first) & mask;
    count += bitCount(until - first >= length ? days : days & ~(-1 << (until - first + 1)));
    mask = -1;
    first += length;
    month = (month % 12) + 1;
    if (month === 1) year++;
  }
  return count;
};

/** The times of a day before `time`, in seconds, that the expression names. */
const timesBefore = (calendar: CronCalendar, time: number): number => {
  const { seconds, minutes, hours } = calendar;
  const [hour, minute, second] = [Math.floor(time / 3_600), Math.floor(time / 60) % 60, time % 60];
  const inMinute = has(minutes, minute) ? countBelow(seconds, second) : 0;
  const inHour = has(hours, hour) ? countBelow(minutes, minute) * countOf(seconds) + inMinute : 0;
  return countBelow(hours, hour) * countOf(minutes) * countOf(seconds) + inHour;
};

const has = ({ low, high }: Bits, index: number): boolean =>
  (((index < 32 ? low : high) >>> (index & 31)) & 1) !== 0;

const countOf = ({ low, high }: Bits): number => bitCount(low) + bitCount(high);

/** The set bits below `index`. */
const countBelow = ({ low, high }: Bits, index: number): number =>
  index < 32
    ? bitCount(low & ~(-1 << index))
    : bitCount(low) + bitCount(high & ~(-1 << (index & 31)));

const bitCount = (bits: number): number => {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
};
