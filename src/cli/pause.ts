// `detent pause` and `detent resume`: hold a trigger, or the runs of a task, and let them go on; whether or not an engine runs.
import * as Command from "effect/cli/Command";
import { subjectText, type Subject } from "../core/command.ts";
import { InputError } from "../core/errors.ts";
import { formatInstant } from "../core/instant.ts";
import { print, printJson } from "./output.ts";
import { app, demandInstant, doing, flag, id, json, optionalArgument, store } from "./options.ts";
import { appNamed, withStore } from "./reach.ts";

const trigger = optionalArgument("TRIGGER", "The trigger's id");
const task = flag("task", "TASK", "A task, whose runs wait, in place of a trigger");

const subjectOf = (options: {
  readonly trigger: string | undefined;
  readonly task: string | undefined;
}): Subject => {
  if (options.trigger !== undefined && options.task === undefined)
    return { trigger: options.trigger };
  if (options.task !== undefined && options.trigger === undefined) return { task: options.task };
  throw new InputError("give either a trigger's id or --task TASK");
};

export const pause = Command.make(
  "pause",
  {
    trigger,
    task,
    until: flag("until", "INSTANT", "When it ends by itself. Default: when it is resumed"),
    id,
    app,
    store,
    json,
  },
  doing(async (options) => {
    const subject = subjectOf(options);
    const until = options.until === undefined ? undefined : demandInstant("until", options.until);
    const { name, definitions } = await appNamed(options.app);
    const { pauseIn } = await import("../runtime/control.ts");
    const reply = await withStore({ store: options.store, app: name, absent: "create" }, (port) =>
      pauseIn(
        port,
        subject,
        {
          ...(options.id !== undefined && { id: options.id }),
          ...(until !== undefined && { until }),
        },
        definitions,
      ),
    );
    const end = until === undefined ? null : formatInstant(until);
    if (options.json) return printJson({ ...reply, ...subject, until: end });
    print(
      reply.status === "accepted"
        ? `${subjectText(subject)} is paused ${end === null ? "until it is resumed" : `until ${end}`}`
        : `${reply.command} is a duplicate; nothing changed`,
    );
  }),
).pipe(
  Command.withDescription(
    "Pause a trigger (what would have fired it is skipped) or a task (its runs wait)",
  ),
  Command.withExamples([
    { command: "detent pause nightly --until 2026-12-01T06:00Z" },
    { command: "detent pause --task resize" },
  ]),
);

export const resume = Command.make(
  "resume",
  { trigger, task, id, app, store, json },
  doing(async (options) => {
    const subject = subjectOf(options);
    const { name, definitions } = await appNamed(options.app);
    const { resumeIn } = await import("../runtime/control.ts");
    const reply = await withStore({ store: options.store, app: name, absent: "create" }, (port) =>
      resumeIn(port, subject, options.id === undefined ? {} : { id: options.id }, definitions),
    );
    if (options.json) return printJson({ ...reply, ...subject });
    print(
      reply.status === "accepted"
        ? `${subjectText(subject)} goes on`
        : `${reply.command} is a duplicate; nothing changed`,
    );
  }),
).pipe(
  Command.withDescription("End a pause; what was skipped meanwhile is not made up for"),
  Command.withExamples([
    { command: "detent resume nightly" },
    { command: "detent resume --task resize" },
  ]),
);
