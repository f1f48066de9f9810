// The router's state: what it must know beside the log to decide the next step. A store keeps it as rows; `stateOf` reads them, and `advance` applies a decision, so that
// a router that goes on need not read them again.
import { absentLeafOf, isWatch, withWatch, type Watch } from "./watch.ts";
import { endless, pausedTriggerIdOf } from "./command.ts";
import type { CompiledTrigger, Definitions, Leaf } from "./definitions.ts";
import { DueHeap } from "./due-heap.ts";
import { triggerOfRow } from "./made.ts";
import type { CursorMove, Decision } from "./step.ts";
import { isBefore, type Queues } from "./join.ts";
import { overlapScopeOf } from "./scope.ts";
import type {
  Batch,
  Deadline,
  HeldFiring,
  Open,
  StoredState,
  Waiting,
  Watermark,
} from "./store.ts";

/** A schedule and its next occurrence. */
interface Due {
  readonly leaf: Leaf;
  readonly nextAt: number;
}

export interface State {
  readonly watermark: Watermark;
  readonly schedules: DueHeap<Due>;
  /** By id: the schedules that were made at run time. */
  readonly made: Map<string, CompiledTrigger>;
  /** The cursors of schedules whose trigger is paused: they are not in `schedules`. */
  readonly held: Map<string, number>;
  readonly deadlines: DueHeap<Deadline>;
  /** By `joinOf(trigger, key)`: what waits in each leaf. */
  readonly waiting: Map<string, Queues>;
  /** By `watchesIdOf(leaf, key)`: the watches of an absent leaf, the oldest first. */
  readonly watches: Map<string, readonly Watch[]>;
  /** By `heldWith`: the firings that are kept back, in the order in which they came. */
  readonly firings: Map<string, readonly HeldFiring[]>;
  /** By scope: the runs that are not over in it. */
  readonly open: Map<string, Map<string, Open>>;
  /** By run: the scopes in which it is not over. */
  readonly scopesOf: Map<string, readonly string[]>;
}

export const joinOf = (trigger: string, key: string): string => `${trigger} ${key}`;

export const watchesIdOf = (leaf: Leaf, key: string): string =>
  `${leaf.trigger.id} ${leaf.index} ${key}`;

export const scheduleIdOf = (leaf: Leaf): string => `${leaf.trigger.id} ${leaf.key}`;

/** The state that a store's rows tell, under these definitions. Rows of triggers and leaves that are not defined are left alone: activation retires them. */
export const stateOf = (
  definitions: Definitions,
  watermark: Watermark,
  stored: StoredState,
): State => {
  const state: State = {
    watermark,
    schedules: new DueHeap(),
    made: new Map(),
    held: new Map(),
    deadlines: new DueHeap(),
    waiting: new Map(),
    watches: new Map(),
    firings: heldFirings(stored.deadlines),
    open: new Map(),
    scopesOf: new Map(),
  };
  const cursors = new Map(
    stored.cursors.map(({ trigger, leaf, at }) => [`${trigger} ${leaf}`, at]),
  );
  for (const deadline of stored.deadlines) state.deadlines.set(deadline.id, deadline.at, deadline);
  for (const leaf of definitions.schedules) {
    const at = cursors.get(scheduleIdOf(leaf));
    if (at !== undefined) moveCursor(state, { leaf, at, nextAt: leaf.schedule?.next(at) });
  }
  for (const row of stored.cursors) {
    const made = definitions.triggers.has(row.trigger) ? undefined : triggerOfRow(row);
    if (made === undefined) continue;
    state.made.set(made.id, made);
    const leaf = made.leaves[0] as Leaf;
    moveCursor(state, { leaf, at: row.at, nextAt: leaf.schedule?.next(row.at) });
  }
  for (const row of [...stored.waiting].sort((one, other) => (isBefore(one, other) ? -1 : 1))) {
    const trigger = definitions.triggers.get(row.trigger);
    const leaf = trigger?.leaves.find(({ key }) => key === row.leaf);
    if (trigger === undefined || leaf === undefined) continue;
    const join = joinOf(row.trigger, row.key);
    const queues = state.waiting.get(join) ?? trigger.leaves.map(() => []);
    state.waiting.set(join, queues);
    (queues[leaf.index] as Waiting[]).push(row);
  }
  for (const watch of stored.deadlines.filter(isWatch)) {
    const leaf = absentLeafOf(definitions, watch);
    if (leaf === undefined) continue;
    const id = watchesIdOf(leaf, watch.due.key);
    state.watches.set(id, withWatch(state.watches.get(id) ?? [], watch));
  }
  for (const row of stored.open) putOpen(state, row);
  return state;
};

