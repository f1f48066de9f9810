// What there was at an instant of a journal: what waited, what was to come, which runs were not over. Made by replaying the log until then.
import { endless } from "./command.ts";
import type { Definitions } from "./definitions.ts";
import type { Journal } from "./journal.ts";
import { replay } from "./replay.ts";
import { isTerminal } from "./run.ts";
import type { StatusState } from "./signal.ts";
import type { Deadline } from "./store.ts";

export interface Moment {
  readonly at: number;
  /** The last signal of the log that was routed by then; 0: none. */
  readonly seq: number;
  readonly owed: number;
  readonly skipped: number;
  readonly runs: readonly OpenRun[];
  readonly waiting: readonly {
    readonly trigger: string;
    readonly leaf: string;
    readonly key: string;
    readonly signal: string;
    readonly since: number;
  }[];
  readonly deadlines: readonly MomentDeadline[];
  readonly schedules: readonly {
    readonly trigger: string;
    readonly leaf: string;
    readonly nextAt: number;
  }[];
}

/** A run that was not over. `retrying`: it waited for its next attempt. */
interface OpenRun {
  readonly run: string;
  readonly trigger: string;
  readonly task: string;
  readonly state: "pending" | "running" | "retrying";
  readonly since: number;
}

/** What was to happen by itself. `until` of a pause may be null: until somebody resumes it. */
interface MomentDeadline {
  readonly kind:
    | "delayed"
    | "within"
    | "watch"
    | "pause"
    | "kept-back"
    | "turn"
    | "throttled"
    | "join";
  readonly of: string;
  readonly until: number | null;
}

export const momentOf = (definitions: Definitions, journal: Journal, at: number): Moment => {
  const { runs, skips, state } = replay(definitions, journal, { until: at });
  const last = new Map<string, { readonly state: StatusState; readonly at: number }>();
  for (const { at: told, signal } of journal.signals)
    if (told <= at && signal._tag === "Status" && signal.state !== "settled")
      last.set(signal.run, { state: signal.state, at: told });
  return {
    at,
    seq: state.watermark.seq,
    owed: runs.length,
    skipped: skips.reduce((sum, { count }) => sum + count, 0),
    runs: runs.flatMap(({ id: run, trigger, task, createdAt }) => {
      const { state: now, at: since } = last.get(run) ?? {
        state: "pending" as const,
        at: createdAt,
      };
      return isOver(now) ? [] : [{ run, trigger, task, state: now as OpenRun["state"], since }];
    }),
    waiting: [...state.waiting.values()]
      .flat(2)
      .map(({ trigger, leaf, key, heard, at: since }) => ({
        trigger,
        leaf: definitions.triggers.get(trigger)?.leaves.find((it) => it.key === leaf)?.path ?? leaf,
        key,
        signal: heard.id,
        since,
      })),
    deadlines: state.deadlines.values().map(deadlineOf).sort(byTime),
    schedules: state.schedules
      .values()
      .map(({ leaf, nextAt }) => ({ trigger: leaf.trigger.id, leaf: leaf.path, nextAt }))
      .sort((one, other) => one.nextAt - other.nextAt),
  };
};

const isOver = (state: StatusState | "pending"): boolean =>
  state === "settled" || (state !== "retrying" && isTerminal(state));

const byTime = (one: MomentDeadline, other: MomentDeadline): number =>
  (one.until ?? Infinity) - (other.until ?? Infinity);

const deadlineOf = ({ at, due }: Deadline): MomentDeadline => {
  const until = at >= endless ? null : at;
  switch (due._tag) {
    case "Hear":
      return { kind: "delayed", of: due.stored.id, until };
    case "Paused":
      return {
        kind: "pause",
        of: "trigger" in due.subject ? due.subject.trigger : `@${due.subject.task}`,
        until,
      };
    case "Release":
      return { kind: "kept-back", of: due.trigger, until };
    case "Turn":
      return { kind: "turn", of: due.trigger, until };
    case "Gate":
      return { kind: "throttled", of: due.trigger, until };
    case "Absent":
      return { kind: "watch", of: due.trigger, until };
    case "Within":
      return { kind: "within", of: due.trigger, until };
    case "Join":
      return { kind: "join", of: due.trigger, until };
  }
};
