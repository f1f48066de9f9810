// What becomes of firings that are kept back, and of gates, when their trigger is gone or another one: each signal becomes a skip, and what it belonged to may be settled.
import { settledScopeOf } from "./scope.ts";
import { settledSignalOf } from "./run.ts";
import type { NewSignal } from "./signal.ts";
import { isHeldFiring } from "./state.ts";
import type { Open, StoredState } from "./store.ts";
import type { Match } from "./trigger.ts";

interface Retirement {
  /** What was kept back. */
  readonly matches: readonly { readonly trigger: string; readonly match: Match }[];
  /** Ids of deadlines. */
  readonly deadlines: readonly string[];
  readonly open: readonly Pick<Open, "scope" | "run">[];
  readonly signals: readonly NewSignal[];
}

export const heldRetirement = (
  state: StoredState,
  isRetired: (trigger: string) => boolean,
): Retirement => {
  const firings = state.deadlines.filter(isHeldFiring).filter(({ due }) => isRetired(due.trigger));
  const gates = state.deadlines.filter(({ due }) => due._tag === "Gate" && isRetired(due.trigger));
  const left = openRowsLeft(state.open, new Set(firings.map(({ id }) => id)));
  return {
    matches: firings.flatMap(({ due: { trigger, matches } }) =>
      matches.map((match) => ({ trigger, match })),
    ),
    deadlines: [...firings, ...gates].map(({ id }) => id),
    ...left,
  };
};

/** The rows of the firings, and those of ended roots that are alone without them. */
const openRowsLeft = (
  open: readonly Open[],
  firings: ReadonlySet<string>,
): Pick<Retirement, "open" | "signals"> => {
  const removed = open.filter(({ run }) => firings.has(run));
  const touched = new Set(removed.map(({ scope }) => scope));
  const stays = open.filter(({ scope, run }) => touched.has(scope) && !firings.has(run));
  const counts = new Map<string, number>();
  for (const { scope } of stays) counts.set(scope, (counts.get(scope) ?? 0) + 1);
  const settled = stays.filter(
    ({ scope, run, ended }) =>
      ended !== null && scope === settledScopeOf(run) && counts.get(scope) === 1,
  );
  return {
    open: [...removed, ...settled],
    signals: settled.flatMap(({ ended }) => (ended === null ? [] : [settledSignalOf(ended)])),
  };
};