/** A decision as the batch that commits it: everything, or nothing if another router has been there. */
export const batchOf = (decision: Decision, revision: number): Batch => ({
  checks: [{ _tag: "Revision", revision }],
  signals: decision.signals,
  runs: decision.runs,
  skips: decision.skips,
  waiting: decision.waiting,
  cursors: {
    put: decision.cursors.map(({ leaf: { key, trigger }, at }) => {
      const row = { trigger: trigger.id, leaf: key, at };
      return trigger.made === undefined ? row : { ...row, made: trigger.made };
    }),
    remove: decision.cursorsRemoved,
  },
  deadlines: decision.deadlines,
  open: decision.open,
  watermark: decision.watermark,
});

/** The state after a decision was committed. Changes `state` itself and gives it back under the new watermark. */
export const advance = (state: State, decision: Decision): State => {
  for (const id of decision.deadlines.remove) state.deadlines.delete(id);
  for (const deadline of decision.deadlines.put)
    state.deadlines.set(deadline.id, deadline.at, deadline);
  for (const move of decision.cursors) moveCursor(state, move);
  // Off the heap they are by their last move.
  for (const { trigger, leaf } of decision.cursorsRemoved) state.held.delete(`${trigger} ${leaf}`);
  for (const id of decision.made.remove) state.made.delete(id);
  for (const made of decision.made.put) state.made.set(made.id, made);
  for (const [join, queues] of decision.queues) {
    if (queues.every((queue) => queue.length === 0)) state.waiting.delete(join);
    else state.waiting.set(join, queues);
  }
  for (const [id, watches] of decision.watches) {
    if (watches.length === 0) state.watches.delete(id);
    else state.watches.set(id, watches);
  }
  for (const [group, firings] of decision.firings) {
    if (firings.length === 0) state.firings.delete(group);
    else state.firings.set(group, firings);
  }
  for (const { scope, run } of decision.open.remove) removeOpen(state, scope, run);
  for (const row of decision.open.put) putOpen(state, row);
  return { ...state, watermark: { ...decision.watermark, revision: state.watermark.revision + 1 } };
};

/** When the router must act next without hearing anything new; undefined: never. */
export const nextDueAt = (state: State): number | undefined => {
  const dueAt = Math.min(state.schedules.nextAt ?? Infinity, state.deadlines.nextAt ?? Infinity);
  return dueAt < endless ? dueAt : undefined;
};

/** Whether a schedule has got further than this instant, so that it names occurrences that nobody will take. */
export const waitsForClock = ({ schedules }: Definitions, state: State, now: number): boolean =>
  [...schedules, ...[...state.made.values()].flatMap(({ leaves }) => leaves)].some((leaf) => {
    const id = scheduleIdOf(leaf);
    const nextAt = state.schedules.get(id)?.nextAt ?? Infinity;
    return !state.held.has(id) && (leaf.schedule?.next(now) ?? Infinity) < nextAt;
  });

export const isHeldFiring = (deadline: Deadline): deadline is HeldFiring =>
  deadline.due._tag === "Release" || deadline.due._tag === "Turn";

/** What firings that are kept back together share. */
export const heldWith = ({ _tag, trigger, key }: HeldFiring["due"]): string =>
  _tag === "Turn" ? overlapScopeOf(trigger) : joinOf(trigger, key);

const heldFirings = (deadlines: readonly Deadline[]): Map<string, readonly HeldFiring[]> => {
  const firings = new Map<string, HeldFiring[]>();
  for (const held of deadlines.filter(isHeldFiring)) {
    const group = heldWith(held.due);
    const others = firings.get(group);
    if (others === undefined) firings.set(group, [held]);
    else others.push(held);
  }
  for (const held of firings.values()) held.sort(inOrder);
  return firings;
};

/** What a run told by one status fires twice, by its result first: ids are in that order, too. */
const inOrder = (one: HeldFiring, other: HeldFiring): number =>
  one.due.heldAt - other.due.heldAt ||
  one.due.order - other.due.order ||
  (one.id < other.id ? -1 : 1);

/** The pauses of the state must be known before. */
const moveCursor = (state: State, { leaf, at, nextAt }: CursorMove): void => {
  const id = scheduleIdOf(leaf);
  const isPaused = state.deadlines.get(pausedTriggerIdOf(leaf.trigger.id)) !== undefined;
  if (isPaused) state.held.set(id, at);
  else state.held.delete(id);
  if (isPaused || nextAt === undefined) state.schedules.delete(id);
  else state.schedules.set(id, nextAt, { leaf, nextAt });
};

const putOpen = (state: State, row: Open): void => {
  const rows = state.open.get(row.scope) ?? new Map<string, Open>();
  state.open.set(row.scope, rows.set(row.run, row));
  const scopes = state.scopesOf.get(row.run) ?? [];
  if (!scopes.includes(row.scope)) state.scopesOf.set(row.run, [...scopes, row.scope]);
};

const removeOpen = (state: State, scope: string, run: string): void => {
  const rows = state.open.get(scope);
  rows?.delete(run);
  if (rows?.size === 0) state.open.delete(scope);
  const scopes = (state.scopesOf.get(run) ?? []).filter((other) => other !== scope);
  if (scopes.length === 0) state.scopesOf.delete(run);
  else state.scopesOf.set(run, scopes);
};
