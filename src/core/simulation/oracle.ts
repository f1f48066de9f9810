// The oracle: whether what has become of a world is what must become of it. Three parts: the audit of the store's writes, the reference model of what is owed, and what
// bodies have really done. None of them looks into the store's tables.
import { isCommand } from "../command.ts";
import { optionsOf, type CompiledTrigger, type Definitions, type Leaf } from "../definitions.ts";
import { canonical } from "../json.ts";
import { isTerminal, type Run } from "../run.ts";
import type { Skip } from "../store.ts";
import { subjectOf } from "./audit.ts";
import {
  expectedOf,
  inputOf,
  occurrenceHearings,
  type Expected,
  type Hearing,
} from "./reference.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** What must have come about: so many signals are routed, these runs are over. */
export interface Awaited {
  readonly signals: number;
  readonly runs: readonly string[];
}

/** All laws that do not hold in a world that has come to rest. */
export const judged = (world: World, awaited: Awaited): readonly Violation[] => {
  return [
    ...world.breaches,
    ...world.store.audit.violations,
    ...signalsOf(world),
    ...routedOf(world, awaited),
    ...bodiesOf(world),
    ...[...world.definitions.triggers.values()].flatMap((trigger) => owedOf(world, trigger)),
  ];
};

/** What was acknowledged is in the log. */
const signalsOf = (world: World): Violation[] => {
  const log = new Set(world.store.mirror.signals.map(({ id }) => id));
  const lost: Violation[] = [];
  for (const [id, at] of world.acknowledged)
    if (!log.has(id))
      lost.push({
        law: "acknowledged-is-stored",
        message: `the event ${id} was acknowledged, and it is not in the log`,
        at,
        about: [id],
      });
  for (const { run, outcome, emitted, startedAt } of world.bodies) {
    const settled = world.store.mirror.run(run);
    if (outcome?._tag !== "Succeeded" || settled?.state !== "succeeded") continue;
    for (const { id } of emitted)
      if (!log.has(id))
        lost.push({
          law: "acknowledged-is-stored",
          message: `${run} has emitted ${id} and has succeeded, and the event is not in the log`,
          at: startedAt,
          about: [run, id],
        });
  }
  return lost;
};

/** Everything comes to its end once nothing stands in the way. */
const routedOf = (world: World, awaited: Awaited): Violation[] => {
  const { mirror } = world.store;
  const late: Violation[] = [];
  const unrouted = mirror.signals[mirror.watermark.seq];
  if (unrouted !== undefined && unrouted.seq <= awaited.signals)
    late.push({
      law: "liveness",
      message: `the signal ${unrouted.id} was not routed, long after the last fault`,
      at: unrouted.at,
      about: [unrouted.id],
    });
  for (const id of awaited.runs) {
    const run = mirror.run(id);
    if (run !== undefined && !isTerminal(run.state))
      late.push({
        law: "liveness",
        message: `${id} is ${run.state}${run.owner === null ? "" : ` by ${run.owner}`} long after the last fault; it should have ended`,
        at: run.createdAt,
        about: [id],
      });
  }
  return late;
};

/** How often bodies may run. */
const bodiesOf = (world: World): Violation[] => {
  const violations: Violation[] = [];
  const settled = world.store.audit.attempts;
  for (const [id, bodies] of Map.groupBy(world.bodies, ({ run }) => run)) {
    const run = world.store.mirror.run(id);
    const last = bodies.at(-1);
    if (last === undefined) continue;
    const breach = (law: string, message: string): void =>
      void violations.push({ law, message, at: last.startedAt, about: [id] });
    if (run === undefined) {
      breach("no-phantom-run", `a body of ${id} ran, and nobody owes that run`);
      continue;
    }
    if (new Set(bodies.map(({ token }) => token)).size < bodies.length)
      breach("claimed-once", `two bodies of ${id} ran with one token`);
    const { attemptsMax, lossesMax, onLost } = optionsOf(world.definitions, run);
    const { tried = 0, lost = 0 } = settled.get(id) ?? {};
    if (tried > attemptsMax)
      breach("attempts", `${id} was tried ${tried} times; ${attemptsMax} are allowed`);
    if (lost > lossesMax + 1)
      breach("attempts", `${id} was lost ${lost} times; ${lossesMax} losses are forgiven`);
    // A body that was killed with its engine may have done anything before.
    const killed = bodies.findIndex((body) => body.isOver && body.outcome === null);
    if (onLost === "fail" && killed !== -1 && killed < bodies.length - 1)
      breach(
        "at-most-once",
        `${id} ran again after its engine had died, and its task is onLost: "fail"`,
      );
    violations.push(...keptOf(world, bodies, run));
  }
  return violations;
};

