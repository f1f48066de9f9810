// `detent triggers`: what an app waits for, and what is paused or kept back, if there is a store that says so.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { pausedIdOf, pauseEnd } from "../core/command.ts";
import { conditionText } from "../core/condition-text.ts";
import { formatInstant } from "../core/instant.ts";
import { isHeldFiring } from "../core/state.ts";
import type { Deadline } from "../core/store.ts";
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
  /** Firings that flow control keeps back, or that wait for the end of the trigger's runs. */
  readonly keptBack: number;
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
    const keptBack = await keptBackOf(options.store, app.app);
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
        keptBack: keptBack.get(trigger.id) ?? 0,
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
        ...(keptBack.size === 0
          ? []
          : [{ title: "kept back", text: (row: TriggerView) => String(row.keptBack || "") }]),
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

/** By trigger: how many firings are kept back. */
const keptBackOf = async (
  url: string | undefined,
  app: string,
): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>();
  if (!isThere(url)) return counts;
  const deadlines = await withStore({ store: url, app, absent: "refuse" }, (store) =>
    Effect.gen(function* () {
      const rows: Deadline[] = [];
      let after: string | undefined;
      do {
        const page = yield* store.list("deadline", { limit: 10_000, after });
        rows.push(...page.rows);
        after = page.next ?? undefined;
      } while (after !== undefined);
      return rows;
    }),
  );
  for (const { due } of deadlines.filter(isHeldFiring))
    counts.set(due.trigger, (counts.get(due.trigger) ?? 0) + 1);
  return counts;
};

const pausedText = (paused: TriggerView["paused"]): string =>
  paused === null ? "" : paused.until === null ? "paused" : `until ${paused.until}`;
