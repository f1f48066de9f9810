// Rows of the store as the API shows them.
import { formatInstant } from "../../core/instant.ts";
import type { Json } from "../../core/json.ts";
import type { Attempt, Run } from "../../core/run.ts";
import type { StoredSignal } from "../../core/signal.ts";
import type { Skip } from "../../core/store.ts";
import type { SkipView } from "./trigger-view.ts";
import type { AttemptView, RunLine, RunView, SignalView } from "./view.ts";
import { tagText } from "../../core/tag.ts";

export const instantText = (instant: number): string => formatInstant(instant);

export const maybeInstant = (instant: number | null): string | null =>
  instant === null ? null : formatInstant(instant);

export const runView = (run: Run): RunView => ({
  id: run.id,
  trigger: run.trigger,
  task: run.task,
  state: run.state,
  attempt: run.attempt,
  losses: run.losses,
  crashes: run.crashes,
  priority: run.priority,
  concurrencyKey: run.concurrencyKey,
  cancelRequested: run.cancelRequested,
  dueAt: formatInstant(run.dueAt),
  expiresAt: maybeInstant(run.expiresAt),
  createdAt: formatInstant(run.createdAt),
  startedAt: maybeInstant(run.startedAt),
  settledAt: maybeInstant(run.settledAt),
  input: run.input,
  outcome: run.outcome as Json,
  cause: run.cause,
});

const outcomeLengthMax = 120;

/** How far a body has got, as it has told. */
export interface Progress {
  readonly fraction: number;
  readonly message: string | null;
}

export const runLine = (run: Run, progress?: Progress): RunLine => ({
  id: run.id,
  trigger: run.trigger,
  task: run.task,
  state: run.state,
  attempt: run.attempt,
  cancelRequested: run.cancelRequested,
  createdAt: formatInstant(run.createdAt),
  dueAt: formatInstant(run.dueAt),
  startedAt: maybeInstant(run.startedAt),
  settledAt: maybeInstant(run.settledAt),
  outcome: run.outcome === null ? null : outcomeText(run.outcome),
  fraction: progress?.fraction ?? null,
  message: progress?.message ?? null,
});

const outcomeText = (outcome: NonNullable<Run["outcome"]>): string => {
  const text =
    "error" in outcome
      ? `${outcome.error.name}: ${outcome.error.message.split("\n", 1)[0]}`
      : JSON.stringify(outcome.result);
  return shortened(text, outcomeLengthMax);
};

export const shortened = (text: string, lengthMax: number): string =>
  text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;

export const attemptView = ({ outcome, ...row }: Attempt): AttemptView => {
  const { _tag, ...rest } = outcome;
  return {
    attempt: row.attempt,
    token: row.token,
    owner: row.owner,
    startedAt: maybeInstant(row.startedAt),
    settledAt: formatInstant(row.settledAt),
    outcome: { kind: tagText(_tag), ...rest } as unknown as Json,
  };
};

export const signalView = ({ seq, id, at, signal, origin, dueAt }: StoredSignal): SignalView => ({
  seq,
  id,
  at: formatInstant(at),
  kind: signal._tag === "Event" ? "event" : signal.state,
  name: signal._tag === "Event" ? signal.name : null,
  task: signal._tag === "Event" ? null : signal.task,
  run: signal._tag === "Event" ? null : signal.run,
  payload: signal._tag === "Event" ? signal.payload : null,
  origin,
  dueAt: maybeInstant(dueAt),
});

export const skipView = (skip: Skip): typeof SkipView.Type => ({
  id: skip.id,
  trigger: skip.trigger,
  signal: skip.signal,
  from: maybeInstant(skip.from),
  to: maybeInstant(skip.to),
  count: skip.count,
  reason: skip.reason,
  detail: skip.detail,
  at: formatInstant(skip.at),
});
