/**
 * What a cron expression should do, found by looking at every tick of the clock. Shares no code and no idea with src/core: text
 * becomes sets of numbers, offsets come from Temporal, and daylight saving is seen as a clock that jumps: what it leaves out and what it
 * shows again. Slow and simple on purpose.
 */
import { Temporal } from "@js-temporal/polyfill";

type OracleDst = "vixie" | "compatible" | "literal";

interface OracleQuestion {
  readonly expression: string;
  readonly timeZone: string;
  readonly dst: OracleDst;
  /** Milliseconds; included. */
  readonly from: number;
  /** Milliseconds; excluded. */
  readonly until: number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Every instant of a span at which an expression is due, oldest first. */
export const occurrencesByScan = (question: OracleQuestion): number[] => {
  const { expression, timeZone, dst, from, until } = question;
  const { matches, wild, hasSeconds } = expressionOf(expression);
  const everyTick = dst === "literal" || (dst === "vixie" && wild);
  const due = new Set<number>();
  let newest: number | undefined;
  // A day and more before the span, so that what its clock has shown already is known. No clock is set back further.
  for (const { instant, local, unit } of ticksOf(timeZone, from - 26 * hour, until, hasSeconds)) {
    if (everyTick) {
      if (matches(local)) due.add(instant);
      continue;
    }
    const expected = newest === undefined ? local : newest + unit;
    if (local < expected) continue;
    for (let skipped = expected; skipped < local; skipped += unit) {
      if (!matches(skipped)) continue;
      if (dst === "compatible") due.add(instant + skipped - expected);
      else if (local - expected <= 3 * hour) due.add(instant);
    }
    if (matches(local)) due.add(instant);
    newest = local;
  }
  return [...due]
    .filter((instant) => instant >= from && instant < until)
    .sort((one, other) => one - other);
};

/** The first midnight (UTC) at or after `from` whose date an expression names, looked for over 41 years; undefined if there is none. */
export const nextDateByScan = (expression: string, from: number): number | undefined => {
  const { matchesDate } = expressionOf(expression);
  for (let at = Math.ceil(from / day) * day; at < from + 41 * 366 * day; at += day)
    if (matchesDate(at)) return at;
  return undefined;
};

/** Several expressions are asked about one span, and Temporal takes its time. */
const offsets = new Map<string, number>();

const offsetByTemporal = (timeZone: string, instant: number): number => {
  const key = `${timeZone} ${instant}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  if (offsets.size > 5_000) offsets.clear();
  const zoned = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone);
  const offset = zoned.offsetNanoseconds / 1_000_000;
  offsets.set(key, offset);
  return offset;
};

/** The first change of a zone's offset after an instant; undefined if there is none. */
export const transitionByTemporal = (timeZone: string, after: number): number | undefined =>
  Temporal.Instant.fromEpochMilliseconds(after)
    .toZonedDateTimeISO(timeZone)
    .getTimeZoneTransition("next")?.epochMilliseconds;

interface Tick {
  readonly instant: number;
  readonly local: number;
  readonly unit: number;
}

/** What the clock shows at every minute; at every second if the expression or any offset has some. */
function* ticksOf(
  timeZone: string,
  from: number,
  until: number,
  hasSeconds: boolean,
): Generator<Tick> {
  const offsetAt = (instant: number): number => offsetByTemporal(timeZone, instant);
  const quarter = 15 * minute;
  const offsets: number[] = [];
  for (let start = from; start < until + quarter; start += quarter) offsets.push(offsetAt(start));
  const unit = hasSeconds || offsets.some((offset) => offset % minute !== 0) ? 1_000 : minute;
  for (let instant = from; instant < until; instant += unit) {
    const index = Math.floor((instant - from) / quarter);
    const steady = offsets[index] === offsets[index + 1];
    yield { instant, local: instant + (steady ? offsets[index]! : offsetAt(instant)), unit };
  }
}

interface OracleExpression {
  readonly matches: (local: number) => boolean;
  readonly matchesDate: (local: number) => boolean;
  readonly wild: boolean;
  readonly hasSeconds: boolean;
}

const expressionOf = (expression: string): OracleExpression => {
  const fields = expression.trim().split(/\s+/);
  const [second = "", minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = ""] =
    fields.length === 6 ? fields : ["0", ...fields];
  const seconds = numbersOf(second, 0, 59);
  const minutes = numbersOf(minute, 0, 59);
  const hours = numbersOf(hour, 0, 23);
  const months = numbersOf(month, 1, 12);
  const star = (text: string): boolean => text.startsWith("*") || text.startsWith("?");
  const both = star(dayOfMonth) || star(dayOfWeek);
  const isNamed = (date: Date): boolean => {
    if (!months.has(date.getUTCMonth() + 1)) return false;
    const one = dayOfMonth.split(",").some((item) => isDayOfMonth(item, date));
    const other = dayOfWeek.split(",").some((item) => isDayOfWeek(item, date));
    return both ? one && other : one || other;
  };
  const answers = new Map<number, boolean>();
  const matchesDate = (local: number): boolean => {
    const midnight = Math.floor(local / day) * day;
    const answer = answers.get(midnight) ?? isNamed(new Date(midnight));
    answers.set(midnight, answer);
    return answer;
  };
  return {
    matchesDate,
    matches: (local) => {
      const time = new Date(local);
      return (
        seconds.has(time.getUTCSeconds()) &&
        minutes.has(time.getUTCMinutes()) &&
        hours.has(time.getUTCHours()) &&
        matchesDate(local)
      );
    },
    wild: star(second) || star(minute) || star(hour),
    hasSeconds: fields.length === 6,
  };
};

const names = "SUN MON TUE WED THU FRI SAT".split(" ");
const monthNames = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ");

const numberOf = (text: string, min: number): number => {
  const list = min === 1 ? monthNames : names;
  const index = list.indexOf(text.toUpperCase());
  return index === -1 ? Number(text) : index + (min === 1 ? 1 : 0);
};

const numbersOf = (text: string, min: number, max: number): Set<number> => {
  const numbers = new Set<number>();
  for (const item of text.split(",")) {
    const [range = "", step] = item.split("/");
    const [first = "", last] = range.split("-");
    const whole = range === "*" || range === "?";
    const low = whole ? min : numberOf(first, min);
    const high =
      whole || (last === undefined && step !== undefined) ? max : numberOf(last ?? first, min);
    for (let number = low; number <= high; number += Number(step ?? 1)) numbers.add(number);
  }
  return numbers;
};

const plusDays = (date: Date, days: number): Date => new Date(date.getTime() + days * day);

const isLastOfMonth = (date: Date): boolean => plusDays(date, 1).getUTCDate() === 1;

const isWorkday = (date: Date): boolean => date.getUTCDay() >= 1 && date.getUTCDay() <= 5;

const isDayOfMonth = (item: string, date: Date): boolean => {
  if (item === "L") return isLastOfMonth(date);
  if (item.startsWith("L-")) {
    const wanted = plusDays(date, Number(item.slice(2)));
    return isLastOfMonth(wanted) && wanted.getUTCMonth() === date.getUTCMonth();
  }
  const month = [date.getUTCFullYear(), date.getUTCMonth()] as const;
  const length = new Date(Date.UTC(month[0], month[1] + 1, 0)).getUTCDate();
  if (item.endsWith("W")) {
    const target = item === "LW" ? length : Number(item.slice(0, -1));
    if (target > length || !isWorkday(date)) return false;
    // The workday nearest to the target: no other workday of the month is nearer.
    const distance = (day: number): number => Math.abs(day - target);
    const days = Array.from({ length }, (_, index) => index + 1).filter((day) =>
      isWorkday(new Date(Date.UTC(...month, day))),
    );
    return distance(date.getUTCDate()) === Math.min(...days.map(distance));
  }
  return numbersOf(item, 1, 31).has(date.getUTCDate());
};

const isDayOfWeek = (item: string, date: Date): boolean => {
  const weekday = date.getUTCDay();
  if (item.endsWith("L"))
    return (
      numberOf(item.slice(0, -1), 0) % 7 === weekday &&
      plusDays(date, 7).getUTCMonth() !== date.getUTCMonth()
    );
  const [wanted = "", nth] = item.split("#");
  if (nth !== undefined)
    return numberOf(wanted, 0) % 7 === weekday && Math.ceil(date.getUTCDate() / 7) === Number(nth);
  const numbers = numbersOf(item, 0, 7);
  return numbers.has(weekday) || (weekday === 0 && numbers.has(7));
};
