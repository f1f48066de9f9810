// Flow control as a user writes it: the options `debounce`, `throttle` and `batch` of a trigger, what is wrong with them, and what they mean in milliseconds.
import { durationMillis, readDuration, type DurationInput } from "./duration.ts";
import { noOption, shown } from "./reading.ts";

export interface FlowOptions {
  /**
   * A firing waits until none of the same key (`by`) has come for this long; a newer one takes its place and the older one's signals become skips ("debounced"). With
   * `max` it waits at most that long after the first of those that came one after another. At least 1 ms.
   */
  readonly debounce?:
    | DurationInput
    | { readonly wait: DurationInput; readonly max?: DurationInput };
  /**
   * At most one firing of a key (`by`) runs in this time: the first at once, and of those that come meanwhile the newest, when the time is over; the others' signals
   * become skips ("throttled"). At least 1 ms.
   */
  readonly throttle?: DurationInput;
  /**
   * Firings of a key (`by`) become one run when there are `size` of them, or `within` after the first. `f.matches` has the matches of all, in the order in which they came.
   * `size` 1 to `waitingMax`; `within` at least 1 ms.
   */
  readonly batch?: BatchOption;
}

export interface BatchOption {
  readonly size: number;
  readonly within: DurationInput;
}

/** A trigger's flow control with its times in milliseconds. */
export type Flow =
  | {
      readonly _tag: "Debounce";
      readonly waitMillis: number;
      /** null: no bound. */
      readonly maxMillis: number | null;
    }
  | { readonly _tag: "Throttle"; readonly intervalMillis: number }
  | { readonly _tag: "Batch"; readonly size: number; readonly withinMillis: number };

/** The flow control that a trigger's options ask for; null: firings run as they come. The options must have no faults. */
export const flowOf = ({ debounce, throttle, batch }: FlowOptions): Flow | null => {
  if (debounce !== undefined) {
    const { wait, max } = typeof debounce === "object" ? debounce : { wait: debounce };
    return {
      _tag: "Debounce",
      waitMillis: durationMillis(wait),
      maxMillis: max === undefined ? null : durationMillis(max),
    };
  }
  if (throttle !== undefined) return { _tag: "Throttle", intervalMillis: durationMillis(throttle) };
  if (batch !== undefined)
    return { _tag: "Batch", size: batch.size, withinMillis: durationMillis(batch.within) };
  return null;
};

/** Every fault of a trigger's flow control, each with the option that it lies in. */
export const flowFaults = (options: FlowOptions, waitingMax: number): readonly string[] => {
  const given = (["debounce", "throttle", "batch"] as const).filter(
    (name) => options[name] !== undefined,
  );
  const faults = given.flatMap((name) => faultsOf[name](options[name], waitingMax));
  return given.length > 1
    ? [...faults, `${given.join(" and ")} are given together; a trigger has at most one of them`]
    : faults;
};

const faultsOf: {
  readonly [Name in keyof FlowOptions]-?: (word: unknown, waitingMax: number) => string[];
} = {
  debounce: (word) => {
    if (typeof word !== "object" || word === null) return timeFaults("debounce", word);
    const { wait, max, ...others } = word as { wait?: unknown; max?: unknown };
    const faults = [
      ...unknownFaults("debounce", others, ["wait", "max"]),
      ...timeFaults("debounce.wait", wait),
      ...(max === undefined ? [] : timeFaults("debounce.max", max)),
    ];
    return faults.length === 0 && max !== undefined && millisOf(max) < millisOf(wait)
      ? ["debounce.max is shorter than debounce.wait; exchange them"]
      : faults;
  },
  throttle: (word) => timeFaults("throttle", word),
  batch: (word, waitingMax) => {
    if (typeof word !== "object" || word === null)
      return [`batch is ${shown(word)}; give { size: 100, within: "5 s" }`];
    const { size, within, ...others } = word as { size?: unknown; within?: unknown };
    return [
      ...unknownFaults("batch", others, ["size", "within"]),
      ...(Number.isSafeInteger(size) && (size as number) >= 1 && (size as number) <= waitingMax
        ? []
        : [
            `batch.size is ${shown(size)}; give a whole number from 1 to waitingMax, ${waitingMax}`,
          ]),
      ...timeFaults("batch.within", within),
    ];
  },
};

const millisOf = (word: unknown): number => durationMillis(word as DurationInput);

const timeFaults = (name: string, word: unknown): string[] => {
  const reading = readDuration(word);
  if (!reading.ok) return [`${name} ${reading.message}`];
  return reading.value === 0 ? [`${name} is 0; give at least 1 ms`] : [];
};

const unknownFaults = (name: string, others: object, known: readonly string[]): string[] =>
  Object.keys(others).map((other) => `${name}.${other} ${noOption(other, known)}`);
