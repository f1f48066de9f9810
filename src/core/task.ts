// Tasks: named functions that a worker runs. A task is plain data and a function; its options are read by `taskFaults` and `taskOptionsOf`.
import { durationFault, durationMillis, type DurationInput } from "./duration.ts";
import type { LogLevel } from "./log-level.ts";
import type { Json } from "./json.ts";
import { noOption, shown } from "./reading.ts";

declare global {
  // The core's library has no DOM. Where the caller's has one, this merges with the real AbortSignal.
  interface AbortSignal {
    readonly aborted: boolean;
  }
}

/** Memory that all threads of an engine see at once. It is never stored, and gone with the engine. */
export interface SharedMemory {
  readonly [name: string]: SharedArrayBuffer;
}

export interface TaskContext {
  readonly runId: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** Grows with every claim of the run: a fencing token for stores of your own. */
  readonly token: number;
  /** The same for all attempts of a run: hand it to whatever must do a thing once. */
  readonly idempotencyKey: string;
  /** The attempt's trace context (W3C `traceparent`): give it to what the task calls, and its spans join the run's trace. */
  readonly traceparent: string;
  /** The memory that `start` was given for all threads, by name. Empty in a process of the run's own and in simulation. */
  readonly shared: SharedMemory;
  /** Aborted when the run is cancelled or its time is over. */
  readonly signal: AbortSignal;
  /** True once the run should end; for synchronous loops, which never see `signal` fire. */
  readonly cancelled: boolean;
  /** Tells how far the task is: 0 to 1. Rates are limited; the latest wins. */
  readonly progress: (fraction: number, message?: string) => void;
  /** Tells a line, at the level "info" unless another is given. Throws a TypeError for a level that there is not. */
  readonly log: (message: string, level?: LogLevel) => void;
  /**
   * Emits an event, stored in the same commit as the run's outcome, or at once with `now: true`. Without an id it gets `<run id>/<n>`, n counted from 0 within
   * the attempt, so that a repeated attempt emits the same ids.
   */
  readonly emit: (
    name: string,
    payload?: Json,
    options?: { readonly id?: string; readonly now?: boolean },
  ) => void;
}

export interface RetryPolicy {
  /** How many attempts in all, the first included. Default 1: no retry. */
  readonly attempts: number;
  /** How delays grow. Default "exponential". */
  readonly backoff?: "exponential" | "linear" | "constant";
  /** The delay before the second attempt. Default 1 second. */
  readonly first?: DurationInput;
  /** No delay is longer. Default 5 minutes. Not shorter than `first`. */
  readonly max?: DurationInput;
  /** Each delay is this many times the one before. Default 2. */
  readonly factor?: number;
  /** The share of a delay that may vary, 0 to 1; a function of run id and attempt, never random. Default 0.2. */
  readonly jitter?: number;
  /** Names of errors that are not retried. */
  readonly unless?: readonly string[];
}

interface Concurrency<Input = any> {
  /** How many runs may be held at once by all engines of the app together: from a run's claim until its outcome is stored. At least 1. */
  readonly limit: number;
  /**
   * Runs with the same key share the limit, runs with different keys don't. Pure and synchronous; text of at most 500 characters. It is asked once, when the run
   * is owed; if it throws or returns anything else, the firing becomes a skip. Default: all runs of the task share it.
   */
  readonly key?: (input: Input) => string;
}

export interface TaskSettings<Input = any> {
  /** Unique; letters, digits, dot, underscore, hyphen; 1 to 100 characters. */
  readonly id: string;
  readonly retry?: RetryPolicy;
  /** An attempt that runs longer ends as timed out. At least 1 ms. Default: no limit. */
  readonly timeout?: DurationInput;
  /** A run whose first attempt has not begun that long after its `dueAt` ends as expired. At least 1 ms. Default: never. */
  readonly expireAfter?: DurationInput;
  /** How many of the task's runs may go on at once, in all or by key. Default: no limit but the engines' slots. */
  readonly concurrency?: Concurrency<Input>;
  /** Higher goes first among the runs that are due. Default 0. */
  readonly priority?: number;
  /** What happens when the engine that held the run died: try again (default), or fail, which makes execution at most once. */
  readonly onLost?: "retry" | "fail";
  /** How many losses are forgiven before the run ends as lost. Default 3. */
  readonly lossesMax?: number;
  /** With this many crashes the run fails for good, although attempts are left: it is poison. Default 2. */
  readonly crashesMax?: number;
  /** Heap that the body may use, in bytes. Default: no limit. */
  readonly memory?: number;
  /** "process" for bodies that may take the process down. Default "thread". */
  readonly isolation?: "thread" | "process";
}

/** A named function that workers run. Made by `task`. */
export interface Task<Input = any, Output = unknown> extends TaskSettings<Input> {
  readonly _tag: "Task";
  readonly run: (input: Input, context: TaskContext) => Output | Promise<Output>;
}

