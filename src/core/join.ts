// Joins: how matches that wait in the leaves of a tree come together into one firing. Knows nothing of signals, inputs or stores: rows wait in queues, one queue a
// leaf, oldest first, all under one correlation key.
//
// Invariants, which `step` keeps by evaluating after each arrival:
// 1. Before an arrival the tree is not satisfied; so every firing contains the arrival, and one arrival makes at most one firing.
// 2. What a firing consumes is gone from all leaves of its trigger.
import type { Node } from "./definitions.ts";
import type { Waiting } from "./store.ts";

/** Per leaf of the tree, in its order, what waits there, oldest first. */
export type Queues = readonly (readonly Waiting[])[];

export type Take = "oldest" | "latest" | "every";

export interface Joined {
  /** What the firing consumes: leaf by leaf in the order of the tree, oldest first within a leaf. */
  readonly taken: readonly Waiting[];
  /** What waited longer than what was taken, in leaves that take only the newest. */
  readonly superseded: readonly Waiting[];
}

/** The firing that the queues allow now, or undefined. Where several branches of an `any` are satisfied, the one that was completed first is taken. */
export const joined = (tree: Node, queues: Queues, take: Take): Joined | undefined => {
  const satisfied = satisfiedBy(tree, queues, take);
  if (satisfied === undefined) return undefined;
  const queuesTaken = satisfied.leaves.map((leaf) => queues[leaf] ?? []);
  if (take === "every") return { taken: queuesTaken.flat(), superseded: [] };
  if (take === "oldest")
    return { taken: queuesTaken.map((queue) => queue[0] as Waiting), superseded: [] };
  const taken = queuesTaken.map((queue) => queue.at(-1) as Waiting);
  // A signal that waits in several leaves is told of once, and not at all if one of them took it.
  const told = new Set(taken.map(({ heard }) => heard.id));
  const superseded = queuesTaken
    .flatMap((queue) => queue.slice(0, -1))
    .filter(({ heard }) => told.size < told.add(heard.id).size);
  return { taken, superseded };
};

interface Satisfied {
  readonly leaves: readonly number[];
  /** The match whose arrival completed the branch. */
  readonly completedBy: Waiting;
}

const satisfiedBy = (node: Node, queues: Queues, take: Take): Satisfied | undefined => {
  if (node._tag === "Leaf") {
    const completedBy = take === "latest" ? queues[node.index]?.at(-1) : queues[node.index]?.[0];
    return completedBy === undefined ? undefined : { leaves: [node.index], completedBy };
  }
  const parts = node.parts.map((part) => satisfiedBy(part, queues, take));
  if (node._tag === "Any") {
    return parts
      .filter((part) => part !== undefined)
      .reduce<Satisfied | undefined>(
        (first, part) =>
          first === undefined || isBefore(part.completedBy, first.completedBy) ? part : first,
        undefined,
      );
  }
  if (!parts.every((part) => part !== undefined)) return undefined;
  return {
    leaves: parts.flatMap(({ leaves }) => leaves),
    completedBy: parts
      .map(({ completedBy }) => completedBy)
      .reduce((last, one) => (isBefore(last, one) ? one : last)),
  };
};

type Place = Pick<Waiting, "at" | "order">;

/** Whether the router heard `one` before `other`. */
export const isBefore = (one: Place, other: Place): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
