// Why: what became of a signal in a trigger, and what a run came of. Made on demand from what is stored, not recorded while deciding: predicates are pure, so asking them
// again gives the same answer, and `step` pays nothing for it. Plain data throughout, so that it can be printed, sent and compared.
import { leafDataOf, signalKeyOf, signalKeysOf } from "./condition.ts";
import { mismatchOf } from "./mismatch.ts";
import type { CompiledTrigger, Definitions, Leaf, Node } from "./definitions.ts";
import { errorDataOf } from "./errors.ts";
import { keyOf } from "./hear.ts";
import type { Queues } from "./join.ts";
import { jsonFault, type Json } from "./json.ts";
import type { Run } from "./run.ts";
import { heardOf, type Heard, type StoredSignal } from "./signal.ts";
import { joinOf, type State } from "./state.ts";
import type { Skip, SkipReason } from "./store.ts";

/** What a leaf makes of the signal. A mismatch is the first place that differs; a place that the signal does not have has no `actual`. */
export type LeafVerdict =
  | { readonly _tag: "Satisfied" }
  | {
      readonly _tag: "Mismatch";
      readonly path: string;
      readonly expected: Json;
      readonly actual?: Json;
    }
  /** The user's predicate threw, or returned something else than a boolean. */
  | { readonly _tag: "Error"; readonly name: string; readonly message: string }
  /** The leaf waits for signals of another kind, name or task. */
  | { readonly _tag: "Elsewhere" };

export interface ExplainedPart {
  /** Its place in the tree, such as `all.0.any.1`; `when` for a tree of one leaf. */
  readonly path: string;
  /** What it waits for, as text without predicates. */
  readonly condition: string;
  readonly verdict: LeafVerdict;
}

/** A trigger's tree with values. */
export type ExplainedCondition =
  | (ExplainedPart & {
      readonly _tag: "Leaf";
      /** The ids of the signals that wait in it now, under the signal's correlation key. */
      readonly waiting: readonly string[];
      /** What an absent leaf is made of, in which it hears what answers and what starts a watch; empty for others. */
      readonly parts: readonly ExplainedPart[];
    })
  | {
      readonly _tag: "All" | "Any";
      readonly parts: readonly ExplainedCondition[];
    };

export type Verdict =
  | { readonly _tag: "Fired"; readonly run: string }
  | { readonly _tag: "Skipped"; readonly reason: SkipReason; readonly detail: string | null }
  /** It waits for other leaves of the tree: the paths of those in which nothing does. */
  | { readonly _tag: "Waiting"; readonly for: readonly string[] }
  /** It ended or began watches of absent leaves, whose paths these are: what comes of a watch has an id of its own. */
  | { readonly _tag: "Watched"; readonly for: readonly string[] }
  /** It will be heard at that instant: an event with a delay. */
  | { readonly _tag: "Delayed"; readonly until: number }
  /** No router has come to it yet. */
  | { readonly _tag: "Unrouted" }
  /** Leaves that may hear it, did; none is satisfied. */
  | { readonly _tag: "Unsatisfied" }
  /** No leaf waits for signals of its kind and name. */
  | { readonly _tag: "NotHeard" }
  /** It satisfies a leaf by today's definitions, but nothing that is stored tells of it: the trigger is newer, or its history is purged. */
  | { readonly _tag: "Unrecorded" };

export interface Explanation {
  readonly signal: string;
  readonly trigger: string;
  readonly verdict: Verdict;
  readonly condition: ExplainedCondition;
}

/** What the store has of the signal: runs that have it in their cause, skips that name it. More than these does no harm. */
export interface Records {
  readonly runs: readonly Pick<Run, "id" | "trigger" | "cause">[];
  readonly skips: readonly Pick<Skip, "trigger" | "signal" | "reason" | "detail">[];
}

/**
 * What became of a stored signal in each trigger that may hear it, or in the one that is named, heard or not. A status that also tells a result or a failure is explained by
 * whichever of them the trigger waits for. Calls predicates and `by`, and contains what they throw.
 */
export const explain = (
  definitions: Definitions,
  state: State,
  stored: StoredSignal,
  records: Records,
  trigger?: string,
): readonly Explanation[] => {
  const heard = heardOf(stored);
  const triggers = [...definitions.triggers.values()].filter(({ id, leaves, parts }) =>
    trigger === undefined
      ? [...leaves, ...parts].some((leaf) => hears(leaf, heard))
      : id === trigger,
  );
  return triggers.map((each) => explained(each, { state, stored, heard, records }));
};

const hears = (leaf: Leaf, heard: readonly Heard[]): boolean =>
  heard.some((one) => isFor(leaf, one));

const isFor = ({ condition }: Leaf, { signal }: Heard): boolean =>
  signal._tag !== "Occurrence" &&
  signal._tag !== "Absence" &&
  signalKeysOf(condition).includes(signalKeyOf(signal));

interface Asked {
  readonly state: State;
  readonly stored: StoredSignal;
  readonly heard: readonly Heard[];
  readonly records: Records;
}

