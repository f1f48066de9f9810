// `detent run`: asks for a run of a task, whether or not an engine runs.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { InputError } from "../core/errors.ts";
import { print, printJson } from "./output.ts";
import { app, argument, doing, id, json, jsonOf, optionalArgument, store } from "./options.ts";
import { appNamed, withStore } from "./reach.ts";

export const run = Command.make(
  "run",
  {
    task: argument("TASK", "The task's id"),
    input: optionalArgument("INPUT", "JSON; null when left out"),
    id,
    app,
    store,
    json,
  },
  doing(async (options) => {
    const input = jsonOf(options.input, "input");
    const { name, definitions } = await appNamed(options.app);
    const { unknownIn, unknownText } = await import("../runtime/control.ts");
    const { runTo } = await import("../runtime/emit.ts");
    const subject = { task: options.task };
    if (definitions?.tasks.has(options.task) === false)
      throw new InputError(unknownText(subject, definitions.tasks.keys(), "in the app"));
    const reply = await withStore({ store: options.store, app: name, absent: "create" }, (port) =>
      Effect.flatMap(unknownIn(port, subject, definitions), (told) =>
        told === undefined
          ? runTo(port, options.task, input, options.id === undefined ? {} : { id: options.id })
          : Effect.fail(new InputError(told)),
      ),
    );
    if (options.json) return printJson(reply);
    print(
      reply.status === "accepted"
        ? `${options.task} will run as ${reply.run}`
        : `${reply.run} is a duplicate; nothing changed`,
    );
  }),
).pipe(
  Command.withDescription(
    "Ask for a run of a task; the running engine, or else the next one, runs it",
  ),
  Command.withExamples([{ command: `detent run resize '{"path":"a.png"}'` }]),
);
