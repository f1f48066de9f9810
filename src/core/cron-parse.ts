// From the text of a cron expression to its fields as bits. The only file that knows cron-parser, which reads single items
// (`1-5`, `*/15`, `H`) and nothing else: what it would pass over or read otherwise than cron does is settled here, before it
// sees the text, and nothing of it (dates, iterators, live arrays) leaves this file. docs/time.md has the rules.
import { CronExpressionParser } from "cron-parser";
import { readItem, units, type DayRule, type Unit } from "./cron-item.ts";
import { read, shown, unread, type Reading } from "./reading.ts";

/** A set of numbers from 0 to 63: bit n of `low` is n, bit n of `high` is 32 + n. */
export interface Bits {
  readonly low: number;
  readonly high: number;
}

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
  /** The texts of the fields that decide the date, for messages. */
  readonly dates: string;
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
      dates: `day of month "${dayText}", month "${monthText}", day of week "${weekdayText}"`,
    },
  };
};

/** Whether `seed` matters to an expression: whether there is an `H` that is no part of a name. */
export const isSeeded = (expression: string): boolean => /(?<![a-z])h(?![a-z])/i.test(expression);

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
  const reading = bitsOfItem(unit, item, seed);
  if (!isSeeded(item) && items.size < itemsMax) items.set(key, reading);
  return reading;
};

const bitsOfItem = (unit: Unit, item: string, seed: string): Reading<Item> => {
  const reading = readItem(unit, item);
  if (!reading.ok) return reading;
  if (typeof reading.value === "string") return read({ bits: bitsOf(unit, reading.value, seed) });
  return read({ bits: { low: 0, high: 0 }, rule: reading.value });
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
