// `detent triggers`: what an app waits for. It reads the app alone, no store.
import * as Command from "effect/cli/Command";
import { formatInstant } from "../core/instant.ts";
import { conditionText } from "./condition-text.ts";
import { nextOf } from "./next.ts";
import { print, printJson, tableOf } from "./output.ts";
import { argument, doing, json } from "./options.ts";
import { loadedApp } from "./reach.ts";

interface TriggerView {
  readonly id: string;
  readonly task: string;
  readonly when: string;
  readonly nextDueAt: string | null;
}

export const triggers = Command.make(
  "triggers",
  { app: argument("APP", "The app's file"), json },
  doing(async (options) => {
    const { app, definitions } = await loadedApp(options.app);
    const now = Date.now();
    const rows: readonly TriggerView[] = [...definitions.triggers.values()]
      .filter(({ id }) => !id.startsWith("@"))
      .map((trigger) => {
        const due = nextOf(trigger)(now);
        return {
          id: trigger.id,
          task: trigger.task,
          when: conditionText(trigger.definition.when),
          nextDueAt: due === undefined ? null : formatInstant(due),
        };
      });
    if (options.json) return printJson({ app: app.app, triggers: rows });
    if (rows.length === 0) return print("the app has no triggers");
    print(
      tableOf(rows, [
        { title: "trigger", text: ({ id }) => id },
        { title: "task", text: ({ task }) => task },
        { title: "next due", text: ({ nextDueAt }) => nextDueAt ?? "" },
        { title: "when", text: ({ when }) => when },
      ]),
    );
  }),
).pipe(
  Command.withDescription(
    "List an app's triggers with their conditions and when they are next due",
  ),
  Command.withExamples([{ command: "detent triggers app.ts" }]),
);
