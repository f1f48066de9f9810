// What is owed: of each trigger the runs and skips that the log owes by the reference model, life by life, compared with those that there are.
import { isCommand } from "../command.ts";
import type { CompiledTrigger, Definitions, Leaf } from "../definitions.ts";
import { canonical } from "../json.ts";
import { rangeOf } from "../schedule.ts";
import type { Skip } from "../store.ts";
import type { Firing } from "../trigger.ts";
import { subjectOf } from "./audit.ts";
import { isOf, livesOf, type Life } from "./life.ts";
import type { Mirror } from "./mirror.ts";
import { expectedOf, inputOf, occurrenceHearings, type Hearing } from "./reference.ts";
import type { Violation } from "./violation.ts";

/** What is judged. */
export interface Judged {
  readonly store: { readonly mirror: Mirror };
  /** All definitions that engines may have had. */
  readonly editions: readonly Definitions[];
  readonly hearings: () => readonly Hearing[];
}

/** Skips that the reference model foresees; with any other it can't say what becomes of a trigger. */
const foreseen: ReadonlySet<string> = new Set([
  "filtered-by-error",
  "within-passed",
  "superseded",
  "waiting-full",
  "missed",
  "missed-too-old",
  "input-failed",
  "overlap",
  "retired",
]);
const known: ReadonlySet<string> = new Set(
  "_tag id when run input by take within waitingMax".split(" "),
);

const isMissed = (reason: Skip["reason"]): boolean =>
  reason === "missed" || reason === "missed-too-old";

/** Whether the reference model knows all that a trigger asks for. */
const isModelled = ({ definition, leaves }: CompiledTrigger): boolean =>
  Object.keys(definition).every((option) => known.has(option)) &&
  leaves.every(({ condition }) => condition._tag !== "Absent");

/** What a trigger's lives owe together. */
interface Owed {
  /** By run id, with the trigger as it was then. */
  readonly firings: ReadonlyMap<
    string,
    { readonly firing: Firing; readonly trigger: CompiledTrigger }
  >;
  /** `<reason> <signal id>` of each signal that becomes a skip by itself; of retired occurrences the range. */
  readonly skips: ReadonlySet<string>;
}

interface Comparison {
  readonly trigger: string;
  readonly owed: Owed;
  readonly skips: readonly Skip[];
}

/** Runs and skips of all triggers are those that the log owes, no more and no fewer. */
export const owedOf = (world: Judged): readonly Violation[] => {
  const { mirror } = world.store;
  if (mirror.signals.some(isCommand)) return [];
  const unmodelled = new Set(unmodelledOf(world.editions));
  return [...livesOf(mirror, world.editions)].flatMap(([trigger, lives]) =>
    unmodelled.has(trigger) ? [] : owedBy(world, trigger, lives),
  );
};

const owedBy = (world: Judged, trigger: string, lives: readonly Life[]): Violation[] => {
  const { mirror } = world.store;
  const skips = mirror.skips.filter((skip) => skip.trigger === trigger);
  if (!skips.every(({ reason }) => foreseen.has(reason))) return [];
  // Which of its runs were open when it was defined anew, the log alone doesn't say.
  if (lives.length > 1 && lives.some((life) => life.trigger.overlaps)) return [];
  const violations: Violation[] = [];
  const firings = new Map<string, { readonly firing: Firing; readonly trigger: CompiledTrigger }>();
  const owedSkips = new Set<string>();
  for (const [index, life] of lives.entries()) {
    const hearings = world.hearings().filter((hearing) => isOf(life, hearing));
    for (const leaf of life.trigger.leaves) {
      const since = sinceOf(leaf, lives, index);
      const { heard, breaches } = occurrencesOf(mirror, { leaf, life, since, skips });
      violations.push(...breaches);
      hearings.push(...occurrenceHearings(leaf, heard));
      const left = leftOf(leaf, lives, index);
      if (left !== undefined) owedSkips.add(left);
    }
    const expected = expectedOf(life.trigger, hearings, (life.end ?? mirror.watermark).at);
    for (const [id, firing] of expected.firings) firings.set(id, { firing, trigger: life.trigger });
    for (const skip of expected.skips) owedSkips.add(skip);
    if (life.end !== null) for (const id of expected.waiting) owedSkips.add(`retired ${id}`);
  }
  const owed = { firings, skips: owedSkips };
  violations.push(...runsOf(mirror, { trigger, owed, skips }));
  violations.push(...skipsOf(mirror, { trigger, owed, skips }));
  return violations;
};

