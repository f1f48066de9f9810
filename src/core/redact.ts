// Secrets: values at some paths are shown to nobody. What is stored stays whole, or runs would change; what leaves the store for people (journals, logs, pages) goes through
// here.
//
// A path is names between dots, such as `payload.card.number`. `*` is any one name or index, `**` any number of them: `**.password`. It begins with what holds the value: `payload`,
// `input`, `result`, `error`.
import type { Json } from "./json.ts";
import type { Signal } from "./signal.ts";

/** What stands in the place of a value that is not shown. */
const redacted = "[redacted]";

export type Redact = (root: string, value: Json) => Json;

const roots: readonly string[] = ["payload", "input", "result", "error", "*", "**"];

/** Why a path is none, or undefined. One that could never be that of a value is none: what it was meant for would be shown. */
export const redactPathFault = (path: unknown): string | undefined => {
  const names = typeof path === "string" ? path.split(".") : [""];
  if (names.includes(""))
    return `${JSON.stringify(path)} is no path; give names between dots, such as payload.card.number or **.password`;
  return roots.includes(names[0] as string)
    ? undefined
    : `${JSON.stringify(path)} begins with none of payload, input, result, error; wherever that is: "**.${names.join(".")}"`;
};

/** Replaces the values at these paths; gives back the very value where it has none of them. */
export const redactOf = (paths: readonly string[]): Redact => {
  const patterns = paths.map((path) => path.split("."));
  return (root, value) => {
    const rests = patterns.flatMap((pattern) => after(pattern, root));
    return rests.length === 0 ? value : covered(value, rests);
  };
};

/** Each value of these names, wherever it is kept. */
export const valuesShown = <Holder extends object>(holder: Holder, redact: Redact): Holder => {
  const names = ["payload", "input", "result", "error"] as const;
  const values = holder as { readonly [name: string]: Json | undefined };
  const hidden = names.flatMap((name) => {
    const value = values[name];
    return value === undefined || value === null ? [] : [[name, redact(name, value)] as const];
  });
  return { ...holder, ...Object.fromEntries(hidden) };
};

/** A signal as people are shown it. What asks for a run has the run's input as its payload; a command may have one in it. */
export const signalShown = <Told extends Signal>(signal: Told, redact: Redact): Told => {
  if (signal._tag !== "Event" || !signal.name.startsWith("@")) return valuesShown(signal, redact);
  const { name, payload } = signal;
  const isCommand = name.startsWith("@:");
  const inner =
    isCommand && typeof payload === "object" && payload !== null
      ? valuesShown(payload, redact)
      : isCommand
        ? payload
        : redact("input", payload);
  return valuesShown({ ...signal, payload: inner }, redact);
};

/** What is left of a pattern behind a name; nothing if it does not begin with it, several if `**` may end or go on. */
const after = (pattern: readonly string[], name: string): readonly (readonly string[])[] => {
  const [first, ...rest] = pattern;
  if (first === "**") return [pattern, ...after(rest, name)];
  return first === "*" || first === name ? [rest] : [];
};

const isWhole = (pattern: readonly string[]): boolean => pattern.every((name) => name === "**");

const covered = (value: Json, patterns: readonly (readonly string[])[]): Json => {
  // `a.**` is all that lies below `a`, and so is `a` itself.
  if (patterns.some(isWhole)) return redacted;
  if (typeof value !== "object" || value === null) return value;
  const next = (name: string, field: Json): Json => {
    const rests = patterns.flatMap((pattern) => after(pattern, name));
    return rests.length === 0 ? field : covered(field, rests);
  };
  if (Array.isArray(value)) {
    const items = value.map((item: Json, index) => next(String(index), item));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  const fields = Object.entries(value as { readonly [key: string]: Json });
  const made = fields.map(([name, field]) => [name, next(name, field)] as const);
  return made.every(([, field], index) => field === fields[index]?.[1])
    ? value
    : Object.fromEntries(made);
};
