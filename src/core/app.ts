// An app: what a user defines and hands to `start`, `simulate` or the command line. Checked once, here, with all faults reported at once.
import { taker } from "./taken.ts";
import type {
  Condition,
  FailureCondition,
  ResultCondition,
  SettledCondition,
  StatusCondition,
} from "./condition.ts";
import { isSchedule } from "./condition.ts";
import { absentFaults } from "./absent-faults.ts";
import { durationFault, durationMillis, readDuration, type DurationInput } from "./duration.ts";
import { DefinitionError } from "./errors.ts";
import type { EventDefinition } from "./event.ts";
import { flowFaults } from "./flow-option.ts";
import { jsonFault } from "./json.ts";
import { unknownTaskFaults } from "./placed.ts";
import { retentionMillisDefault } from "./purge.ts";
import { meantOr } from "./nearest.ts";
import { noOption, shown } from "./reading.ts";
import { eventNameFault } from "./signal.ts";
import { scheduleFaults } from "./schedule.ts";
import { idFault, isTask, taskFaults, type Task } from "./task.ts";
import { waitingMaxDefault, type Trigger } from "./trigger.ts";

export interface App {
  readonly _tag: "App";
  readonly app: string;
  /** Modules that workers import, as `file:` URLs in text, and tasks given as values, which run inline. */
  readonly tasks: readonly (string | Task)[];
  readonly triggers: readonly Trigger[];
  /** How long what is over is kept. */
  readonly retentionMillis: number;
}

export interface AppDefinition {
  /** Names the app in a store that holds several. Default "main". */
  readonly app?: string;
  /** Modules whose exported tasks workers run, or the tasks themselves, which then run inline. */
  readonly tasks: readonly (URL | string | Task)[];
  readonly triggers?: readonly Trigger[];
  /**
   * How long what is over is kept: runs with their attempts, routed signals, skips. Then it is forgotten, but for a tombstone that lasts as long again: an event with the
   * same id is a duplicate until then, and no run has its id twice. Also the default of `within`. Default 30 days, at least a second.
   */
  readonly retention?: DurationInput;
}

declare global {
  // The core's library has no DOM. Where the caller's has one, this merges with the real URL, if it says the same.
  interface URL {
    href: string;
  }
}

/**
 * Defines an app. Fails with a DefinitionError that lists every fault that can be seen without importing the task modules, each with its place and its mend;
 * what needs the modules (unknown tasks, their options) is reported in the same way when the app is started.
 */
export const detent = (definition: AppDefinition): App => {
  const shape = shapeFaults(definition);
  if (shape.length > 0) throw new DefinitionError(shape);
  const app = definition.app ?? "main";
  const tasks = definition.tasks.map((entry) =>
    isTask(entry) || typeof entry === "string" ? entry : entry.href,
  );
  const triggers = definition.triggers ?? [];
  // What modules export is known when they have been imported; `definitionsOf` asks then.
  const known = tasks.every((entry) => isTask(entry))
    ? new Set(tasks.map(({ id }) => id))
    : undefined;
  const faults = [
    ...(idFault(app) === undefined ? [] : [`App: ${idFault(app)}`]),
    ...retentionFaults(definition.retention),
    ...tasks.flatMap((entry) => (isTask(entry) ? taskFaults(entry) : [])),
    ...triggers.flatMap((entry) => {
      const own = triggerFaults(entry);
      return own.length > 0 || known === undefined ? own : unknownTaskFaults(entry, known);
    }),
    ...(tasks.some((entry) => isTask(entry)) && tasks.some((entry) => !isTask(entry))
      ? [
          "App: tasks has both modules and task values; give modules, which run on worker threads, or values, which run inline",
        ]
      : []),
    ...repeated(
      "Trigger",
      triggers.map(({ id }) => id),
    ),
    ...repeated(
      "Task",
      tasks.flatMap((entry) => (isTask(entry) ? [entry.id] : [])),
    ),
  ];
  if (faults.length > 0) throw new DefinitionError(faults);
  const { retention } = definition;
  const retentionMillis =
    retention === undefined ? retentionMillisDefault : durationMillis(retention);
  const made: App = { _tag: "App", app, tasks, triggers, retentionMillis };
  taker()?.made(made);
  return made;
};

const retentionFaults = (retention: unknown): readonly string[] => {
  if (retention === undefined) return [];
  const reading = readDuration(retention);
  if (!reading.ok) return [`App: retention ${reading.message}`];
  return reading.value >= 1_000
    ? []
    : [`App: retention is ${reading.value} ms; give at least a second, such as "30 days"`];
};

