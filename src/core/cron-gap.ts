// Which times of day that a cron expression names do not exist: those in a gap of local time, where clocks are set forward, and what becomes of them.
import { nextLocal } from "./cron-calendar.ts";
import { readCron, walkOf } from "./cron.ts";
import { formatInstant, readInstant } from "./instant.ts";
import type { CronSchedule } from "./schedule.ts";
import { gapMillisMax, readZone, utc } from "./zone.ts";

export interface CronGap {
  /** The first local time in the gap that the expression names, as `2026-03-29T02:30`; there may be more in the same gap. */
  readonly local: string;
  /** The instant at which it runs instead; null: it does not run. */
  readonly movedTo: number | null;
}

/**
 * The gaps after an instant until another (included) into which times of a faultless schedule fall. Expressions of every hour are left out: an hour more or less of
 * those is what daylight saving is about. `seed` is the trigger's id, for `H`.
 */
export const cronGapsOf = (
  schedule: CronSchedule,
  seed: string,
  { after, until }: { readonly after: number; readonly until: number },
): readonly CronGap[] => {
  const rule = readCron(schedule.expression, seed);
  const zone = schedule.timeZone === undefined ? utc : valueOf(readZone(schedule.timeZone));
  if (!rule.ok || zone === undefined || isHourly(rule.value.calendar.hours.low)) return [];
  const walk = walkOf(rule.value, zone, schedule.dst ?? "vixie");
  const startAt = boundOf(schedule.startAt) ?? -Infinity;
  const endAt = boundOf(schedule.endAt) ?? Infinity;
  const gaps: CronGap[] = [];
  for (
    let segment = zone.segmentAt(after);
    segment.until <= Math.min(until, endAt);
    segment = zone.segmentAt(segment.until)
  ) {
    const { from, before, offset } = zone.segmentAt(segment.until);
    if (offset <= before || from < startAt) continue;
    const local = nextLocal(walk.calendar, Math.ceil((from + before) / 1_000)) * 1_000;
    if (local >= from + offset) continue;
    const isOnce = walk.gap === "once" && offset - before <= gapMillisMax;
    const shifted = walk.gap === "shifted" ? local - before : null;
    gaps.push({ local: localText(local), movedTo: isOnce ? from : shifted });
  }
  return gaps;
};

const allHours = 2 ** 24 - 1;

const isHourly = (hours: number): boolean => (hours & allHours) === allHours;

const valueOf = <Value>(
  reading: { readonly ok: true; readonly value: Value } | { readonly ok: false },
): Value | undefined => (reading.ok ? reading.value : undefined);

const boundOf = (bound: CronSchedule["startAt"]): number | undefined =>
  bound === undefined ? undefined : valueOf(readInstant(bound));

/** Local time is arithmetic in UTC; seconds only where there are any. */
const localText = (local: number): string => {
  const text = formatInstant(local).slice(0, 19);
  return text.endsWith(":00") ? text.slice(0, 16) : text;
};
