// From the text of a cron expression to its fields as bits. The only file that knows cron-parser, which reads single items
// (`1-5`, `*/15`, `H`) and nothing else: what it would pass over or read otherwise than cron does is settled here, before it
// sees the text, and nothing of it (dates, iterators, live arrays) leaves this file. docs/time.md has the rules.
import { CronExpressionParser } from "cron-parser";
import { read, shown, unread, type Reading } from "./reading.ts";

/** A set of numbers from 0 to 63: bit n of `low` is n, bit n of `high` is 32 + n. */
export interface Bits {
  readonly low: number;
  readonly high: number;
}

/** A day that depends on the month: `L`, `L-3` · `LW` · `15W` · `5#2` · `5L`. Weekday 0 is Sunday. */
export type DayRule =
  | { readonly _tag: "FromEnd"; readonly back: number }
  | { readonly _tag: "LastWorkday" }
  | { readonly _tag: "Workday"; readonly day: number }
  | { readonly _tag: "Nth"; readonly weekday: number; readonly nth: number }
  | { readonly _tag: "Last"; readonly weekday: number };

export interface CronFields {
  readonly seconds: Bits;
  readonly minutes: Bits;
  readonly hours: Bits;
  readonly days: Bits;
  readonly dayRules: readonly DayRule[];
  readonly months: Bits;
  /** Sunday is bit 0 alone. */
  readonly weekdays: Bits;
  readonly weekdayRules: readonly DayRule[];
  /** Whether the field's text begins with `*` or `?`. */
  readonly dayStar: boolean;
  readonly weekdayStar: boolean;
  /** Whether second, minute or hour begins with `*` or `?`: then it is an interval, and daylight saving does not move it. */
  readonly wild: boolean;
}

/** The fields, or everything that is wrong with the expression: one line each, without the expression itself. */
export type CronReading =
  | { readonly ok: true; readonly value: CronFields }
  | { readonly ok: false; readonly faults: readonly string[] };

/**
 * Reads an expression of 5 fields, 6 with seconds first, or a macro. `seed` decides what `H` stands for. Whether its dates ever
 * come is not asked here.
 */
export const parseCron = (expression: unknown, seed: string): CronReading => {
  const texts = fieldTextsOf(expression);
  if (!texts.ok) return { ok: false, faults: [texts.message] };
  const [secondText, minuteText, hourText, dayText, monthText, weekdayText] = texts.value;
  const month = fieldOf(units.month, monthText, seed);
  const fields = {
    second: fieldOf(units.second, secondText, seed),
    minute: fieldOf(units.minute, minuteText, seed),
    hour: fieldOf(units.hour, hourText, seed),
    // A hashed day is one that the months have: in February alone some seeds would never run.
    day: fieldOf({ ...units.day, hashMax: longestOf(month.bits) }, dayText, seed),
    month,
    weekday: fieldOf(units.weekday, weekdayText, seed),
  };
  const faults = Object.values(fields).flatMap((field) => field.faults);
  if (faults.length > 0) return { ok: false, faults };
  const { second, minute, hour, day, weekday } = fields;
  return {
    ok: true,
    value: {
      seconds: second.bits,
      minutes: minute.bits,
      hours: hour.bits,
      days: day.bits,
      dayRules: day.rules,
      months: month.bits,
      weekdays: weekday.bits,
      weekdayRules: weekday.rules,
      dayStar: day.star,
      weekdayStar: weekday.star,
      wild: second.star || minute.star || hour.star,
    },
  };
};

/** Whether `seed` matters to an expression. `TH` would be a name. */
export const isSeeded = (expression: string): boolean => /(?<![a-z])h(?![a-z])/i.test(expression);