/** What a body has achieved is not done again, unless its engine died before it could tell. */
const keptOf = (world: World, bodies: readonly World["bodies"][number][], run: Run): Violation[] =>
  bodies.flatMap((body, index) => {
    const later = bodies[index + 1];
    if (later === undefined || body.outcome?._tag !== "Succeeded") return [];
    const diedAt = world.store.deaths.get(body.owner);
    if (diedAt !== undefined && diedAt <= later.startedElapsed) return [];
    return [
      {
        law: "outcome-kept",
        message: `${run.id} succeeded with the token ${body.token} on engine ${body.engine}, which is alive, and it ran again with the token ${later.token}`,
        at: later.startedAt,
        about: [run.id],
      },
    ];
  });

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

/** Runs and skips of a trigger are those that the log owes, no more and no fewer. */
const owedOf = (world: World, trigger: CompiledTrigger): Violation[] => {
  const { mirror } = world.store;
  const skips = mirror.skips.filter((skip) => skip.trigger === trigger.id);
  if (!isModelled(trigger) || !skips.every(({ reason }) => foreseen.has(reason))) return [];
  if (mirror.signals.some(isCommand)) return [];
  const violations: Violation[] = [];
  const hearings: Hearing[] = [...world.hearings()];
  for (const leaf of trigger.leaves) {
    if (leaf.schedule === null) continue;
    const { heard, breaches } = occurrencesOf(world, leaf, skips);
    violations.push(...breaches);
    hearings.push(...occurrenceHearings(leaf, heard));
  }
  const expected = expectedOf(trigger, hearings, mirror.watermark.at);
  violations.push(...runsOf(world, { trigger, expected, skips }));
  violations.push(...skipsOf({ trigger, expected, skips, until: mirror.watermark.at }));
  return violations;
};

interface Comparison {
  readonly trigger: CompiledTrigger;
  readonly expected: Expected;
  readonly skips: readonly Skip[];
}

const runsOf = (world: World, { trigger, expected, skips }: Comparison): Violation[] => {
  const { mirror } = world.store;
  const violations: Violation[] = [];
  const failed = new Set(skips.filter(({ reason }) => reason === "input-failed").map(subjectOf));
  const runs = new Map(
    mirror.runs.filter((run) => run.trigger === trigger.id).map((run) => [run.id, run]),
  );
  for (const [id, firing] of expected.firings) {
    const run = runs.get(id);
    const cause = [...new Set(firing.matches.map((match) => match.id))];
    if (run === undefined) {
      if (cause.every((signal) => failed.has(signal))) continue;
      violations.push({
        law: "no-lost-run",
        message: `${trigger.id} owes a run for ${cause.join(" and ")}, and there is neither run nor skip`,
        at: mirror.watermark.at,
        about: [id, ...cause],
      });
      continue;
    }
    const input = inputOf(trigger, firing);
    if (input !== undefined && canonical(run.input) !== input)
      violations.push({
        law: "input-of-its-firing",
        message: `the input of ${id} is ${canonical(run.input)}; its firing makes ${input}`,
        at: run.createdAt,
        about: [id],
      });
  }
  for (const [id, run] of runs)
    if (!expected.firings.has(id))
      violations.push({
        law: "no-phantom-run",
        message: `${id} is there because of ${run.cause.join(" and ")}, which owes no run`,
        at: run.createdAt,
        about: [id, ...run.cause],
      });
  return violations;
};

const skipsOf = ({
  trigger,
  expected,
  skips,
  until,
}: Comparison & { readonly until: number }): Violation[] => {
  const found = new Set(
    skips
      .filter(({ reason }) => !isMissed(reason) && reason !== "input-failed")
      .map((skip) => `${skip.reason} ${subjectOf(skip)}`),
  );
  const wrong = (skip: string, message: string): Violation => ({
    law: "run-or-skip",
    message: `${trigger.id}: ${message}: ${skip}`,
    at: until,
    about: [skip.slice(skip.indexOf(" ") + 1)],
  });
  return [
    ...[...expected.skips]
      .filter((skip) => !found.has(skip))
      .map((skip) => wrong(skip, "a skip should be recorded, and isn't")),
    ...[...found]
      .filter((skip) => !expected.skips.has(skip))
      .map((skip) => wrong(skip, "a skip is recorded that should not be")),
  ];
};

/** The occurrences of a leaf that were heard; each that has passed is heard or skipped, and only what was missed is skipped. */
const occurrencesOf = (
  world: World,
  leaf: Leaf,
  skips: readonly Skip[],
): { readonly heard: readonly number[]; readonly breaches: readonly Violation[] } => {
  const { schedule, trigger } = leaf;
  const breaches: Violation[] = [];
  const heard: number[] = [];
  const since = world.store.mirror.activatedAt;
  if (schedule === null || since === undefined) return { heard, breaches };
  const ranges = skips.filter(
    ({ reason, detail }) =>
      isMissed(reason) && (detail === leaf.path || trigger.leaves.length === 1),
  );
  const counts = new Map<Skip, number>();
  const until = world.store.mirror.watermark.at;
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

/** The triggers that the reference model can't judge. */
export const unmodelledOf = (definitions: Definitions): readonly string[] =>
  [...definitions.triggers.values()].filter((it) => !isModelled(it)).map(({ id }) => id);
