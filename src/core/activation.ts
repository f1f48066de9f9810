// Activation: what changes in the store when an engine comes with other definitions than the active ones. Pure: a reading in, a batch out.
//
// What stayed the same goes on where it was. A new schedule begins now and never fires for the past; what waited for triggers or leaves that are gone is retired, with a
// record of each.
import type { Definitions } from "./definitions.ts";
import { heldRetirement } from "./held-retirement.ts";
import {
  compileSchedule,
  rangeOf,
  scheduleOfKey,
  type CompiledSchedule,
  type Schedule,
} from "./schedule.ts";
import type {
  Batch,
  Cursor,
  Deadline,
  Generation,
  Reading,
  Skip,
  StoredState,
  Waiting,
} from "./store.ts";
import { subjectOf, withinDeadlineOf } from "./draft.ts";
import type { Run } from "./run.ts";
import type { Heard } from "./signal.ts";
import { overlapScopeOf } from "./scope.ts";
import { absenceOf, firstWatches, isWatch, type Watch } from "./watch.ts";

/**
 * Whether these definitions, with the instants that this version of the time zone database gives, are the active generation. An engine that doesn't know its version
 * (null) takes any.
 */
export const isActive = (
  generation: Generation | null,
  { fingerprint }: Pick<Definitions, "fingerprint">,
  zones: string | null,
): boolean =>
  generation?.fingerprint === fingerprint && (zones === null || generation.zones === zones);

/** The triggers of new or changed definitions whose schedules mind runs that are not over: those that there are count from the beginning. */
export const newlyMinding = (
  { triggers }: Definitions,
  { generation }: Pick<Reading, "generation">,
): readonly string[] =>
  [...triggers.values()]
    .filter(({ id, overlaps, fingerprint }) => overlaps && generation?.triggers[id] !== fingerprint)
    .map(({ id }) => id);

/**
 * The batch that makes these definitions the active generation, or undefined if they are already. The reading must include the state. `running`: the runs of `newlyMinding`
 * triggers that are not over.
 */
export const activation = (
  definitions: Definitions,
  reading: Reading,
  zones: string | null = null,
  running: readonly Pick<Run, "id" | "trigger">[] = [],
): Batch | undefined => {
  const { generation, watermark, now } = reading;
  if (isActive(generation, definitions, zones)) return undefined;
  const state: StoredState = reading.state ?? { cursors: [], waiting: [], deadlines: [], open: [] };
  const at = Math.max(now, watermark.at);
  const schedules = new Set(definitions.schedules.map((leaf) => `${leaf.trigger.id} ${leaf.key}`));
  const leaves = new Set(
    [...definitions.triggers.values()].flatMap((trigger) =>
      trigger.leaves.map(({ key }) => `${trigger.id} ${key}`),
    ),
  );
  const retiredCursors = state.cursors.filter(({ trigger, leaf, made }) =>
    made === undefined
      ? !schedules.has(`${trigger} ${leaf}`)
      : definitions.triggers.has(trigger) || !definitions.tasks.has(made.task),
  );
  const keptCursors = state.cursors.filter((cursor) => !retiredCursors.includes(cursor));
  const known = new Set(keptCursors.map(({ trigger, leaf }) => `${trigger} ${leaf}`));
  const made = new Set(keptCursors.flatMap((row) => (row.made === undefined ? [] : row.trigger)));
  const isChanged = (trigger: string): boolean =>
    generation?.triggers[trigger] !== definitions.triggers.get(trigger)?.fingerprint;
  const isRetired = (row: { readonly trigger: string; readonly leaf: string }): boolean =>
    !leaves.has(`${row.trigger} ${row.leaf}`) ||
    (isChanged(row.trigger) &&
      definitions.triggers.get(row.trigger)?.definition.onChange !== "keep");
  const keptWaiting = state.waiting.filter((row) => !isRetired(row) && isChanged(row.trigger));
  const kept = keptDeadlines(definitions, keptWaiting, at);
  const keptIds = new Set(kept.map(({ id }) => id));
  const held = heldRetirement(
    state,
    (trigger) => !made.has(trigger) && (!definitions.triggers.has(trigger) || isChanged(trigger)),
  );
  const retiredWaiting = state.waiting.filter(isRetired);
  const watches = state.deadlines.filter(isWatch);
  const retiredWatches = watches.filter(({ due }) => !leaves.has(`${due.trigger} ${due.leaf}`));
  const retiredDeadlines = [
    ...state.deadlines.filter(
      ({ id, due }) =>
        due._tag === "Within" && !keptIds.has(id) && (isRetired(due) || isChanged(due.trigger)),
    ),
    ...retiredWatches,
  ];
  return {
    checks: [{ _tag: "Revision", revision: watermark.revision }],
    signals: held.signals,
    skips: [
      ...held.matches.map(({ trigger, match }) => retiredSignal(trigger, match, at)),
      ...retiredCursors.flatMap((cursor) =>
        cursor.made === undefined
          ? retiredOccurrences(cursor, at)
          : [retiredMade(cursor, at, definitions.triggers.has(cursor.trigger))],
      ),
      ...retiredWaiting.map(({ trigger, heard }) => retiredSignal(trigger, heard, at)),
      ...retiredWatches.map((watch) =>
        retiredSignal(watch.due.trigger, { id: absenceOf(watch) }, at),
      ),
    ],
    waiting: { put: [], remove: retiredWaiting },
    cursors: {
      put: definitions.schedules
        .filter((leaf) => !known.has(`${leaf.trigger.id} ${leaf.key}`))
        .map((leaf) => ({ trigger: leaf.trigger.id, leaf: leaf.key, at })),
      // A definition may take over the very row of a schedule that was made.
      remove: retiredCursors.filter(({ trigger, leaf }) => !schedules.has(`${trigger} ${leaf}`)),
    },
    deadlines: {
      put: [...newWatches(definitions, reading, { watches, at }), ...kept],
      remove: [...retiredDeadlines.map(({ id }) => id), ...held.deadlines],
    },
    open: {
      put: running.map(({ id: run, trigger }) => ({
        scope: overlapScopeOf(trigger),
        run,
        ended: null,
      })),
      remove: held.open,
    },
    generation: {
      number: (generation?.number ?? 0) + 1,
      fingerprint: definitions.fingerprint,
      activatedAt: at,
      triggers: Object.fromEntries(
        [...definitions.triggers.values()].map(({ id, fingerprint }) => [id, fingerprint]),
      ),
      zones,
    },
    watermark: { seq: watermark.seq, at: watermark.at },
  };
};

