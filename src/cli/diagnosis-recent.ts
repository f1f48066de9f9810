// What `detent doctor` finds of the last day: what is paused, what was skipped, what failed, and what is due and nobody has come to. Plain data in, findings out.
import { endless, subjectText } from "../core/command.ts";
import { compileSchedule, scheduleOfKey } from "../core/schedule.ts";
import { formatInstant } from "../core/instant.ts";
import type { Run } from "../core/run.ts";
import type { SkipReason } from "../core/skip-reason.ts";
import type { Cursor, Deadline, Skip } from "../core/store.ts";
import { fault, note, type Finding } from "./finding.ts";
import { counted } from "../core/counted.ts";
import { shortJson } from "./output.ts";
import { outcomeText } from "./runs.ts";

export interface Recent {
  readonly deadlines: readonly Deadline[];
  readonly cursors: readonly Cursor[];
  /** Of the last day, newest first. */
  readonly skips: readonly Skip[];
  /** Runs that ended without success in the last day, newest first. */
  readonly failed: readonly Run[];
  /** Signals that are stored and not routed; since when the oldest is. */
  readonly unrouted: { readonly count: number; readonly since: number | null };
  /** Whether an engine lives. */
  readonly isAlive: boolean;
  readonly now: number;
}

export const recentFindings = (recent: Recent): readonly Finding[] => [
  ...ofRouting(recent),
  ...ofSchedules(recent),
  ...ofPauses(recent),
  ...ofSkips(recent),
  ...ofFailed(recent),
];

/** An engine comes to what is due much sooner. */
const lateMillis = 60_000;

const ofRouting = ({ unrouted, isAlive, now }: Recent): readonly Finding[] => {
  const { count, since } = unrouted;
  if (count === 0 || since === null) return [];
  const text = `${counted(count, "signal")} stored and not routed yet, since ${formatInstant(since)}`;
  if (!isAlive) return [note(`${text}: the next engine routes them`)];
  if (now - since < lateMillis) return [];
  return [
    fault(
      `${text}, although an engine lives: only engines with the active definitions route; start one with them`,
    ),
  ];
};

const ofSchedules = ({ cursors, deadlines, isAlive, now }: Recent): readonly Finding[] => {
  const paused = pausedTriggersOf(deadlines);
  return cursors
    .filter(({ trigger }) => !paused.has(trigger))
    .flatMap(({ trigger, leaf, at }) => {
      const dueAt = nextOf(leaf, trigger, at);
      if (dueAt === undefined || dueAt > now - lateMillis) return [];
      const text = `trigger ${JSON.stringify(trigger)} has been due since ${formatInstant(dueAt)}`;
      return [
        isAlive
          ? fault(
              `${text}, and no engine has come to it: engines with the active definitions route; start one with them`,
            )
          : note(
              `${text}, and no engine has been there: after the next start its "missed" decides what still runs`,
            ),
      ];
    });
};

export const pausedTriggersOf = (deadlines: readonly Deadline[]): ReadonlySet<string> =>
  new Set(
    deadlines.flatMap(({ due }) =>
      due._tag === "Paused" && "trigger" in due.subject ? [due.subject.trigger] : [],
    ),
  );

/** A cursor's schedule as its leaf's key says it; undefined for what this version can't read. */
export const nextOf = (leaf: string, trigger: string, after: number): number | undefined => {
  try {
    const schedule = scheduleOfKey(leaf);
    return schedule && compileSchedule(schedule, trigger).next(after);
  } catch {
    return undefined;
  }
};

const ofPauses = ({ deadlines }: Recent): readonly Finding[] =>
  deadlines.flatMap(({ at, due }) => {
    if (due._tag !== "Paused") return [];
    const { subject } = due;
    const until = at >= endless ? "until somebody resumes it" : `until ${formatInstant(at)}`;
    const [what, mend] =
      "trigger" in subject
        ? ["what would have fired it becomes skips", `detent resume ${subject.trigger}`]
        : ["its runs wait", `detent resume --task ${subject.task}`];
    return [note(`${subjectText(subject)} is paused ${until}: ${what}; "${mend}" ends that`)];
  });

const causes: { readonly [reason in SkipReason]?: string } = {
  missed: "no engine came to them in time",
  "missed-too-old": "no engine came to them in time",
  overlap: "runs before them were not over",
  paused: "it was paused",
  retired: "its definition changed",
  "filtered-by-error": "a filter or by failed",
  "input-failed": "its input failed",
  "waiting-full": "more waited than its waitingMax",
  refused: "it can't be done",
};

/** Skips that flow control or a join asked for are no news. */
const ofSkips = ({ skips }: Recent): readonly Finding[] => {
  const groups = Map.groupBy(
    skips.filter(({ reason }) => causes[reason] !== undefined),
    ({ trigger, reason }) => JSON.stringify([trigger, reason]),
  );
  return [...groups.values()].map((group) => {
    const [newest] = group as [Skip];
    const { trigger, reason, signal, to, detail } = newest;
    const count = group.reduce((sum, skip) => sum + skip.count, 0);
    const which = signal ?? (to === null ? "" : formatInstant(to));
    const more = signal !== null && detail !== null ? `: ${detail}` : "";
    return note(
      `trigger ${JSON.stringify(trigger)}: ${counted(count, "skip")} within a day, ${reason}, ${causes[reason] ?? ""}, the last of ${shortJson(which)}${more}`,
    );
  });
};

const ofFailed = ({ failed }: Recent): readonly Finding[] =>
  [...Map.groupBy(failed, ({ task, state }) => JSON.stringify([task, state])).values()].map(
    (group) => {
      const [{ id, task, state, outcome }] = group as [Run];
      return note(
        `task ${JSON.stringify(task)}: ${counted(group.length, "run")} ${state} within a day, the last ${id}: ${outcomeText(outcome)}`,
      );
    },
  );
