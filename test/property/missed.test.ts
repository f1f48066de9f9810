// Goal: of occurrences that were noticed too late, the right ones still fire, and each other one is in one skipped range, with its reason. Method: small intervals, instants and
// policies of any kind, against a list of the occurrences one by one.
import fc from "fast-check";
import { expect, test } from "vitest";
import { catchUp } from "../../src/core/missed.ts";
import { compileSchedule, every } from "../../src/core/schedule.ts";

const late = fc
  .record({
    interval: fc.integer({ min: 1, max: 9 }),
    missed: fc.constantFrom("skip" as const, "latest" as const, "all" as const),
    missedAfter: fc.nat(12),
    missedWithin: fc.option(fc.nat(60), { nil: undefined }),
    missedMax: fc.integer({ min: 1, max: 6 }),
    endAt: fc.option(fc.integer({ min: 100, max: 160 }), { nil: undefined }),
    ordinal: fc.nat(3),
    beyond: fc.nat(70),
    until: fc.nat(90),
  })
  .map(({ ordinal, beyond, until, ...options }) => {
    const from = (Math.ceil(100 / options.interval) + ordinal) * options.interval;
    // `from` itself is missed at `now`, and within the piece.
    return { ...options, from, now: from + options.missedAfter + 1 + beyond, until: from + until };
  })
  .filter(({ from, endAt }) => endAt === undefined || from <= endAt);

test("of the occurrences noticed too late the policy keeps the newest that are not too old, by the time of noticing and not by the piece; all before them in the piece are skipped, each once and with its reason", () => {
  fc.assert(
    fc.property(late, ({ interval, from, now, until, ...options }) => {
      const { missed, missedAfter, missedWithin, missedMax, endAt = Infinity } = options;
      const schedule = compileSchedule(
        every(interval, {
          missed,
          missedAfter,
          missedMax,
          ...(missedWithin !== undefined && { missedWithin }),
          ...(options.endAt !== undefined && { endAt }),
        }),
      );
      const instants: number[] = [];
      for (let at = from; at < now - missedAfter && at <= endAt; at += interval) instants.push(at);
      const isTooOld = (at: number): boolean =>
        missedWithin !== undefined && at < now - missedWithin;
      const young = missed === "skip" ? [] : instants.filter((at) => !isTooOld(at));
      const fires = young.slice(missed === "latest" ? -1 : -missedMax);
      const covered = instants.filter((at) => at <= until);
      const answer = catchUp(schedule, { from, until, now });
      expect(answer.fireFrom).toBe(covered.find((at) => at === fires[0]));
      expect(answer.through).toBe(covered.at(-1));
      expect(
        answer.skipped.flatMap(({ from: first, to, count, reason }) => {
          const range = covered.filter((at) => first <= at && at <= to);
          expect([count, range[0], range.at(-1)]).toEqual([range.length, first, to]);
          return range.map((at) => [at, reason]);
        }),
      ).toEqual(
        covered
          .filter((at) => at < (fires[0] ?? Infinity))
          .map((at) => [at, isTooOld(at) ? "missed-too-old" : "missed"]),
      );
    }),
    { numRuns: 2_000 },
  );
});
