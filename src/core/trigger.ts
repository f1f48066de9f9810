// Triggers: a condition, a task, and how the task's input is made from a firing.
import type {
  AbsentCondition,
  AllCondition,
  AnyCondition,
  Condition,
  EventCondition,
  FailureCondition,
  ResultCondition,
  SettledCondition,
  StatusCondition,
} from "./condition.ts";
import type { DurationInput } from "./duration.ts";
import type { BatchOption, FlowOptions } from "./flow-option.ts";
import type { Json } from "./json.ts";
import type { Schedule } from "./schedule.ts";
import type { Absence, Event, Failure, Occurrence, Result, Signal, Status } from "./signal.ts";
import type { Task } from "./task.ts";

/** The signals of a condition's leaves, in the order of the tree. */
export type SignalsOf<When extends Condition> =
  When extends EventCondition<infer Payload>
    ? [Event<Payload>]
    : When extends StatusCondition<infer Input>
      ? [Status<Input>]
      : When extends ResultCondition<infer Input, infer Output>
        ? [Result<Input, Output>]
        : When extends FailureCondition<infer Input>
          ? [Failure<Input>]
          : When extends SettledCondition<infer Input>
            ? [Status<Input>]
            : When extends Schedule
              ? [Occurrence]
              : When extends AbsentCondition<infer Answer, infer After>
                ? [
                    Absence<
                      [After] extends [undefined]
                        ? SignalsOf<Answer>[number] | null
                        : StartsOf<After>[number]
                    >,
                  ]
                : When extends AllCondition<infer Conditions>
                  ? SignalsOfAll<Conditions>
                  : When extends AnyCondition<infer Conditions>
                    ? number extends Conditions["length"]
                      ? Signal[]
                      : SignalsOf<Conditions[number]>
                    : Signal[];

/** The signals that an `after` starts a watch with. */
export type StartsOf<After extends Condition | undefined> = After extends Condition
  ? SignalsOf<After>
  : [];

/** The signals that `by` is asked for a key of. For an absence it is what starts and what answers: the key of the watch is its own. */
type KeyedOf<When extends Condition> =
  When extends AbsentCondition<infer Answer, infer After>
    ? SignalsOf<Answer>[number] | StartsOf<After>[number]
    : When extends AllCondition<infer Conditions> | AnyCondition<infer Conditions>
      ? number extends Conditions["length"]
        ? Signal
        : KeyedOf<Conditions[number]>
      : SignalsOf<When>[number];

type SignalsOfAll<Conditions extends readonly Condition[]> = Conditions extends readonly [
  infer First extends Condition,
  ...infer Rest extends readonly Condition[],
]
  ? [...SignalsOf<First>, ...SignalsOfAll<Rest>]
  : Conditions extends readonly []
    ? []
    : Signal[];

type OfKind<Signals extends readonly unknown[], Kind> = Signals extends readonly [
  infer First,
  ...infer Rest,
]
  ? First extends Kind
    ? [First, ...OfKind<Rest, Kind>]
    : OfKind<Rest, Kind>
  : [];

/** The only signal of its kind; undefined where a firing has none or several. */
type Only<Signals extends readonly unknown[], Kind> = Signals extends unknown
  ? number extends Signals["length"]
    ? Kind | undefined
    : OfKind<Signals, Kind> extends [infer One]
      ? One
      : undefined
  : never;

/** A condition's leaf and the signal that satisfied it. `leaf` is the leaf's place in the tree, such as `all.0.any.1`; `when` for a tree of one leaf. */
export interface Match<S = Signal> {
  readonly leaf: string;
  readonly id: string;
  readonly signal: S;
}

