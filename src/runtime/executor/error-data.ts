// Errors as data, in full: what a structured clone would lose (names, own properties, AggregateError's errors) or die of (functions, symbols).
import { errorDataOf, type ErrorData } from "../../core/errors.ts";
import { jsonFault } from "../../core/json.ts";

const depthMax = 8;
const errorsMax = 20;
const textMax = 16_384;
const fieldsMax = 50;

/** What is known of something thrown, bounded in size and depth. Never throws, whatever was thrown. */
export const fullErrorData = (thrown: unknown): ErrorData => errorAt(thrown, depthMax);

const errorAt = (thrown: unknown, depth: number): ErrorData => {
  const { name, message } = shortErrorData(thrown);
  const base = { name: cut(name), message: cut(message) };
  if (typeof thrown !== "object" || thrown === null) return base;
  const stack = read(thrown, "stack");
  const cause = depth === 0 ? undefined : read(thrown, "cause");
  const errors = depth === 0 ? undefined : read(thrown, "errors");
  const data = ownFields(thrown);
  return {
    ...base,
    ...(typeof stack === "string" && { stack: cut(stack) }),
    ...(cause !== undefined && cause !== null && { cause: errorAt(cause, depth - 1) }),
    ...(Array.isArray(errors) && {
      errors: errors.slice(0, errorsMax).map((error) => errorAt(error, depth - 1)),
    }),
    ...(data !== undefined && { data }),
  };
};

const shortErrorData = (thrown: unknown): ErrorData => {
  try {
    return errorDataOf(thrown);
  } catch {
    return { name: "Error", message: "threw an object that can't be read" };
  }
};

const told = new Set(["name", "message", "stack", "cause", "errors"]);

const ownFields = (error: object): Record<string, unknown> | undefined => {
  const data: Record<string, unknown> = {};
  try {
    for (const key of Object.keys(error).slice(0, fieldsMax)) {
      const value = told.has(key) ? undefined : read(error, key);
      if (value === undefined || jsonFault(value, key) !== undefined) continue;
      // A copy: of a proxy the value itself could not be sent.
      const text = JSON.stringify(value);
      if (text.length <= textMax) data[key] = JSON.parse(text);
    }
  } catch {
    return undefined;
  }
  return Object.keys(data).length === 0 ? undefined : data;
};

/** A getter may throw; what it would have said is then not known. */
const read = (object: object, key: string): unknown => {
  try {
    return (object as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
};

const cut = (text: string): string => {
  const whole = text.toWellFormed();
  return whole.length <= textMax
    ? whole
    : `${whole.slice(0, textMax).toWellFormed()}… (${whole.length - textMax} more characters)`;
};
