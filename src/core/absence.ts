// Absences: what did not come. Each start begins a watch, a deadline under a correlation key; an answer ends all watches of its leaf and key; a watch that comes due
// is heard as an absence, which satisfies its leaf like any other signal. So each watch ends as exactly one of: answered (no record), an absence, a skip with its reason.
//
// Without an `after`, each answer begins the next watch; the first is begun by the trigger's activation (activation.ts), or, with keys, by the first answer of a key.
import type { Leaf } from "./definitions.ts";
import type { Draft } from "./draft.ts";
import type { Arrival } from "./hear.ts";
import { absenceOf, byOf, isAbsentLeaf, watchOf, type AbsentLeaf, type Watch } from "./watch.ts";
import { counted } from "./counted.ts";

/** What a signal does to the watches of one absent leaf. */
export interface Watching {
  readonly leaf: AbsentLeaf;
  readonly key: string;
  readonly answers: boolean;
  readonly starts: boolean;
}

/** What a signal does through the parts that it satisfies. Throws what `by` throws. */
export const watchingsOf = (
  satisfied: readonly Leaf[],
  keyOf: (by: ReturnType<typeof byOf>) => string,
): readonly Watching[] => {
  const watchings = new Map<Leaf, Watching>();
  for (const { of: leaf, role } of satisfied) {
    if (leaf === null || !isAbsentLeaf(leaf)) continue;
    const known = watchings.get(leaf);
    watchings.set(leaf, {
      leaf,
      key: known?.key ?? keyOf(byOf(leaf)),
      answers: known?.answers === true || role === "answer",
      starts: known?.starts === true || role === "start",
    });
  }
  return [...watchings.values()];
};

/** Ends what the signal answers. A dead man's switch is armed again, also while its trigger is paused: that is no start, and nobody would ever arm it. */
export const answer = (draft: Draft, { leaf, key, answers }: Watching, arrival: Arrival): void => {
  if (!answers) return;
  for (const watch of draft.watchesOf(leaf, key)) draft.unwatch(leaf, watch);
  if (leaf.condition.after === undefined) begin(draft, leaf, key, arrival);
};

/** Begins a watch, if the signal starts one. Beyond `waitingMax` the oldest is given up. */
export const start = (draft: Draft, { leaf, key, starts }: Watching, arrival: Arrival): void => {
  if (!starts) return;
  begin(draft, leaf, key, arrival);
  const watches = draft.watchesOf(leaf, key);
  const oldest = watches[0];
  const { id: trigger, waitingMax } = leaf.trigger;
  if (watches.length <= waitingMax || oldest === undefined) return;
  draft.unwatch(leaf, oldest);
  draft.skip({
    trigger,
    signal: absenceOf(oldest),
    reason: "waiting-full",
    detail: `no more than ${counted(waitingMax, "watch")} may run in ${leaf.path}`,
    at: arrival.at,
  });
};

const begin = (
  draft: Draft,
  leaf: AbsentLeaf,
  key: string,
  { heard, at, order, scopes }: Arrival,
): void => draft.watch(leaf, watchOf(leaf, { key, order, since: at, after: heard, scopes }));

/** A watch has come due: the absence to be heard in its leaf, or undefined where the trigger is paused. */
export const comeDue = (draft: Draft, leaf: AbsentLeaf, watch: Watch): Arrival | undefined => {
  const { at, due } = watch;
  const { after, since, order, scopes } = due;
  const id = absenceOf(watch);
  const trigger = leaf.trigger.id;
  draft.unwatch(leaf, watch);
  if (draft.isTriggerPaused(trigger)) {
    draft.skip({ trigger, signal: id, reason: "paused", at });
    return undefined;
  }
  const signal = { _tag: "Absence" as const, after: after?.signal ?? null, since, at };
  return { heard: { id, signal }, at, order, scopes };
};
