// The chain of causes of a run, as lines: the run first, and under each line what it came of.
import type { Cause, Reason } from "../../core/cause.ts";
import { conditionText } from "../../core/condition-text.ts";
import { formatInstant } from "../../core/instant.ts";
import { scheduleOfKey } from "../../core/schedule.ts";
import { shortened } from "./row.ts";
import type { CauseLine } from "./view.ts";

const linesMax = 200;
const valueLengthMax = 200;

export const whyLines = (reason: Reason): readonly CauseLine[] =>
  reasonLines(reason, 0).slice(0, linesMax);

const reasonLines = (reason: Reason, depth: number): readonly CauseLine[] => {
  if (reason._tag !== "Run") {
    const text = reason._tag === "ToldBefore" ? "told above" : "further back, or gone";
    return [line(depth, "run", { text, run: reason.run })];
  }
  const { run, task, trigger, state, createdAt, causes } = reason;
  const text = trigger.startsWith("@")
    ? `${task} ${state}, asked for by a person`
    : `${task} ${state}, owed by ${trigger}`;
  return [
    line(depth, "run", { text, run, at: createdAt }),
    ...causes.flatMap((cause) => causeLines(cause, depth + 1)),
  ];
};

const causeLines = (cause: Cause, depth: number): readonly CauseLine[] => {
  const { signal } = cause;
  switch (cause._tag) {
    case "Occurrence":
      return [
        line(depth, "occurrence", {
          text: `occurrence of ${scheduleText(signal)}`,
          at: cause.dueAt,
        }),
      ];
    case "Absence":
      return [
        line(depth, "absence", {
          text: "nothing came in time",
          ...(cause.since !== null && { at: cause.since }),
        }),
        ...(cause.after === null ? [] : causeLines(cause.after, depth + 1)),
      ];
    case "Event": {
      const text = `event ${cause.name} ${shown(cause.payload)}`;
      const told = line(depth, "event", { text, signal, at: cause.at });
      return cause.from === null ? [told] : [told, ...reasonLines(cause.from, depth + 1)];
    }
    case "Move": {
      const value =
        cause.error !== undefined
          ? `: ${cause.error.name}: ${shortened(cause.error.message, valueLengthMax)}`
          : cause.result !== undefined
            ? `: ${shown(cause.result)}`
            : "";
      return [
        line(depth, "outcome", { text: `${cause.task} ${cause.state}${value}`, at: cause.at }),
        ...reasonLines(cause.from, depth + 1),
      ];
    }
    case "Unknown":
      return [line(depth, "unknown", { text: `${signal}: further back, or gone` })];
  }
};

/** The schedule that an occurrence's id names. */
const scheduleText = (id: string): string => {
  const key = id.slice(0, id.lastIndexOf("@"));
  const schedule = scheduleOfKey(key);
  return schedule === undefined ? key : conditionText(schedule);
};

const shown = (value: unknown): string => shortened(JSON.stringify(value), valueLengthMax);

const line = (
  depth: number,
  kind: CauseLine["kind"],
  told: {
    readonly text: string;
    readonly run?: string;
    readonly signal?: string;
    readonly at?: number;
  },
): CauseLine => ({
  depth,
  kind,
  text: told.text,
  run: told.run ?? null,
  signal: told.signal ?? null,
  at: told.at === undefined ? null : formatInstant(told.at),
});
