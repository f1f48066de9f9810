// Goal: L1, runs and skips are a fold over the routed log, whoever routes, in whatever batches. Method: one router lives through a world and makes its log; others are
// given the same log in other pieces, some through rows read back from a snapshot.
import fc from "fast-check";
import { expect, test } from "vitest";
import { definitionsOf, detent } from "../../src/core/index.ts";
import { isTerminal } from "../../src/core/run.ts";
import type { StoredSignal } from "../../src/core/signal.ts";
import { arbitraryApp, arbitraryHappenings } from "../support/arbitrary-app.ts";
import { Router } from "../support/deciding.ts";
import { live, plain, Rows, rowsOf } from "../support/living.ts";

const told = ({ runs, skips, state }: Router): unknown => ({ runs, skips, ...rowsOf(state) });

test("whoever routes the log, in whatever pieces, owes the same runs, records the same skips and is left with the same state", () => {
  fc.assert(
    fc.property(
      arbitraryApp,
      arbitraryHappenings,
      fc.array(fc.boolean(), { maxLength: 40 }),
      fc.boolean(),
      (app, happenings, together, reread) => {
        const { router, log, moments } = live(app, happenings);
        const other = new Router(app);
        moments.forEach(({ seq, now }, index) => {
          const pending: StoredSignal[] = log.signals.slice(other.state.watermark.seq, seq);
          // Some moments' signals are routed one by one, others together.
          if (together[index] !== true)
            for (const signal of pending) other.route({ signals: [signal], until: signal.at, now });
          other.route({ signals: together[index] === true ? pending : [], until: now, now });
          if (reread) other.reread();
        });
        expect(told(other)).toEqual(told(router));
      },
    ),
    { numRuns: 300 },
  );
});

test("what a match was consumed for is consumed once per trigger: no signal is in the causes of two runs of a trigger, nor both in a run and in a skip", () => {
  fc.assert(
    fc.property(arbitraryApp, arbitraryHappenings, (app, happenings) => {
      const { router } = live(app, happenings);
      const uses = router.runs.flatMap(({ trigger, cause }) =>
        cause.map((id) => `${trigger} ${id}`),
      );
      expect(new Set(uses).size).toBe(uses.length);
      // A backfill lets an occurrence run that was skipped.
      const skipped = new Set(
        router.skips
          .filter(({ signal }) => signal !== null)
          .map(({ trigger, signal }) => `${trigger} ${signal}`),
      );
      expect(uses.filter((use) => skipped.has(use))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("whatever people tell it, a router owes a run once", () => {
  fc.assert(
    fc.property(arbitraryApp, arbitraryHappenings, (app, happenings) => {
      const ids = live(app, happenings).router.runs.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 300 },
  );
});

test("a run leaves its scopes when it is over, and the root of a scope of its own leaves others when that is settled", () => {
  fc.assert(
    fc.property(arbitraryApp, arbitraryHappenings, (app, happenings) => {
      const { router, log } = live(app, happenings);
      const { watched } = definitionsOf(detent(app));
      const terminal = new Set<string>();
      const settled = new Set<string>();
      for (const { signal } of log.signals.slice(0, router.state.watermark.seq)) {
        if (signal._tag !== "Status") continue;
        if (signal.state === "settled") {
          // Never too early.
          expect([signal.run, terminal.has(signal.run)]).toEqual([signal.run, true]);
          settled.add(signal.run);
        }
        if (signal.state !== "settled" && isTerminal(signal.state as never))
          terminal.add(signal.run);
      }
      const taskOf = new Map(router.runs.map(({ id, task }) => [id, task]));
      const held = new Set(router.state.deadlines.values().map(({ id }) => id));
      for (const [scope, rows] of router.state.open)
        for (const [run, { ended }] of rows) {
          // A firing that is kept back is in its scopes as long as it is.
          if (!taskOf.has(run)) {
            expect([run, ended]).toEqual([held.has(run) ? run : "let go", null]);
            continue;
          }
          const isRoot = watched.has(taskOf.get(run) ?? "");
          const isOver =
            isRoot && scope !== `settled:${run}` ? settled.has(run) : terminal.has(run);
          expect([scope, run, isOver]).toEqual([scope, run, ended !== null]);
        }
    }),
    { numRuns: 1_000 },
  );
});

test("what a step writes is the state that it leads to: of waiting matches, deadlines and scopes no row too many, none too few, and none is removed that was not there", () => {
  fc.assert(
    fc.property(arbitraryApp, arbitraryHappenings, (app, happenings) => {
      const { router } = live(app, happenings);
      const rows = new Rows(new Router(app).state);
      for (const decision of router.decisions) rows.write(decision);
      expect(rows.all()).toEqual(rowsOf(router.state));
      for (const { order } of rows.all().waiting) expect(Number.isSafeInteger(order)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("what a router remembers after a decision is what it would read of the rows: nothing that is over, nothing less", () => {
  fc.assert(
    fc.property(arbitraryApp, arbitraryHappenings, (app, happenings) => {
      const { router } = live(app, happenings);
      const remembered = plain(router.state);
      router.reread();
      expect(plain(router.state)).toEqual(remembered);
    }),
    { numRuns: 300 },
  );
});
