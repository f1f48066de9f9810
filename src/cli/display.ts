// What `detent start` shows of an engine: lines without a terminal, JSON lines for scripts. live.ts has the one for terminals.
import type { EngineNote } from "../core/engine.ts";
import { formatInstant } from "../core/instant.ts";
import type { Summary } from "../core/store.ts";
import type { Runtime } from "../runtime/start.ts";
import { durationText, print, printJson, stateStyles, styled, tableOf } from "./output.ts";
import { outcomeView, runView } from "./run-view.ts";
import { outcomeText } from "./runs.ts";
import { detailText } from "./skips.ts";
import { Tally, type TaskTally } from "./tally.ts";
import { counted } from "../core/counted.ts";

export interface Display {
  /** The engine runs. */
  readonly begin: (runtime: Runtime) => void;
  readonly hear: (note: EngineNote) => void;
  /** Something to tell about the engine as a whole. */
  readonly say: (text: string) => void;
  /** The engine has stopped; `summary` is what its store held last, where that is known. */
  readonly end: (summary: Summary | undefined) => void;
  /** The engine could not be started; the failure is told elsewhere. */
  readonly abandon: () => void;
}

/** A note as one line of text; undefined for notes that only a live display shows. */
export const lineOf = (note: EngineNote, tally: Tally, now: number): string | undefined => {
  switch (note._tag) {
    case "Ended": {
      const { run } = note;
      const word = run.state === "pending" ? "retrying" : run.state;
      const took = tally.tookMillis(run, now);
      const error =
        "error" in note.outcome && note.outcome.error !== null
          ? outcomeText({ error: note.outcome.error }, 300)
          : "";
      return [
        styled(run.state === "pending" ? "yellow" : stateStyles[run.state], word.padEnd(9)),
        run.task,
        run.id,
        ...(run.attempt > 1 ? [`attempt ${run.attempt}`] : []),
        ...(took === null ? [] : [durationText(took)]),
        ...(error === "" ? [] : [error]),
      ].join("  ");
    }
    case "Logged":
      return `${styled(note.level === "error" ? "red" : "dim", note.level.padEnd(9))}  ${note.run.task}  ${note.message}`;
    case "Expired":
      return [styled(stateStyles.expired, "expired  "), note.run.task, note.run.id].join("  ");
    case "Skipped": {
      const { trigger, reason, count } = note.skip;
      const detail = detailText(note.skip);
      return `${styled("yellow", "skipped  ")}  ${trigger}  ${reason}${count > 1 ? ` (${count})` : ""}${detail === "" ? "" : `  ${detail}`}`;
    }
    case "Info":
      return `${styled("dim", "info     ")}  ${note.message}`;
    case "Warning":
      return `${styled("yellow", "warning  ")}  ${note.message}`;
    default:
      return undefined;
  }
};

/** A run that goes on tells how far it is no more often than this, and short ones not at all. */
const progressMillis = 5_000;

/** One line for each outcome, log, skip and warning, each with its instant; and now and then one for how far a long run is. */
export const lineDisplay = (clock: () => number): Display => {
  const tally = new Tally(clock());
  const tell = (line: string): void => print(`${formatInstant(clock())}  ${line}`);
  const progressAt = new Map<string, number>();
  const progress = (note: EngineNote & { _tag: "Progress" }): void => {
    const { id, task } = note.run;
    const now = clock();
    const last = progressAt.get(id) ?? tally.current.get(id)?.startedAt ?? now;
    if (now - last < progressMillis) return;
    progressAt.set(id, now);
    const share = `${Math.round(note.fraction * 100)} %`;
    const message = note.message === null ? "" : `  ${note.message.split("\n", 1)[0]}`;
    tell(`${styled("cyan", "progress ")}  ${task}  ${id}  ${share}${message}`);
  };
  return {
    begin: ({ store }) => {
      tally.store = store;
      tell(`started    ${store}`);
    },
    hear: (note) => {
      const line = lineOf(note, tally, clock());
      tally.hear(note, clock());
      if (line !== undefined) tell(line);
      if (note._tag === "Progress") progress(note);
      if (note._tag === "Ended") progressAt.delete(note.run.id);
    },
    say: tell,
    end: (summary) => print(summaryText(tally, summary, clock())),
    abandon: () => {},
  };
};

/** Each note as a line of JSON; first `engine-started`, last `summary`. */
export const jsonDisplay = (clock: () => number): Display => {
  const tally = new Tally(clock());
  const tell = (note: string, fields: object): void =>
    printJson({ note, at: formatInstant(clock()), ...fields });
  return {
    begin: ({ store }) => tell("engine-started", { store }),
    hear: (note) => {
      tally.hear(note, clock());
      tell(note._tag.toLowerCase(), fieldsOf(note));
    },
    say: (message) => tell("message", { message }),
    end: (summary) =>
      tell("summary", {
        millis: clock() - tally.beganAt,
        tasks: [...tally.tasks.values()],
        store: summary ?? null,
      }),
    abandon: () => {},
  };
};

const fieldsOf = (note: EngineNote): object => {
  if (note._tag === "Owed" || note._tag === "Expired") return { run: runView(note.run) };
  if (note._tag === "Ended") return { run: runView(note.run), outcome: outcomeView(note.outcome) };
  const { _tag, ...fields } = note;
  if (!("run" in fields)) return fields;
  const { id, trigger, task, attempt } = fields.run;
  return { ...fields, run: { id, trigger, task, attempt } };
};

/** A table of what ran, by task, and what the store holds. */
export const summaryText = (tally: Tally, summary: Summary | undefined, now: number): string => {
  const rows = [...tally.tasks.values()].sort((a, b) => (a.task < b.task ? -1 : 1));
  const amount = (title: string, of: (row: TaskTally) => number) =>
    ({ title, text: (row: TaskTally) => of(row).toLocaleString("en"), align: "right" }) as const;
  const attempts = (row: TaskTally): number => row.succeeded + row.failed + row.other + row.retries;
  const table = tableOf(rows, [
    { title: "task", text: ({ task }) => task },
    amount("succeeded", (row) => row.succeeded),
    amount("failed", (row) => row.failed),
    amount("other", (row) => row.other),
    amount("retries", (row) => row.retries),
    {
      title: "mean",
      text: (row) => durationText(row.millis / Math.max(1, attempts(row))),
      align: "right",
    },
    { title: "in all", text: (row) => durationText(row.millis), align: "right" },
  ]);
  const ended = rows.reduce((sum, row) => sum + row.succeeded + row.failed + row.other, 0);
  const lines = [
    "",
    ...(rows.length === 0 ? [] : [table, ""]),
    `${counted(ended, "run")} ended in ${durationText(now - tally.beganAt)}${tally.skips === 0 ? "" : `; ${tally.skips.toLocaleString("en")} skipped`}`,
  ];
  if (summary !== undefined) lines.push(`in the store (${tally.store}): ${statesText(summary)}`);
  return lines.join("\n");
};

const statesText = (summary: Summary): string =>
  Object.entries(summary.runs)
    .filter(([, amount]) => amount > 0)
    .map(([state, amount]) => `${amount.toLocaleString("en")} ${state}`)
    .join(", ") || "no runs";
