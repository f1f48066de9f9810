// Definitions: an app's triggers and tasks made ready for deciding. Per trigger its tree of leaves, and one index from signal key to the leaves that may hear such
// a signal, so that the cost of a signal follows the leaves that name it, not all of them.
import type { App } from "./app.ts";
import {
  event,
  isSchedule,
  leafDataOf,
  signalKeysOf,
  type Condition,
  type EventCondition,
  type LeafCondition,
} from "./condition.ts";
import { durationMillis } from "./duration.ts";
import { DefinitionError } from "./errors.ts";
import type { EventDefinition } from "./event.ts";
import type { Order } from "./executor.ts";
import { flowOf, type Flow } from "./flow-option.ts";
import { canonical } from "./json.ts";
import type { Run } from "./run.ts";
import { leavesOf, partsOf, unknownTaskFaults, type Placed } from "./placed.ts";
import { digestOf } from "./run-id.ts";
import { compileSchedule, type CompiledSchedule } from "./schedule.ts";
import { isTask, taskFaults, taskOptionsOf, type Task, type TaskOptions } from "./task.ts";
import { retentionMillisDefault } from "./purge.ts";
import type { Made } from "./store.ts";
import { waitingMaxDefault, type Trigger } from "./trigger.ts";

/** A leaf of a trigger's tree. */
export interface Leaf {
  readonly trigger: CompiledTrigger;
  /** Counts the leaves of the tree from 0, left to right. */
  readonly index: number;
  /** Its place in the tree, for people: `all.0.any.1`. */
  readonly path: string;
  /** Names it in the store: its data and, among leaves of the same data, its ordinal; not its place, so that moving it keeps what waits. */
  readonly key: string;
  readonly condition: LeafCondition;
  readonly schedule: CompiledSchedule | null;
  /** What it does when it is satisfied: wait in the tree, or answer or start a watch of the absent leaf `of`, which itself hears nothing. */
  readonly role: "match" | "answer" | "start";
  readonly of: Leaf | null;
}

/** A tree of leaves; a leaf stands by its index. */
export type Node =
  | { readonly _tag: "Leaf"; readonly index: number }
  | { readonly _tag: "All" | "Any"; readonly parts: readonly Node[] };

export interface CompiledTrigger {
  readonly id: string;
  readonly task: string;
  readonly definition: Trigger;
  /** The leaves of its tree. */
  readonly leaves: readonly Leaf[];
  /** What is inside its absent leaves; they have the index of that leaf. */
  readonly parts: readonly Leaf[];
  readonly tree: Node;
  readonly take: "oldest" | "latest" | "every";
  readonly withinMillis: number;
  readonly waitingMax: number;
  readonly flow: Flow | null;
  /** Whether a schedule of its tree minds runs that are not over. */
  readonly overlaps: boolean;
  readonly fingerprint: string;
  /** Of a schedule made at run time: what its cursor's row keeps. */
  readonly made?: Made;
}

export interface Definitions {
  readonly app: string;
  /** How long what is over is kept. */
  readonly retentionMillis: number;
  readonly triggers: ReadonlyMap<string, CompiledTrigger>;
  readonly tasks: ReadonlyMap<string, TaskOptions>;
  /** Signal key → the leaves that may hear it, in the order of definition. */
  readonly index: ReadonlyMap<string, readonly Leaf[]>;
  readonly schedules: readonly Leaf[];
  /** Tasks that a `settled` condition watches. */
  readonly watched: ReadonlySet<string>;
  readonly events: ReadonlyMap<string, EventDefinition>;
  readonly fingerprint: string;
}

/** The options of a run's task; the defaults where it is not defined here. */
export const optionsOf = (definitions: Definitions, { task }: Pick<Run, "task">): TaskOptions =>
  definitions.tasks.get(task) ?? taskOptionsOf({ id: task });

/** What an executor is told to do for a claimed run. */
export const orderOf = (definitions: Definitions, run: Run): Order => {
  const { timeoutMillis, memoryBytes, isolation } = optionsOf(definitions, run);
  const { id, task, token, attempt, idempotencyKey, input } = run;
  return {
    run: id,
    task,
    token,
    attempt,
    idempotencyKey,
    input,
    timeoutMillis,
    memoryBytes,
    isolation,
  };
};

/** The trigger that stands for runs that a person asks for: the event `@<task>` carries the input. */
const manualTriggerOf = (task: string): Trigger => ({
  _tag: "Trigger",
  id: `@${task}`,
  when: event(`@${task}`),
  run: task,
  input: (firing: { event: { payload: unknown } }) => firing.event.payload,
});

/**
 * The definitions of an app whose task modules have been imported: `tasks` are all its tasks. Fails with a DefinitionError that lists all faults that `detent` could
 * not see: task settings, duplicate task ids, triggers that name tasks nobody defines.
 */
