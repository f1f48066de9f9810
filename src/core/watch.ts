// Watches: how long an `absent` leaf has waited for an answer, as rows among the deadlines. What starts, ends and comes of them is said in absence.ts.
import type { AbsentCondition } from "./condition.ts";
import type { CompiledTrigger, Definitions, Leaf } from "./definitions.ts";
import { durationMillis } from "./duration.ts";
import { isBefore } from "./join.ts";
import { absenceIdOf } from "./signal.ts";
import type { Deadline } from "./store.ts";

export type Watch = Deadline & { readonly due: Deadline["due"] & { readonly _tag: "Absent" } };

/** A leaf that watches: the only kind that hears nothing by itself. */
export type AbsentLeaf = Leaf & { readonly condition: AbsentCondition };

export const isWatch = (deadline: Deadline): deadline is Watch => deadline.due._tag === "Absent";

export const isAbsentLeaf = (leaf: Leaf): leaf is AbsentLeaf => leaf.condition._tag === "Absent";

/** The leaf whose watch it is; undefined when that is not defined any more. */
export const absentLeafOf = (
  definitions: Pick<Definitions, "triggers">,
  { due }: Watch,
): AbsentLeaf | undefined =>
  definitions.triggers
    .get(due.trigger)
    ?.leaves.filter(isAbsentLeaf)
    .find(({ key }) => key === due.leaf);

/** What correlates a leaf's answers and starts. */
export const byOf = ({
  condition,
  trigger,
}: AbsentLeaf): CompiledTrigger["definition"]["by"] | undefined =>
  condition.by ?? trigger.definition.by;

export const watchOf = (
  { condition, key: leaf, trigger }: AbsentLeaf,
  from: Pick<Watch["due"], "key" | "order" | "since" | "after" | "scopes">,
): Watch => ({
  // One signal starts one watch of a leaf, also where it is heard as a result and as a status.
  id: `absent/${trigger.id}/${leaf}/${from.order}`,
  at: from.since + durationMillis(condition.within),
  due: { _tag: "Absent", trigger: trigger.id, leaf, ...from },
});

/** The id of the absence that a watch becomes; records of what becomes of the watch itself name it too. */
export const absenceOf = ({ due }: Watch): string =>
  absenceIdOf(due.leaf, due.key, due.after?.id ?? due.since);

/** The watches with one more, the oldest first. */
export const withWatch = (watches: readonly Watch[], watch: Watch): readonly Watch[] => {
  const place = { at: watch.at, order: watch.due.order };
  const others = watches.filter(({ id }) => id !== watch.id);
  const index = others.findLastIndex(({ at, due }) => isBefore({ at, order: due.order }, place));
  return others.toSpliced(index + 1, 0, watch);
};

/** The watches that begin with the activation of their trigger: those of leaves that wait for no start and have no keys. */
export const firstWatches = (leaves: readonly Leaf[], at: number): readonly Watch[] =>
  leaves
    .filter(isAbsentLeaf)
    .filter((leaf) => leaf.condition.after === undefined && byOf(leaf) === undefined)
    .map((leaf) => watchOf(leaf, { key: "", order: 0, since: at, after: null, scopes: [] }));
