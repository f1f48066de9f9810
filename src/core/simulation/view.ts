// What a world shows of itself: the shapes that people's laws and scripts see.
import type { Definitions } from "../definitions.ts";
import type { ErrorData } from "../errors.ts";
import type { Json } from "../json.ts";
import { isTerminal, type Run, type RunState } from "../run.ts";
import type { StoredSignal } from "../signal.ts";
import type { SkipReason } from "../skip-reason.ts";
import type { Skip, Waiting } from "../store.ts";
import type { Mirror } from "./mirror.ts";

export interface WorldRun {
  readonly id: string;
  readonly trigger: string;
  readonly task: string;
  readonly state: RunState;
  readonly attempt: number;
  readonly dueAt: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly settledAt: number | null;
  readonly input: Json;
  readonly outcome: { readonly result: Json } | { readonly error: ErrorData } | null;
  /** The ids of the signals that its firing consumed. */
  readonly cause: readonly string[];
  /** Whether it has ended, however. */
  readonly done: boolean;
}

export interface WorldSkip {
  readonly trigger: string;
  /** null: occurrences `from` … `to` of a schedule, `count` of them. */
  readonly signal: string | null;
  readonly reason: SkipReason;
  readonly detail?: string;
  readonly from?: number;
  readonly to?: number;
  readonly count?: number;
}

export interface WorldEvent {
  readonly id: string;
  readonly name: string;
  readonly payload: Json;
  readonly at: number;
}

export interface WorldWaiting {
  readonly trigger: string;
  /** The leaf's place in the tree, such as `all.0`. */
  readonly leaf: string;
  readonly key: string;
  readonly signal: string;
  readonly at: number;
}

/** Why a run is there. */
export interface Reason {
  readonly run: string;
  readonly trigger: string;
  readonly because: readonly {
    /** The id of the consumed signal. */
    readonly signal: string;
    /** What it told: `event order.paid`, `crunch succeeded`, `occurrence 2026-…`. */
    readonly what: string;
    readonly at: number | null;
    /** Why the run is there that the signal came from; null where no run did. */
    readonly of: Reason | null;
  }[];
}

export const runView = (run: Run): WorldRun => ({
  id: run.id,
  trigger: run.trigger,
  task: run.task,
  state: run.state,
  attempt: run.attempt,
  dueAt: run.dueAt,
  createdAt: run.createdAt,
  startedAt: run.startedAt,
  settledAt: run.settledAt,
  input: run.input,
  outcome: run.outcome,
  cause: run.cause,
  done: isTerminal(run.state),
});

export const skipView = ({
  trigger,
  signal,
  reason,
  detail,
  from,
  to,
  count,
}: Skip): WorldSkip => ({
  trigger,
  signal,
  reason,
  ...(detail !== null && { detail }),
  ...(from !== null && to !== null && { from, to, count }),
});

export const eventView = ({ signal }: StoredSignal): readonly WorldEvent[] =>
  signal._tag === "Event" && !signal.name.startsWith("@")
    ? [{ id: signal.id, name: signal.name, payload: signal.payload, at: signal.at }]
    : [];

/** How far a chain of causes is followed. */
const depthMax = 50;

export const reasonOf = (mirror: Mirror, run: Run, depth = 0): Reason => ({
  run: run.id,
  trigger: run.trigger,
  because: run.cause.map((id) => {
    const stored = signalOf(mirror, id);
    if (stored === undefined)
      return {
        signal: id,
        what: `occurrence ${id.slice(id.lastIndexOf("@") + 1)}`,
        at: Number(id.slice(id.lastIndexOf("@") + 1)),
        of: null,
      };
    const { signal, origin, at } = stored;
    const from = origin === null ? undefined : mirror.run(origin);
    return {
      signal: id,
      what: signal._tag === "Event" ? `event ${signal.name}` : `${signal.task} ${signal.state}`,
      at,
      of: from === undefined || depth >= depthMax ? null : reasonOf(mirror, from, depth + 1),
    };
  }),
});

/** The stored signal that was heard under an id: a result or a failure is heard of a status. */
const signalOf = (mirror: Mirror, id: string): StoredSignal | undefined => {
  const status = id.replace(/^(?:result|failure):/, "status:");
  return mirror.signals.find((stored) => stored.id === id || stored.id === status);
};

export const waitingView = (
  { triggers }: Definitions,
  { trigger, leaf, key, at, heard }: Waiting,
): WorldWaiting => {
  const path = triggers.get(trigger)?.leaves.find((it) => it.key === leaf)?.path;
  return { trigger, leaf: path ?? leaf, key, signal: heard.id, at };
};
