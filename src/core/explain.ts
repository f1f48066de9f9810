// Why: what became of a signal in a trigger. Made on demand from what is stored, not recorded while deciding: predicates are pure, so asking them again gives the same answer,
// and `step` pays nothing for it. Plain data throughout, so that it can be printed, sent and compared. What a run came of is cause.ts.
import { endless, pausedTriggerIdOf } from "./command.ts";
import { signalKeyOf, signalKeysOf } from "./condition.ts";
import { conditionText } from "./condition-text.ts";
import { mismatchOf } from "./mismatch.ts";
import type { CompiledTrigger, Definitions, Leaf, Node } from "./definitions.ts";
import { errorDataOf } from "./errors.ts";
import { keyOf } from "./hear.ts";
import type { Queues } from "./join.ts";
import { jsonFault, type Json } from "./json.ts";
import type { Run } from "./run.ts";
import type { Schedule } from "./schedule.ts";
import { heardOf, occurrenceIdOf, type Heard, type StoredSignal } from "./signal.ts";
import { overlapScopeOf } from "./scope.ts";
import { joinOf, scheduleIdOf, type State } from "./state.ts";
import type { SkipReason } from "./skip-reason.ts";
import type { Skip } from "./store.ts";

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
  /** What it waits for, as people write it, without the text of predicates. */
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
  /** It has fired, and flow control keeps the firing back until then; or its schedule, until (null) the trigger's runs before it are over. */
  | {
      readonly _tag: "KeptBack";
      readonly by: "debounce" | "throttle" | "batch";
      readonly until: number;
    }
  | { readonly _tag: "KeptBack"; readonly by: "overlap"; readonly until: null }
  /** It ended or began watches of absent leaves, whose paths these are: what comes of a watch has an id of its own. */
  | { readonly _tag: "Watched"; readonly for: readonly string[] }
  /** It will be heard at that instant: an event with a delay, or an occurrence to come. */
  | { readonly _tag: "Delayed"; readonly until: number }
  /** The trigger is paused, until then or (null) until somebody resumes it: then its occurrences become skips. Of other signals a pause makes skips at once. */
  | { readonly _tag: "Paused"; readonly until: number | null }
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

/** What the store has of the signal: runs that have it in their cause, skips that name it, or whose range it lies in. More than these does no harm. */
export interface Records {
  readonly runs: readonly Pick<Run, "id" | "trigger" | "cause">[];
  readonly skips: readonly Pick<
    Skip,
    "id" | "trigger" | "signal" | "from" | "to" | "reason" | "detail"
  >[];
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
  const triggers =
    trigger === undefined
      ? hearingOf(definitions, heard)
      : [...definitions.triggers.values()].filter(({ id }) => id === trigger);
  return triggers.map((each) =>
    explained(each, { state, id: stored.id, heard, records, arrival: arrivalOf(stored) }),
  );
};

/** The triggers that may hear any of these: one of their leaves waits for signals of that kind and name. */
export const hearingOf = (
  { triggers }: Pick<Definitions, "triggers">,
  heard: readonly Heard[],
): readonly CompiledTrigger[] =>
  [...triggers.values()].filter(({ leaves, parts }) =>
    [...leaves, ...parts].some((leaf) => heard.some((one) => isFor(leaf, one))),
  );

/** What became of an instant in each schedule of a trigger that names it; empty if none does. `now` is the store's clock. */
export const explainOccurrence = (
  trigger: CompiledTrigger,
  state: State,
  { dueAt, now }: { readonly dueAt: number; readonly now: number },
  records: Records,
): readonly Explanation[] =>
  dueIn(trigger, dueAt).map(({ leaf, heard }) =>
    explained(trigger, {
      state,
      id: heard.id,
      heard: [heard],
      records,
      arrival: () => arrivalOfOccurrence(leaf, state, { dueAt, now }),
    }),
  );

/** The schedules of a trigger that name the instant, each with its occurrence. */
export const dueIn = (
  trigger: CompiledTrigger,
  dueAt: number,
): readonly { readonly leaf: Leaf; readonly heard: Heard }[] =>
  schedulesOf(trigger)
    .filter((leaf) => isDueAt(leaf, dueAt))
    .map((leaf) => {
      const signal = { _tag: "Occurrence" as const, schedule: leaf.condition as Schedule, dueAt };
      return { leaf, heard: { id: occurrenceIdOf(leaf.key, dueAt), signal } };
    });

/** Whether a schedule names the instant. */
export const isDueAt = ({ schedule }: Leaf, dueAt: number): boolean =>
  schedule?.next(dueAt - 1) === dueAt;

