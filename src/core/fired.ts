// The tree of a run's trigger with the signals that satisfied it, leaf by leaf. Made from the run's cause and the rows it names, by today's definitions: under changed ones a
// signal may fit no leaf any more, and is told apart. Plain data.
import { conditionText } from "./condition-text.ts";
import { readAbsenceId, storedIdOf } from "./cause.ts";
import type { CompiledTrigger, Leaf, Node } from "./definitions.ts";
import { mismatchOf } from "./mismatch.ts";
import type { Run } from "./run.ts";
import { heardOf, type StoredSignal } from "./signal.ts";

/** A leaf with the ids of the signals of the run's cause that satisfied it; none in a branch of an `any` that was not taken. */
export type FiredCondition =
  | {
      readonly _tag: "Leaf";
      readonly path: string;
      readonly condition: string;
      readonly signals: readonly string[];
    }
  | { readonly _tag: "All" | "Any"; readonly parts: readonly FiredCondition[] };

export interface Fired {
  readonly condition: FiredCondition;
  /** Signals of the cause that satisfy no leaf: the definition has changed since, or the rows lack them. */
  readonly elsewhere: readonly string[];
}

export const firedOf = (
  { leaves, tree }: Pick<CompiledTrigger, "leaves" | "tree">,
  { cause }: Pick<Run, "cause">,
  signals: ReadonlyMap<string, StoredSignal>,
): Fired => {
  const parts = leaves.map((leaf) => ({
    _tag: "Leaf" as const,
    path: leaf.path,
    condition: conditionText(leaf.condition),
    signals: cause.filter((id) => isOf(leaf, id, signals)),
  }));
  const treeOf = (node: Node): FiredCondition =>
    node._tag === "Leaf"
      ? (parts[node.index] as (typeof parts)[number])
      : { _tag: node._tag, parts: node.parts.map(treeOf) };
  const placed = new Set(parts.flatMap((part) => part.signals));
  return { condition: treeOf(tree), elsewhere: cause.filter((id) => !placed.has(id)) };
};

const isOf = (leaf: Leaf, id: string, signals: ReadonlyMap<string, StoredSignal>): boolean => {
  const absence = readAbsenceId(id);
  if (absence !== undefined) return absence.leaf === leaf.key;
  const storedId = storedIdOf(id);
  if (storedId === undefined) return id.slice(0, id.lastIndexOf("@")) === leaf.key;
  const stored = signals.get(storedId);
  const heard = stored && heardOf(stored).find((one) => one.id === id);
  try {
    return heard !== undefined && mismatchOf(leaf.condition, heard.signal) === undefined;
  } catch {
    return false; // the predicate is another one now
  }
};
