// From a signal to firings: which leaves it satisfies, what it completes there, and what it leaves waiting.
import { answer, start, watchingsOf, type Watching } from "./absence.ts";
import { signalKeyOf } from "./condition.ts";
import { kindOf, mismatchOf } from "./mismatch.ts";
import type { CompiledTrigger, Definitions, Leaf } from "./definitions.ts";
import type { Draft } from "./draft.ts";
import { errorDataOf } from "./errors.ts";
import { admit } from "./flow.ts";
import { isBefore, joined } from "./join.ts";
import type { Heard } from "./signal.ts";
import type { Stopwatch } from "./step.ts";
import { counted } from "./counted.ts";

/** A signal on its way to the leaves: `at` and `order` place it, `scopes` are the runs in progress that it belongs to. */
export interface Arrival {
  readonly heard: Heard;
  readonly at: number;
  readonly order: number;
  readonly scopes: readonly string[];
}

/** What a decision is made from, and where it is written down. */
interface Deciding {
  readonly definitions: Definitions;
  readonly draft: Draft;
  readonly stopwatch?: Stopwatch | undefined;
}

/** Lets all leaves that may hear the signal hear it, trigger by trigger. */
export const hear = (context: Deciding, arrival: Arrival): void => {
  const { signal } = arrival.heard;
  if (signal._tag === "Occurrence" || signal._tag === "Absence") return;
  const leaves = context.definitions.index.get(signalKeyOf(signal)) ?? [];
  // Leaves of one trigger stand side by side in the index.
  for (let start = 0; start < leaves.length;) {
    const trigger = (leaves[start] as Leaf).trigger;
    let end = start + 1;
    while (leaves[end]?.trigger === trigger) end++;
    arrive(context, trigger, leaves.slice(start, end), arrival);
    start = end;
  }
};

/** The signal has come to leaves of one trigger: it ends and begins watches, and completes what it satisfies. */
export const arrive = (
  deciding: Deciding,
  trigger: CompiledTrigger,
  leaves: readonly Leaf[],
  arrival: Arrival,
): void => {
  deciding.stopwatch?.begun(trigger.id);
  decide(deciding, trigger, leaves, arrival);
  deciding.stopwatch?.ended();
};

const decide = (
  { definitions, draft }: Deciding,
  trigger: CompiledTrigger,
  leaves: readonly Leaf[],
  arrival: Arrival,
): void => {
  const { heard, at } = arrival;
  let key = "";
  let matched: readonly Leaf[];
  let watchings: readonly Watching[];
  let isPaused: boolean;
  try {
    const satisfied = matchesOf(leaves, heard);
    if (satisfied.length === 0) return;
    matched = satisfied.filter(({ role }) => role === "match");
    watchings = watchingsOf(satisfied, (by) => keyOf(by, heard));
    isPaused = draft.isTriggerPaused(trigger.id);
    const isKeyed = trigger.leaves.length > 1 || trigger.flow !== null;
    if (!isPaused && matched.length > 0 && isKeyed) key = keyOf(trigger.definition.by, heard);
  } catch (thrown) {
    const { name, message } = errorDataOf(thrown);
    draft.skip({
      trigger: trigger.id,
      heard,
      reason: "filtered-by-error",
      detail: `${name}: ${message}`,
      at,
    });
    return;
  }
  // A signal that is both answer and start answers first.
  for (const watching of watchings) answer(draft, watching, arrival);
  if (isPaused) {
    if (matched.length > 0 || watchings.some(({ starts }) => starts))
      draft.skip({ trigger: trigger.id, heard, reason: "paused", at });
    return;
  }
  for (const watching of watchings) start(draft, watching, arrival);
  if (matched.length > 0) complete({ definitions, draft }, matched, key, arrival);
};

