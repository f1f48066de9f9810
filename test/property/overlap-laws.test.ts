// Goal: a schedule minds the runs of its trigger as its policy says, whatever they do and however the log is cut. Method: a schedule of every ten seconds, whose runs end at random
// instants or not at all, is routed in random pieces, some of them from rows read back; what comes of it is compared with a model that looks at the instants alone.
import fc from "fast-check";
import { expect, test } from "vitest";
import { every, task, trigger, type Overlap } from "../../src/core/index.ts";
import { isTerminal } from "../../src/core/run.ts";
import { cancelsOf } from "../../src/core/overlap.ts";
import { arbitraryApp, arbitraryHappenings } from "../support/arbitrary-app.ts";
import { Log, Router } from "../support/deciding.ts";
import { live } from "../support/living.ts";

const second = 1_000;
const interval = 10 * second;

/** How long the runs take, one after the other as they are owed; and where the log is cut. */
const scripts = fc.record({
  takes: fc.array(fc.constantFrom(1, 4, 9, 10, 11, 25, 70), { minLength: 20, maxLength: 20 }),
  cuts: fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
  rereads: fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
});
type Script = typeof scripts extends fc.Arbitrary<infer Value> ? Value : never;

const until = 150 * second;
const dues = Array.from({ length: 15 }, (_, index) => (index + 1) * interval);

interface Came {
  /** When each run was owed, and the occurrence that it is of. */
  readonly ran: readonly (readonly [due: number, at: number])[];
  readonly skipped: readonly number[];
}

/** Routes the schedule; each run ends when its time is over. */
const routed = (overlap: Overlap, { takes, cuts, rereads }: Script, waitingMax: number): Came => {
  const work = task({ id: "work", run: (input: unknown) => input });
  const app = {
    tasks: [work],
    triggers: [
      trigger("t", {
        when: every(interval, { overlap }),
        run: work,
        waitingMax,
        input: (f) => f.occurrence.dueAt,
      }),
    ],
  };
  const router = new Router(app);
  const log = new Log();
  const ended = new Set<string>();
  for (;;) {
    // What is known of runs so far decides what ends next: routing up to there may owe more.
    const ends = router.runs
      .map((run, index) => ({ run, at: run.createdAt + (takes[index] as number) * second }))
      .filter(({ run, at }) => !ended.has(run.id) && at <= until)
      .sort((one, other) => one.at - other.at);
    const next = ends[0];
    // The schedule alone owes runs that may end before that one.
    const horizon = Math.min(next?.at ?? until, router.state.watermark.at + interval, until);
    if (next !== undefined && next.at <= horizon) {
      ended.add(next.run.id);
      log.status(next.run, "succeeded", { at: next.at });
      router.route({ signals: log.signals.slice(router.state.watermark.seq) });
    } else if (router.state.watermark.at >= until) break;
    else {
      if (cuts[ended.size] === true) router.route({ until: horizon - 1 });
      router.route({ until: horizon });
    }
    if (rereads[ended.size] === true) router.reread();
  }
  return {
    ran: router.runs.map(({ input, createdAt }) => [input as number, createdAt]),
    skipped: router.skips.map(({ signal, from, to, count, reason }) => {
      expect([signal, to, count, reason]).toEqual([null, from, 1, "overlap"]);
      return from as number;
    }),
  };
};

/** The same from the instants alone. */
const modelled = (overlap: Overlap, { takes }: Script, waitingMax: number): Came => {
  const ran: [number, number][] = [];
  const skipped: number[] = [];
  let waiting: number[] = [];
  let busyUntil = -Infinity;
  const run = (due: number, at: number): void => {
    const end = at + (takes[ran.length] as number) * second;
    ran.push([due, at]);
    busyUntil = overlap === "allow" ? -Infinity : end;
  };
  for (const due of [...dues, Infinity]) {
    // At one instant the occurrence comes before the end of a run.
    let turns = 0;
    for (const next of waiting) {
      if (busyUntil >= due || busyUntil > until) break;
      run(next, busyUntil);
      turns++;
    }
    waiting = waiting.slice(turns);
    if (due === Infinity) break;
    if (busyUntil < due) run(due, due);
    else if (overlap === "cancelOther") {
      skipped.push(...waiting);
      waiting = [due];
    } else if (overlap === "skip" || waiting.length >= (overlap === "bufferOne" ? 1 : waitingMax))
      skipped.push(due);
    else waiting.push(due);
  }
  return { ran, skipped };
};

test.each(["allow", "skip", "bufferOne", "bufferAll", "cancelOther"] as const)(
  "for any lengths of runs and any pieces, overlap %s makes the runs and skips that a simple model says",
  (overlap) => {
    fc.assert(
      fc.property(scripts, fc.constantFrom(2, 10_000), (script, waitingMax) => {
        expect(routed(overlap, script, waitingMax)).toEqual(modelled(overlap, script, waitingMax));
      }),
      { numRuns: 200 },
    );
  },
);

test("whatever happens to whatever app, a firing waits for its turn only while a run of its trigger is open, and what is to be cancelled for it is open", () => {
  fc.assert(
    fc.property(arbitraryApp, arbitraryHappenings, (app, happenings) => {
      const { router, log } = live(app, happenings);
      const { state } = router;
      for (const { due } of state.deadlines.values())
        if (due._tag === "Turn")
          expect(state.open.get(`overlap:${due.trigger}`)?.size).toBeGreaterThan(0);
      const over = new Set(
        log.signals.flatMap(({ signal, seq }) =>
          signal._tag === "Status" &&
          signal.state !== "settled" &&
          isTerminal(signal.state as never) &&
          seq <= state.watermark.seq
            ? [signal.run]
            : [],
        ),
      );
      for (const [scope, rows] of state.open)
        if (scope.startsWith("overlap:"))
          for (const run of rows.keys()) expect([run, over.has(run)]).toEqual([run, false]);
      for (const run of cancelsOf(state, state.firings.keys()))
        expect([run, over.has(run)]).toEqual([run, false]);
    }),
    { numRuns: 500 },
  );
});
