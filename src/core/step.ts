// READ THIS FIRST. The decision: which runs are owed, and why.
//
// `step` is a pure function: definitions, state and the next piece of the log in; what to write out. It merges three sources in time order (deadlines, occurrences of
// schedules, stored signals; at one instant in this order), lets the leaves that may hear each of them say whether they are satisfied, joins what is satisfied into firings,
// and owes one run a firing. It never changes the state it is given, reads no clock and calls nothing of the user's but predicates, `by` and `input`, each of which can
// only spoil its own trigger for the signal at hand.
//
// Invariants:
// 1. Fold: deciding a ++ b is deciding a, advancing the state, and deciding b.
// 2. A signal that a step causes (a settled scope) is written to the log and heard by a later step.
// 3. Every occurrence up to `until` ends as a run's cause, a waiting match or a skip, and its cursor moves in the same decision.
import {
  agendaOf,
  isDeadlineDue,
  isOccurrenceDue,
  upcomingDeadline,
  upcomingOccurrence,
  type Agenda,
  type Upcoming,
} from "./agenda.ts";
import { isCommand } from "./command.ts";
import { endPause, obey } from "./control.ts";
import type { CompiledTrigger, Definitions, Leaf } from "./definitions.ts";
import { Draft } from "./draft.ts";
import { comeDue } from "./absence.ts";
import { letGo } from "./flow.ts";
import { arrive, complete, hear, joinKept } from "./hear.ts";
import type { Queues } from "./join.ts";
import { catchUp } from "./missed.ts";
import { nextInTurn } from "./overlap.ts";
import { isTerminal, type Run } from "./run.ts";
import {
  heardOf,
  occurrenceIdOf,
  type Heard,
  type NewSignal,
  type Occurrence,
  type StoredSignal,
  type StoredStatus,
} from "./signal.ts";
import type { Schedule } from "./schedule.ts";
import type { State } from "./state.ts";
import type { Cursor, Deadline, HeldFiring, Open, Skip, Waiting } from "./store.ts";
import { absentLeafOf, isWatch, type Watch } from "./watch.ts";

/** The next piece of the log. */
export interface Piece {
  /** In the order of the log, all after the state's watermark. */
  readonly signals: readonly StoredSignal[];
  /** Deadlines and occurrences up to and including this instant belong to the piece. Not before the last signal's `at`. */
  readonly until: number;
  /** The store's clock: an occurrence that is due much earlier was missed. It lies behind `until` after it was set back. */
  readonly now: number;
  /** Of `Decision.again`, the runs that are stored: they are not owed once more. Default: none. */
  readonly known?: ReadonlySet<string>;
  /** Of the triggers of `Decision.again`, how far their runs are forgotten: what they named up to there may have run. Default: nothing is. */
  readonly forgotten?: { readonly [trigger: string]: number };
}

/** A schedule's cursor after the step: occurrences up to `at` are decided, `nextAt` is the next one. */
export interface CursorMove {
  readonly leaf: Leaf;
  readonly at: number;
  readonly nextAt: number | undefined;
}

/** What a step writes, and what `advance` needs to go on from there. */
export interface Decision {
  readonly watermark: { readonly seq: number; readonly at: number };
  readonly runs: readonly Run[];
  /** Ids of `runs` that may be stored already, after a rewind or by a backfill. */
  readonly again: readonly string[];
  readonly skips: readonly Skip[];
  readonly signals: readonly NewSignal[];
  readonly cursors: readonly CursorMove[];
  /** Schedules made at run time, and those that are ended, by id. */
  readonly made: { readonly put: readonly CompiledTrigger[]; readonly remove: readonly string[] };
  /** Rows of ended schedules; removed after `cursors` are written. */
  readonly cursorsRemoved: readonly Pick<Cursor, "trigger" | "leaf">[];
  readonly waiting: { readonly put: readonly Waiting[]; readonly remove: readonly Waiting[] };
  readonly queues: ReadonlyMap<string, Queues>;
  readonly firings: ReadonlyMap<string, readonly HeldFiring[]>;
  readonly deadlines: { readonly put: readonly Deadline[]; readonly remove: readonly string[] };
  readonly watches: ReadonlyMap<string, readonly Watch[]>;
  readonly open: {
    readonly put: readonly Open[];
    readonly remove: readonly Pick<Open, "scope" | "run">[];
  };
}

/** Is told when code of the user's (filters, `by`, `input`) begins and ends. Nothing depends on it. */
export interface Stopwatch {
  readonly begun: (trigger: string) => void;
  readonly ended: () => void;
}