export const definitionsOf = (
  app: App,
  tasks: readonly Task[] = app.tasks.filter(isTask),
): Definitions => {
  const faults = tasks.flatMap((task) => taskFaults(task));
  const options = new Map<string, TaskOptions>();
  for (const task of tasks) {
    if (options.has(task.id))
      faults.push(
        `Task ${JSON.stringify(task.id)} is defined more than once; ids are unique in an app`,
      );
    else if (taskFaults(task).length === 0) options.set(task.id, taskOptionsOf(task));
  }
  const known = new Set(tasks.map(({ id }) => id));
  for (const trigger of app.triggers) faults.push(...unknownTaskFaults(trigger, known));
  if (faults.length > 0) throw new DefinitionError(faults);
  const triggers = [...[...options.keys()].map(manualTriggerOf), ...app.triggers].map((trigger) =>
    compiledTrigger(trigger, app.retentionMillis),
  );
  return indexed(app, triggers, options);
};

/** `retentionMillis`: how long a match waits where its trigger does not say. */
export const compiledTrigger = (
  definition: Trigger,
  retentionMillis = retentionMillisDefault,
): CompiledTrigger => {
  const task = typeof definition.run === "string" ? definition.run : definition.run.id;
  const leaves: Leaf[] = [];
  const parts: Leaf[] = [];
  const { by, take = "oldest", within, waitingMax = waitingMaxDefault, when } = definition;
  const trigger = {
    id: definition.id,
    task,
    definition,
    leaves,
    parts,
    tree: treeOf(when, { next: 0 }),
    take,
    withinMillis: within === undefined ? retentionMillis : durationMillis(within),
    waitingMax,
    flow: flowOf(definition),
    overlaps: false,
    fingerprint: "",
  };
  const ordinals = new Map<string, number>();
  const leafOf = (placed: Placed, place: Pick<Leaf, "index" | "role" | "of">): Leaf => {
    const { path, condition } = placed;
    // Under another kind of key the watches that there are would never be answered.
    const isKeyed = condition._tag === "Absent" && by !== undefined;
    const data = `${leafDataOf(condition)}${isKeyed ? "/by" : ""}`;
    const ordinal = ordinals.get(data) ?? 0;
    ordinals.set(data, ordinal + 1);
    const schedule = isSchedule(condition) ? compileSchedule(condition, definition.id) : null;
    return { trigger, path, key: `${data}#${ordinal}`, condition, schedule, ...place };
  };
  for (const [index, placed] of leavesOf(when).entries())
    leaves.push(leafOf(placed, { index, role: "match", of: null }));
  // After all of the tree, so that they don't change its ordinals.
  for (const leaf of leaves)
    for (const { role, ...placed } of partsOf(leaf))
      parts.push(leafOf(placed, { index: leaf.index, role, of: leaf }));
  const shape = {
    task,
    tree: trigger.tree,
    leaves: leaves.map(({ key }) => key),
    take,
    // As the trigger has it: another retention makes no other trigger.
    within: within === undefined ? null : trigger.withinMillis,
    waitingMax,
    by: by !== undefined,
    ...(trigger.flow !== null && { flow: trigger.flow }),
  };
  const overlaps = leaves.some(({ schedule }) => (schedule?.overlap ?? "allow") !== "allow");
  return Object.assign(trigger, { overlaps, fingerprint: digestOf(canonical(shape)) });
};

const treeOf = (condition: Condition, counter: { next: number }): Node =>
  condition._tag === "All" || condition._tag === "Any"
    ? { _tag: condition._tag, parts: condition.conditions.map((part) => treeOf(part, counter)) }
    : { _tag: "Leaf", index: counter.next++ };

const indexed = (
  { app, retentionMillis }: App,
  triggers: readonly CompiledTrigger[],
  tasks: ReadonlyMap<string, TaskOptions>,
): Definitions => {
  const index = new Map<string, Leaf[]>();
  const events = new Map<string, EventDefinition>();
  const leaves = triggers.flatMap((trigger) => [...trigger.leaves, ...trigger.parts]);
  for (const leaf of leaves) {
    for (const key of signalKeysOf(leaf.condition)) {
      const listening = index.get(key);
      if (listening === undefined) index.set(key, [leaf]);
      else listening.push(leaf);
    }
    const { definition } = leaf.condition as EventCondition;
    if (leaf.condition._tag === "Event" && definition !== undefined)
      events.set(definition.name, definition);
  }
  return {
    app,
    retentionMillis,
    triggers: new Map(triggers.map((trigger) => [trigger.id, trigger])),
    tasks,
    index,
    schedules: leaves.filter((leaf) => leaf.schedule !== null),
    watched: new Set(
      leaves.flatMap((leaf) => (leaf.condition._tag === "Settled" ? [leaf.condition.task] : [])),
    ),
    events,
    fingerprint: digestOf(canonical(triggers.map(({ id, fingerprint }) => [id, fingerprint]))),
  };
};