const isNextOf = (life: Life, before: Life | undefined): boolean =>
  before?.end?.activatedAt === life.from.activatedAt && before.end.seq === life.from.seq;

const hasLeaf = ({ trigger }: Life, { key }: Leaf): boolean =>
  trigger.leaves.some((leaf) => leaf.key === key);

/** From when on a schedule's occurrences are heard: one that the trigger had before goes on where it was. */
const sinceOf = (leaf: Leaf, lives: readonly Life[], index: number): number => {
  const [life, before] = [lives[index] as Life, lives[index - 1]];
  return before?.end && isNextOf(life, before) && hasLeaf(before, leaf)
    ? Math.max(before.end.at, sinceOf(leaf, lives, index - 1))
    : life.from.activatedAt;
};

/** The occurrences of a schedule that had come due when it was gone, and were not routed. */
const leftOf = (leaf: Leaf, lives: readonly Life[], index: number): string | undefined => {
  const [life, after] = [lives[index] as Life, lives[index + 1]];
  const { end } = life;
  if (leaf.schedule === null || end === null) return undefined;
  if (after !== undefined && isNextOf(after, life) && hasLeaf(after, leaf)) return undefined;
  const routed = Math.max(end.at, sinceOf(leaf, lives, index));
  const range = rangeOf(leaf.schedule, { after: routed, until: end.activatedAt });
  return range && `retired ${leaf.key}@${range.from}-${range.to}`;
};

const runsOf = (mirror: Mirror, { trigger, owed, skips }: Comparison): Violation[] => {
  const violations: Violation[] = [];
  const failed = new Set(skips.filter(({ reason }) => reason === "input-failed").map(subjectOf));
  const runs = new Map(
    mirror.runs.filter((run) => run.trigger === trigger).map((run) => [run.id, run]),
  );
  for (const [id, { firing, trigger: made }] of owed.firings) {
    const run = runs.get(id);
    const cause = [...new Set(firing.matches.map((match) => match.id))];
    if (run === undefined) {
      if (cause.every((signal) => failed.has(signal))) continue;
      violations.push({
        law: "no-lost-run",
        message: `${trigger} owes a run for ${cause.join(" and ")}, and there is neither run nor skip`,
        at: mirror.watermark.at,
        about: [id, ...cause],
      });
      continue;
    }
    const input = inputOf(made, firing);
    if (input !== undefined && canonical(run.input) !== input)
      violations.push({
        law: "input-of-its-firing",
        message: `the input of ${id} is ${canonical(run.input)}; its firing makes ${input}`,
        at: run.createdAt,
        about: [id],
      });
  }
  for (const [id, run] of runs)
    if (!owed.firings.has(id))
      violations.push({
        law: "no-phantom-run",
        message: `${id} is there because of ${run.cause.join(" and ")}, which owes no run`,
        at: run.createdAt,
        about: [id, ...run.cause],
      });
  return violations;
};