/** The matches that together satisfied a trigger once, in the order of the tree's leaves; of a batch those of all its firings, in the order in which they came. */
export interface Firing<Signals extends readonly unknown[] = readonly Signal[]> {
  readonly trigger: string;
  readonly matches: { readonly [Index in keyof Signals]: Match<Signals[Index]> };
  readonly occurrence: Only<Signals, Occurrence>;
  readonly event: Only<Signals, Event<any>>;
  readonly status: Only<Signals, Status<any>>;
  readonly result: Only<Signals, Result<any, any>>;
  readonly failure: Only<Signals, Failure<any>>;
  readonly absence: Only<Signals, Absence<any>>;
}

export interface TriggerOptions<Heard = any> extends FlowOptions {
  /** Matches come together only under the same key, and flow control is per key; undefined: no correlation. Pure and synchronous. */
  readonly by?: (signal: Heard) => string | undefined;
  /** Which waiting match a firing takes from each leaf: the oldest (default), the newest (older ones become skips), or every one. */
  readonly take?: "oldest" | "latest" | "every";
  /** A waiting match that is older becomes a skip. At least 1 ms. Default: the app's `retention`. */
  readonly within?: DurationInput;
  /** How many matches may wait in a leaf, and how many firings of a key may be kept back; the oldest becomes a skip. Default 10,000. */
  readonly waitingMax?: number;
  /**
   * What becomes of waiting matches when the trigger's definition changes: they become skips (default), or are kept in the leaves that are still there, under the keys
   * that they have. Schedules and watches of leaves that are still there go on in either case.
   */
  readonly onChange?: "retire" | "keep";
}

export const waitingMaxDefault = 10_000;

export interface Trigger extends TriggerOptions {
  readonly _tag: "Trigger";
  readonly id: string;
  readonly when: Condition;
  readonly run: Task | string;
  readonly input?: unknown;
}

/** The signals of a run's firing: those of one firing, or of as many as a batch has. */
type FiredBy<When extends Condition, Batch> = [Batch] extends [undefined]
  ? SignalsOf<When>
  : readonly SignalsOf<When>[number][];

/** A value, or a function of the firing. Where the task takes anything, anything that is JSON: `unknown` would swallow the function's type. */
type InputOf<Input, Signals extends readonly unknown[]> =
  | (unknown extends Input ? Json : NoInfer<Input>)
  | ((firing: Firing<Signals>) => NoInfer<Input>);

/** `input` may be left out only where the task takes none. */
type WithInput<Input, Signals extends readonly unknown[]> = undefined extends Input
  ? { readonly input?: InputOf<Input, Signals> }
  : null extends Input
    ? { readonly input?: InputOf<Input, Signals> }
    : { readonly input: InputOf<Input, Signals> };

/**
 * Runs `run` once for each firing of `when`, with the input that `input` gives or makes; without `input` the task gets null. Nothing is checked here:
 * `detent()` reports all faults of a set at once.
 *
 * @param id unique in the app; letters, digits, dot, underscore, hyphen; 1 to 100 characters. Run ids begin with it.
 */
export const trigger = <
  const When extends Condition,
  Input,
  const Batch extends BatchOption | undefined = undefined,
>(
  id: string,
  definition: TriggerOptions<KeyedOf<When>> & {
    readonly when: When;
    readonly run: Task<Input, any> | string;
    readonly batch?: Batch;
  } & WithInput<Input, FiredBy<When, Batch>>,
): Trigger => ({ ...definition, _tag: "Trigger", id });

/** A firing with its shortcuts filled in. */
export const firingOf = (trigger: string, matches: readonly Match[]): Firing => {
  const only = <Tag extends Signal["_tag"]>(tag: Tag): (Signal & { _tag: Tag }) | undefined => {
    const found = matches.filter((match) => match.signal._tag === tag);
    return found.length === 1 ? (found[0]?.signal as Signal & { _tag: Tag }) : undefined;
  };
  return {
    trigger,
    matches,
    occurrence: only("Occurrence"),
    event: only("Event"),
    status: only("Status"),
    result: only("Result"),
    failure: only("Failure"),
    absence: only("Absence"),
  };
};