/**
 * Defines a task. Export it from a module that workers can import by itself. Nothing is checked here: `detent()` reports all faults of a set at once.
 *
 * @typeParam Input  what a trigger's `input` must make
 * @typeParam Output what `result(task)` hears; JSON
 */
export const task = <Input, Output>(
  settings: TaskSettings<NoInfer<Input>> & {
    readonly run: (input: Input, context: TaskContext) => Output | Promise<Output>;
  },
): Task<Input, Output> => ({ ...settings, _tag: "Task" });

export const isTask = (value: unknown): value is Task =>
  typeof value === "object" && value !== null && (value as { _tag?: unknown })._tag === "Task";

/** A task's settings with defaults filled in and durations in milliseconds. */
export interface TaskOptions {
  readonly id: string;
  readonly attemptsMax: number;
  readonly backoff: "exponential" | "linear" | "constant";
  readonly retryFirstMillis: number;
  readonly retryMaxMillis: number;
  readonly retryFactor: number;
  readonly retryJitter: number;
  readonly retryUnless: readonly string[];
  readonly timeoutMillis: number | null;
  readonly expireAfterMillis: number | null;
  readonly concurrency: {
    readonly limit: number;
    readonly keyOf: ((input: Json) => unknown) | null;
  } | null;
  readonly priority: number;
  readonly onLost: "retry" | "fail";
  readonly lossesMax: number;
  readonly crashesMax: number;
  readonly memoryBytes: number | null;
  readonly isolation: "thread" | "process";
}

/** The bounds of what a run waits before its next attempt, where its task does not say. */
const retryDefaults = { first: "1 s", max: "5 min" } as const;

/** The options of a task whose settings have no faults. */
export const taskOptionsOf = (settings: TaskSettings): TaskOptions => {
  const retry = settings.retry ?? { attempts: 1 };
  return {
    id: settings.id,
    attemptsMax: retry.attempts,
    backoff: retry.backoff ?? "exponential",
    retryFirstMillis: durationMillis(retry.first ?? retryDefaults.first),
    retryMaxMillis: durationMillis(retry.max ?? retryDefaults.max),
    retryFactor: retry.factor ?? 2,
    retryJitter: retry.jitter ?? 0.2,
    retryUnless: retry.unless ?? [],
    timeoutMillis: settings.timeout === undefined ? null : durationMillis(settings.timeout),
    expireAfterMillis:
      settings.expireAfter === undefined ? null : durationMillis(settings.expireAfter),
    concurrency:
      settings.concurrency === undefined
        ? null
        : { limit: settings.concurrency.limit, keyOf: settings.concurrency.key ?? null },
    priority: settings.priority ?? 0,
    onLost: settings.onLost ?? "retry",
    lossesMax: settings.lossesMax ?? 3,
    crashesMax: settings.crashesMax ?? 2,
    memoryBytes: settings.memory ?? null,
    isolation: settings.isolation ?? "thread",
  };
};

const idPattern = /^[A-Za-z0-9._-]{1,100}$/;

/** Why an id can't name a trigger or task, or undefined. */
export const idFault = (id: unknown): string | undefined =>
  typeof id === "string" && idPattern.test(id)
    ? undefined
    : `the id ${JSON.stringify(id)} must be 1 to 100 letters, digits, dots, underscores or hyphens`;

const optionNames: readonly string[] = [
  "id",
  "run",
  "retry",
  "timeout",
  "expireAfter",
  "concurrency",
  "priority",
  "onLost",
  "lossesMax",
  "crashesMax",
  "memory",
  "isolation",
];