const explained = (trigger: CompiledTrigger, asked: Asked): Explanation => {
  const { stored, heard, state } = asked;
  const queues = queuesOf(state, trigger, heard);
  const partOf = (leaf: Leaf): ExplainedPart => ({
    path: leaf.path,
    condition: leafDataOf(leaf.condition),
    verdict: verdictOfLeaf(leaf, heard),
  });
  const leaves = trigger.leaves.map((leaf) => ({
    _tag: "Leaf" as const,
    ...partOf(leaf),
    waiting: (queues?.[leaf.index] ?? []).map((row) => row.heard.id),
    parts: trigger.parts.filter(({ index }) => index === leaf.index).map(partOf),
  }));
  const treeOf = (node: Node): ExplainedCondition =>
    node._tag === "Leaf"
      ? (leaves[node.index] as (typeof leaves)[number])
      : { _tag: node._tag, parts: node.parts.map(treeOf) };
  const verdicts = leaves.flatMap(({ verdict, parts }) => [
    verdict,
    ...parts.map((part) => part.verdict),
  ]);
  const watched = leaves.filter(({ parts }) =>
    parts.some((part) => part.verdict._tag === "Satisfied"),
  );
  return {
    signal: stored.id,
    trigger: trigger.id,
    verdict:
      recorded(trigger, asked) ??
      (queues !== undefined && waitsIn(queues, idsOf(heard))
        ? { _tag: "Waiting", for: missing(trigger, queues) }
        : unrecorded(verdicts, watched, asked)),
    condition: treeOf(trigger.tree),
  };
};

/** What waits under the signal's correlation key; where the signal has several, under that one under which it waits itself. */
const queuesOf = (
  state: State,
  trigger: CompiledTrigger,
  heard: readonly Heard[],
): Queues | undefined => {
  const found = heard
    .filter((one) => trigger.leaves.some((leaf) => isFor(leaf, one)))
    .map((one) => state.waiting.get(joinOf(trigger.id, correlated(trigger, one))))
    .filter((queues) => queues !== undefined);
  const ids = idsOf(heard);
  return found.find((queues) => waitsIn(queues, ids)) ?? found[0];
};

/** The key, or none where `by` throws: `step` has made a skip of that. */
const correlated = (trigger: CompiledTrigger, heard: Heard): string => {
  try {
    return keyOf(trigger.definition.by, heard);
  } catch {
    return "";
  }
};

const idsOf = (heard: readonly Heard[]): ReadonlySet<string> => new Set(heard.map(({ id }) => id));

const waitsIn = (queues: Queues, ids: ReadonlySet<string>): boolean =>
  queues.some((queue) => queue.some((row) => ids.has(row.heard.id)));

const verdictOfLeaf = (leaf: Leaf, heard: readonly Heard[]): LeafVerdict => {
  const one = heard.find((each) => isFor(leaf, each));
  if (one === undefined) return { _tag: "Elsewhere" };
  try {
    const mismatch = mismatchOf(leaf.condition, one.signal);
    if (mismatch === undefined) return { _tag: "Satisfied" };
    const { path, expected, actual } = mismatch;
    return {
      _tag: "Mismatch",
      path,
      expected: plain(expected) ?? null,
      ...(actual !== undefined && { actual: plain(actual) ?? null }),
    };
  } catch (thrown) {
    const { name, message } = errorDataOf(thrown);
    return { _tag: "Error", name, message };
  }
};

/** A value as it is if it is JSON; else a word for it. */
const plain = (value: unknown): Json | undefined =>
  value === undefined || jsonFault(value, "value") === undefined
    ? (value as Json | undefined)
    : String(jsonFault(value, "value"));

/** What is written down of it: once it has become a run or a skip, nothing else can. */
const recorded = (trigger: CompiledTrigger, { heard, records }: Asked): Verdict | undefined => {
  const ids = idsOf(heard);
  const run = records.runs.find(
    (each) => each.trigger === trigger.id && each.cause.some((id) => ids.has(id)),
  );
  if (run !== undefined) return { _tag: "Fired", run: run.id };
  const skip = records.skips.find(
    (each) => each.trigger === trigger.id && each.signal !== null && ids.has(each.signal),
  );
  return skip && { _tag: "Skipped", reason: skip.reason, detail: skip.detail };
};

const unrecorded = (
  verdicts: readonly LeafVerdict[],
  watched: readonly ExplainedPart[],
  { stored, state }: Asked,
): Verdict => {
  if (verdicts.every(({ _tag }) => _tag === "Elsewhere")) return { _tag: "NotHeard" };
  if (stored.seq > state.watermark.seq) return { _tag: "Unrouted" };
  if (stored.dueAt !== null && stored.dueAt > state.watermark.at)
    return { _tag: "Delayed", until: stored.dueAt };
  if (watched.length > 0) return { _tag: "Watched", for: watched.map(({ path }) => path) };
  return { _tag: verdicts.some(({ _tag }) => _tag === "Satisfied") ? "Unrecorded" : "Unsatisfied" };
};

/** The leaves that a firing still lacks: of an `any`, those of all its branches. */
const missing = ({ tree, leaves }: CompiledTrigger, queues: Queues): readonly string[] => {
  const lackingOf = (node: Node): readonly string[] => {
    if (node._tag === "Leaf")
      return (queues[node.index]?.length ?? 0) > 0 ? [] : [leaves[node.index]?.path ?? ""];
    const parts = node.parts.map(lackingOf);
    return node._tag === "Any" && parts.some((part) => part.length === 0) ? [] : parts.flat();
  };
  return lackingOf(tree);
};
