// The local calendar of a cron expression: which dates and times of day it names, without any zone. A local time is whole
// seconds since the local 1970-01-01T00:00. An expression whose dates never come does not get here, so a search always ends.
import { dateOf, monthLength, weekdayOf } from "./civil.ts";
import type { DayRule } from "./cron-item.ts";
import type { Bits, CronFields } from "./cron-parse.ts";

/** The fields of an expression, with the dates worked out for each of the 28 kinds of month there are. */
export interface CronCalendar {
  readonly seconds: Bits;
  readonly minutes: Bits;
  readonly hours: Bits;
  readonly months: Bits;
  /** By length (28 to 31) and weekday of the first: `(length - 28) * 7 + weekday`. Bit n is day n. */
  readonly daysOfKind: readonly number[];
}

/** The calendar of an expression, or undefined when no month of it, in no year, has a date that it names. */
export const calendarOf = (fields: CronFields): CronCalendar | undefined => {
  const daysOfKind = Array.from({ length: 28 }, (_, kind) =>
    daysOf(fields, 28 + Math.floor(kind / 7), kind % 7),
  );
  const comes = (length: number): boolean =>
    daysOfKind.slice((length - 28) * 7, (length - 27) * 7).some((days) => days !== 0);
  for (
    let month = firstFrom(fields.months, 1);
    month !== -1;
    month = firstFrom(fields.months, month + 1)
  ) {
    // Every month begins on every weekday in some year, February in both its lengths.
    if (comes(monthLength({ year: 2000, month })) || (month === 2 && comes(28))) {
      const { seconds, minutes, hours, months } = fields;
      return { seconds, minutes, hours, months, daysOfKind };
    }
  }
  return undefined;
};

/** The first local time at or after `local` that the expression names. */
export const nextLocal = (calendar: CronCalendar, local: number): number => {
  const day = Math.floor(local / daySeconds);
  const found = nextDay(calendar, day);
  if (found === day) {
    const time = nextTime(calendar, local - day * daySeconds);
    if (time !== -1) return day * daySeconds + time;
    return nextDay(calendar, day + 1) * daySeconds + nextTime(calendar, 0);
  }
  return found * daySeconds + nextTime(calendar, 0);
};

/** The last local time at or before `local` that the expression names. */
export const previousLocal = (calendar: CronCalendar, local: number): number => {
  const day = Math.floor(local / daySeconds);
  const found = previousDay(calendar, day);
  if (found === day) {
    const time = previousTime(calendar, local - day * daySeconds);
    if (time !== -1) return day * daySeconds + time;
    return previousDay(calendar, day - 1) * daySeconds + previousTime(calendar, daySeconds);
  }
  return found * daySeconds + previousTime(calendar, daySeconds);
};

/** The lowest set bit from `index` up; -1 if there is none. */
const firstFrom = (bits: Bits, index: number): number => {
  if (index < 32) {
    const low = bits.low & (-1 << index);
    if (low !== 0) return 31 - Math.clz32(low & -low);
  }
  const high = bits.high & (-1 << Math.max(0, index - 32));
  return high === 0 ? -1 : 63 - Math.clz32(high & -high);
};

/** The highest set bit from `index` down; -1 if there is none. */
const lastUntil = (bits: Bits, index: number): number => {
  if (index >= 32) {
    const high = bits.high & (-1 >>> (lastBit - index));
    if (high !== 0) return 63 - Math.clz32(high);
  }
  if (index < 0) return -1;
  const low = bits.low & (-1 >>> Math.max(0, 31 - index));
  return low === 0 ? -1 : 31 - Math.clz32(low);
};

const daySeconds = 86_400;
/** The highest that a field may have. */
const lastBit = 63;

/** The first second of the day at or after `time` that the expression names; -1 if there is none. */
const nextTime = (calendar: CronCalendar, time: number): number => {
  const { hours, minutes, seconds } = calendar;
  const hour = Math.floor(time / 3_600);
  const minute = Math.floor(time / 60) % 60;
  const firstHour = firstFrom(hours, hour);
  if (firstHour === hour) {
    const firstMinute = firstFrom(minutes, minute);
    const second = firstMinute === minute ? firstFrom(seconds, time % 60) : -1;
    if (second !== -1) return hour * 3_600 + minute * 60 + second;
    const laterMinute = firstMinute === minute ? firstFrom(minutes, minute + 1) : firstMinute;
    if (laterMinute !== -1) return hour * 3_600 + laterMinute * 60 + firstFrom(seconds, 0);
  }
  const laterHour = firstHour === hour ? firstFrom(hours, hour + 1) : firstHour;
  return laterHour === -1
    ? -1
    : laterHour * 3_600 + firstFrom(minutes, 0) * 60 + firstFrom(seconds, 0);
};