const appFields = ["app", "tasks", "triggers", "retention"];

/** What must hold before anything else can be looked at; plain JavaScript can hand over anything. */
const shapeFaults = (definition: unknown): string[] => {
  const { tasks, triggers } = (definition ?? {}) as { tasks?: unknown; triggers?: unknown };
  const faults = Object.keys(definition ?? {})
    .filter((field) => !appFields.includes(field))
    .map((field) => `App: ${shown(field)} ${noOption(field, appFields)}`);
  if (!Array.isArray(tasks))
    faults.push('App: tasks is no list; give [new URL("./tasks.ts", import.meta.url)]');
  else
    tasks.forEach((entry: unknown, index) => {
      const isModule =
        typeof entry === "string" || (isObject(entry) && typeof entry["href"] === "string");
      if (!isModule && !isTask(entry))
        faults.push(`App: tasks[${index}] is neither a module's URL nor a task`);
    });
  if (triggers !== undefined && !Array.isArray(triggers)) faults.push("App: triggers is no list");
  else
    (triggers ?? []).forEach((entry: unknown, index: number) => {
      if (!isObject(entry) || entry["_tag"] !== "Trigger")
        faults.push(`App: triggers[${index}] is no trigger; make one with trigger(id, { … })`);
    });
  return faults;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

export const isApp = (value: unknown): value is App =>
  typeof value === "object" && value !== null && (value as { _tag?: unknown })._tag === "App";

const repeated = (noun: string, ids: readonly string[]): string[] => {
  const seen = new Set<string>();
  const again = new Set(ids.filter((id) => seen.size === seen.add(id).size));
  return [...again].map(
    (id) => `${noun} ${JSON.stringify(id)} is defined more than once; ids are unique in an app`,
  );
};

/** Every fault of a trigger that can be seen without its app, one line each. */
const triggerFaults = (trigger: Trigger): readonly string[] => {
  const wrongId = idFault(trigger.id);
  if (wrongId !== undefined) return [`Trigger: ${wrongId}`];
  const place = `Trigger ${JSON.stringify(trigger.id)}`;
  const faults = conditionFaults(trigger.when, "when", trigger.id).map(
    (fault) => `${place}: ${fault}`,
  );
  for (const option of Object.keys(trigger))
    if (option !== "_tag" && !triggerFields.includes(option))
      faults.push(`${place}: ${shown(option)} ${noOption(option, triggerOptions)}`);
  const target: unknown = typeof trigger.run === "string" ? trigger.run : trigger.run?.id;
  if (typeof target !== "string")
    faults.push(`${place}: run is no task; give a task or the id of one`);
  if (trigger.input !== undefined && typeof trigger.input !== "function") {
    const fault = jsonFault(trigger.input, "input");
    if (fault !== undefined) faults.push(`${place}: ${fault}`);
  }
  if (trigger.by !== undefined && typeof trigger.by !== "function")
    faults.push(`${place}: by is no function`);
  if (trigger.take !== undefined && !["oldest", "latest", "every"].includes(trigger.take))
    faults.push(
      `${place}: take is ${JSON.stringify(trigger.take)}; give "oldest", "latest" or "every"`,
    );
  if (trigger.onChange !== undefined && !["retire", "keep"].includes(trigger.onChange))
    faults.push(
      `${place}: onChange is ${JSON.stringify(trigger.onChange)}; give "retire" or "keep"`,
    );
  if (trigger.within !== undefined) {
    const fault = durationFault(trigger.within);
    if (fault !== undefined) faults.push(`${place}: within ${fault}`);
    else if (durationMillis(trigger.within) < 1)
      faults.push(`${place}: within is 0; give at least 1 ms, or leave it out`);
  }
  if (
    trigger.waitingMax !== undefined &&
    !(Number.isInteger(trigger.waitingMax) && trigger.waitingMax >= 1)
  ) {
    faults.push(
      `${place}: waitingMax is ${String(trigger.waitingMax)}; give a whole number of at least 1`,
    );
  }
  faults.push(
    ...flowFaults(trigger, trigger.waitingMax ?? waitingMaxDefault).map(
      (fault) => `${place}: ${fault}`,
    ),
  );
  return faults;
};

const triggerOptions: readonly string[] = [
  "when",
  "run",
  "input",
  "by",
  "take",
  "within",
  "waitingMax",
  "onChange",
  "debounce",
  "throttle",
  "batch",
];
const triggerFields: readonly string[] = ["id", ...triggerOptions];

const depthMax = 32;

const conditionFaults = (condition: Condition, path: string, seed: string, depth = 0): string[] => {
  const at = `condition ${JSON.stringify(path)}`;
  if (typeof condition !== "object" || condition === null || typeof condition._tag !== "string")
    return [
      `${at} is no condition; make one with cron, every, at, event, status, result, failure, settled, absent, all or any`,
    ];
  if (isSchedule(condition))
    return scheduleFaults(condition, seed).map((fault) => `${at}: ${fault}`);
  switch (condition._tag) {
    case "All":
    case "Any": {
      const word = condition._tag.toLowerCase();
      if (depth >= depthMax) return [`${at} is nested more than ${depthMax} levels deep`];
      if (!Array.isArray(condition.conditions) || condition.conditions.length === 0)
        return [`${at}: ${word} has no conditions; give at least one`];
      return condition.conditions.flatMap((part: Condition, index: number) =>
        conditionFaults(
          part,
          path === "when" ? `${word}.${index}` : `${path}.${word}.${index}`,
          seed,
          depth + 1,
        ),
      );
    }
    case "Event":
      return [
        eventNameFault(condition.name),
        schemaFault(condition.definition),
        filterFault(condition.where, "where"),
      ]
        .filter((fault) => fault !== undefined)
        .map((fault) => `${at}: ${fault}`);
    case "Status":
    case "Result":
    case "Failure":
    case "Settled":
      return taskConditionFaults(condition).map((fault) => `${at}: ${fault}`);
    case "Absent":
      return absentFaults(condition, path, (part, place) =>
        conditionFaults(part, place, seed, depth + 1),
      );
    default:
      return [`${at}: ${JSON.stringify((condition as Condition)._tag)} is no kind of condition`];
  }
};

const statusStates = ["running", "retrying", "succeeded", "failed", "cancelled", "expired", "lost"];

type TaskCondition = StatusCondition | ResultCondition | FailureCondition | SettledCondition;

const taskConditionFaults = (condition: TaskCondition): string[] => {
  const faults: (string | undefined)[] = [...optionFaults(condition)];
  if (typeof condition.task !== "string")
    faults.push("it names no task; give a task or the id of one");
  if (condition._tag === "Status") {
    const { states } = condition;
    if (!Array.isArray(states) || states.length === 0) faults.push("it names no state");
    else
      for (const state of states)
        if (state === "settled") faults.push('"settled" has a condition of its own: settled(task)');
        else if (!statusStates.includes(state as string))
          faults.push(
            `${shown(state)} is no state${meantOr(String(state), statusStates, `; there are ${statusStates.join(", ")}`)}`,
          );
  }
  if (condition._tag === "Result")
    faults.push(filterFault(condition.is, "is"), filterFault(condition.where, "where"));
  if (condition._tag === "Failure") faults.push(errorFault(condition.error));
  if (condition._tag !== "Settled") faults.push(filterFault(condition.input, "input"));
  return faults.filter((fault) => fault !== undefined);
};

const optionsOfTag = {
  Status: ["input"],
  Result: ["is", "where", "input"],
  Failure: ["error", "input"],
  Settled: [],
} as const;

/** A misspelt option would let everything pass that it was to keep out. */
const optionFaults = ({ _tag, task: _, ...given }: TaskCondition): string[] => {
  const known: readonly string[] = optionsOfTag[_tag];
  return Object.keys(given)
    .filter((option) => !known.includes(option) && !(_tag === "Status" && option === "states"))
    .map((option) => `${shown(option)} ${noOption(option, known)}`);
};

/** Names are compared with the error's; anything else would match none. */
const errorFault = (error: FailureCondition["error"]): string | undefined => {
  if (error === undefined || typeof error === "function") return undefined;
  const names: readonly unknown[] = Array.isArray(error) ? error : [error];
  return names.length > 0 && names.every((name) => typeof name === "string")
    ? undefined
    : `error is ${shown(error)}; give the name of an error, a list of names, or a predicate`;
};

const schemaFault = (definition: EventDefinition | undefined): string | undefined =>
  definition === undefined || typeof definition.schema?.["~standard"]?.validate === "function"
    ? undefined
    : "its schema is no Standard Schema; give one of Zod, Valibot, ArkType or Effect's Schema";

/** A filter is a predicate or JSON; a Map, a regular expression or a bigint would compare with nothing. */
const filterFault = (filter: unknown, place: string): string | undefined => {
  if (filter === undefined || typeof filter === "function") return undefined;
  const fault = jsonFault(filter, place);
  if (fault === undefined) return undefined;
  return fault.includes("is a function")
    ? `${fault}; a predicate stands by itself: (value) => true or false`
    : fault;
};
