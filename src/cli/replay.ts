// `detent replay`: decides a journal again. Whether it comes to the same; what there was at an instant; what other definitions would have made of it.
import * as Command from "effect/cli/Command";
import type { Definitions } from "../core/definitions.ts";
import { InputError } from "../core/errors.ts";
import { formatInstant } from "../core/instant.ts";
import type { Journal, OwedRun } from "../core/journal.ts";
import { momentOf, type Moment } from "../core/moment.ts";
import { differencesOf, shiftsOf, type Difference, type Shift } from "../core/replay-difference.ts";
import { replay as decide, type Replayed } from "../core/replay.ts";
import { journalIn } from "./journal-text.ts";
import { argument, demandInstant, doing, flag, json, optionalArgument, toggle } from "./options.ts";
import { counted } from "../core/counted.ts";
import { print, printJson, shortJson, styled } from "./output.ts";
import { loadedApp } from "./reach.ts";
import { appFile } from "./settings.ts";
import { instantText } from "./run-view.ts";

export const replay = Command.make(
  "replay",
  {
    journal: argument("JOURNAL", "What detent export has written; - for standard input"),
    app: optionalArgument("APP", "The app's file, with the definitions that decided it"),
    at: flag("at", "INSTANT", "Show what there was at this instant"),
    defs: flag("defs", "FILE", "Decide it by the definitions of this app file instead"),
    diff: toggle("diff", "With --defs: list the runs that would appear, vanish, move or change"),
    json,
  },
  doing(async (options) => {
    if (options.diff && options.defs === undefined)
      throw new InputError("--diff is for --defs FILE, the definitions to compare with");
    if (options.at !== undefined && options.defs !== undefined)
      throw new InputError("give either --at or --defs");
    const at = options.at === undefined ? undefined : demandInstant("at", options.at);
    const { journal } = await journalIn(options.journal);
    const { definitions } = await loadedApp(appFile(options.app));
    if (at !== undefined)
      return tellMoment(momentOf(definitions, journal, demandRouted(at, journal)), options.json);
    if (options.defs === undefined) return tellSame(definitions, journal, options.json);
    const { definitions: others } = await loadedApp(options.defs);
    tellShifts(definitions, others, { journal, isListed: options.diff, isJson: options.json });
  }),
).pipe(
  Command.withDescription(
    "Decide a journal again: check that it comes to the same, show an instant of it, or what other triggers would have made of it",
  ),
  Command.withExamples([
    { command: "detent replay journal.jsonl app.ts" },
    { command: "detent replay journal.jsonl app.ts --at 2026-11-24T02:00Z" },
    { command: "detent replay journal.jsonl app.ts --defs new.ts --diff" },
  ]),
);

const demandRouted = (at: number, { head }: Journal): number => {
  if (at <= head.watermark.at) return at;
  throw new InputError(
    `--at: ${formatInstant(at)} lies behind the end of the journal, ${formatInstant(head.watermark.at)}`,
  );
};

// Whether it decides the same

const tellSame = (definitions: Definitions, journal: Journal, isJson: boolean): void => {
  const replayed = decide(definitions, journal);
  const differences = differencesOf(journal, replayed);
  if (differences.length > 0) process.exitCode = 1;
  const counts = countsOf(journal, replayed);
  if (isJson) {
    const told = differences.map(({ at, ...rest }) => ({ ...rest, at: formatInstant(at) }));
    return printJson({ ...counts, same: differences.length === 0, differences: told });
  }
  for (const difference of differences) print(differenceText(difference));
  const { signals, runs, skips, since } = counts;
  const what = `${counted(signals, "signal")}, ${counted(runs, "run")}, ${counted(skips, "skip")}`;
  const from = since === null ? "" : ` since ${since}, when these definitions began`;
  print(
    differences.length === 0
      ? `${what}: ${styled("green", `decided the same${from}`)}`
      : `${what}: ${styled("red", `${counted(differences.length, "difference")}${from}`)}${hintOf(definitions, journal)}`,
  );
};

const countsOf = (
  { head }: Journal,
  { runs, skips, heard, since }: Replayed,
): {
  readonly app: string;
  readonly signals: number;
  readonly runs: number;
  readonly skips: number;
  readonly since: string | null;
} => ({
  app: head.app,
  signals: heard,
  runs: runs.length,
  skips: skips.length,
  since: since === -Infinity ? null : formatInstant(since),
});

const hintOf = ({ fingerprint }: Definitions, { head }: Journal): string => {
  if (head.generation !== null && head.generation.fingerprint !== fingerprint)
    return "; the file's triggers are not those that decided it";
  return head.redacted.length > 0 ? "; conditions may need values that are redacted" : "";
};