export const step = (
  definitions: Definitions,
  state: State,
  piece: Piece,
  stopwatch?: Stopwatch,
): Decision => {
  const agenda = agendaOf(state, piece);
  const draft = new Draft(state, piece, (deadline) => {
    if (isDeadlineDue(deadline, piece)) agenda.add(upcomingDeadline(deadline));
  });
  const commandsAt = piece.signals.filter(isCommand).map(({ at }) => at);
  const context: Context = {
    definitions,
    draft,
    piece,
    agenda,
    commandsAt,
    logAt: state.watermark.at,
    stopwatch,
  };
  for (const stored of piece.signals) {
    takeUpcoming(context, stored.at);
    context.logAt = stored.at;
    takeStored(context, stored);
  }
  takeUpcoming(context, piece.until);
  return decisionOf(draft, state, piece);
};

interface Context {
  readonly definitions: Definitions;
  readonly draft: Draft;
  readonly piece: Piece;
  /** Deadlines and occurrences of this piece that are still to be taken. */
  readonly agenda: Agenda;
  /** The instants of the commands in the piece. */
  readonly commandsAt: readonly number[];
  /** How far the log has been taken: an occurrence up to there is one that a rewind has brought back. */
  logAt: number;
  readonly stopwatch: Stopwatch | undefined;
}

const takeUpcoming = (context: Context, until: number): void => {
  for (let due = context.agenda.take(until); due.length > 0; due = context.agenda.take(until)) {
    for (const upcoming of due) {
      if (upcoming._tag === "Deadline") takeDeadline(context, upcoming.deadline);
      else takeOccurrence(context, upcoming);
    }
  }
};

const takeDeadline = (context: Context, deadline: Deadline): void => {
  const { definitions, draft } = context;
  if (draft.deadlineAt(deadline.id) !== deadline.at) return; // what it waited for has happened earlier in this piece, or it was moved
  const { due, at } = deadline;
  if (due._tag === "Paused") {
    move(context, endPause(context, due.subject, at));
    return;
  }
  // A turn comes at the end of time, if it has not come before.
  if (due._tag === "Release" || due._tag === "Turn") {
    letGo(context, { ...deadline, due });
    return;
  }
  draft.removeDeadline(deadline.id);
  if (due._tag === "Gate") return;
  if (isWatch(deadline)) {
    const leaf = absentLeafOf(definitions, deadline);
    const absence = leaf && comeDue(draft, leaf, deadline);
    if (absence !== undefined) complete(context, [leaf as Leaf], deadline.due.key, absence);
    return;
  }
  if (due._tag === "Hear") {
    const { stored } = due;
    // Unless whoever emitted it has said when it happened, it happens now.
    const happenedAt = stored.signal.at === stored.at ? at : stored.signal.at;
    const heard = {
      id: stored.id,
      signal: Object.freeze({ ...stored.signal, at: happenedAt }) as Heard["signal"],
    };
    hear(context, { heard, at, order: stored.seq, scopes: scopesOfOrigin(draft, stored) });
    return;
  }
  const trigger = definitions.triggers.get(due.trigger);
  if (due._tag === "Join") {
    if (trigger !== undefined) joinKept(context, trigger, due.key, at);
    return;
  }
  const leaf = trigger?.leaves.find(({ key }) => key === due.leaf);
  const row =
    trigger &&
    leaf &&
    draft.queuesOf(trigger, due.key)[leaf.index]?.find(({ order }) => order === due.order);
  if (trigger === undefined || row === undefined) return;
  draft.consume(trigger, due.key, [row]);
  draft.skip({
    trigger: trigger.id,
    heard: row.heard,
    reason: "within-passed",
    at,
  });
};

const takeOccurrence = (
  context: Context,
  { leaf, at, missedThrough }: Upcoming & { _tag: "Occurrence" },
): void => {
  const { draft, piece } = context;
  const schedule = leaf.schedule;
  if (schedule === null) return;
  const moved = draft.cursors.get(leaf);
  if (moved !== undefined && moved.nextAt !== at) return; // a command has moved the schedule since this was put on the agenda
  if (at > missedThrough && piece.now - at > schedule.missedAfterMillis) {
    if (at <= context.logAt) {
      // A rewind has brought it back too late: what was decided of it stands.
      const through = Math.min(context.logAt, piece.now - schedule.missedAfterMillis - 1);
      continueFrom(context, leaf, through, schedule.next(through), missedThrough);
      return;
    }
    const answer = catchUp(schedule, {
      from: at,
      until: nextCommandAt(context, at) ?? piece.until,
      now: piece.now,
    });
    for (const range of answer.skipped)
      draft.skip({
        trigger: leaf.trigger.id,
        leaf: leaf.key,
        detail: leaf.path,
        at: piece.now,
        ...range,
      });
    const last = answer.skipped.at(-1);
    const nextAt = answer.fireFrom ?? schedule.next(answer.through);
    continueFrom(
      context,
      leaf,
      last?.to ?? at,
      nextAt,
      answer.fireFrom === undefined ? missedThrough : answer.through,
    );
    return;
  }
  const signal: Occurrence = Object.freeze({
    _tag: "Occurrence",
    schedule: leaf.condition as Schedule,
    dueAt: at,
  });
  const heard = { id: occurrenceIdOf(leaf.key, at), signal };
  const arrival = { heard, at, order: at - Number.MAX_SAFE_INTEGER, scopes: [] };
  const hearIt = (): void => arrive(context, leaf.trigger, [leaf], arrival);
  if (at > context.logAt) hearIt();
  else if (owesRunOfItsOwn(leaf) && at > draft.forgottenAt(leaf.trigger)) draft.again(hearIt);
  continueFrom(context, leaf, at, schedule.next(at), missedThrough);
};

