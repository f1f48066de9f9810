// Signals: anything the core is told. Plain data, so that a log of them can be exported, replayed and compared byte for byte.
import type { ErrorData } from "./errors.ts";
import type { Json } from "./json.ts";
import type { Schedule } from "./schedule.ts";

/** One instant that a schedule names. `dueAt` is the named instant, not the moment anybody noticed it. */
export interface Occurrence {
  readonly _tag: "Occurrence";
  readonly schedule: Schedule;
  readonly dueAt: number;
}

/** A named fact that a user, or a task through `ctx.emit`, has told. */
export interface Event<Payload = Json> {
  readonly _tag: "Event";
  readonly id: string;
  readonly name: string;
  readonly payload: Payload;
  /** When it happened, if whoever emitted it has said so; or else when it was heard. It places the event nowhere: that is the log's doing. */
  readonly at: number;
}

/** The states that `status` hears. `settled`: the run and everything that it caused are terminal. */
export type StatusState =
  | "running"
  | "retrying"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "expired"
  | "lost"
  | "settled";

/** A run came into a state. */
export interface Status<Input = Json> {
  readonly _tag: "Status";
  readonly task: string;
  readonly run: string;
  readonly attempt: number;
  readonly state: StatusState;
  readonly input: Input;
  readonly at: number;
}

/** A run succeeded, with what its task returned. */
export interface Result<Input = Json, Output = Json> {
  readonly _tag: "Result";
  readonly task: string;
  readonly run: string;
  readonly attempt: number;
  readonly input: Input;
  readonly result: Output;
  readonly at: number;
}

/** A run ended for good without success: failed or lost. Heard once a run, not once an attempt. */
export interface Failure<Input = Json> {
  readonly _tag: "Failure";
  readonly task: string;
  readonly run: string;
  readonly attempt: number;
  readonly input: Input;
  readonly error: ErrorData;
  readonly at: number;
}

/** What an `absent` condition waited for did not come: from `since` to `at` nothing answered. */
export interface Absence<After = Signal | null> {
  readonly _tag: "Absence";
  /** What started the watch; without an `after` the last answer, or null if there has been none since the trigger was activated. */
  readonly after: After;
  readonly since: number;
  readonly at: number;
}

export type Signal = Occurrence | Event | Status | Result | Failure | Absence;

/** A status as it is stored: with its outcome, so that one row of the log tells a run's move and what came of it. */
export interface StoredStatus extends Status {
  readonly token: number;
  readonly result?: Json;
  readonly error?: ErrorData;
}

/** A signal before the store has given it its place in the log. */
export interface NewSignal {
  readonly id: string;
  readonly signal:
    | (Omit<Event, "at"> & {
        /** When it happened, as data; without it, the instant at which it is stored. */
        readonly at?: number;
      })
    | Omit<StoredStatus, "at">;
  /** The run that emitted the event; what it causes belongs to that run. */
  readonly origin: string | null;
  /** An event with a delay is heard at this instant, not when it is stored. */
  readonly dueAt: number | null;
}

/** When an event happened, if whoever emitted it has said so. */
export const happenedAt = (signal: NewSignal["signal"]): number | undefined =>
  signal._tag === "Event" ? signal.at : undefined;

/** A signal in the log: `seq` orders all signals of an app, `at` never falls along it. */
export interface StoredSignal {
  readonly seq: number;
  readonly at: number;
  readonly id: string;
  readonly signal: Event | StoredStatus;
  readonly origin: string | null;
  readonly dueAt: number | null;
}

/** A signal as conditions hear it, with its id. */
export interface Heard {
  readonly id: string;
  readonly signal: Signal;
}

/** Why an event can't have this name, or undefined. Names that begin with "@" are the engine's own. */
export const eventNameFault = (name: unknown): string | undefined => {
  if (typeof name !== "string" || name === "" || name.length > 200)
    return `the event name ${JSON.stringify(name)} must be 1 to 200 characters of text`;
  if (!name.isWellFormed()) return `the event name ${JSON.stringify(name)} has a lone surrogate`;
  return name.startsWith("@")
    ? `the event name ${JSON.stringify(name)} begins with "@", which is kept for runs that people ask for`
    : undefined;
};

/** Why a caller's event can't have this id, or undefined. What the engine itself names (statuses, results, failures, occurrences, absences) is kept apart. */
export const signalIdFault = (id: unknown): string | undefined => {
  if (typeof id !== "string" || id === "" || id.length > 500 || !id.isWellFormed())
    return `the id ${JSON.stringify(id)} must be 1 to 500 characters of well-formed text`;
  return /^(?:status:|result:|failure:|absence:|\{)/.test(id)
    ? `the id ${JSON.stringify(id)} begins like those that detent makes itself; put something else before it`
    : undefined;
};

/** The id of a run's move in the log: kind, run, token, state. */
export const statusIdOf = (run: string, token: number, state: StatusState): string =>
  `status:${run}:${token}:${state}`;

/** The id of an occurrence: the key of the leaf that waits for it, and the instant. */
export const occurrenceIdOf = (leafKey: string, dueAt: number): string => `${leafKey}@${dueAt}`;

/** The id of an absence: the leaf that watched, its correlation key, and what started the watch or when. */
export const absenceIdOf = (leafKey: string, key: string, since: string | number): string =>
  `absence:${leafKey}:${JSON.stringify([key, since])}`;

/** What conditions hear of one stored signal: an event as it is; a run's move as its result or failure, where there is one, and as its status. */
export const heardOf = (stored: StoredSignal): readonly Heard[] => {
  const { signal } = stored;
  if (signal._tag === "Event") return [{ id: stored.id, signal: Object.freeze(signal) }];
  const { task, run, attempt, state, input, at, token, result, error } = signal;
  const heard: Heard[] = [];
  if (state === "succeeded")
    heard.push({
      id: `result:${run}:${token}:${state}`,
      signal: Object.freeze({
        _tag: "Result",
        task,
        run,
        attempt,
        input,
        at,
        result: result ?? null,
      }),
    });
  if (state === "failed" || state === "lost") {
    heard.push({
      id: `failure:${run}:${token}:${state}`,
      signal: Object.freeze({
        _tag: "Failure",
        task,
        run,
        attempt,
        input,
        at,
        error: error ?? { name: "Error", message: state },
      }),
    });
  }
  const status = { _tag: "Status", task, run, attempt, state, input, at } as const;
  heard.push({ id: stored.id, signal: Object.freeze(status) });
  return heard;
};
