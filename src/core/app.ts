// An app: what a user defines and hands to `start`, `simulate` or the command line. Checked once, here, with all faults reported at once.
import type { Condition } from "./condition.ts";
import { isSchedule } from "./condition.ts";
import { durationFault } from "./duration.ts";
import { DefinitionError } from "./errors.ts";
import { jsonFault } from "./json.ts";
import { scheduleFaults } from "./schedule.ts";
import { idFault, isTask, taskFaults, type Task } from "./task.ts";
import type { Trigger } from "./trigger.ts";

export interface App {
  readonly _tag: "App";
  readonly app: string;
  /** Modules that workers import, as `file:` URLs in text, and tasks given as values, which run inline. */
  readonly tasks: readonly (string | Task)[];
  readonly triggers: readonly Trigger[];
}

export interface AppDefinition {
  /** Names the app in a store that holds several. Default "main". */
  readonly app?: string;
  /** Modules whose exported tasks workers run, or the tasks themselves, which then run inline. */
  readonly tasks: readonly (URL | string | Task)[];
  readonly triggers?: readonly Trigger[];
}

declare global {
  // The core's library has no DOM. Where the caller's has one, this merges with the real URL.
  interface URL {
    readonly href: string;
  }
}

/**
 * Defines an app. Fails with a DefinitionError that lists every fault that can be seen without importing the task modules, each with its place and its mend;
 * what needs the modules (unknown tasks, their options) is reported in the same way when the app is started.
 */
export const detent = (definition: AppDefinition): App => {
  const app = definition.app ?? "main";
  const tasks = definition.tasks.map((entry) =>
    isTask(entry) || typeof entry === "string" ? entry : entry.href,
  );
  const triggers = definition.triggers ?? [];
  const faults = [
    ...(idFault(app) === undefined ? [] : [`App: ${idFault(app)}`]),
    ...tasks.flatMap((entry) => (isTask(entry) ? taskFaults(entry) : [])),
    ...triggers.flatMap((entry) => triggerFaults(entry)),
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
  return { _tag: "App", app, tasks, triggers };
};

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
  if (trigger.within !== undefined) {
    const fault = durationFault(trigger.within);
    if (fault !== undefined) faults.push(`${place}: within ${fault}`);
  }
  if (
    trigger.waitingMax !== undefined &&
    !(Number.isInteger(trigger.waitingMax) && trigger.waitingMax >= 1)
  ) {
    faults.push(
      `${place}: waitingMax is ${String(trigger.waitingMax)}; give a whole number of at least 1`,
    );
  }
  return faults;
};

const depthMax = 32;

const conditionFaults = (condition: Condition, path: string, seed: string, depth = 0): string[] => {
  const at = `condition ${JSON.stringify(path)}`;
  if (typeof condition !== "object" || condition === null || typeof condition._tag !== "string")
    return [
      `${at} is no condition; make one with cron, every, at, event, status, result, failure, settled, all or any`,
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
      return eventNameFault(condition.name) === undefined
        ? []
        : [`${at}: ${eventNameFault(condition.name)}`];
    default:
      return typeof condition.task === "string"
        ? []
        : [`${at} names no task; give a task or the id of one`];
  }
};

/** Why an event can't have this name, or undefined. Names that begin with "@" are the engine's own. */
export const eventNameFault = (name: unknown): string | undefined => {
  if (typeof name !== "string" || name === "" || name.length > 200)
    return `the event name ${JSON.stringify(name)} must be 1 to 200 characters of text`;
  if (!name.isWellFormed()) return `the event name ${JSON.stringify(name)} has a lone surrogate`;
  return name.startsWith("@")
    ? `the event name ${JSON.stringify(name)} begins with "@", which is kept for runs that people ask for`
    : undefined;
};
