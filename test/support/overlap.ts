// Triggers with an overlap policy, and what a router made of their occurrences, counted in minutes.
import {
  every,
  task,
  trigger,
  type AppDefinition,
  type Condition,
  type Overlap,
  type Run,
  type Trigger,
  type TriggerOptions,
} from "../../src/core/index.ts";
import type { Log, Router } from "./deciding.ts";

export const work = task({ id: "work", run: (input: unknown) => input });
export const next = task({ id: "next", run: (input: unknown) => input });
export const appOf = (...triggers: Trigger[]): AppDefinition => ({ tasks: [work, next], triggers });
export const triggerOf = (
  when: Condition,
  options: TriggerOptions & { input?: any } = {},
): Trigger => trigger("t", { when, run: work, input: null, ...options });
export const everyMinute = (overlap: Overlap) => every("1 min", { overlap });
export const minute = 60_000;

const dueOf = ({ cause }: Run): number => Number(cause[0]?.split("@").at(-1)) / minute;
export const firedBy = ({ runs }: Pick<Router, "runs">) =>
  runs.map((run) => [dueOf(run), run.createdAt / minute]);
export const skippedBy = ({ skips }: Pick<Router, "skips">) =>
  skips.map(({ signal, from, to, reason }) => [signal, from! / minute, to! / minute, reason]);
export const skip = (at: number, reason = "overlap") => [null, at, at, reason];

/** A run that ended within the log, at a minute. */
export const ends = (
  log: Log,
  run: Run | undefined,
  at: number,
  state: "succeeded" | "failed" = "succeeded",
) => log.status(run!, state, { at: at * minute });
