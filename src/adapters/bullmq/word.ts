// What crosses Redis, as JSON: a commission on its way to a worker, the words about it on their way back. Both sides read what they get with care: the other one may be of
// another version.
import type { ErrorData } from "../../core/errors.ts";
import type { ExecutorEvent, Order } from "../../core/executor.ts";
import { logLevels } from "../../core/log-level.ts";
import type { Outcome } from "../../core/run.ts";

/** The data of a job. */
export interface Commission {
  readonly order: Order;
  /** Who is told. */
  readonly engine: string;
}

/** What a worker tells an engine. */
export type Word =
  | Exclude<ExecutorEvent, { readonly _tag: "Capacity" }>
  /** It still has the run, although Redis may have forgotten that. */
  | { readonly _tag: "Held"; readonly run: string; readonly token: number };

type Fields = { readonly [field: string]: unknown };

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The commission, or undefined if it is none. */
export const readCommission = (data: unknown): Commission | undefined =>
  isObject(data) && typeof data["engine"] === "string" && isOrder(data["order"])
    ? { engine: data["engine"], order: data["order"] }
    : undefined;

/** What of a commission can be read whatever its version: who waits for a word, and about what. */
export interface Address {
  readonly engine: string;
  readonly run: string;
  readonly token: number;
}

/** The address, or undefined if there is none. */
export const readAddress = (data: unknown): Address | undefined => {
  if (!isObject(data) || typeof data["engine"] !== "string" || !isObject(data["order"]))
    return undefined;
  const { run, token } = data["order"];
  return typeof run === "string" && Number.isInteger(token)
    ? { engine: data["engine"], run, token: token as number }
    : undefined;
};

const isOrder = (value: unknown): value is Order & Fields =>
  isObject(value) &&
  ["run", "task", "idempotencyKey"].every((field) => typeof value[field] === "string") &&
  ["token", "attempt"].every((field) => Number.isInteger(value[field])) &&
  ["timeoutMillis", "memoryBytes"].every(
    (field) => value[field] === null || typeof value[field] === "number",
  ) &&
  "input" in value &&
  (value["isolation"] === "thread" || value["isolation"] === "process");

/** The word, or undefined if it is none. */
export const readWord = (text: string): Word | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value["run"] !== "string" || !Number.isInteger(value["token"]))
    return undefined;
  const isRight = rightWords[value["_tag"] as string];
  return isRight?.(value) === true ? (value as unknown as Word) : undefined;
};

const isEmitted = (value: unknown): boolean =>
  isObject(value) &&
  typeof value["id"] === "string" &&
  typeof value["name"] === "string" &&
  "payload" in value;

const isError = (value: unknown): value is ErrorData =>
  isObject(value) && typeof value["name"] === "string" && typeof value["message"] === "string";

const rightOutcomes: {
  readonly [Tag in Outcome["_tag"]]: (outcome: Fields) => boolean;
} & { readonly [tag: string]: (outcome: Fields) => boolean } = {
  Succeeded: (outcome) => "result" in outcome,
  Failed: ({ error }) => isError(error),
  TimedOut: ({ error }) => isError(error),
  Cancelled: ({ error }) => isError(error),
  Crashed: ({ error }) => isError(error),
  Released: ({ error, holdMillis }) =>
    (error === null || isError(error)) && typeof holdMillis === "number",
};

const rightWords: {
  readonly [Tag in Word["_tag"]]: (word: Fields) => boolean;
} & { readonly [tag: string]: (word: Fields) => boolean } = {
  Held: () => true,
  Started: ({ at }) => typeof at === "number",
  Progress: ({ fraction, message }) =>
    typeof fraction === "number" && (message === null || typeof message === "string"),
  Logged: ({ level, message }) =>
    logLevels.some((it) => it === level) && typeof message === "string",
  Emitted: ({ event }) => isEmitted(event),
  Ended: ({ outcome, emitted }) =>
    isObject(outcome) &&
    rightOutcomes[outcome["_tag"] as string]?.(outcome) === true &&
    Array.isArray(emitted) &&
    emitted.every(isEmitted),
};
