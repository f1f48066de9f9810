// `detent show`: one run, with its attempts and the signals that caused it.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import * as path from "node:path";
import { withCauses, type ErrorData, type InputError, type StoreError } from "../core/errors.ts";
import { frameText, placeText, userFrames, type Frame } from "../core/frames.ts";
import type { Attempt, Run } from "../core/run.ts";
import type { StoredSignal } from "../core/signal.ts";
import type { StorePort } from "../core/store.ts";
import { durationText, print, printJson, shortJson, stateStyles, styled } from "./output.ts";
import { app, argument, doing, json, store } from "./options.ts";
import { appNamed, withStore } from "./reach.ts";
import { attemptView, instantText, noRun, runView } from "./run-view.ts";
import { outcomeText } from "./runs.ts";

export const show = Command.make(
  "show",
  { run: argument("RUN", "The run's id"), app, store, json },
  doing(async (options) => {
    const { name } = await appNamed(options.app);
    const shown = await withStore({ store: options.store, app: name, absent: "refuse" }, (port) =>
      runShown(port, options.run),
    );
    if (!options.json) return print(textOf(shown).join("\n"));
    printJson({
      ...runView(shown.run),
      attempts: shown.attempts.map((it) => attemptView(it)),
      signals: shown.signals.map(({ id, at, signal }) => ({ id, ...signal, at: instantText(at) })),
    });
  }),
).pipe(
  Command.withDescription("Show one run with its attempts and the signals that caused it"),
  Command.withExamples([{ command: "detent show thumbnail~01JQ8Z5K3V9W2X7Y4R6T8P0M1N" }]),
);

interface Shown {
  readonly run: Run;
  readonly attempts: readonly Attempt[];
  /** Those of its cause that the log has; occurrences are not in it. */
  readonly signals: readonly StoredSignal[];
}

const runShown = (port: StorePort, id: string): Effect.Effect<Shown, StoreError | InputError> =>
  Effect.gen(function* () {
    const [run] = (yield* port.list("run", { where: { ids: [id] }, limit: 1 })).rows;
    if (run === undefined) return yield* Effect.fail(noRun(id, port));
    const attempts = yield* port.list("attempt", {
      where: { run: id },
      limit: 1_000,
      order: "oldest",
    });
    const signals = yield* port.list("signal", {
      where: { ids: run.cause },
      limit: 1_000,
      order: "oldest",
    });
    return { run, attempts: attempts.rows, signals: signals.rows };
  });

const textOf = ({ run, attempts, signals }: Shown): readonly string[] => {
  const field = (name: string, text: string | null): string[] =>
    text === null || text === "" ? [] : [`  ${styled("dim", name.padEnd(8))}  ${text}`];
  const stored = new Map(signals.map((it) => [it.id, it]));
  return [
    `${styled("bold", run.id)}  ${styled(stateStyles[run.state], run.state)}${run.cancelRequested ? " (cancel requested)" : ""}`,
    ...field("task", run.task),
    ...field("trigger", run.trigger),
    ...field("created", instantText(run.createdAt)),
    ...field("due", instantText(run.dueAt)),
    ...field("started", instantText(run.startedAt)),
    ...field("settled", instantText(run.settledAt)),
    ...field("input", shortJson(run.input, 400)),
    ...field("outcome", outcomeText(run.outcome, 400)),
    ...errorLines(run.outcome).map((line) => `${" ".repeat(12)}${line}`),
    "",
    styled("bold", "cause"),
    ...run.cause.map((id) => `  ${id}${causeText(stored.get(id))}`),
    ...(attempts.length === 0 ? [] : ["", styled("bold", "attempts")]),
    ...attempts.map((it) => `  ${attemptText(it)}`),
  ];
};

/** Where it was thrown, as far as that is the user's own code, and the same of what caused it. */
const errorLines = (outcome: Run["outcome"]): readonly string[] => {
  if (outcome === null || !("error" in outcome)) return [];
  return withCauses(outcome.error).flatMap((error, depth) => [
    ...(depth === 0 ? [] : [`caused by ${outcomeText({ error }, 400)}`]),
    ...userFrames(error.stack).map((frame) => `  ${styled("dim", frameText(nearby(frame)))}`),
  ]);
};

/** The innermost place of the user's code, be it that of a cause. */
const placeOf = (error: ErrorData): string => {
  const [frame] = withCauses(error).flatMap(({ stack }) => userFrames(stack));
  return frame === undefined ? "" : `  ${styled("dim", placeText(nearby(frame)))}`;
};

/** Its path from here, if it lies below. */
const nearby = (frame: Frame): Frame => {
  const file = path.relative(process.cwd(), frame.file);
  return file.startsWith("..") || path.isAbsolute(file) ? frame : { ...frame, file };
};

const causeText = (stored: StoredSignal | undefined): string => {
  if (stored === undefined) return "";
  const { signal } = stored;
  const what =
    signal._tag === "Event"
      ? `${signal.name} ${shortJson(signal.payload)}`
      : `${signal.task} ${signal.state}`;
  return `  ${what}  ${styled("dim", instantText(stored.at) ?? "")}`;
};

const attemptText = (row: Attempt): string => {
  const { attempt, outcome } = attemptView(row);
  const took = row.startedAt === null ? "not started" : durationText(row.settledAt - row.startedAt);
  const error =
    "error" in row.outcome && row.outcome.error !== null
      ? `${outcomeText({ error: row.outcome.error }, 400)}${placeOf(row.outcome.error)}`
      : "";
  return `${attempt}  ${outcome.kind}  ${took}${error === "" ? "" : `  ${error}`}`;
};
