// How text and other outside values are read: a reading is the value, or what is wrong with it. A refusal to read is a
// value, because the caller knows best where the text stood and whether there are more faults to report with this one.
import { InputError } from "./errors.ts";
import { meantOr } from "./nearest.ts";

/** What was read, or one line that says what is wrong and how to mend it. */
export type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string };

export const read = <Value>(value: Value): Reading<Value> => ({ ok: true, value });

export const unread = (message: string): Reading<never> => ({ ok: false, message });

/** The value of a reading; throws an InputError with its message when there is none. */
export const valueOf = <Value>(reading: Reading<Value>): Value => {
  if (reading.ok) return reading.value;
  throw new InputError(reading.message);
};

/** What is wrong with the names of options, or undefined: a misspelt one would silently do nothing. */
export const optionFault = (
  place: string,
  given: object,
  names: readonly string[],
): string | undefined => {
  const wrong = Object.keys(given).find((name) => !names.includes(name));
  return wrong === undefined ? undefined : `${place}: ${shown(wrong)} ${noOption(wrong, names)}`;
};

/** What a message says of an option that is none of `names`. */
export const noOption = (wrong: string, names: readonly string[]): string =>
  `is no option${meantOr(wrong, names, `; there are ${names.length === 0 ? "none" : names.join(", ")}`)}`;

const shownMax = 80;

/** Any value as it may stand in a message: short, on one line, and never an error by itself. */
export const shown = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > shownMax ? `${value.slice(0, shownMax)}…` : value);
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "bigint":
      return `${value}n`;
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? "an array" : "an object";
    default:
      return `a ${typeof value}`;
  }
};