/** Every fault of a task's settings, one line each. */
export const taskFaults = (settings: TaskSettings): readonly string[] => {
  const place = `Task ${JSON.stringify(settings.id)}`;
  const faults: string[] = [];
  const demand = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(`${place}: ${fault}`);
  };
  const wrongId = idFault(settings.id);
  if (wrongId !== undefined) faults.push(`Task: ${wrongId}`);
  for (const option of Object.keys(settings))
    if (option !== "_tag" && !optionNames.includes(option))
      faults.push(`${place}: ${shown(option)} ${noOption(option, optionNames)}`);
  // What a thread tells of its tasks has no functions.
  if (isTask(settings))
    demand(typeof settings.run === "function", "run is no function; give (input, ctx) => result");
  const { retry, timeout } = settings;
  faults.push(
    ...limitFaults(`${place}: timeout`, timeout),
    ...limitFaults(`${place}: expireAfter`, settings.expireAfter),
  );
  if (retry !== undefined) faults.push(...retryFaults(place, retry));
  if (settings.concurrency !== undefined)
    faults.push(...concurrencyFaults(`${place}: concurrency`, settings.concurrency));
  demand(
    settings.priority === undefined || Number.isInteger(settings.priority),
    `priority is ${String(settings.priority)}; give a whole number`,
  );
  demand(
    settings.onLost === undefined || ["retry", "fail"].includes(settings.onLost),
    `onLost is ${JSON.stringify(settings.onLost)}; give "retry" or "fail"`,
  );
  demand(
    settings.lossesMax === undefined ||
      (Number.isInteger(settings.lossesMax) && settings.lossesMax >= 0),
    `lossesMax is ${String(settings.lossesMax)}; give a whole number of at least 0`,
  );
  demand(
    settings.crashesMax === undefined ||
      (Number.isInteger(settings.crashesMax) && settings.crashesMax >= 1),
    `crashesMax is ${String(settings.crashesMax)}; give a whole number of at least 1`,
  );
  demand(
    settings.memory === undefined ||
      (Number.isInteger(settings.memory) && settings.memory >= 16_777_216),
    `memory is ${String(settings.memory)}; give bytes, at least 16777216 (16 MiB)`,
  );
  demand(
    settings.isolation === undefined || ["thread", "process"].includes(settings.isolation),
    `isolation is ${JSON.stringify(settings.isolation)}; give "thread" or "process"`,
  );
  return faults;
};

/** What is wrong with a time that must not be over at once. */
const limitFaults = (place: string, limit: DurationInput | undefined): readonly string[] => {
  if (limit === undefined) return [];
  const wrong = faultLine(place, limit);
  if (wrong.length > 0 || durationMillis(limit) >= 1) return wrong;
  return [`${place} is 0; give at least 1 ms, or leave it out`];
};

const retryNames: readonly (keyof RetryPolicy)[] = [
  "attempts",
  "backoff",
  "first",
  "max",
  "factor",
  "jitter",
  "unless",
];

const retryFaults = (place: string, retry: RetryPolicy): readonly string[] => {
  if (typeof retry !== "object" || retry === null)
    return [`${place}: retry is ${shown(retry)}; give an object such as { attempts: 3 }`];
  const faults = Object.keys(retry)
    .filter((name) => !retryNames.includes(name as keyof RetryPolicy))
    .map((name) => `${place}: retry.${name} ${noOption(name, retryNames)}`);
  const demand = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(`${place}: ${fault}`);
  };
  demand(
    Number.isInteger(retry.attempts) && retry.attempts >= 1,
    `retry.attempts is ${String(retry.attempts)}; give a whole number of at least 1`,
  );
  const { first = retryDefaults.first, max = retryDefaults.max } = retry;
  const wrongTimes = [
    ...faultLine(`${place}: retry.first`, first),
    ...faultLine(`${place}: retry.max`, max),
  ];
  faults.push(...wrongTimes);
  demand(
    wrongTimes.length > 0 || durationMillis(first) <= durationMillis(max),
    `retry.max, ${shown(max)}, is shorter than retry.first, ${shown(first)}; give both so that it is not`,
  );
  demand(
    retry.factor === undefined || (Number.isFinite(retry.factor) && retry.factor >= 1),
    `retry.factor is ${String(retry.factor)}; give a number of at least 1`,
  );
  demand(
    retry.jitter === undefined ||
      (typeof retry.jitter === "number" && retry.jitter >= 0 && retry.jitter <= 1),
    `retry.jitter is ${shown(retry.jitter)}; give a share from 0 to 1`,
  );
  demand(
    retry.backoff === undefined || ["exponential", "linear", "constant"].includes(retry.backoff),
    `retry.backoff is ${JSON.stringify(retry.backoff)}; give "exponential", "linear" or "constant"`,
  );
  demand(
    retry.unless === undefined ||
      (Array.isArray(retry.unless) && retry.unless.every((name) => typeof name === "string")),
    `retry.unless is ${shown(retry.unless)}; give a list of error names`,
  );
  return faults;
};

const concurrencyFaults = (place: string, concurrency: unknown): readonly string[] => {
  if (typeof concurrency !== "object" || concurrency === null)
    return [`${place} is ${JSON.stringify(concurrency)}; give { limit } or { limit, key }`];
  const { limit, key, ...others } = concurrency as { limit?: unknown; key?: unknown };
  const faults = Object.keys(others).map(
    (name) => `${place}.${name} ${noOption(name, ["limit", "key"])}`,
  );
  if (!(Number.isSafeInteger(limit) && (limit as number) >= 1))
    faults.push(`${place}.limit is ${String(limit)}; give a whole number of at least 1`);
  if (key !== undefined && typeof key !== "function")
    faults.push(`${place}.key is ${JSON.stringify(key)}; give a function of the input`);
  return faults;
};

const faultLine = (place: string, duration: DurationInput): string[] => {
  const fault = durationFault(duration);
  return fault === undefined ? [] : [`${place}: ${fault}`];
};
