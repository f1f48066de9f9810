// `detent runs`: the runs in a store, newest first, page by page.
import * as Command from "effect/cli/Command";
import { InputError } from "../core/errors.ts";
import { runStates, type Run, type RunState } from "../core/run.ts";
import { listingOptions, showPage } from "./listing.ts";
import { doing, flag } from "./options.ts";
import { shortJson, stateStyles, tableOf } from "./output.ts";
import { instantText, runView } from "./run-view.ts";

export const runs = Command.make(
  "runs",
  {
    state: flag("state", "STATE", `One or several with commas: ${runStates.join(", ")}`),
    task: flag("task", "TASK", "Only runs of this task"),
    trigger: flag("trigger", "TRIGGER", "Only runs of this trigger"),
    ...listingOptions,
  },
  doing(async (options) => {
    const { task, trigger } = options;
    const states = options.state === undefined ? undefined : statesOf(options.state);
    const where = {
      ...(states && { states }),
      ...(task !== undefined && { task }),
      ...(trigger !== undefined && { trigger }),
    };
    await showPage(options, {
      what: "runs",
      read: (port, page) => port.list("run", { where, ...page }),
      view: (row) => runView(row),
      table: runTable,
      unknown: async (port, definitions) =>
        (await import("./unknown.ts")).unknownFilter(port, "run", { task, trigger }, definitions),
    });
  }),
).pipe(
  Command.withDescription("List runs, newest first"),
  Command.withExamples([
    { command: "detent runs --state failed,lost --task resize" },
    { command: "detent runs --json --limit 1000" },
  ]),
);

const statesOf = (text: string): readonly RunState[] =>
  text.split(",").map((word) => {
    const state = runStates.find((it) => it === word.trim());
    if (state !== undefined) return state;
    throw new InputError(
      `--state: ${JSON.stringify(word)} is no state; there are ${runStates.join(", ")}`,
    );
  });

const runTable = (rows: readonly Run[]): string =>
  tableOf(rows, [
    { title: "run", text: ({ id }) => id },
    { title: "task", text: ({ task }) => task },
    { title: "state", text: ({ state }) => state, style: ({ state }) => stateStyles[state] },
    { title: "attempt", text: ({ attempt }) => String(attempt), align: "right" },
    { title: "due", text: ({ dueAt }) => instantText(dueAt) ?? "" },
    { title: "outcome", text: ({ outcome }) => outcomeText(outcome) },
  ]);

/** A run's outcome on one line. */
export const outcomeText = (outcome: Run["outcome"], lengthMax = 60): string => {
  if (outcome === null) return "";
  if (!("error" in outcome)) return shortJson(outcome.result, lengthMax);
  const text = `${outcome.error.name}: ${outcome.error.message.split("\n", 1)[0]}`;
  return text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
};
