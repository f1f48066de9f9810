// Checks a set of definitions for what is allowed and yet can't be meant: triggers that nothing can satisfy, loops, filters that contradict each other, times of day that
// don't exist, tasks that nothing runs. Pure: definitions and an instant in, findings out.
import { conditionText } from "./condition-text.ts";
import { isSchedule, type ResultCondition } from "./condition.ts";
import { keyConflictOf } from "./check-keys.ts";
import { cronGapsOf } from "./cron-gap.ts";
import type { CompiledTrigger, Definitions, Leaf } from "./definitions.ts";
import { dayMillis } from "./civil.ts";
import { formatInstant } from "./instant.ts";
import { filterMismatch } from "./mismatch.ts";
import {
  isSatisfiable,
  leadsOf,
  loopsOf,
  startedOf,
  writtenOf,
  type Emitted,
  type Loop,
} from "./trigger-graph.ts";

export interface CheckFinding {
  /** A fault can't be meant; a note may be. */
  readonly level: "fault" | "note";
  readonly kind: "dead" | "contradiction" | "over" | "by-hand" | "loop" | "gap" | "unused-task";
  readonly trigger: string | null;
  readonly task: string | null;
  /** Of a loop: task, trigger, task, …, back to the first task. Empty for others. */
  readonly path: readonly string[];
  /** What, where, and how to mend it. */
  readonly message: string;
}

/** All findings, faults first. `now` decides what is over, and whose next year is looked at. */
export const checkOf = (
  definitions: Definitions,
  { now, emitted = new Map() }: { readonly now: number; readonly emitted?: Emitted },
): readonly CheckFinding[] => {
  const triggers = writtenOf(definitions);
  const doubts = new Map<Leaf, Doubt>();
  for (const trigger of triggers)
    for (const leaf of [...trigger.leaves, ...trigger.parts]) {
      const doubt = doubtOf(leaf, { definitions, triggers, now });
      if (doubt !== undefined) doubts.set(leaf, doubt);
    }
  const canBe = (leaf: Leaf): boolean => canComeTrue(leaf, doubts);
  const started = startedOf(triggers, canBe);
  const findings = [
    ...triggers.flatMap((trigger) => ofTrigger(trigger, doubts, canBe)),
    ...triggers.flatMap(ofKeys),
    ...triggers
      .filter((trigger) => !started.has(trigger) && isSatisfiable(trigger, canBe))
      .map(byHand),
    ...loopsOf(leadsOf(definitions, emitted)).map(ofLoop),
    ...triggers.flatMap((trigger) => ofGaps(trigger, now)),
    ...unusedTasks(definitions, triggers),
  ];
  const isFault = ({ level }: CheckFinding): boolean => level === "fault";
  return [...findings.filter(isFault), ...findings.filter((it) => !isFault(it))];
};

/** Why a leaf is never satisfied. */
interface Doubt {
  readonly kind: "dead" | "contradiction" | "over";
  readonly why: string;
}

interface Surroundings {
  readonly definitions: Definitions;
  readonly triggers: readonly CompiledTrigger[];
  readonly now: number;
}

const doubtOf = (leaf: Leaf, surroundings: Surroundings): Doubt | undefined => {
  const { condition, schedule } = leaf;
  if (schedule !== null) return doubtOfSchedule(leaf, surroundings.now);
  switch (condition._tag) {
    case "Status":
      return doubtOfStates(leaf, surroundings) ?? doubtOfInput(leaf, surroundings);
    case "Result":
      return doubtOfResult(condition) ?? doubtOfInput(leaf, surroundings);
    case "Failure":
      return doubtOfInput(leaf, surroundings);
    default:
      return undefined;
  }
};

const doubtOfSchedule = ({ schedule }: Leaf, now: number): Doubt | undefined => {
  if (schedule === null || schedule.next(now) !== undefined) return undefined;
  const last = schedule.previous(now + 1);
  return last === undefined
    ? { kind: "dead", why: "it names no instant at all" }
    : { kind: "over", why: `its last occurrence was ${formatInstant(last)}` };
};

const doubtOfStates = (
  { condition }: Leaf,
  { definitions: { tasks } }: Surroundings,
): Doubt | undefined => {
  if (condition._tag !== "Status") return undefined;
  const options = tasks.get(condition.task);
  if (options === undefined) return undefined;
  const { expireAfterMillis, onLost, attemptsMax } = options;
  const never = (state: string): string | undefined => {
    if (state === "expired" && expireAfterMillis === null) return "it has no expireAfter";
    if (state === "lost" && onLost === "fail") return 'it has onLost: "fail"';
    if (state === "retrying" && attemptsMax === 1 && onLost === "fail") return "it has one attempt";
    return undefined;
  };
  const reasons = condition.states.map(never);
  const [why] = reasons;
  return why === undefined || reasons.includes(undefined)
    ? undefined
    : {
        kind: "dead",
        why: `no run of task ${JSON.stringify(condition.task)} is ever ${condition.states.join(" or ")}: ${why}`,
      };
};

const doubtOfResult = ({ is, where }: ResultCondition): Doubt | undefined => {
  if (is === undefined) return undefined;
  const mismatch = filterMismatch(where, is, "result");
  if (mismatch === undefined) return undefined;
  return {
    kind: "contradiction",
    why: `no value is what "is" asks for and passes "where" (${mismatch})`,
  };
};