/** The leaves of a trigger that are schedules, those that start watches included. */
export const schedulesOf = ({ leaves, parts }: CompiledTrigger): readonly Leaf[] =>
  [...leaves, ...parts].filter(({ schedule }) => schedule !== null);

interface Asked {
  readonly state: State;
  readonly id: string;
  readonly heard: readonly Heard[];
  readonly records: Records;
  /** Why it can't have come to the trigger yet, if it can't. */
  readonly arrival: (state: State) => Verdict | undefined;
}

const arrivalOf =
  ({ seq, dueAt }: StoredSignal) =>
  ({ watermark }: State): Verdict | undefined => {
    if (seq > watermark.seq) return { _tag: "Unrouted" };
    if (dueAt !== null && dueAt > watermark.at) return { _tag: "Delayed", until: dueAt };
    return undefined;
  };

const arrivalOfOccurrence = (
  leaf: Leaf,
  state: State,
  { dueAt, now }: { readonly dueAt: number; readonly now: number },
): Verdict | undefined => {
  if (dueAt > now) return { _tag: "Delayed", until: dueAt };
  const pause = state.deadlines.get(pausedTriggerIdOf(leaf.trigger.id));
  const heldAt = state.held.get(scheduleIdOf(leaf));
  if (pause !== undefined && heldAt !== undefined && dueAt > heldAt)
    return { _tag: "Paused", until: pause.at >= endless ? null : pause.at };
  const nextAt = state.schedules.get(scheduleIdOf(leaf))?.nextAt;
  return nextAt !== undefined && nextAt <= dueAt ? { _tag: "Unrouted" } : undefined;
};

const isFor = (leaf: Leaf, { id, signal }: Heard): boolean => {
  if (signal._tag === "Occurrence") return occurrenceIdOf(leaf.key, signal.dueAt) === id;
  if (signal._tag === "Absence") return false;
  return signalKeysOf(leaf.condition).includes(signalKeyOf(signal));
};

const explained = (trigger: CompiledTrigger, asked: Asked): Explanation => {
  const { heard, state } = asked;
  const queues = queuesOf(state, trigger, heard);
  const partOf = (leaf: Leaf): ExplainedPart => ({
    path: leaf.path,
    condition: conditionText(leaf.condition),
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
    signal: asked.id,
    trigger: trigger.id,
    verdict:
      recorded(trigger, asked) ??
      stillThere(trigger, asked, queues) ??
      unrecorded(verdicts, watched, asked),
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
  if (one.signal._tag === "Occurrence") return { _tag: "Satisfied" };
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
    (each) => each.trigger === trigger.id && heard.some((one) => isSkipOf(trigger, each, one)),
  );
  if (skip === undefined) return undefined;
  // A range says of which leaf it is; so does the tree.
  const detail = skip.signal === null ? null : skip.detail;
  return { _tag: "Skipped", reason: skip.reason, detail };
};

/** Whether a skip is of the signal: it names it, or is a range of its schedule in which it lies. */
export const isSkipOf = (
  trigger: CompiledTrigger,
  { id: skip, signal: named, from, to }: Records["skips"][number],
  { id, signal }: Heard,
): boolean => {
  if (named !== null) return named === id;
  if (signal._tag !== "Occurrence" || from === null || to === null) return false;
  if (signal.dueAt < from || signal.dueAt > to) return false;
  const leafKey = id.slice(0, id.lastIndexOf("@"));
  return skip.startsWith(`${trigger.id}/${leafKey}@`);
};

/** It has come to the trigger, and nothing has come of it yet. */
const stillThere = (
  trigger: CompiledTrigger,
  { heard, state }: Asked,
  queues: Queues | undefined,
): Verdict | undefined => {
  const ids = idsOf(heard);
  if (queues !== undefined && waitsIn(queues, ids))
    return { _tag: "Waiting", for: missing(trigger, queues) };
  const groups = [
    overlapScopeOf(trigger.id),
    ...heard.map((one) => joinOf(trigger.id, correlated(trigger, one))),
  ];
  const held = groups
    .flatMap((group) => state.firings.get(group) ?? [])
    .find(({ due }) => due.matches.some(({ id }) => ids.has(id)));
  if (held === undefined) return undefined;
  if (held.due._tag === "Turn") return { _tag: "KeptBack", by: "overlap", until: null };
  const by = trigger.flow?._tag.toLowerCase() as "debounce" | "throttle" | "batch";
  return { _tag: "KeptBack", by, until: held.at };
};

const unrecorded = (
  verdicts: readonly LeafVerdict[],
  watched: readonly ExplainedPart[],
  { state, arrival }: Asked,
): Verdict => {
  if (verdicts.every(({ _tag }) => _tag === "Elsewhere")) return { _tag: "NotHeard" };
  const before = arrival(state);
  if (before !== undefined) return before;
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
