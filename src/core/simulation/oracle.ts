// The oracle: whether what has become of a world is what must become of it. Three parts: the audit of the store's writes, the reference model of what is owed, and what
// bodies have really done. None of them looks into the store's tables.
import { optionsOf } from "../definitions.ts";
import { isTerminal, type Run } from "../run.ts";
import { owedOf } from "./owed.ts";
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
    ...owedOf(world),
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
  const unrouted = mirror.signals.at(
    mirror.watermark.seq - mirror.newestSeq + mirror.signals.length,
  );
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
    // Which engine's definitions counted is its own affair: the laxest of them bind.
    const options = world.editions.map((edition) => optionsOf(edition, run));
    const attemptsMax = Math.max(...options.map((it) => it.attemptsMax));
    const lossesMax = Math.max(...options.map((it) => it.lossesMax));
    const onLost = options.every((it) => it.onLost === "fail") ? "fail" : "retry";
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