/** The last second of the day at or before `time`, which may be the day's end, that the expression names; -1 if there is none. */
const previousTime = (calendar: CronCalendar, time: number): number => {
  const { hours, minutes, seconds } = calendar;
  const hour = Math.floor(time / 3_600);
  const minute = Math.floor(time / 60) % 60;
  const lastHour = lastUntil(hours, hour);
  if (lastHour === hour) {
    const lastMinute = lastUntil(minutes, minute);
    const second = lastMinute === minute ? lastUntil(seconds, time % 60) : -1;
    if (second !== -1) return hour * 3_600 + minute * 60 + second;
    const earlierMinute = lastMinute === minute ? lastUntil(minutes, minute - 1) : lastMinute;
    if (earlierMinute !== -1)
      return hour * 3_600 + earlierMinute * 60 + lastUntil(seconds, lastBit);
  }
  const earlierHour = lastHour === hour ? lastUntil(hours, hour - 1) : lastHour;
  return earlierHour === -1
    ? -1
    : earlierHour * 3_600 + lastUntil(minutes, lastBit) * 60 + lastUntil(seconds, lastBit);
};

/** The first day at or after `day` that the expression names. */
const nextDay = (calendar: CronCalendar, day: number): number => {
  const date = dateOf(day);
  let { year, month } = date;
  let first = day - date.day + 1;
  let days = daysIn(calendar, year, month, first) & (-1 << date.day);
  while (days === 0) {
    first += monthLength({ year, month });
    month = (month % 12) + 1;
    if (month === 1) year++;
    days = daysIn(calendar, year, month, first);
  }
  return first + 30 - Math.clz32(days & -days);
};

/** The last day at or before `day` that the expression names. */
const previousDay = (calendar: CronCalendar, day: number): number => {
  const date = dateOf(day);
  let { year, month } = date;
  let first = day - date.day + 1;
  let days = daysIn(calendar, year, month, first) & (-1 >>> (31 - date.day));
  while (days === 0) {
    month = month === 1 ? 12 : month - 1;
    if (month === 12) year--;
    first -= monthLength({ year, month });
    days = daysIn(calendar, year, month, first);
  }
  return first + 30 - Math.clz32(days);
};

/** The days of one month as bits; `first` is the day number of its first. */
export const daysIn = (
  calendar: CronCalendar,
  year: number,
  month: number,
  first: number,
): number =>
  ((calendar.months.low >> month) & 1) === 0
    ? 0
    : calendar.daysOfKind[(monthLength({ year, month }) - 28) * 7 + weekdayOf(first)]!;

/**
 * The days of a month of some length and first weekday. Day of month and day of week are alternatives, unless one of the two
 * begins with `*` or `?`: then both must hold (cronie's entry.c and cron.c, which look at the first character only).
 */
const daysOf = (fields: CronFields, length: number, firstWeekday: number): number => {
  let days = fields.days.low & (-1 >>> (31 - length));
  for (const rule of fields.dayRules) days |= daysOfRule(rule, length, firstWeekday);
  let weekdays = 0;
  for (let day = 1; day <= length; day++) {
    if (((fields.weekdays.low >> weekdayIn(firstWeekday, day)) & 1) !== 0) weekdays |= 1 << day;
  }
  for (const rule of fields.weekdayRules) weekdays |= daysOfRule(rule, length, firstWeekday);
  return fields.dayStar || fields.weekdayStar ? days & weekdays : days | weekdays;
};

const weekdayIn = (firstWeekday: number, day: number): number => (firstWeekday + day - 1) % 7;

/** The one day that a rule names in a month, as a bit; 0 if it names none there. */
const daysOfRule = (rule: DayRule, length: number, firstWeekday: number): number => {
  switch (rule._tag) {
    case "FromEnd":
      return rule.back < length ? 1 << (length - rule.back) : 0;
    case "LastWorkday":
      return 1 << workdayNear(length, length, firstWeekday);
    case "Workday":
      return rule.day <= length ? 1 << workdayNear(rule.day, length, firstWeekday) : 0;
    case "Nth": {
      const day = 1 + ((rule.weekday - firstWeekday + 7) % 7) + 7 * (rule.nth - 1);
      return day <= length ? 1 << day : 0;
    }
    case "Last": {
      const lastWeekday = weekdayIn(firstWeekday, length);
      return 1 << (length - ((lastWeekday - rule.weekday + 7) % 7));
    }
  }
};

/** The day from Monday to Friday that is nearest to a day, within its month. */
const workdayNear = (day: number, length: number, firstWeekday: number): number => {
  const weekday = weekdayIn(firstWeekday, day);
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === length ? length - 2 : day + 1;
  return day;
};
