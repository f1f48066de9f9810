// `detent next`: when a cron expression, or a trigger of an app, is due. An expression needs neither app nor store.
import * as Command from "effect/cli/Command";
import type { CompiledTrigger } from "../core/definitions.ts";
import { DefinitionError, InputError } from "../core/errors.ts";
import { formatInstant } from "../core/instant.ts";
import type { Schedule } from "../core/schedule.ts";
import { print, printJson, styled } from "./output.ts";
import {
  argument,
  count,
  demandCount,
  demandInstant,
  doing,
  flag,
  json,
  store,
} from "./options.ts";
import { loadedApp, madeTriggers, namesOf } from "./reach.ts";

interface Question {
  /** What goes before the occurrences in JSON. */
  readonly head: object;
  readonly timeZone: string;
  readonly next: (after: number) => number | undefined;
}

export const next = Command.make(
  "next",
  {
    what: argument("EXPR|TRIGGER", "A cron expression; with --app the id of a trigger"),
    tz: flag("tz", "ZONE", "The expression's time zone, such as Europe/Madrid. Default: UTC"),
    from: flag(
      "from",
      "INSTANT",
      "Occurrences after this instant, which is excluded. Default: now",
    ),
    count: count("count", "N", "How many, at most 10000. Default: 5"),
    app: flag("app", "APP", "The app file that has the trigger"),
    store,
    json,
  },
  doing(async (options) => {
    const limit = demandCount("count", options.count ?? 5, 10_000);
    const from = options.from === undefined ? Date.now() : demandInstant("from", options.from);
    const { head, timeZone, next } =
      options.app === undefined
        ? await questionOf(options.what, options.tz)
        : triggerQuestionOf(options, await triggersOf(options.app, options.store));
    const occurrences: number[] = [];
    for (let due = next(from); due !== undefined && occurrences.length < limit; due = next(due))
      occurrences.push(due);
    if (options.json)
      return printJson({ ...head, occurrences: occurrences.map((it) => formatInstant(it)) });
    for (const due of occurrences)
      print(`${formatInstant(due)}  ${styled("dim", localText(due, timeZone))}`);
    if (occurrences.length < limit)
      print(
        `no ${occurrences.length === 0 ? "" : "other "}occurrence after ${formatInstant(occurrences.at(-1) ?? from)}`,
      );
  }),
).pipe(
  Command.withDescription("Print the next occurrences of a cron expression or a trigger"),
  Command.withExamples([
    { command: 'detent next "*/5 9-17 * * 1-5" --tz America/New_York --count 3' },
    { command: "detent next nightly --app app.ts --from 2026-03-28T00:00Z" },
  ]),
);

const questionOf = async (expression: string, timeZone: string | undefined): Promise<Question> => {
  const { compileSchedule, cron, scheduleFaults } = await import("../core/schedule.ts");
  const schedule = cron(expression, timeZone === undefined ? {} : { timeZone });
  const faults = scheduleFaults(schedule);
  if (faults.length > 0)
    throw new DefinitionError(faults.length === 1 ? faults : [faults.join("; ")]);
  const zone = timeZone ?? "UTC";
  return {
    head: { expression, timeZone: zone },
    timeZone: zone,
    next: compileSchedule(schedule).next,
  };
};

/** By id: those that the app defines and those that were made at run time. */
const triggersOf = async (
  file: string,
  url: string | undefined,
): Promise<ReadonlyMap<string, CompiledTrigger>> => {
  const { app, definitions } = await loadedApp(file);
  const made = await madeTriggers(url, app.app);
  return new Map([...made.map((it) => [it.id, it] as const), ...definitions.triggers]);
};

const triggerQuestionOf = (
  options: { readonly what: string; readonly tz: string | undefined },
  triggers: ReadonlyMap<string, CompiledTrigger>,
): Question => {
  if (options.tz !== undefined)
    throw new InputError("a trigger's schedules have their own time zones; leave out --tz");
  const trigger = triggers.get(options.what);
  if (trigger === undefined) {
    const known = [...triggers.keys()].filter((id) => !id.startsWith("@"));
    throw new InputError(
      `there is no trigger ${JSON.stringify(options.what)}; the app has ${namesOf(known)}`,
    );
  }
  const next = nextOf(trigger);
  const only = schedulesOf(trigger);
  const [first] = only;
  if (first === undefined)
    throw new InputError(`the trigger ${JSON.stringify(trigger.id)} waits for no schedule`);
  const timeZone = zoneOf(first);
  const expression = only.length === 1 && first._tag === "Cron" ? first.expression : null;
  return { head: { trigger: trigger.id, expression, timeZone }, timeZone, next };
};

const schedulesOf = ({ leaves }: CompiledTrigger): readonly Schedule[] =>
  leaves.flatMap(({ schedule, condition }) => (schedule === null ? [] : [condition as Schedule]));

const zoneOf = (schedule: Schedule): string =>
  schedule._tag === "Cron" ? (schedule.timeZone ?? "UTC") : "UTC";

/** The first occurrence of any of the trigger's schedules. */
export const nextOf =
  ({ leaves }: CompiledTrigger) =>
  (after: number): number | undefined => {
    const due = leaves.flatMap(({ schedule }) => schedule?.next(after) ?? []);
    return due.length === 0 ? undefined : Math.min(...due);
  };

const localText = (instant: number, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  }).format(instant);