/** What leaves of one trigger's tree were satisfied by: it fires at once, or waits under its key until the rest of the tree is satisfied. */
export const complete = (
  { definitions, draft }: Deciding,
  satisfied: readonly Leaf[],
  key: string,
  arrival: Arrival,
): void => {
  const { heard, at, order, scopes } = arrival;
  const { path, trigger } = satisfied[0] as Leaf;
  if (trigger.leaves.length === 1) {
    const match = { leaf: path, id: heard.id, signal: heard.signal };
    admit({ definitions, draft, trigger, at, scopes }, [match], { key, order, id: heard.id });
    return;
  }
  for (const leaf of satisfied) wait(draft, leaf, key, arrival);
  join({ definitions, draft }, trigger, key, at);
};

/** The leaves that the signal satisfies. Throws what a predicate throws. */
const matchesOf = (leaves: readonly Leaf[], { signal }: Heard): readonly Leaf[] =>
  // An occurrence is one of its own leaf by construction.
  signal._tag === "Occurrence"
    ? leaves
    : leaves.filter((leaf) => mismatchOf(leaf.condition, signal) === undefined);

/** The correlation key of a signal; "" without one. Throws what `by` throws, and a TypeError for a key that is none. */
export const keyOf = (by: CompiledTrigger["definition"]["by"], heard: Heard): string => {
  const key: unknown = by?.(heard.signal);
  if (key === undefined) return "";
  if (typeof key === "string" && !key.isWellFormed())
    throw new TypeError("by returned text with a lone surrogate, which no store keeps");
  if (typeof key !== "string")
    throw new TypeError(`by returned ${kindOf(key)}, not a string or undefined`);
  return key;
};

const wait = (
  draft: Draft,
  leaf: Leaf,
  key: string,
  { heard, at, order, scopes }: Arrival,
): void => {
  const { trigger } = leaf;
  draft.wait(leaf, { trigger: trigger.id, leaf: leaf.key, key, order, at, heard, scopes });
  const queue = draft.queuesOf(trigger, key)[leaf.index] ?? [];
  // More than one only where a changed trigger has kept more than it may have now.
  for (const oldest of queue.slice(0, Math.max(0, queue.length - trigger.waitingMax))) {
    draft.consume(trigger, key, [oldest]);
    draft.skip({
      trigger: trigger.id,
      heard: oldest.heard,
      reason: "waiting-full",
      detail: `no more than ${counted(trigger.waitingMax, "match")} may wait in ${leaf.path}`,
      at,
    });
  }
};

/** Fires as often as what waits under the key satisfies the trigger's tree, without an arrival; not while it is paused: then the next arrival does. */
export const joinKept = (
  deciding: Deciding,
  trigger: CompiledTrigger,
  key: string,
  at: number,
): void => {
  if (deciding.draft.isTriggerPaused(trigger.id)) return;
  while (join(deciding, trigger, key, at));
};

/** Fires the trigger if what waits under the key now satisfies its tree; says whether it did. */
const join = (
  { definitions, draft }: Deciding,
  trigger: CompiledTrigger,
  key: string,
  at: number,
): boolean => {
  const firing = joined(trigger.tree, draft.queuesOf(trigger, key), trigger.take);
  if (firing === undefined) return false;
  draft.consume(trigger, key, [...firing.taken, ...firing.superseded]);
  for (const { heard } of firing.superseded) {
    draft.skip({
      trigger: trigger.id,
      heard,
      reason: "superseded",
      at,
    });
  }
  const pathOf = new Map(trigger.leaves.map((leaf) => [leaf.key, leaf.path]));
  const matches = firing.taken.map(({ leaf, heard }) => ({
    leaf: pathOf.get(leaf) ?? leaf,
    id: heard.id,
    signal: heard.signal,
  }));
  const scopes = [...new Set(firing.taken.flatMap((row) => row.scopes))];
  const last = firing.taken.reduce((one, other) => (isBefore(one, other) ? other : one));
  const place = { key, order: last.order, id: last.heard.id };
  admit({ definitions, draft, trigger, at, scopes }, matches, place);
  return true;
};
