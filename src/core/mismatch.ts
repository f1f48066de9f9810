// Whether one signal satisfies one leaf, and if not, why: decided here and nowhere else.
import type {
  AbsentCondition,
  Condition,
  FailureCondition,
  LeafCondition,
  ResultCondition,
} from "./condition.ts";
import { durationMillis } from "./duration.ts";
import { canonical } from "./json.ts";
import { nextOccurrence, scheduleKey, type Schedule } from "./schedule.ts";
import type { Absence, Failure, Occurrence, Result, Signal } from "./signal.ts";

/** Why a signal does not satisfy a leaf: the first thing that differs. `expected` is shown to people and may be a predicate's name. */
export interface Mismatch {
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/**
 * Whether a signal satisfies a condition. A tree is satisfied when one signal alone satisfies it. Throws what a predicate throws, and a TypeError when a
 * predicate returns anything but a boolean.
 */
export const satisfies = (condition: Condition, signal: Signal): boolean => {
  if (condition._tag === "All")
    return condition.conditions.every((part) => satisfies(part, signal));
  if (condition._tag === "Any") return condition.conditions.some((part) => satisfies(part, signal));
  return mismatchOf(condition, signal) === undefined;
};

/** Why the signal does not satisfy the leaf, or undefined if it does. Throws like `satisfies`. */
export const mismatchOf = (leaf: LeafCondition, signal: Signal): Mismatch | undefined => {
  switch (leaf._tag) {
    case "Event":
      if (signal._tag !== "Event") return differs("_tag", "Event", signal._tag);
      return (
        differsUnless(leaf.name === signal.name, "name", leaf.name, signal.name) ??
        filtered(leaf.where, signal.payload, signal, "payload")
      );
    case "Status":
      if (signal._tag !== "Status") return differs("_tag", "Status", signal._tag);
      return (
        otherTask(leaf, signal) ??
        differsUnless(
          (leaf.states as readonly string[]).includes(signal.state),
          "state",
          leaf.states,
          signal.state,
        ) ??
        filtered(leaf.input, signal.input, signal, "input")
      );
    case "Result":
      if (signal._tag !== "Result") return differs("_tag", "Result", signal._tag);
      return (
        otherTask(leaf, signal) ??
        otherResult(leaf, signal) ??
        filtered(leaf.input, signal.input, signal, "input")
      );
    case "Failure":
      if (signal._tag !== "Failure") return differs("_tag", "Failure", signal._tag);
      return (
        otherTask(leaf, signal) ??
        otherError(leaf, signal) ??
        filtered(leaf.input, signal.input, signal, "input")
      );
    case "Settled":
      if (signal._tag !== "Status") return differs("_tag", "Status", signal._tag);
      return (
        otherTask(leaf, signal) ??
        differsUnless(signal.state === "settled", "state", "settled", signal.state)
      );
    case "Absent":
      if (signal._tag !== "Absence") return differs("_tag", "Absence", signal._tag);
      return otherAbsence(leaf, signal);
    default:
      if (signal._tag !== "Occurrence") return differs("_tag", "Occurrence", signal._tag);
      return otherOccurrence(leaf, signal);
  }
};

const differs = (path: string, expected: unknown, actual: unknown): Mismatch => ({
  path,
  expected,
  actual,
});

const differsUnless = (
  holds: boolean,
  path: string,
  expected: unknown,
  actual: unknown,
): Mismatch | undefined => (holds ? undefined : { path, expected, actual });

const otherTask = (leaf: { task: string }, signal: { task: string }): Mismatch | undefined =>
  differsUnless(leaf.task === signal.task, "task", leaf.task, signal.task);

const otherResult = (leaf: ResultCondition, signal: Result): Mismatch | undefined => {
  // `is` may be null, which is a value like any other; only an absent `is` asks for nothing.
  if (leaf.is !== undefined && canonical(leaf.is) !== canonical(signal.result))
    return differs("result", leaf.is, signal.result);
  return filtered(leaf.where, signal.result, signal, "result");
};

const otherError = (leaf: FailureCondition, signal: Failure): Mismatch | undefined => {
  const { error } = leaf;
  if (error === undefined) return undefined;
  if (typeof error === "function") return filtered(error, signal.error, signal, "error");
  const names = typeof error === "string" ? [error] : error;
  return differsUnless(names.includes(signal.error.name), "error.name", names, signal.error.name);
};

const otherAbsence = (
  leaf: AbsentCondition,
  { after, since, at }: Absence,
): Mismatch | undefined => {
  const dueAt = since + durationMillis(leaf.within);
  if (at !== dueAt) return differs("at", dueAt, at);
  const start = leaf.after ?? leaf.condition;
  // Without `after` the first watch is started by the trigger's activation, which is no signal.
  const isStart = after === null ? leaf.after === undefined : satisfies(start, after);
  return differsUnless(isStart, "after", start, after);
};

const otherOccurrence = (leaf: Schedule, signal: Occurrence): Mismatch | undefined => {
  if (scheduleKey(leaf) !== scheduleKey(signal.schedule))
    return differs("schedule", scheduleKey(leaf), scheduleKey(signal.schedule));
  const next = nextOccurrence(leaf, signal.dueAt - 1);
  return differsUnless(next === signal.dueAt, "dueAt", next, signal.dueAt);
};

const filtered = (
  filter: unknown,
  value: unknown,
  signal: Signal,
  path: string,
): Mismatch | undefined => {
  if (filter === undefined) return undefined;
  if (typeof filter !== "function") return subsetMismatch(filter, value, path);
  const answer: unknown = filter(value, signal);
  if (typeof answer !== "boolean")
    throw new TypeError(
      `${nameOf(filter)} returned ${kindOf(answer)}, not a boolean; predicates are synchronous`,
    );
  return differsUnless(answer, path, nameOf(filter), value);
};

/** What keeps a value from passing a filter, in words; undefined if nothing does, or if that takes more than the value: a predicate that looks at the signal, or fails. */
export const filterMismatch = (
  filter: unknown,
  value: unknown,
  path: string,
): string | undefined => {
  if (filter === undefined || (typeof filter === "function" && filter.length !== 1))
    return undefined;
  let mismatch: Mismatch | undefined;
  try {
    mismatch = filtered(filter, value, undefined as unknown as Signal, path);
  } catch {
    return undefined;
  }
  if (mismatch === undefined) return undefined;
  const { path: place, expected, actual } = mismatch;
  if (typeof filter === "function") return `${String(expected)} says no to ${canonical(value)}`;
  const is = actual === undefined ? "is not there" : `is ${canonical(actual)}`;
  return `${place} ${is}, not ${canonical(expected)}`;
};

const nameOf = (predicate: Function): string =>
  predicate.name === "" || predicate.name === "where"
    ? "the predicate"
    : `the predicate ${predicate.name}`;

/** What a function of the user's gave instead of what it should, in words. */
export const kindOf = (value: unknown): string => {
  if (value instanceof Promise) {
    value.catch(() => undefined); // its rejection is not the process's business
    return "a promise";
  }
  if (value === null || value === undefined) return String(value);
  return `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
};

/** The first place where `value` lacks what `filter` asks for. */
const subsetMismatch = (filter: unknown, value: unknown, path: string): Mismatch | undefined => {
  if (typeof filter !== "object" || filter === null)
    return differsUnless(filter === value, path, filter, value);
  if (typeof value !== "object" || value === null || Array.isArray(filter) !== Array.isArray(value))
    return differs(path, filter, value);
  if (Array.isArray(filter) && filter.length !== (value as readonly unknown[]).length)
    return differs(`${path}.length`, filter.length, (value as readonly unknown[]).length);
  for (const [key, expected] of Object.entries(filter)) {
    if (expected === undefined) continue;
    const mismatch = subsetMismatch(
      expected,
      Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined,
      `${path}.${key}`,
    );
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
};
