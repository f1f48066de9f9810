// Conditions: what a trigger waits for. Plain data (but for predicates), so that a set of definitions can be fingerprinted, shown and compared. Whether one leaf
// is satisfied by one signal is mismatch.ts, how leaves of a tree come together is join.ts.
import { durationMillis, type DurationInput } from "./duration.ts";
import type { ErrorData } from "./errors.ts";
import type { EventDefinition } from "./event.ts";
import { canonical, type Json } from "./json.ts";
import { scheduleKey, type Schedule } from "./schedule.ts";
import type {
  Absence,
  Event,
  Failure,
  Occurrence,
  Result,
  Signal,
  Status,
  StatusState,
} from "./signal.ts";
import type { Task } from "./task.ts";
import type { SignalsOf, StartsOf } from "./trigger.ts";

/** A value filter: every field given must be equal, at any depth; fields left out don't matter. Arrays must have the same length. */
export type Subset<Value> = Value extends readonly (infer Item)[]
  ? readonly Subset<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]?: Subset<Value[Key]> }
    : Value;

/** A value filter, or a pure synchronous predicate that returns a boolean. */
export type Filter<Value, Heard = Signal> =
  | Subset<Value>
  | ((value: Value, signal: Heard) => boolean);

// Type parameters that no field shows are kept by an optional field under this key, which exists for the compiler only.
declare const typed: unique symbol;

export interface EventCondition<Payload = any> {
  readonly _tag: "Event";
  readonly name: string;
  readonly where?: Filter<Payload, Event>;
  readonly definition?: EventDefinition<Payload>;
  readonly [typed]?: Payload;
}
export interface StatusCondition<Input = any> {
  readonly _tag: "Status";
  readonly task: string;
  readonly states: readonly Exclude<StatusState, "settled">[];
  readonly input?: Filter<Input, Status>;
  readonly [typed]?: Input;
}
export interface ResultCondition<Input = any, Output = any> {
  readonly _tag: "Result";
  readonly task: string;
  readonly is?: Output;
  readonly where?: Filter<Output, Result>;
  readonly input?: Filter<Input, Result>;
  readonly [typed]?: readonly [Input, Output];
}
export interface FailureCondition<Input = any> {
  readonly _tag: "Failure";
  readonly task: string;
  readonly error?: string | readonly string[] | ((error: ErrorData, signal: Failure) => boolean);
  readonly input?: Filter<Input, Failure>;
  readonly [typed]?: Input;
}
export interface SettledCondition<Input = any> {
  readonly _tag: "Settled";
  readonly task: string;
  readonly [typed]?: Input;
}
export interface AllCondition<Conditions extends readonly Condition[] = readonly Condition[]> {
  readonly _tag: "All";
  readonly conditions: Conditions;
}
export interface AnyCondition<Conditions extends readonly Condition[] = readonly Condition[]> {
  readonly _tag: "Any";
  readonly conditions: Conditions;
}

export interface AbsentCondition<
  Answer extends AnswerCondition = AnswerCondition,
  After extends StartCondition | undefined = StartCondition | undefined,
> {
  readonly _tag: "Absent";
  readonly condition: Answer;
  readonly within: DurationInput;
  readonly after?: After;
  readonly by?: (signal: any) => string | undefined;
}

type SignalCondition =
  | EventCondition
  | StatusCondition
  | ResultCondition
  | FailureCondition
  | SettledCondition;

/** What can answer a watch: a leaf that hears signals of the log, or `any` of such. */
export type AnswerCondition = SignalCondition | AnyCondition<readonly AnswerCondition[]>;

/** What can start a watch: the same, and schedules. */
export type StartCondition = SignalCondition | Schedule | AnyCondition<readonly StartCondition[]>;

export type LeafCondition = Schedule | SignalCondition | AbsentCondition;
export type Condition = LeafCondition | AllCondition | AnyCondition;

/** A task, or its id. */
export type TaskRef<Input = any, Output = any> = Task<Input, Output> | string;

const idOf = (ref: TaskRef): string => (typeof ref === "string" ? ref : ref.id);

/** Satisfied by each event of that name whose payload passes `where`. */
export const event = <Payload = Json>(
  name: string | EventDefinition<Payload>,
  where?: Filter<Payload, Event<Payload>>,
): EventCondition<Payload> => ({
  _tag: "Event",
  name: typeof name === "string" ? name : name.name,
  ...(where === undefined ? {} : { where: where as Filter<Payload, Event> }),
  ...(typeof name === "string" ? {} : { definition: name }),
});

/** Satisfied when a run of the task comes into one of the states. `settled` has a condition of its own. */
export const status = <Input>(
  task: TaskRef<Input>,
  states: Exclude<StatusState, "settled"> | readonly Exclude<StatusState, "settled">[],
  options: { readonly input?: Filter<Input, Status> } = {},
): StatusCondition<Input> => ({
  _tag: "Status",
  task: idOf(task),
  states: typeof states === "string" ? [states] : states,
  ...options,
});

