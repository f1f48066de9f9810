// The items of a cron field's list: what may stand there, and what is wrong with what may not. Text in, text out, so that the
// messages are ours and cron-parser is given nothing that it would read in a way of its own. Items are in upper case.
import { read, unread, type Reading } from "./reading.ts";

/** A day that depends on the month: `L`, `L-3` · `LW` · `15W` · `5#2` · `5L`. Weekdays 0 and 7 are Sunday. */
export type DayRule =
  | { readonly _tag: "FromEnd"; readonly back: number }
  | { readonly _tag: "LastWorkday" }
  | { readonly _tag: "Workday"; readonly day: number }
  | { readonly _tag: "Nth"; readonly weekday: number; readonly nth: number }
  | { readonly _tag: "Last"; readonly weekday: number };

/** A field of an expression. */
export interface Unit {
  readonly name: string;
  readonly key: "second" | "minute" | "hour" | "dayOfMonth" | "month" | "dayOfWeek";
  readonly min: number;
  readonly max: number;
  /** The highest value that `H` may stand for. */
  readonly hashMax: number;
  readonly names: readonly string[];
}

const weekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const monthNames = [
  "",
  "JAN",
  "FEB",
  "MAR",
  "APR",
  "MAY",
  "JUN",
  "JUL",
  "AUG",
  "SEP",
  "OCT",
  "NOV",
  "DEC",
];

export const units = {
  second: { name: "second", key: "second", min: 0, max: 59, hashMax: 59, names: [] },
  minute: { name: "minute", key: "minute", min: 0, max: 59, hashMax: 59, names: [] },
  hour: { name: "hour", key: "hour", min: 0, max: 23, hashMax: 23, names: [] },
  day: { name: "day of month", key: "dayOfMonth", min: 1, max: 31, hashMax: 31, names: [] },
  month: { name: "month", key: "month", min: 1, max: 12, hashMax: 12, names: monthNames },
  // Sunday is both 0 and 7; it shall not be twice as likely as any other day.
  weekday: {
    name: "day of week",
    key: "dayOfWeek",
    min: 0,
    max: 7,
    hashMax: 6,
    names: weekdayNames,
  },
} satisfies { readonly [name: string]: Unit };

/**
 * What an item says: a day that depends on the month, or the item with numbers for names and `H` with its range; or, after the item
 * itself, what is wrong with it.
 */
export const readItem = (unit: Unit, item: string): Reading<DayRule | string> => {
  // A name that the field does not have becomes -1, which is no item either.
  const numeric = item.replaceAll(namePattern, (name) => String(unit.names.indexOf(name)));
  const rule =
    unit.key === "dayOfWeek"
      ? weekdayRuleOf(numeric)
      : unit.key === "dayOfMonth"
        ? dayRuleOf(numeric)
        : undefined;
  if (rule !== undefined) return rule;
  const parts: ItemParts | undefined = itemPattern.exec(numeric)?.groups;
  if (parts === undefined)
    return unread(
      item === "" ? "is empty; take out a comma" : `is not understood; ${grammarOf(unit)}`,
    );
  const fault = rangeFault(unit, parts);
  if (fault !== undefined) return unread(fault);
  return read(parts["hash"] === undefined ? numeric : ranged(unit, parts));
};

