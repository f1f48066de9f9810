// What `detent start --log` writes: one log record for each thing that an operator may have to find again, by Effect's Logger; on standard output, as JSON lines or for people.
// The messages and annotations are a table of docs/operating.md.
import * as Effect from "effect/Effect";
import type * as LogLevel from "effect/LogLevel";
import * as Logger from "effect/Logger";
import type { ErrorData } from "../core/errors.ts";
import type { EngineNote } from "../core/engine.ts";
import type { Redact } from "../core/redact.ts";
import type { Run } from "../core/run.ts";
import type { SkipReason } from "../core/skip-reason.ts";
import type { Display } from "./display.ts";
import { canColor, print } from "./output.ts";
import { Tally } from "./tally.ts";

export type LogFormat = "json" | "pretty";

interface Record {
  readonly level: LogLevel.Severity;
  readonly message: string;
  readonly annotations: { readonly [name: string]: unknown };
}

export const logDisplay = (
  format: LogFormat,
  { clock, redact }: { readonly clock: () => number; readonly redact: Redact },
): Display => {
  const tally = new Tally(clock());
  const loggers = new Set([loggerOf(format)]);
  const tell = ({ level, message, annotations }: Record): void =>
    Effect.runSync(
      Effect.logWithLevel(level)(message).pipe(
        Effect.annotateLogs(annotations),
        Effect.provideService(Logger.CurrentLoggers, loggers),
      ),
    );
  const info = (message: string, annotations: Record["annotations"]): void =>
    tell({ level: "Info", message, annotations });
  return {
    begin: ({ store }) => info("engine started", { store }),
    hear: (note) => {
      const now = clock();
      const tookMillis = "run" in note ? tally.tookMillis(note.run, now) : null;
      tally.hear(note, now);
      const record = recordOf(note, tookMillis, redact);
      if (record !== undefined) tell(record);
    },
    say: (text) => info(text, {}),
    end: () => info("engine stopped", { millis: clock() - tally.beganAt }),
    abandon: () => {},
  };
};

const loggerOf = (format: LogFormat): Logger.Logger<unknown, void> =>
  format === "json"
    ? Logger.map(Logger.formatJson, print)
    : Logger.consolePretty({ colors: canColor(process.stdout), mode: "tty" });

const about = ({ id, task, trigger, attempt }: Run): Record["annotations"] => ({
  run: id,
  task,
  trigger,
  attempt,
});

const recordOf = (
  note: EngineNote,
  tookMillis: number | null,
  redact: Redact,
): Record | undefined => {
  switch (note._tag) {
    case "Ended": {
      const { run, outcome } = note;
      const error = "error" in outcome && outcome.error !== null ? outcome.error : null;
      return {
        ...ends(run),
        annotations: {
          ...about(run),
          state: run.state,
          ...(tookMillis !== null && { millis: tookMillis }),
          ...(error !== null && { error: redact("error", shortOf(error)) }),
        },
      };
    }
    case "Expired":
      return { level: "Warn", message: "run expired", annotations: about(note.run) };
    case "Skipped": {
      const { trigger, signal, reason, count, detail } = note.skip;
      return {
        level: isAmiss(reason) ? "Warn" : "Info",
        message: "skipped",
        annotations: { trigger, signal, reason, count, detail },
      };
    }
    case "Logged":
      return {
        level: severities[note.level],
        message: note.message,
        annotations: about(note.run),
      };
    case "Info":
      return { level: "Info", message: note.message, annotations: {} };
    case "Warning":
      return { level: "Warn", message: note.message, annotations: {} };
    default:
      return undefined;
  }
};

const severities = { debug: "Debug", info: "Info", warn: "Warn", error: "Error" } as const;

const ends = ({ state }: Run): Pick<Record, "level" | "message"> => {
  switch (state) {
    case "succeeded":
      return { level: "Info", message: "run succeeded" };
    case "failed":
    case "lost":
      return { level: "Error", message: `run ${state}` };
    case "pending":
      return { level: "Warn", message: "attempt ended, the run is tried again" };
    default:
      return { level: "Warn", message: `run ${state}` };
  }
};

const shortOf = ({
  name,
  message,
}: ErrorData): { readonly name: string; readonly message: string } => ({
  name,
  message,
});

/** Not what a join or flow control asked for, nor a person. */
const isAmiss = (reason: SkipReason): boolean =>
  !["superseded", "debounced", "throttled", "paused", "overlap"].includes(reason);
