// Activation: what changes in the store when an engine comes with other definitions than the active ones. Pure: a reading in, a batch out.
//
// What stayed the same goes on where it was. A new schedule begins now and never fires for the past; what waited for triggers or leaves that are gone is retired, with a
// record of each.
import type { Definitions } from "./definitions.ts";
import { compileSchedule, type Schedule } from "./schedule.ts";
import type { Batch, Cursor, Reading, Skip, StoredState } from "./store.ts";

/** The batch that makes these definitions the active generation, or undefined if they are already. The reading must include the state. */
export const activation = (definitions: Definitions, reading: Reading): Batch | undefined => {
  const { generation, watermark, now } = reading;
  if (generation?.fingerprint === definitions.fingerprint) return undefined;
  const state: StoredState = reading.state ?? { cursors: [], waiting: [], deadlines: [], open: [] };
  const at = Math.max(now, watermark.at);
  const schedules = new Set(definitions.schedules.map((leaf) => `${leaf.trigger.id} ${leaf.key}`));
  const leaves = new Set(
    [...definitions.triggers.values()].flatMap((trigger) =>
      trigger.leaves.map(({ key }) => `${trigger.id} ${key}`),
    ),
  );
  const known = new Set(state.cursors.map(({ trigger, leaf }) => `${trigger} ${leaf}`));
  const retiredCursors = state.cursors.filter(
    ({ trigger, leaf }) => !schedules.has(`${trigger} ${leaf}`),
  );
  const retiredWaiting = state.waiting.filter(
    ({ trigger, leaf }) => !leaves.has(`${trigger} ${leaf}`),
  );
  const retiredDeadlines = state.deadlines.filter(
    ({ due }) => due._tag === "Within" && !leaves.has(`${due.trigger} ${due.leaf}`),
  );
  return {
    checks: [{ _tag: "Revision", revision: watermark.revision }],
    skips: [
      ...retiredCursors.flatMap((cursor) => retiredOccurrences(cursor, at)),
      ...retiredWaiting.map(({ trigger, heard }): Skip => ({
        id: `${trigger}/${heard.id}/retired`,
        trigger,
        signal: heard.id,
        from: null,
        to: null,
        count: 1,
        reason: "retired",
        detail: null,
        at,
      })),
    ],
    waiting: { put: [], remove: retiredWaiting },
    cursors: {
      put: definitions.schedules
        .filter((leaf) => !known.has(`${leaf.trigger.id} ${leaf.key}`))
        .map((leaf) => ({ trigger: leaf.trigger.id, leaf: leaf.key, at })),
      remove: retiredCursors,
    },
    deadlines: { put: [], remove: retiredDeadlines.map(({ id }) => id) },
    generation: {
      number: (generation?.number ?? 0) + 1,
      fingerprint: definitions.fingerprint,
      activatedAt: at,
      triggers: Object.fromEntries(
        [...definitions.triggers.values()].map(({ id, fingerprint }) => [id, fingerprint]),
      ),
    },
    watermark: { seq: watermark.seq, at: watermark.at },
  };
};

/** The occurrences that a retired schedule still owed. Its definition is gone; its leaf's key still says what it was. */
const retiredOccurrences = ({ trigger, leaf, at: after }: Cursor, until: number): Skip[] => {
  const schedule = compileSchedule(
    JSON.parse(leaf.slice(0, leaf.lastIndexOf("#"))) as Schedule,
    trigger,
  );
  let [from, to, count]: [number | undefined, number, number] = [schedule.next(after), after, 0];
  for (let at = from; at !== undefined && at <= until; at = schedule.next(at))
    [to, count] = [at, count + 1];
  if (from === undefined || count === 0) return [];
  return [
    {
      id: `${trigger}/${from}-${to}/retired`,
      trigger,
      signal: null,
      from,
      to,
      count,
      reason: "retired",
      detail: leaf,
      at: until,
    },
  ];
};