const differenceText = (difference: Difference): string => {
  const [noun = "", word = ""] = difference.kind.split("-");
  const what = {
    added: "is not recorded, but decided now",
    missing: "is recorded, but not decided now",
    changed: "is decided otherwise now",
  }[word];
  const fields = "fields" in difference ? `: ${difference.fields.join(", ")}` : "";
  return `${styled("red", noun.padEnd(4))}  ${difference.id}, ${formatInstant(difference.at)}, ${what}${fields}`;
};

// What there was

const tellMoment = (moment: Moment, isJson: boolean): void => {
  if (isJson) {
    const { at, runs, waiting, deadlines, schedules, ...counts } = moment;
    return printJson({
      at: formatInstant(at),
      ...counts,
      runs: runs.map((it) => ({ ...it, since: formatInstant(it.since) })),
      waiting: waiting.map((it) => ({ ...it, since: formatInstant(it.since) })),
      deadlines: deadlines.map((it) => ({ ...it, until: instantText(it.until) })),
      schedules: schedules.map((it) => ({ ...it, nextAt: formatInstant(it.nextAt) })),
    });
  }
  const { at, seq, owed, skipped, runs, waiting, deadlines, schedules } = moment;
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ["", styled("bold", title), ...lines.map((line) => `  ${line}`)];
  print(
    [
      `${formatInstant(at)}: ${counted(seq, "signal")} routed, ${counted(owed, "run")} owed, ${counted(skipped, "skip")}`,
      ...section(
        "runs that were not over",
        runs.map(({ run, state, since }) => `${run}  ${state} since ${formatInstant(since)}`),
      ),
      ...section(
        "matches that waited",
        waiting.map(
          ({ trigger, leaf, key, signal, since }) =>
            `${signal}  in ${trigger} ${leaf}${key === "" ? "" : `, key ${shortJson(key)}`}, since ${formatInstant(since)}`,
        ),
      ),
      ...section(
        "to come",
        deadlines.map(
          ({ kind, of, until }) => `${kind} ${of}, ${instantText(until) ?? "without an end"}`,
        ),
      ),
      ...section(
        "schedules",
        schedules.map(
          ({ trigger, leaf, nextAt }) => `${trigger} ${leaf}, ${formatInstant(nextAt)}`,
        ),
      ),
    ].join("\n"),
  );
};

// What other definitions would have made of it

const tellShifts = (
  definitions: Definitions,
  others: Definitions,
  {
    journal,
    isListed,
    isJson,
  }: { readonly journal: Journal; readonly isListed: boolean; readonly isJson: boolean },
): void => {
  const before = decide(definitions, journal);
  const after = decide(others, journal, { orphans: "dropped" });
  const shifts = shiftsOf(before.runs, after.runs);
  const counts = { appears: 0, vanishes: 0, moves: 0, changes: 0 };
  for (const { kind } of shifts) counts[kind]++;
  const { appears, vanishes, moves, changes } = counts;
  if (isJson)
    return printJson({
      app: journal.head.app,
      runs: { before: before.runs.length, after: after.runs.length },
      appear: appears,
      vanish: vanishes,
      move: moves,
      change: changes,
      dropped: after.dropped,
      ...(isListed && { shifts: shifts.map(shiftView) }),
    });
  if (isListed) for (const shift of shifts) print(shiftText(shift));
  print(
    `${counted(before.runs.length, "run")} before, ${after.runs.length} after: ${appears} would appear, ${vanishes} vanish, ${moves} move, ${changes} change`,
  );
  if (after.dropped > 0)
    print(
      `${counted(after.dropped, "signal")} of runs that vanish ${after.dropped === 1 ? "was" : "were"} not heard`,
    );
};

const shiftView = (shift: Shift): object =>
  "run" in shift
    ? { kind: shift.kind, run: owedView(shift.run) }
    : { kind: shift.kind, from: owedView(shift.from), to: owedView(shift.to) };

const owedView = ({ id, trigger, task, input, cause, createdAt }: OwedRun): object => ({
  id,
  trigger,
  task,
  input,
  cause,
  createdAt: formatInstant(createdAt),
});

const shiftText = (shift: Shift): string => {
  switch (shift.kind) {
    case "appears":
      return `${styled("green", "appears ")}  ${shift.run.id}, ${formatInstant(shift.run.createdAt)}`;
    case "vanishes":
      return `${styled("red", "vanishes")}  ${shift.run.id}, ${formatInstant(shift.run.createdAt)}`;
    case "moves": {
      const { from, to } = shift;
      const other = from.id === to.id ? "" : `, as ${to.id}`;
      return `${styled("yellow", "moves   ")}  ${from.id}, ${formatInstant(from.createdAt)} to ${formatInstant(to.createdAt)}${other}`;
    }
    case "changes": {
      const { from, to } = shift;
      const task = from.task === to.task ? "" : `, task ${from.task} to ${to.task}`;
      const input = `${shortJson(from.input, 40)} to ${shortJson(to.input, 40)}`;
      return `${styled("yellow", "changes ")}  ${from.id}, ${formatInstant(from.createdAt)}${task}, input ${input}`;
    }
  }
};
