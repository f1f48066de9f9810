// `detent schedule` and `detent unschedule`: schedules made at run time, whether or not an engine runs.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { InputError } from "../core/errors.ts";
import { at, cron, every, type Schedule } from "../core/schedule.ts";
import { print, printJson } from "./output.ts";
import {
  app,
  argument,
  demandInstant,
  doing,
  durationOf,
  flag,
  id,
  json,
  jsonOf,
  store,
} from "./options.ts";
import { appNamed, withStore } from "./reach.ts";

const name = argument("ID", "The schedule's id: unique among triggers");

export const schedule = Command.make(
  "schedule",
  {
    name,
    task: flag("task", "TASK", "The task that it runs"),
    input: flag("input", "INPUT", "JSON; null when left out"),
    cron: flag("cron", "EXPR", "A cron expression"),
    tz: flag("tz", "ZONE", "The expression's time zone, such as Europe/Madrid. Default: UTC"),
    every: flag("every", "DURATION", 'An interval, such as "15 min"'),
    at: flag("at", "INSTANT", "A single instant"),
    id,
    app,
    store,
    json,
  },
  doing(async (options) => {
    const { task } = options;
    if (task === undefined) throw new InputError("give --task TASK, the task that it runs");
    const when = scheduleOf(options);
    const input = jsonOf(options.input, "input");
    const { name: of, definitions } = await appNamed(options.app);
    const { scheduleIn } = await import("../runtime/control.ts");
    const reply = await withStore({ store: options.store, app: of, absent: "create" }, (port) =>
      scheduleIn(
        port,
        options.name,
        { when, run: task, input },
        options.id === undefined ? {} : { id: options.id },
        definitions,
      ),
    );
    if (options.json) return printJson({ ...reply, trigger: options.name, task });
    print(
      reply.status === "accepted"
        ? `${options.name} runs ${task} from now on`
        : `${reply.command} is a duplicate; nothing changed`,
    );
  }),
).pipe(
  Command.withDescription("Make a schedule at run time, or replace the one made under the id"),
  Command.withExamples([
    { command: 'detent schedule tidy --task clean --cron "0 3 * * *" --tz Europe/Madrid' },
    { command: `detent schedule poll --task fetch --every "15 min" --input '{"url":"x"}'` },
  ]),
);

const scheduleOf = (options: {
  readonly cron: string | undefined;
  readonly tz: string | undefined;
  readonly every: string | undefined;
  readonly at: string | undefined;
}): Schedule => {
  const given = [options.cron, options.every, options.at].filter((it) => it !== undefined);
  if (given.length !== 1) throw new InputError("give one of --cron, --every and --at");
  if (options.cron === undefined && options.tz !== undefined)
    throw new InputError("--tz goes with --cron; leave it out");
  if (options.every !== undefined) return every(durationOf(options.every));
  if (options.at !== undefined) return at(demandInstant("at", options.at));
  return cron(options.cron as string, options.tz === undefined ? {} : { timeZone: options.tz });
};

export const unschedule = Command.make(
  "unschedule",
  { name, id, app, store, json },
  doing(async (options) => {
    const { name: of } = await appNamed(options.app);
    const { unscheduleIn } = await import("../runtime/control.ts");
    const { demandMade } = await import("./unknown.ts");
    const reply = await withStore({ store: options.store, app: of, absent: "refuse" }, (port) =>
      Effect.andThen(
        demandMade(port, options.name, options.id),
        unscheduleIn(port, options.name, options.id === undefined ? {} : { id: options.id }),
      ),
    );
    if (options.json) return printJson({ ...reply, trigger: options.name });
    print(
      reply.status === "accepted"
        ? `${options.name} ends; runs that it has owed stay`
        : `${reply.command} is a duplicate; nothing changed`,
    );
  }),
).pipe(
  Command.withDescription("End a schedule that was made at run time"),
  Command.withExamples([{ command: "detent unschedule tidy" }]),
);