/** A filter on a task's input that none of the inputs passes with which triggers run it; none at all where one of them makes its inputs. */
const doubtOfInput = ({ condition }: Leaf, { triggers }: Surroundings): Doubt | undefined => {
  if (!("task" in condition) || !("input" in condition) || condition.input === undefined)
    return undefined;
  const inputs = triggers
    .filter(({ task }) => task === condition.task)
    .map(({ definition }) => definition.input);
  const mismatches = inputs.map((input) =>
    typeof input === "function"
      ? undefined
      : filterMismatch(condition.input, input ?? null, "input"),
  );
  const [first] = mismatches;
  if (first === undefined || mismatches.includes(undefined)) return undefined;
  return {
    kind: "contradiction",
    why: `no trigger runs task ${JSON.stringify(condition.task)} with such an input (${first})`,
  };
};

/** An absence comes true with one of its starts, or, where there is none to come, by silence. */
const canComeTrue = (leaf: Leaf, doubts: ReadonlyMap<Leaf, Doubt>): boolean => {
  if (doubts.has(leaf)) return false;
  if (leaf.condition._tag !== "Absent") return true;
  const starts = leaf.trigger.parts.filter((part) => part.of === leaf && part.role === "start");
  return starts.length === 0 || starts.some((start) => !doubts.has(start));
};

const finding = (
  level: CheckFinding["level"],
  kind: CheckFinding["kind"],
  message: string,
  about: Partial<Pick<CheckFinding, "trigger" | "task" | "path">>,
): CheckFinding => ({ level, kind, trigger: null, task: null, path: [], ...about, message });

/** What is over has had its time; what never comes is a mistake, also in a branch of an `any`. */
const ofTrigger = (
  trigger: CompiledTrigger,
  doubts: ReadonlyMap<Leaf, Doubt>,
  canBe: (leaf: Leaf) => boolean,
): readonly CheckFinding[] => {
  const isDead = !isSatisfiable(trigger, canBe);
  return [...trigger.leaves, ...trigger.parts].flatMap((leaf) => {
    const doubt = doubts.get(leaf);
    if (doubt === undefined) return [];
    const { kind, why } = doubt;
    const place = `Trigger ${JSON.stringify(trigger.id)}${isDead ? " can never fire" : ""}: condition ${JSON.stringify(leaf.path)}, ${conditionText(leaf.condition)}`;
    const [level, word, mend] =
      kind === "over"
        ? (["note", "is over", "remove it, or give it another end"] as const)
        : (["fault", "is never satisfied", "change or remove it"] as const);
    return [
      finding(level, kind, `${place}, ${word}: ${why}; ${mend}`, {
        trigger: trigger.id,
        task: trigger.task,
      }),
    ];
  });
};

/** Leaves that wait for each other under keys that are never the same. */
const ofKeys = (trigger: CompiledTrigger): readonly CheckFinding[] => {
  const conflict = keyConflictOf(trigger);
  if (conflict === undefined) return [];
  const [one, other] = conflict.paths.map((path, at) => {
    const leaf = trigger.leaves.find((it) => it.path === path) as Leaf;
    return `${JSON.stringify(path)}, ${conditionText(leaf.condition)}, with the key ${JSON.stringify(conflict.keys[at])}`;
  });
  return [
    finding(
      "fault",
      "contradiction",
      `Trigger ${JSON.stringify(trigger.id)}: its "by" never brings together condition ${one} and condition ${other}; let their filters, or "by", agree`,
      { trigger: trigger.id, task: trigger.task },
    ),
  ];
};

const byHand = (trigger: CompiledTrigger): CheckFinding => {
  const waits = trigger.leaves.map(({ condition }) => conditionText(condition)).join(", ");
  return finding(
    "note",
    "by-hand",
    `Trigger ${JSON.stringify(trigger.id)} waits for ${waits}, and no event or schedule leads there: only runs that people ask for do`,
    { trigger: trigger.id, task: trigger.task },
  );
};

const ofLoop = ({ steps, isFree }: Loop): CheckFinding => {
  const [first] = steps;
  const task = first?.task ?? "";
  const path = [...steps.flatMap((step) => [step.task, step.lead.trigger.id]), task];
  const way = steps.map(
    ({ task: from, lead }) =>
      `${JSON.stringify(from)} ${lead.from.text}, so trigger ${JSON.stringify(lead.trigger.id)} runs ${JSON.stringify(lead.trigger.task)}`,
  );
  return finding(
    isFree ? "fault" : "note",
    "loop",
    `Task ${JSON.stringify(task)} triggers itself: ${way.join("; ")}${isFree ? "; nothing on the way ends it: give one of the triggers a filter, a throttle or another condition" : ""}`,
    { trigger: first?.lead.trigger.id ?? null, task, path },
  );
};

const yearMillis = 366 * dayMillis;

const ofGaps = (trigger: CompiledTrigger, now: number): readonly CheckFinding[] =>
  [...trigger.leaves, ...trigger.parts].flatMap(({ condition, path }) =>
    isSchedule(condition) && condition._tag === "Cron"
      ? cronGapsOf(condition, trigger.id, { after: now, until: now + yearMillis }).map(
          ({ local, movedTo }) =>
            finding(
              "note",
              "gap",
              `Trigger ${JSON.stringify(trigger.id)}: condition ${JSON.stringify(path)}, ${conditionText(condition)}, names ${local}, which clocks there leave out: ${
                movedTo === null
                  ? "it does not run then"
                  : `it runs at ${formatInstant(movedTo)} instead`
              }`,
              { trigger: trigger.id, task: trigger.task },
            ),
        )
      : [],
  );

const unusedTasks = (
  { tasks }: Definitions,
  triggers: readonly CompiledTrigger[],
): readonly CheckFinding[] => {
  const used = new Set(triggers.map(({ task }) => task));
  return [...tasks.keys()]
    .filter((id) => !used.has(id))
    .map((id) =>
      finding(
        "note",
        "unused-task",
        `Task ${JSON.stringify(id)}: no trigger runs it, only people who ask for it`,
        { task: id },
      ),
    );
};