/** The deadlines of what a changed trigger keeps: when each match has waited too long by its new `within`, and a look at each key, for no arrival would ever tell. */
const keptDeadlines = (
  { triggers }: Definitions,
  waiting: readonly Waiting[],
  at: number,
): readonly Deadline[] => {
  const deadlines = new Map<string, Deadline>();
  for (const row of waiting) {
    const { trigger, key } = row;
    const withinMillis = triggers.get(trigger)?.withinMillis;
    const due = withinMillis === undefined ? [] : [withinDeadlineOf(row, withinMillis)];
    const look: Deadline = {
      id: `join/${trigger}/${key}`,
      at,
      due: { _tag: "Join", trigger, key },
    };
    for (const deadline of [...due, look]) deadlines.set(deadline.id, deadline);
  }
  return [...deadlines.values()];
};

/** The watches that begin now: of new triggers, and of changed ones where none goes on. One that has ended in an unchanged trigger waits for its next answer. */
const newWatches = (
  { triggers }: Definitions,
  { generation }: Reading,
  { watches, at }: { readonly watches: readonly Watch[]; readonly at: number },
): readonly Watch[] => {
  const known = new Set(watches.map(({ due }) => `${due.trigger} ${due.leaf}`));
  return [...triggers.values()]
    .filter(({ id, fingerprint }) => generation?.triggers[id] !== fingerprint)
    .flatMap((trigger) => firstWatches(trigger.leaves, at))
    .filter(({ due }) => !known.has(`${due.trigger} ${due.leaf}`));
};

const retiredSignal = (
  trigger: string,
  { id, signal }: Pick<Heard, "id"> & Partial<Pick<Heard, "signal">>,
  at: number,
): Skip => ({
  id: `${trigger}/${id}/retired`,
  trigger,
  ...(signal === undefined ? { signal: id, from: null, to: null } : subjectOf({ id, signal })),
  count: 1,
  reason: "retired",
  detail: null,
  at,
});

/** The occurrences that a retired schedule still owed. Its definition is gone; its leaf's key still says what it was. */
const retiredOccurrences = ({ trigger, leaf, at: after }: Cursor, until: number): Skip[] => {
  const skip = (from: number | null, to: number | null, count: number): Skip => ({
    id: `${trigger}/${leaf}@${from}-${to}/retired`,
    trigger,
    signal: null,
    from,
    to,
    count,
    reason: "retired",
    detail: leaf,
    at: until,
  });
  const schedule = scheduleOf(leaf, trigger);
  if (schedule === undefined) return [skip(null, null, 1)];
  const range = rangeOf(schedule, { after, until });
  return range === undefined ? [] : [skip(range.from, range.to, range.count)];
};

/** A schedule that was made at run time ends: because its id is defined now, or its task no more. */
const retiredMade = (cursor: Cursor, at: number, isDefined: boolean): Skip => {
  const [range] = retiredOccurrences(cursor, at);
  const { trigger, leaf, made } = cursor;
  return {
    id: `${trigger}/${leaf}@${at}/retired`,
    trigger,
    signal: null,
    from: range?.from ?? null,
    to: range?.to ?? null,
    count: range?.count ?? 0,
    reason: "retired",
    detail: isDefined
      ? "made at run time; a definition has its id now"
      : `made at run time; no task ${JSON.stringify(made?.task)} is defined any more`,
    at,
  };
};

/** The schedule that a leaf's key was made of, or undefined if this version can't read it any more. */
export const scheduleOf = (leaf: string, trigger: string): CompiledSchedule | undefined => {
  try {
    return compileSchedule(scheduleOfKey(leaf) as Schedule, trigger);
  } catch {
    return undefined;
  }
};
