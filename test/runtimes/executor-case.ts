// One row of the table of cases: what a body does, and what becomes of its run. Here are the words in which rows are written, and how one is played.
import { deepEqual, equal, match } from "node:assert/strict";
import type { ErrorData } from "../../src/core/errors.ts";
import type { ExecutorEvent, Order } from "../../src/core/executor.ts";
import type { Outcome } from "../../src/core/run.ts";
import type { Ended, Stage } from "./executor-stage.ts";

export interface Case {
  readonly name: string;
  readonly body: string;
  readonly with?: unknown;
  readonly order?: Partial<Order>;
  /** Cancelled once the body has begun. */
  readonly cancelled?: true;
  readonly expect: (seen: Seen) => void;
  /** What it needs: threads or processes that can be ended ("kill"), a heap that can be looked at ("heap"), attribution of stray errors ("stray"). */
  readonly needs?: readonly Need[];
  /** The grace of the executor; "long": a body that heeds its signal is meant to end by itself. */
  readonly grace?: "short" | "long";
}

export type Need = "kill" | "heap" | "stray" | "thread";

export interface Seen {
  readonly ended: Ended;
  readonly outcome: Outcome;
  readonly events: readonly ExecutorEvent[];
}

type Tag = Outcome["_tag"];

export const outcomeIs =
  (tag: Tag, check: (error: ErrorData) => void = () => {}) =>
  ({ outcome }: Seen): void => {
    equal(outcome._tag, tag, `got ${JSON.stringify(outcome)}`);
    if ("error" in outcome && outcome.error !== null) check(outcome.error);
  };
export const failsWith = (
  name: string,
  message: RegExp,
  check: (error: ErrorData) => void = () => {},
) =>
  outcomeIs("Failed", (error) => {
    equal(error.name, name);
    match(error.message, message);
    check(error);
  });
export const succeedsWith =
  (result: unknown) =>
  ({ outcome }: Seen): void =>
    deepEqual(outcome, { _tag: "Succeeded", result });
export const crashesWith = (message: RegExp, check: (error: ErrorData) => void = () => {}) =>
  outcomeIs("Crashed", (error) => {
    equal(error.name, "CrashError");
    match(error.message, message);
    check(error);
  });
export const isCancelled = outcomeIs("Cancelled", (error) => equal(error.name, "CancelledError"));
export const timesOut = outcomeIs("TimedOut", (error) => equal(error.name, "TimeoutError"));
export const resultFault = (message: RegExp) => failsWith("ResultError", message);
export const linesOf = (events: readonly ExecutorEvent[]): string[] =>
  events.flatMap((event) => (event._tag === "Logged" ? [`${event.level} ${event.message}`] : []));

/** Plays one row beside an innocent neighbour, which must come to no harm; afterwards all slots must be of use again. */
export const play = async (
  it: Case,
  stage: Stage,
  where: { readonly slots: number; readonly isolation: Order["isolation"] },
): Promise<void> => {
  const { slots, isolation } = where;
  await stage.free(slots);
  const neighbour = stage.start("waits-for-call");
  await stage.started(neighbour);
  const run = stage.start(it.body, {
    isolation,
    ...it.order,
    ...("with" in it && { with: it.with }),
  });
  if (it.cancelled === true) {
    await stage.started(run);
    stage.cancel(run);
  }
  const ended = await stage.ended(run);
  stage.call(neighbour);
  const unharmed = { _tag: "Succeeded", result: "unharmed" };
  deepEqual((await stage.ended(neighbour)).outcome, unharmed, "the neighbour was harmed");
  it.expect({ ended, outcome: ended.outcome, events: stage.of(run) });
  equal(stage.of(run).at(-1), ended, "something was told after the end");
  await stage.free(slots);
  const fine = { _tag: "Succeeded", result: "fine" };
  const after = Array.from({ length: slots }, () => stage.start("returns-input", { with: "fine" }));
  for (const next of after)
    deepEqual((await stage.ended(next)).outcome, fine, "a slot is of no use");
};
