// What a world begins with that goes on from a recorded moment: an exported log, decided again by the world's own definitions up to an instant, and where its runs were then.
import type { Definitions } from "../definitions.ts";
import { InputError } from "../errors.ts";
import { formatInstant, instantMillis, type InstantInput } from "../instant.ts";
import { readJournal, type Journal } from "../journal.ts";
import { replay } from "../replay.ts";
import { isTerminal, type Run } from "../run.ts";
import type { StoredSignal, StoredStatus } from "../signal.ts";
import type { State } from "../state.ts";
import type { Cursor, Generation, Owner, Skip, StoredState, Watermark } from "../store.ts";
import type { LoadRequest } from "../store-load.ts";

export interface Past {
  /** What the clock shows when the world begins. */
  readonly at: number;
  readonly signals: readonly StoredSignal[];
  readonly runs: readonly Run[];
  readonly skips: readonly Skip[];
  readonly state: StoredState;
  readonly watermark: Watermark;
  readonly generation: Generation;
  /** Whoever held runs then, and is dead; none where nothing ran. */
  readonly owners: readonly Owner[];
}

const owner = "the recorded engine";

/** The text of a journal, read. Throws an InputError for what is none. */
export const journalOf = (text: string): Journal => {
  const reading = readJournal(text.split("\n"));
  if (reading.ok) return reading.value;
  throw new InputError(
    `the journal can't be read: ${reading.message}; "detent export" writes journals`,
  );
};

/** Throws an InputError for a journal with gaps, and for an instant outside of it. */
export const pastOf = (definitions: Definitions, journal: Journal, until?: InstantInput): Past => {
  const { watermark } = journal.head;
  const at = until === undefined ? watermark.at : instantMillis(until);
  const outside = until === undefined ? undefined : outsideFault(journal, at);
  if (outside !== undefined) throw new InputError(`at: ${outside}`);
  const signals = heardBy(journal, until === undefined ? undefined : at);
  const gap = gapFault(journal, until === undefined ? undefined : at);
  if (gap !== undefined) throw new InputError(`the journal ${gap}`);
  const { runs, skips, state, beganAt } = replay(definitions, journal, { until: at });
  const moved = movedBy(runs, signals);
  const seq = signals.findLast((stored) => stored.seq <= watermark.seq)?.seq ?? 0;
  return {
    at: Math.max(at, signals.at(-1)?.at ?? at),
    signals,
    runs: moved,
    skips,
    state: rowsOf(state),
    watermark: { revision: 1, seq, at: state.watermark.at },
    generation: {
      number: 1,
      fingerprint: definitions.fingerprint,
      activatedAt: beganAt,
      triggers: Object.fromEntries(
        [...definitions.triggers.values()].map(({ id, fingerprint }) => [id, fingerprint]),
      ),
      zones: null,
    },
    owners: moved.some((run) => run.owner !== null)
      ? [{ id: owner, enteredAt: at, closedAt: null, host: "journal", process: 0 }]
      : [],
  };
};

/** What was stored last and not routed is routed in the world. */
const heardBy = ({ signals }: Journal, until: number | undefined): readonly StoredSignal[] =>
  signals.filter(({ at }) => until === undefined || at <= until);

/** What is wrong with an instant that the journal does not reach. */
export const outsideFault = (journal: Journal, at: number): string | undefined => {
  const [beginning, end] = [beginningOf(journal), journal.head.watermark.at];
  if (at > end)
    return `${formatInstant(at)} lies behind the end of the journal, ${formatInstant(end)}; it begins at ${formatInstant(beginning)}`;
  if (at < beginning)
    return `${formatInstant(at)} lies before the beginning of the journal, ${formatInstant(beginning)}; it goes on until ${formatInstant(end)}`;
  return undefined;
};

/** What is known of the time before is only that a schedule began then, and that only where nothing is forgotten. */
const beginningOf = ({ head, signals }: Journal): number => {
  const { generation, watermark } = head;
  const [first] = signals;
  if (first === undefined) return Math.min(generation?.activatedAt ?? watermark.at, watermark.at);
  return first.seq > 1 ? first.at : Math.min(first.at, generation?.activatedAt ?? first.at);
};

/** What is wrong with a journal that is not whole up to an instant. */
export const gapFault = (journal: Journal, until: number | undefined): string | undefined => {
  const signals = heardBy(journal, until);
  const gap = signals.find(
    ({ seq }, index) => index > 0 && seq !== (signals[index - 1]?.seq ?? 0) + 1,
  );
  return (
    gap &&
    `has a gap before signal ${gap.seq} of ${formatInstant(gap.at)}: what a world goes on from must be whole`
  );
};

/** The runs as the statuses in the log leave them. */
const movedBy = (runs: readonly Run[], signals: readonly StoredSignal[]): readonly Run[] => {
  const moved = new Map(runs.map((run) => [run.id, run]));
  for (const { signal } of signals) {
    const run = signal._tag === "Status" ? moved.get(signal.run) : undefined;
    if (run !== undefined) moved.set(run.id, movedTo(run, signal as StoredStatus));
  }
  return [...moved.values()];
};

const movedTo = (run: Run, { state, token, attempt, at, result, error }: StoredStatus): Run => {
  const tried = { ...run, token, attempt };
  if (state === "running") return { ...tried, state, owner, startedAt: at };
  if (state === "retrying")
    return { ...tried, state: "pending", owner: null, startedAt: null, dueAt: at };
  if (state === "settled" || !isTerminal(state)) return run;
  const outcome = error === undefined ? { result: result ?? null } : { error };
  return { ...tried, state, owner: null, settledAt: at, outcome };
};

/** A router's state as rows. How far a schedule has got it only knows by what comes next. */
const rowsOf = ({
  watermark,
  schedules,
  held,
  made,
  waiting,
  deadlines,
  open,
}: State): StoredState => {
  const cursors: Cursor[] = schedules.values().map(({ leaf, nextAt }) => ({
    trigger: leaf.trigger.id,
    leaf: leaf.key,
    at: Math.min(watermark.at, nextAt - 1),
    ...(leaf.trigger.made && { made: leaf.trigger.made }),
  }));
  for (const [id, at] of held) {
    const [trigger, leaf] = [id.slice(0, id.indexOf(" ")), id.slice(id.indexOf(" ") + 1)];
    const row = made.get(trigger)?.made;
    cursors.push({ trigger, leaf, at, ...(row && { made: row }) });
  }
  return {
    cursors,
    waiting: [...waiting.values()].flat(2),
    deadlines: deadlines.values(),
    open: [...open.values()].flatMap((rows) => [...rows.values()]),
  };
};

/** What a store is to load, in this order. */
export const loadsOf = (past: Past): readonly LoadRequest[] => {
  const { owners, runs, signals, skips, state, watermark, generation } = past;
  return [
    { table: "owner", rows: owners },
    { table: "run", rows: runs },
    { table: "signal", rows: signals },
    { table: "skip", rows: skips },
    { table: "waiting", rows: state.waiting },
    { table: "cursor", rows: state.cursors },
    { table: "deadline", rows: state.deadlines },
    { table: "open", rows: state.open },
    { table: "head", head: { watermark, generation } },
  ];
};
