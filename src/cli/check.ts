// `detent check`: what an app's definitions allow and can't mean. Runs nothing. Exit code 1 where there is a fault.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { checkOf, type CheckFinding } from "../core/check.ts";
import { writtenOf } from "../core/trigger-graph.ts";
import type { StoreError } from "../core/errors.ts";
import type { StorePort } from "../core/store.ts";
import { demandInstant, doing, flag, json, optionalArgument, toggle } from "./options.ts";
import { counted } from "../core/counted.ts";
import { print, printJson, styled } from "./output.ts";
import { loadedApp, withStore } from "./reach.ts";
import { appFile } from "./settings.ts";

export const check = Command.make(
  "check",
  {
    app: optionalArgument("APP", "The file whose default export is detent({ … })"),
    from: flag("from", "INSTANT", "As of this instant. Default: now"),
    store: flag(
      "store",
      "URL",
      "A store whose log tells which events tasks emit, as no definition does. Default: none",
    ),
    mermaid: toggle("mermaid", "Print the graph of triggers and tasks as a Mermaid flowchart"),
    json,
  },
  doing(async (options) => {
    const { app, definitions } = await loadedApp(appFile(options.app));
    const now = options.from === undefined ? Date.now() : demandInstant("from", options.from);
    const emitted =
      options.store === undefined
        ? new Map<string, ReadonlySet<string>>()
        : await withStore({ store: options.store, app: app.app, absent: "refuse" }, emittedIn);
    const findings = checkOf(definitions, { now, emitted });
    const counts = { triggers: writtenOf(definitions).length, tasks: definitions.tasks.size };
    const faults = findings.filter(({ level }) => level === "fault").length;
    if (faults > 0) process.exitCode = 1;
    if (options.json) return printJson({ app: app.app, ...counts, findings });
    if (options.mermaid) {
      const { mermaidOf } = await import("./mermaid.ts");
      return print(mermaidOf(definitions, findings, emitted));
    }
    for (const finding of findings) print(lineOf(finding));
    print(
      `${counted(counts.triggers, "trigger")}, ${counted(counts.tasks, "task")}: ${counted(faults, "fault")}`,
    );
  }),
).pipe(
  Command.withDescription(
    "Check an app's triggers: dead ones, loops, filters that contradict each other, times of day that don't exist, tasks that nothing runs",
  ),
  Command.withExamples([
    { command: "detent check app.ts" },
    { command: "detent check app.ts --mermaid > triggers.mmd" },
  ]),
);

/** So many of the newest signals tell what tasks emit. */
const signalsMax = 10_000;

/** By task: the names of events that its runs have emitted. */
const emittedIn = (
  port: StorePort,
): Effect.Effect<ReadonlyMap<string, ReadonlySet<string>>, StoreError> =>
  Effect.gen(function* () {
    const { rows } = yield* port.list("signal", { limit: signalsMax, order: "newest" });
    const ids = [...new Set(rows.flatMap(({ origin }) => origin ?? []))];
    const { rows: runs } = yield* port.list("run", { where: { ids }, limit: signalsMax });
    const taskOf = new Map(runs.map(({ id, task }) => [id, task]));
    const emitted = new Map<string, Set<string>>();
    for (const { signal, origin } of rows) {
      const task = origin === null ? undefined : taskOf.get(origin);
      if (signal._tag !== "Event" || task === undefined) continue;
      emitted.set(task, (emitted.get(task) ?? new Set()).add(signal.name));
    }
    return emitted;
  });

const lineOf = ({ level, message }: CheckFinding): string =>
  `${styled(level === "fault" ? "red" : "yellow", level.padEnd(5))}  ${message}`;
