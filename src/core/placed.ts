// The leaves of a condition with their places, and whether the tasks that they name are there. Light, because `detent()` asks before anything is compiled.
import type { Condition, LeafCondition } from "./condition.ts";
import { meantOr } from "./nearest.ts";
import type { Trigger } from "./trigger.ts";

/** A leaf with its place in its tree, for people: `all.0.any.1`. */
export interface Placed {
  readonly path: string;
  readonly condition: LeafCondition;
}

/** What is inside an absent leaf, with what it does there. */
export const partsOf = ({
  path,
  condition,
}: Placed): (Placed & { readonly role: "answer" | "start" })[] => {
  if (condition._tag !== "Absent") return [];
  const { condition: answer, after } = condition;
  const role = (name: "answer" | "start", part: Condition, place: string) =>
    leavesOf(part, `${path}.${place}`).map((leaf) => ({ ...leaf, role: name }));
  return [
    ...role("answer", answer, "absent"),
    ...(after === undefined ? [] : role("start", after, "after")),
  ];
};

export const leavesOf = (condition: Condition, path = ""): Placed[] => {
  if (condition._tag !== "All" && condition._tag !== "Any")
    return [{ path: path === "" ? "when" : path, condition }];
  const word = condition._tag.toLowerCase();
  return condition.conditions.flatMap((part, index) =>
    leavesOf(part, path === "" ? `${word}.${index}` : `${path}.${word}.${index}`),
  );
};

/** A line for each task that a trigger names and that is not among those that are known. The trigger must have no other faults. */
export const unknownTaskFaults = (
  trigger: Trigger,
  known: ReadonlySet<string>,
): readonly string[] => {
  const place = `Trigger ${JSON.stringify(trigger.id)}`;
  const missing = (id: string): string =>
    `names the task ${JSON.stringify(id)}, which the app does not have${insteadOf(id, known)}`;
  const run = typeof trigger.run === "string" ? trigger.run : trigger.run.id;
  const faults = known.has(run) ? [] : [`${place}: run ${missing(run)}`];
  const leaves = leavesOf(trigger.when).flatMap((leaf) => [leaf, ...partsOf(leaf)]);
  for (const { path, condition } of leaves) {
    if ("task" in condition && !known.has(condition.task))
      faults.push(`${place}: condition ${JSON.stringify(path)} ${missing(condition.task)}`);
  }
  return faults;
};

const insteadOf = (id: string, known: ReadonlySet<string>): string =>
  meantOr(
    id,
    known,
    known.size === 0
      ? "; the app has no tasks"
      : `; it has ${[...known].map((other) => JSON.stringify(other)).join(", ")}`,
  );