/** Whether an occurrence of the leaf may be heard again: not where more comes of it than a run with an id of its own (a join, a watch, a batch, a turn that another one has had). */
const owesRunOfItsOwn = ({ role, trigger }: Leaf): boolean =>
  role === "match" && trigger.leaves.length === 1 && trigger.flow === null && !trigger.overlaps;

/** Moves a schedule's cursor, and puts its next occurrence on the agenda if it belongs to this piece. */
const continueFrom = (
  { draft, agenda, piece, logAt }: Context,
  leaf: Leaf,
  at: number,
  nextAt: number | undefined,
  missedThrough: number,
): void => {
  draft.cursors.set(leaf, { leaf, at, nextAt });
  if (nextAt !== undefined && isOccurrenceDue(nextAt, { ...piece, logAt }))
    agenda.add(upcomingOccurrence(leaf, nextAt, missedThrough));
};

/** Schedules that go on elsewhere because of a command. */
const move = (context: Context, moves: readonly CursorMove[]): void => {
  for (const { leaf, at, nextAt } of moves) continueFrom(context, leaf, at, nextAt, -Infinity);
};

/** What comes due behind a command is not to be decided before it. */
const nextCommandAt = ({ commandsAt }: Context, at: number): number | undefined =>
  commandsAt.find((commandAt) => commandAt >= at);

const takeStored = (context: Context, stored: StoredSignal): void => {
  const { draft, piece } = context;
  // An event that was stored after the clock was set back may be due behind the clock, but before the log.
  if (stored.dueAt !== null && stored.dueAt > Math.min(stored.at, piece.now)) {
    draft.putDeadline({ id: `hear/${stored.id}`, at: stored.dueAt, due: { _tag: "Hear", stored } });
    return;
  }
  if (isCommand(stored)) {
    move(context, obey(context, stored));
    return;
  }
  if (isForNobody(context, stored)) return;
  const scopes = scopesOfOrigin(draft, stored);
  for (const heard of heardOf(stored))
    hear(context, { heard, at: stored.at, order: stored.seq, scopes });
  if (stored.signal._tag !== "Status" || !isOver(stored.signal)) return;
  draft.end(stored.signal);
  nextInTurn(context, stored.signal.run, stored.at);
};

/** A run that a person asked for, of a task that nobody defines: nothing would ever tell them, so it is a skip. */
const isForNobody = (
  { definitions, draft }: Context,
  { id, at, signal }: StoredSignal,
): boolean => {
  if (signal._tag !== "Event" || !signal.name.startsWith("@")) return false;
  if (definitions.triggers.has(signal.name)) return false;
  draft.skip({
    trigger: signal.name,
    signal: id,
    reason: "retired",
    detail: `no task ${JSON.stringify(signal.name.slice(1))} is defined`,
    at,
  });
  return true;
};

const isOver = ({ state }: Pick<StoredStatus, "state">): boolean =>
  state === "settled" || (state !== "running" && state !== "retrying" && isTerminal(state));

/** The scopes that a signal belongs to: those in which the run that caused it is not over. */
const scopesOfOrigin = (draft: Draft, { origin }: StoredSignal): readonly string[] =>
  origin === null ? [] : draft.scopesOf(origin);

const decisionOf = (draft: Draft, { watermark }: State, { signals, until }: Piece): Decision => ({
  watermark: { seq: signals.at(-1)?.seq ?? watermark.seq, at: Math.max(watermark.at, until) },
  runs: draft.runs,
  again: draft.againIds,
  skips: draft.skips,
  signals: draft.signals,
  cursors: [...draft.cursors.values()],
  made: { put: [...draft.madePut.values()], remove: [...draft.madeRemove] },
  cursorsRemoved: [...draft.cursorRemove.values()],
  waiting: { put: [...draft.waitingPut], remove: draft.waitingRemove },
  queues: draft.queues,
  firings: draft.firings,
  deadlines: { put: [...draft.deadlinePut.values()], remove: [...draft.deadlineRemove] },
  watches: draft.watches,
  open: { put: [...draft.openPut.values()], remove: [...draft.openRemove.values()] },
});