/** A name stands where a number may: "JANFEB" is no month, and not the twelfth. */
const namePattern = /(?<=^|[-(])[A-Z]{3}(?=$|[-)/#]|L$)/g;

const dayRuleOf = (item: string): Reading<DayRule> | undefined => {
  if (item === "L") return read({ _tag: "FromEnd", back: 0 });
  if (item === "LW" || item === "WL") return read({ _tag: "LastWorkday" });
  const [, back, day] = /^L-(\d+)$|^(\d+)W$/.exec(item) ?? [];
  if (back !== undefined) {
    return Number(back) <= 30
      ? read({ _tag: "FromEnd", back: Number(back) })
      : unread("counts past the first day; write L-1 to L-30");
  }
  if (day === undefined) return undefined;
  return Number(day) >= 1 && Number(day) <= 31
    ? read({ _tag: "Workday", day: Number(day) })
    : unread("is out of range; write 1W to 31W");
};

const weekdayRuleOf = (item: string): Reading<DayRule> | undefined => {
  if (item === "L")
    return unread(
      "does not say which day; write 6 for Saturday, or 5L for the last Friday of the month",
    );
  const [, weekday, nth] = /^(\d+)(?:L|#(\d+))$/.exec(item) ?? [];
  if (weekday === undefined) return undefined;
  if (Number(weekday) > 7) return unread("is out of range; days of the week are 0 to 7");
  if (nth === undefined) return read({ _tag: "Last", weekday: Number(weekday) });
  if (Number(nth) < 1 || Number(nth) > 5)
    return unread("is out of range; a month has a first (#1) to fifth (#5) of a weekday");
  return read({ _tag: "Nth", weekday: Number(weekday), nth: Number(nth) });
};

/** `*`, `n`, `n-m`, `H`, `H(n-m)`, each perhaps with a step. */
const itemPattern =
  /^(?:[*?]|(?<hash>H)(?:\((?<least>\d+)-(?<most>\d+)\))?|(?<from>\d+)(?:-(?<to>\d+))?)(?:\/(?<step>\d+))?$/;

type ItemParts = { readonly [name: string]: string | undefined };

/** What is wrong with the numbers of an item. */
const rangeFault = (unit: Unit, parts: ItemParts): string | undefined => {
  const { min, max } = unit;
  const from = parts["from"] ?? parts["least"];
  const to = parts["to"] ?? parts["most"];
  for (const value of [from, to]) {
    if (value !== undefined && (Number(value) < min || Number(value) > max))
      return `is out of range; the values are ${min} to ${max}`;
  }
  if (to !== undefined && Number(from) > Number(to))
    return `runs backwards; write ${unwrapped(unit, Number(from), Number(to))}`;
  const step = parts["step"];
  const width = unit.key === "dayOfWeek" ? 7 : max - min + 1;
  if (step !== undefined && (Number(step) < 1 || Number(step) > width))
    return `has a step out of range; steps are 1 to ${width}`;
  return undefined;
};

const grammarOf = (unit: Unit): string => {
  const example = unit.names.length === 0 ? "" : `, names such as ${unit.names[1]}`;
  const special =
    unit.key === "dayOfMonth" ? ", L, L-3, LW, 15W" : unit.key === "dayOfWeek" ? ", 5L, 5#2" : "";
  return `write *, ${unit.min} to ${unit.max}${example}, ranges, steps, lists, H${special}`;
};

/** A range that runs past the end of its field, as the two ranges it means. */
const unwrapped = (unit: Unit, from: number, to: number): string => {
  if (unit.key === "dayOfWeek" && to === 0) return `${from}-7`;
  if (unit.key === "dayOfWeek" && from === 7) return `0-${to}`;
  const max = unit.key === "dayOfWeek" ? 6 : unit.max;
  const range = (first: number, last: number): string =>
    first === last ? `${first}` : `${first}-${last}`;
  return `${range(from, max)},${range(unit.min, to)}`;
};

/** `H` with its range written out and kept within what the field can be: what cron-parser takes for the range differs for Sunday. */
const ranged = (unit: Unit, { least, most, step }: ItemParts): string => {
  const from = Number(least ?? unit.min);
  const whole = most === undefined || (unit.key === "dayOfWeek" && from === 0);
  const to = Math.max(
    from,
    Math.min(
      Number(most ?? unit.hashMax),
      whole || unit.key === "dayOfMonth" ? unit.hashMax : unit.max,
    ),
  );
  return `H(${from}-${to})${step === undefined ? "" : `/${step}`}`;
};