const skipsOf = (mirror: Mirror, { trigger, owed, skips }: Comparison): Violation[] => {
  const found = new Set(
    skips
      .filter(({ reason }) => !isMissed(reason) && reason !== "input-failed")
      .map((skip) => `${skip.reason} ${subjectOf(skip)}`),
  );
  const wrong = (skip: string, message: string): Violation => ({
    law: "run-or-skip",
    message: `${trigger}: ${message}: ${skip}`,
    at: mirror.watermark.at,
    about: [skip.slice(skip.indexOf(" ") + 1)],
  });
  return [
    ...[...owed.skips]
      .filter((skip) => !found.has(skip))
      .map((skip) => wrong(skip, "a skip should be recorded, and isn't")),
    ...[...found]
      .filter((skip) => !owed.skips.has(skip))
      .map((skip) => wrong(skip, "a skip is recorded that should not be")),
  ];
};

/** The occurrences of a leaf that were heard; each that has passed is heard or skipped, and only what was missed is skipped. */
const occurrencesOf = (
  mirror: Mirror,
  options: {
    readonly leaf: Leaf;
    readonly life: Life;
    readonly since: number;
    readonly skips: readonly Skip[];
  },
): { readonly heard: readonly number[]; readonly breaches: readonly Violation[] } => {
  const { leaf, life, since, skips } = options;
  const { schedule, trigger } = leaf;
  const breaches: Violation[] = [];
  const heard: number[] = [];
  if (schedule === null) return { heard, breaches };
  const until = (life.end ?? mirror.watermark).at;
  const ranges = skips.filter(
    ({ reason, detail, at }) =>
      isMissed(reason) &&
      (detail === leaf.path || trigger.leaves.length === 1) &&
      at > life.from.at &&
      at <= until,
  );
  const counts = new Map<Skip, number>();
  for (let at = schedule.next(since); at !== undefined && at <= until; at = schedule.next(at)) {
    const instant = at;
    const range = ranges.find(({ from, to }) => instant >= (from ?? 0) && instant <= (to ?? 0));
    if (range === undefined) heard.push(instant);
    else counts.set(range, (counts.get(range) ?? 0) + 1);
  }
  for (const range of ranges) {
    const breach = (message: string): void =>
      void breaches.push({
        law: "missed-policy",
        message: `${trigger.id}: ${message}`,
        at: range.at,
        about: [],
      });
    const { to, count } = range;
    if ((counts.get(range) ?? 0) !== count)
      breach(`a skip tells of ${count} occurrences, and ${counts.get(range) ?? 0} were skipped`);
    if (range.at - (to ?? 0) <= schedule.missedAfterMillis)
      breach(`an occurrence was skipped as missed ${range.at - (to ?? 0)} ms after it was due`);
    if (schedule.missed === "all" && range.reason === "missed" && heard.length < schedule.missedMax)
      breach("occurrences were skipped as missed, although all of them are to be made up");
  }
  return { heard, breaches };
};

/** The triggers that the reference model can't judge: by their options, or because another edition has them with other functions, which makes no other generation. */
export const unmodelledOf = (editions: readonly Definitions[]): readonly string[] => {
  const unmodelled = new Set<string>();
  const known = new Map<string, CompiledTrigger>();
  for (const trigger of editions.flatMap(({ triggers }) => [...triggers.values()])) {
    const { id, fingerprint } = trigger;
    const same = known.get(`${id} ${fingerprint}`) ?? trigger;
    known.set(`${id} ${fingerprint}`, same);
    const isSame = same.definition === trigger.definition || codeOf(same) === codeOf(trigger);
    if (!isModelled(trigger) || !isSame) unmodelled.add(id);
  }
  return [...unmodelled];
};

/** The functions of a trigger, as text. */
const codeOf = ({ definition, leaves }: CompiledTrigger): string =>
  [definition.input, definition.by, ...leaves.map(({ condition }) => condition)]
    .map((it) => (typeof it === "function" ? String(it) : JSON.stringify(it, asText)))
    .join("\n");

/** A definition of an event has a schema, which only types. */
const asText = (key: string, value: unknown): unknown =>
  key === "definition" ? undefined : typeof value === "function" ? String(value) : value;