/** Satisfied when a run of the task succeeds: with exactly the value `is`, or with one that passes `where`; any value if neither is given. */
export const result = <Input, Output>(
  task: TaskRef<Input, Output>,
  options: {
    readonly is?: Output;
    readonly where?: Filter<Output, Result>;
    readonly input?: Filter<Input, Result>;
  } = {},
): ResultCondition<Input, Output> => ({ _tag: "Result", task: idOf(task), ...options });

/** Satisfied once when a run of the task ends failed or lost; `error` gives a name, names, or a predicate. */
export const failure = <Input>(
  task: TaskRef<Input>,
  options: Pick<FailureCondition<Input>, "error" | "input"> = {},
): FailureCondition<Input> => ({ _tag: "Failure", task: idOf(task), ...options });

/** Satisfied when a run of the task and everything that it caused are over: fan-in. Heard as a status with the state `settled`. */
export const settled = <Input>(task: TaskRef<Input>): SettledCondition<Input> => ({
  _tag: "Settled",
  task: idOf(task),
});

/**
 * Satisfied when nothing satisfies `condition` (an answer) within a time: after each signal that satisfies `after`; without `after`, after the trigger's activation
 * and after each answer, so that it is satisfied once for each silence (a dead man's switch). An answer at the very end of the time comes too late. Heard as an
 * absence.
 */
export const absent = <
  const Answer extends AnswerCondition,
  const After extends StartCondition | undefined = undefined,
>(
  condition: Answer,
  options: {
    /** How long nothing must come. */
    readonly within: DurationInput;
    /** What starts a watch. */
    readonly after?: After;
    /** Answers end only watches under the same key, under which the absence then joins. Default: the trigger's `by`. Pure and synchronous. */
    readonly by?: (
      signal: SignalsOf<Answer>[number] | StartsOf<After>[number],
    ) => string | undefined;
  },
): AbsentCondition<Answer, After> => ({
  ...(options as Omit<AbsentCondition<Answer, After>, "_tag" | "condition">),
  _tag: "Absent",
  condition,
});

/** Satisfied when each of the conditions is. Trees of `all` and `any` are at most 32 levels deep. */
export const all = <const Conditions extends readonly Condition[]>(
  conditions: Conditions,
): AllCondition<Conditions> => ({ _tag: "All", conditions });

/** Satisfied when one of the conditions is. Trees of `all` and `any` are at most 32 levels deep. */
export const any = <const Conditions extends readonly Condition[]>(
  conditions: Conditions,
): AnyCondition<Conditions> => ({ _tag: "Any", conditions });

export const isSchedule = (condition: Condition): condition is Schedule =>
  condition._tag === "Cron" || condition._tag === "Every" || condition._tag === "At";

/** The keys under which the index finds a leaf: only signals with one of these keys can satisfy it. Schedules and absences are found by their due instants instead. */
export const signalKeysOf = (leaf: LeafCondition): readonly string[] => {
  switch (leaf._tag) {
    case "Event":
      return [`event:${leaf.name}`];
    case "Status":
      return [...new Set(leaf.states)].map((state) => `status:${leaf.task}:${state}`);
    case "Result":
      return [`result:${leaf.task}`];
    case "Failure":
      return [`failure:${leaf.task}`];
    case "Settled":
      return [`status:${leaf.task}:settled`];
    default:
      return [];
  }
};

/** The key of a signal in the index, the counterpart of `signalKeysOf`. */
export const signalKeyOf = (signal: Exclude<Signal, Occurrence | Absence>): string => {
  switch (signal._tag) {
    case "Event":
      return `event:${signal.name}`;
    case "Status":
      return `status:${signal.task}:${signal.state}`;
    case "Result":
      return `result:${signal.task}`;
    case "Failure":
      return `failure:${signal.task}`;
  }
};

/** A leaf's data without its predicates, as canonical text: what identifies it from one generation to the next. */
export const leafDataOf = (leaf: LeafCondition): string => {
  if (isSchedule(leaf)) return scheduleKey(leaf);
  if (leaf._tag === "Absent") {
    const { condition, after, within } = leaf;
    const data = {
      answer: partDataOf(condition),
      within: durationMillis(within),
      ...(after !== undefined && { after: partDataOf(after) }),
      ...(leaf.by !== undefined && { by: true }),
    };
    return `absent:${canonical(data)}`;
  }
  const { _tag, ...fields } = leaf;
  const data = Object.entries(fields).filter(([key]) => key !== "definition");
  return `${_tag.toLowerCase()}:${canonical(Object.fromEntries(data.map(([key, value]) => [key, typeof value === "function" ? "(predicate)" : value])))}`;
};

const partDataOf = (part: AnswerCondition | StartCondition): Json =>
  part._tag === "Any" ? part.conditions.map(partDataOf) : leafDataOf(part);
