// Durations: how long. Inside the core they are whole milliseconds.
import { read, shown, unread, valueOf, type Reading } from "./reading.ts";

/**
 * Milliseconds as a number, or `"<n> unit"` with a unit short (`ms s min h d`) or long (`milliseconds seconds minutes
 * hours days`, singular too): `250`, `"90 s"`, `"1.5 h"`, `"1 day"`. Whole milliseconds, not negative.
 */
export type DurationInput = number | string;

const unitMillis = new Map<string, number>(
  [
    { millis: 1, names: ["ms", "millisecond", "milliseconds"] },
    { millis: 1_000, names: ["s", "second", "seconds"] },
    { millis: 60_000, names: ["min", "minute", "minutes"] },
    { millis: 3_600_000, names: ["h", "hour", "hours"] },
    { millis: 86_400_000, names: ["d", "day", "days"] },
  ].flatMap(({ millis, names }) => names.map((name) => [name, millis] as const)),
);

/** No duration is longer than the distance from the epoch to the last instant there is. */
const durationMillisMax = 8_640_000_000_000_000;

const mend = 'give milliseconds as a number, or text such as "250 ms", "90 s", "1.5 h" or "2 days"';

/** The whole milliseconds of a duration, or what is wrong with it. */
export const readDuration = (input: unknown): Reading<number> => {
  if (typeof input !== "number" && typeof input !== "string")
    return unread(`${shown(input)} is no duration; ${mend}`);
  const millis = typeof input === "number" ? input : millisOfText(input);
  if (millis === undefined || Number.isNaN(millis))
    return unread(`${shown(input)} is no duration; ${mend}`);
  if (millis < 0) return unread(`${shown(input)} is negative; a duration is 0 or more`);
  if (millis > durationMillisMax)
    return unread(`${shown(input)} is longer than ${durationMillisMax} ms`);
  if (!Number.isInteger(millis))
    return unread(`${shown(input)} is not a whole number of milliseconds; round it`);
  return read(millis === 0 ? 0 : millis);
};

/** Why a value is no duration, or undefined when it is one. */
export const durationFault = (input: unknown): string | undefined => {
  const reading = readDuration(input);
  return reading.ok ? undefined : reading.message;
};

/** The whole milliseconds of a duration. Throws an InputError that says how to mend a wrong one. */
export const durationMillis = (input: DurationInput): number => valueOf(readDuration(input));

const millisOfText = (text: string): number | undefined => {
  const [, sign = "", whole = "", fraction = "", unit = ""] =
    /^\s*([+-]?)(\d{1,16})(?:\.(\d{1,9}))?\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const millis = unitMillis.get(unit.toLowerCase());
  if (millis === undefined) return undefined;
  // Decimal digits are scaled as whole numbers: 1.001 * 1000 is 1000.9999999999999 in floating point, and "1.001 s" is 1001 ms.
  const scaled = Number(whole) * millis + (Number(fraction) * millis) / 10 ** fraction.length;
  return sign === "-" ? -scaled : scaled;
};
