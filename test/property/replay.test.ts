// Goal: a journal decides itself again: whatever happened, the log and what was missed are enough to owe the same runs and record the same skips. Method: a router lives through a
// world; its log becomes a journal, through text, and is replayed.
import fc from "fast-check";
import { expect, test } from "vitest";
import { definitionsOf, detent, type AppDefinition } from "../../src/core/index.ts";
import { readJournal, runLine, signalLine, skipLine } from "../../src/core/journal.ts";
import type { Journal, JournalLine } from "../../src/core/journal.ts";
import { redactOf } from "../../src/core/redact.ts";
import { replay } from "../../src/core/replay.ts";
import { differencesOf } from "../../src/core/replay-difference.ts";
import { arbitraryApp, arbitraryHappenings, type Happening } from "../support/arbitrary-app.ts";
import type { Log, Router } from "../support/deciding.ts";
import { live, rowsOf } from "../support/living.ts";

const journalOf = (app: AppDefinition, router: Router, log: Log): Journal => {
  const definitions = definitionsOf(detent(app));
  const generation = {
    number: 1,
    fingerprint: definitions.fingerprint,
    activatedAt: 0,
    triggers: {},
    zones: null,
  };
  const { seq, at } = router.state.watermark;
  const whole = redactOf([]);
  const lines: readonly JournalLine[] = [
    { kind: "journal", version: 1, app: "main", generation, watermark: { seq, at }, redacted: [] },
    ...log.signals.map((stored) => signalLine(stored, whole)),
    ...router.skips.map(skipLine),
    ...router.runs.map((run) => runLine(run, whole)),
  ];
  const reading = readJournal(lines.map((line) => JSON.stringify(line)));
  if (!reading.ok) throw new Error(reading.message);
  return reading.value;
};

/** Long enough that a schedule misses occurrences. */
const longer = (happening: Happening): Happening =>
  happening._tag === "Wait" && happening.millis === 30_000
    ? { ...happening, millis: 150_000 }
    : happening;

test("a journal decides itself again, whatever happened and was missed, and is left with the same state", () => {
  let missed = 0;
  fc.assert(
    fc.property(arbitraryApp, arbitraryHappenings, fc.boolean(), (app, told, isLong) => {
      const { router, log } = live(app, isLong ? told.map(longer) : told);
      missed += router.skips.filter(({ reason }) => reason === "missed").length;
      const journal = journalOf(app, router, log);
      const again = replay(definitionsOf(detent(app)), journal);
      expect(differencesOf(journal, again)).toEqual([]);
      expect(new Set(again.runs.map(({ id }) => id)).size).toBe(again.runs.length);
      expect(rowsOf(again.state)).toEqual(rowsOf(router.state));
    }),
    { numRuns: 300 },
  );
  expect(missed).toBeGreaterThan(0);
});

test("a run or a skip more or less, or another, is a difference that names it", () => {
  fc.assert(
    fc.property(arbitraryApp, arbitraryHappenings, fc.nat(), (app, happenings, pick) => {
      const { router, log } = live(app, happenings);
      const journal = journalOf(app, router, log);
      const { runs } = journal;
      fc.pre(runs.length > 0);
      const index = pick % runs.length;
      const run = runs[index]!;
      const again = replay(definitionsOf(detent(app)), journal);
      const without = { ...journal, runs: runs.toSpliced(index, 1) };
      expect(differencesOf(without, again)).toMatchObject([{ kind: "run-added", id: run.id }]);
      const other = { ...journal, runs: runs.with(index, { ...run, input: "other" }) };
      expect(differencesOf(other, again)).toMatchObject([
        { kind: "run-changed", id: run.id, fields: ["input"] },
      ]);
      const more = { ...journal, runs: [...runs, { ...run, id: "t0~X" }] };
      expect(differencesOf(more, again)).toMatchObject([{ kind: "run-missing", id: "t0~X" }]);
    }),
    { numRuns: 50 },
  );
});
