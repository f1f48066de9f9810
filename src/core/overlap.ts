// Overlap: what a schedule does while runs of its trigger are not over. Those runs are open rows of the trigger's scope, which a run enters when it is owed and leaves with its
// terminal status, so that whatever is decided here is decided from the log. A firing that waits for its turn is a deadline at the end of time.
//
// Invariants:
// 1. A firing waits only while a run of its trigger is open.
// 2. Of firings that wait, one runs at a time, the oldest first.
import { endless } from "./command.ts";
import type { CompiledTrigger, Definitions } from "./definitions.ts";
import type { Draft } from "./draft.ts";
import { fire, giveUp, giveWay, type Fired } from "./fire.ts";
import { triggerNamed } from "./made.ts";
import { runIdOf, triggerIdOf } from "./run-id.ts";
import type { Overlap } from "./schedule-options.ts";
import { overlapScopeOf } from "./scope.ts";
import type { State } from "./state.ts";
import type { HeldFiring } from "./store.ts";
import type { Match } from "./trigger.ts";

/** Owes the run of a firing; or, while runs of its trigger are not over, does what the schedule that it came of says. */
export const fireInTurn = (fired: Fired, matches: readonly Match[]): void => {
  const { draft, trigger } = fired;
  const scope = overlapScopeOf(trigger.id);
  const overlap = draft.isOpen(scope) ? overlapOf(trigger, matches) : "allow";
  if (overlap === "allow") {
    fire(fired, matches);
    return;
  }
  const waiting = draft.heldFirings(scope);
  const room = { skip: 0, bufferOne: 1, bufferAll: trigger.waitingMax, cancelOther: Infinity };
  if (waiting.length >= room[overlap]) {
    const detail = waiting.length > 0 ? `${waiting.length} already wait for their turn` : null;
    giveUp(fired, matches, "overlap", detail);
    return;
  }
  const older = overlap === "cancelOther" ? [...waiting] : [];
  const instead = overlap === "cancelOther" ? draft.openRuns(scope) : [];
  holdForTurn(fired, matches, { waiting, instead });
  for (const firing of older) giveWay(fired, firing, "overlap");
};

/** The policy of a firing: that of the schedules whose occurrences are in it, the first of the tree that has one. */
const overlapOf = ({ leaves }: CompiledTrigger, matches: readonly Match[]): Overlap =>
  matches
    .map((match) => leaves.find(({ path }) => path === match.leaf)?.schedule?.overlap)
    .find((overlap) => overlap !== undefined && overlap !== "allow") ?? "allow";

const holdForTurn = (
  { draft, trigger, at, scopes }: Fired,
  matches: readonly Match[],
  { waiting, instead }: { waiting: readonly HeldFiring[]; instead: readonly string[] },
): void => {
  const cause = matches.map(({ id }) => id);
  draft.hold({
    id: `turn/${runIdOf(trigger.id, cause)}`,
    at: endless,
    due: {
      _tag: "Turn",
      trigger: trigger.id,
      key: "",
      since: at,
      order: (waiting.at(-1)?.due.order ?? 0) + 1,
      heldAt: at,
      matches,
      scopes,
      instead,
    },
  });
};

interface Deciding {
  readonly definitions: Definitions;
  readonly draft: Draft;
}

/** A run is over. If it was the last of its trigger, the next firing has its turn; one that owes no run gives it on. */
export const nextInTurn = (deciding: Deciding, run: string, at: number): void => {
  const { definitions, draft } = deciding;
  const id = triggerIdOf(run);
  const scope = overlapScopeOf(id);
  draft.leaveScope(scope, run);
  while (!draft.isOpen(scope)) {
    const [next] = draft.heldFirings(scope);
    const trigger = triggerNamed(deciding, id);
    if (next === undefined) return;
    // This version can't read any more what the schedule was, which somebody made at run time.
    if (trigger === undefined) {
      giveWay({ draft, trigger: { id }, at }, next, "retired");
      continue;
    }
    // Nothing is made up for what a pause has met.
    if (draft.isTriggerPaused(id)) {
      giveWay({ draft, trigger, at }, next, "paused");
      continue;
    }
    draft.unhold(next);
    fire({ definitions, draft, trigger, at, scopes: next.due.scopes }, next.due.matches);
    draft.leaveScopes(next);
  }
};

/** A firing of this one occurrence runs now, for another reason: it does not wait any more. */
export const takeTurn = (draft: Draft, trigger: string, occurrence: string): void => {
  const firing = draft
    .heldFirings(overlapScopeOf(trigger))
    .find(({ due }) => due.matches[0]?.id === occurrence);
  if (firing === undefined) return;
  draft.unhold(firing);
  draft.leaveScopes(firing);
};

/**
 * The runs to be cancelled: those in whose place a firing waits, not those that came while it waited. `groups` are the keys of `state.firings` to look at.
 */
export const cancelsOf = (
  { firings, open }: Pick<State, "firings" | "open">,
  groups: Iterable<string>,
): readonly string[] =>
  [...groups].flatMap((group) =>
    (firings.get(group) ?? [])
      .flatMap(({ due }) => (due._tag === "Turn" ? due.instead : []))
      .filter((run) => open.get(group)?.has(run) === true),
  );