interface Unit {
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

const units = {
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

const macros = new Map([
  ["@yearly", "0 0 0 1 1 *"],
  ["@annually", "0 0 0 1 1 *"],
  ["@monthly", "0 0 0 1 * *"],
  ["@weekly", "0 0 0 * * 0"],
  ["@daily", "0 0 0 * * *"],
  ["@midnight", "0 0 0 * * *"],
  ["@hourly", "0 0 * * * *"],
  ["@minutely", "0 * * * * *"],
  ["@secondly", "* * * * * *"],
  ["@weekdays", "0 0 0 * * 1-5"],
  ["@weekends", "0 0 0 * * 0,6"],
]);

/** Twice what it takes to list every value of every field. */
const lengthMax = 1_024;

type FieldTexts = readonly [
  second: string,
  minute: string,
  hour: string,
  day: string,
  month: string,
  weekday: string,
];

/** The texts of the six fields in upper case. */
const fieldTextsOf = (expression: unknown): Reading<FieldTexts> => {
  if (typeof expression !== "string")
    return unread(`${shown(expression)} is no cron expression; give text such as "0 2 * * *"`);
  if (expression.length > lengthMax)
    return unread(`the expression is longer than ${lengthMax} characters; use ranges and steps`);
  // eslint-disable-next-line no-control-regex -- what is not printable ASCII is what we look for
  const alien = /[^\t\n\r -~]/u.exec(expression);
  if (alien !== null)
    return unread(`${shown(alien[0])} at character ${alien.index + 1} is not ASCII; retype it`);
  const text = expression.trim();
  const refused = text.startsWith("@") ? macroFault(text) : prefixFault(text);
  if (refused !== undefined) return unread(refused);
  const fields = (macros.get(text.toLowerCase()) ?? text).toUpperCase().split(/\s+/);
  if (fields.length === 5) fields.unshift("0");
  if (fields.length === 6) return read(fields as unknown as FieldTexts);
  const count =
    text === "" ? "no fields" : fields.length === 1 ? "1 field" : `${fields.length} fields`;
  return unread(
    `${count}; write 5 (minute, hour, day of month, month, day of week) or 6 (second first)`,
  );
};

const macroFault = (text: string): string | undefined => {
  const name = text.toLowerCase();
  if (macros.has(name)) return undefined;
  if (name === "@reboot") return "@reboot names no instant; start the task where the app starts";
  if (name.startsWith("@every"))
    return `${shown(text)} is an interval; use every(), such as every("5 min")`;
  return `${shown(text)} is no macro; there are ${[...macros.keys()].join(", ")}`;
};

const prefixFault = (text: string): string | undefined => {
  const [, zone] = /^(?:CRON_)?TZ=(\S*)/i.exec(text) ?? [];
  return zone === undefined
    ? undefined
    : `a time zone does not stand in the expression; use the option timeZone: ${shown(zone)}`;
};

interface Field {
  readonly bits: Bits;
  readonly rules: readonly DayRule[];
  readonly star: boolean;
  readonly faults: readonly string[];
}

/** What one item of a list stands for. */
interface Item {
  readonly bits: Bits;
  readonly rule?: DayRule;
}

const fieldOf = (unit: Unit, text: string, seed: string): Field => {
  let low = 0;
  let high = 0;
  const rules: DayRule[] = [];
  const faults: string[] = [];
  for (const item of text.split(",")) {
    const reading = itemOf(unit, item, seed);
    if (!reading.ok) {
      faults.push(`${unit.name} ${shown(item)} ${reading.message}`);
      continue;
    }
    low |= reading.value.bits.low;
    high |= reading.value.bits.high;
    if (reading.value.rule !== undefined) rules.push(reading.value.rule);
  }
  return { bits: { low, high }, rules, star: /^[*?]/.test(text), faults };
};

/** Items that were read, so that thousands of expressions cost little more than the few items that they are made of. */
const items = new Map<string, Reading<Item>>();
const itemsMax = 10_000;

const itemOf = (unit: Unit, item: string, seed: string): Reading<Item> => {
  const key = `${unit.key} ${item}`;
  const known = items.get(key);
  if (known !== undefined) return known;
  const reading = readItem(unit, item, seed);
  if (!isSeeded(item) && items.size < itemsMax) items.set(key, reading);
  return reading;
};

const readItem = (unit: Unit, item: string, seed: string): Reading<Item> => {
  const numeric =
    unit.names.length === 0 ? item : item.replaceAll(/[A-Z]{3}/g, (name) => numberOf(unit, name));
  const rule =
    unit.key === "dayOfMonth"
      ? dayRuleOf(numeric)
      : unit.key === "dayOfWeek"
        ? weekdayRuleOf(numeric)
        : undefined;
  if (rule !== undefined)
    return rule.ok ? read({ bits: { low: 0, high: 0 }, rule: rule.value }) : rule;
  const fault = itemFault(unit, numeric);
  if (fault !== undefined) return unread(fault);
  return read({ bits: bitsOf(unit, ranged(unit, numeric), seed) });
};

const numberOf = (unit: Unit, name: string): string => {
  const number = unit.names.indexOf(name);
  return number === -1 ? name : String(number);
};

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
  if (nth === undefined) return read({ _tag: "Last", weekday: Number(weekday) % 7 });
  if (Number(nth) < 1 || Number(nth) > 5)
    return unread("is out of range; a month has a first (#1) to fifth (#5) of a weekday");
  return read({ _tag: "Nth", weekday: Number(weekday) % 7, nth: Number(nth) });
};

const itemPattern =
  /^(?:[*?]|(?<hash>H)(?:\((?<least>\d+)-(?<most>\d+)\))?|(?<from>\d+)(?:-(?<to>\d+))?)(?:\/(?<step>\d+))?$/;

type ItemParts = { readonly [name: string]: string | undefined };

/** Why an item (with numbers for names) is none of `*`, `n`, `n-m`, `H`, `H(n-m)`, each perhaps with a step. */
const itemFault = (unit: Unit, item: string): string | undefined => {
  const parts: ItemParts | undefined = itemPattern.exec(item)?.groups;
  if (parts === undefined)
    return item === "" ? "is empty; take out a comma" : `is not understood; ${grammarOf(unit)}`;
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
  const max = unit.key === "dayOfWeek" ? 6 : unit.max;
  const range = (first: number, last: number): string =>
    first === last ? `${first}` : `${first}-${last}`;
  return `${range(from, max)},${range(unit.min, to)}`;
};

/** `H` with its range written out and kept within what the field can be: what cron-parser takes for the range differs for Sunday. */
const ranged = (unit: Unit, item: string): string => {
  const { hash, least, most, step }: ItemParts = itemPattern.exec(item)?.groups ?? {};
  if (hash === undefined) return item;
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

/** The longest of the months, in days. */
const longestOf = (months: Bits): number => {
  const among = (list: readonly number[]): boolean =>
    list.some((month) => ((months.low >> month) & 1) !== 0);
  return among([1, 3, 5, 7, 8, 10, 12]) ? 31 : among([4, 6, 9, 11]) ? 30 : among([2]) ? 29 : 31;
};

/** What an item names, as cron-parser reads it. No clock is read: it is told a date. Nor is chance, though without a seed it would draw even where there is no `H`. */
const bitsOf = (unit: Unit, item: string, seed: string): Bits => {
  const fields = Object.values(units).map(({ key }) => (key === unit.key ? item : "*"));
  const options = { tz: "UTC", currentDate: 0, hashSeed: seed === "" ? "detent" : seed };
  let low = 0;
  let high = 0;
  for (const value of CronExpressionParser.parse(fields.join(" "), options).fields[unit.key]
    .values) {
    const index = unit.key === "dayOfWeek" ? Number(value) % 7 : Number(value);
    if (index < 32) low |= 1 << index;
    else high |= 1 << (index - 32);
  }
  return { low, high };
};
