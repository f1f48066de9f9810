// `detent triggers`: what an app waits for, and what is paused, if there is a store that says so.
import * as Command from "effect/cli/Command";
import { pausedIdOf, pauseEnd } from "../core/command.ts";
import { conditionText } from "../core/condition-text.ts";
import { formatInstant } from "../core/instant.ts";
import { nextOf } from "./next.ts";
import { print, printJson, tableOf } from "./output.ts";
import { doing, json, optionalArgument, store } from "./options.ts";
import { isThere, loadedApp, madeTriggers, withStore } from "./reach.ts";
import { appFile } from "./settings.ts";

interface TriggerView {
  readonly id: string;
  readonly task: string;
  readonly when: string;
  readonly nextDueAt: string | null;
  /** A schedule that was made at run time. */
  readonly made: boolean;
  /** Null: it isn't. `until` null: until it is resumed. */
  readonly paused: { readonly until: string | null } | null;
}

export const triggers = Command.make(
  "triggers",
  { app: optionalArgument("APP", "The app's file"), store, json },
  doing(async (options) => {
    const { app, definitions } = await loadedApp(appFile(options.app));
    const defined = [...definitions.triggers.values()].filter(({ id }) => !id.startsWith("@"));
    const triggers = [...defined, ...(await madeTriggers(options.store, app.app))];
    const ids = triggers.map((trigger) => pausedIdOf({ trigger: trigger.id }));
    const pauses = await pausesOf(ids, options.store, app.app);
    const now = Date.now();
    const rows: readonly TriggerView[] = triggers.map((trigger) => {
      const due = nextOf(trigger)(now);
      return {
        id: trigger.id,
        task: trigger.task,
        when: conditionText(trigger.definition.when),
        nextDueAt: due === undefined ? null : formatInstant(due),
        made: trigger.made !== undefined,
        paused: pauses.get(pausedIdOf({ trigger: trigger.id })) ?? null,
      };
    });
    if (options.json) return printJson({ app: app.app, triggers: rows });
    if (rows.length === 0) return print("the app has no triggers");
    print(
      tableOf(rows, [
        { title: "trigger", text: ({ id }) => id },
        { title: "task", text: ({ task }) => task },
        { title: "next due", text: ({ nextDueAt }) => nextDueAt ?? "" },
        ...(pauses.size === 0
          ? []
          : [{ title: "paused", text: ({ paused }: TriggerView) => pausedText(paused) }]),
        { title: "when", text: ({ when, made }) => (made ? `${when}, made at run time` : when) },
      ]),
    );
  }),
).pipe(
  Command.withDescription(
    "List an app's triggers with their conditions, when they are next due, and which are paused; those made at run time too",
  ),
  Command.withExamples([{ command: "detent triggers app.ts" }]),
);

/** By the id of the pause. Without a store nothing is paused. */
const pausesOf = async (
  ids: readonly string[],
  url: string | undefined,
  app: string,
): Promise<ReadonlyMap<string, TriggerView["paused"]>> => {
  if (ids.length === 0 || !isThere(url)) return new Map();
  const { rows } = await withStore({ store: url, app, absent: "refuse" }, (port) =>
    port.list("deadline", { limit: 10_000, where: { ids } }),
  );
  return new Map(rows.map(({ id, at }) => [id, { until: pauseEnd(at) }]));
};

const pausedText = (paused: TriggerView["paused"]): string =>
  paused === null ? "" : paused.until === null ? "paused" : `until ${paused.until}`;
