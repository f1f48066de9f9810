// What leads to what in a set of definitions: schedules, events and tasks lead to triggers, triggers to tasks. What tasks emit is in no definition; whoever has seen it in a log may
// say so. Which loops there are, and which triggers anything from outside leads to.
import { conditionText } from "./condition-text.ts";
import { isSchedule, type LeafCondition } from "./condition.ts";
import type { CompiledTrigger, Definitions, Leaf, Node } from "./definitions.ts";

/** What leads to a trigger through one of its leaves. */
export interface Lead {
  readonly from:
    | { readonly _tag: "Schedule" | "Event"; readonly text: string }
    | { readonly _tag: "Task"; readonly id: string; readonly text: string };
  readonly trigger: CompiledTrigger;
  readonly leaf: Leaf;
  /** Whether the leaf lets every such signal through, whatever its values. */
  readonly isFree: boolean;
}

/** By task: names of events that its runs have emitted. */
export type Emitted = ReadonlyMap<string, ReadonlySet<string>>;

/** The triggers that people write; those that stand for runs that people ask for are left out. */
export const writtenOf = ({ triggers }: Pick<Definitions, "triggers">): CompiledTrigger[] =>
  [...triggers.values()].filter(({ id }) => !id.startsWith("@"));

/** All leads of a set of definitions. An event that tasks emit comes from those tasks, too. */
export const leadsOf = (definitions: Definitions, emitted: Emitted = new Map()): readonly Lead[] =>
  writtenOf(definitions).flatMap((trigger) =>
    [...trigger.leaves, ...trigger.parts].flatMap((leaf) =>
      sourcesOf(leaf.condition, emitted).map((from) => ({
        from,
        trigger,
        leaf,
        isFree: isFree(leaf),
      })),
    ),
  );

const sourcesOf = (condition: LeafCondition, emitted: Emitted): readonly Lead["from"][] => {
  if (isSchedule(condition)) return [{ _tag: "Schedule", text: conditionText(condition) }];
  switch (condition._tag) {
    case "Absent":
      return []; // its parts lead
    case "Event":
      return [
        { _tag: "Event", text: condition.name },
        ...[...emitted]
          .filter(([, names]) => names.has(condition.name))
          .map(([id]) => ({ _tag: "Task" as const, id, text: `emits ${condition.name}` })),
      ];
    default:
      return [{ _tag: "Task", id: condition.task, text: wordOf(condition) }];
  }
};

const wordOf = (condition: LeafCondition): string => {
  switch (condition._tag) {
    case "Result":
      return "succeeded";
    case "Failure":
      return "failed";
    case "Status":
      return condition.states.join(" or ");
    default:
      return condition._tag.toLowerCase();
  }
};

/** A leaf without a filter. */
const isFree = ({ condition }: Leaf): boolean => {
  switch (condition._tag) {
    case "Event":
      return condition.where === undefined;
    case "Result":
      return [condition.is, condition.where, condition.input].every((it) => it === undefined);
    case "Failure":
      return condition.error === undefined && condition.input === undefined;
    case "Status":
      return condition.input === undefined;
    default:
      return true;
  }
};

/** Whether a tree can be satisfied when only such leaves can. */
export const isSatisfiable = (
  { tree, leaves }: Pick<CompiledTrigger, "tree" | "leaves">,
  canBe: (leaf: Leaf) => boolean,
): boolean => {
  const can = (node: Node): boolean => {
    if (node._tag === "Leaf") return canBe(leaves[node.index] as Leaf);
    return node._tag === "All" ? node.parts.every(can) : node.parts.some(can);
  };
  return can(tree);
};

/** A way from a task back to itself: each step is what the task before came to, and the trigger that runs the next one because of it. */
export interface Loop {
  readonly steps: readonly { readonly task: string; readonly lead: Lead }[];
  /** Nothing on the way can end it but an outcome: no filter, no other signal, no time, no flow control. */
  readonly isFree: boolean;
}

const loopsMax = 20;

/** The loops, shortest first: for each trigger in one, the shortest; at most 20. */
export const loopsOf = (leads: readonly Lead[]): readonly Loop[] => {
  const byTask = new Map<string, Lead[]>();
  for (const lead of leads)
    if (lead.from._tag === "Task" && lead.leaf.role !== "answer")
      byTask.set(lead.from.id, [...(byTask.get(lead.from.id) ?? []), lead]);
  const found = new Map<string, Loop>();
  for (const [task, outgoing] of byTask)
    for (const lead of outgoing) {
      const back = wayBetween(byTask, lead.trigger.task, task);
      if (back === undefined) continue;
      const steps = [{ task, lead }, ...back];
      const key = steps
        .map(({ lead: { trigger, from } }) => `${trigger.id} ${from.text}`)
        .sort()
        .join("\n");
      if (!found.has(key)) found.set(key, { steps, isFree: steps.every(isFreeStep) });
    }
  return [...found.values()]
    .sort((one, other) => one.steps.length - other.steps.length)
    .slice(0, loopsMax);
};

type Step = Loop["steps"][number];

const isFreeStep = ({ task, lead: { trigger, isFree: free } }: Step): boolean =>
  free && trigger.flow === null && isSatisfiable(trigger, (leaf) => isOfTask(leaf, task));

/** Leaves that the very run that goes round satisfies. */
const isOfTask = ({ condition }: Leaf, task: string): boolean =>
  "task" in condition ? condition.task === task : false;

/** The shortest way from a task to another; empty if they are the same. */
const wayBetween = (
  byTask: ReadonlyMap<string, readonly Lead[]>,
  from: string,
  to: string,
): readonly Step[] | undefined => {
  const ways = new Map<string, readonly Step[]>([[from, []]]);
  for (const [task, way] of ways) {
    if (task === to) return way;
    for (const lead of byTask.get(task) ?? [])
      if (!ways.has(lead.trigger.task)) ways.set(lead.trigger.task, [...way, { task, lead }]);
  }
  return undefined;
};

/** The triggers that something from outside leads to by itself: an event or a schedule, or a task that such a trigger runs. */
export const startedOf = (
  triggers: readonly CompiledTrigger[],
  canBe: (leaf: Leaf) => boolean,
): ReadonlySet<CompiledTrigger> => {
  const started = new Set<CompiledTrigger>();
  const tasks = new Set<string>();
  const comes = (leaf: Leaf): boolean => {
    const { condition, trigger } = leaf;
    if (!canBe(leaf)) return false;
    if (condition._tag !== "Absent") return !("task" in condition) || tasks.has(condition.task);
    // Without a start, the silence of its answers is enough.
    const starts = trigger.parts.filter((part) => part.of === leaf && part.role === "start");
    return starts.length === 0 || starts.some(comes);
  };
  for (let before = -1; before < started.size;) {
    before = started.size;
    for (const trigger of triggers)
      if (!started.has(trigger) && isSatisfiable(trigger, comes)) {
        started.add(trigger);
        tasks.add(trigger.task);
      }
  }
  return started;
};
