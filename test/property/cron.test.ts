/**
 * Goal: the occurrences of a cron expression are one set, the right one, in every zone there is.
 * Method: laws over random expressions, zones and instants; an oracle that looks at every tick of the clock (test/support); and
 * cron-parser itself, wherever it and the rules of docs/time.md agree. DETENT_LONG=1 multiplies the runs by 20.
 */
import { CronExpressionParser } from "cron-parser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { instantMillis } from "../../src/core/instant.ts";
import {
  compileSchedule,
  cron,
  nextOccurrence,
  occurrencesBetween,
  previousOccurrence,
  scheduleFaults,
  type CronSchedule,
  type Schedule,
} from "../../src/core/schedule.ts";
import {
  allTimeZones,
  arbitraryDateFields,
  arbitraryDst,
  arbitraryExpression,
  arbitraryInstant,
  arbitrarySecondsExpression,
  arbitrarySchedule,
  arbitraryTimeZone,
  comes,
} from "../support/arbitrary-schedule.ts";
import { nextDateByScan, occurrencesByScan, transitionByTemporal } from "../support/cron-oracle.ts";

const times = process.env["DETENT_LONG"] === undefined ? 1 : 20;
const second = 1_000;
const minute = 60_000;
const hour = 60 * minute;

const all = (schedule: Schedule, after: number, until: number): number[] =>
  occurrencesBetween(schedule, { after, until, limit: Infinity }).occurrences;

test("occurrences between a and c are those between a and b followed by those between b and c, for any b", () => {
  const law = fc.property(
    arbitrarySchedule,
    arbitraryInstant,
    fc.nat(hour),
    fc.nat(hour),
    (schedule, a, first, then) => {
      const b = a + first;
      const c = b + then;
      expect(all(schedule, a, c)).toEqual([...all(schedule, a, b), ...all(schedule, b, c)]);
    },
  );
  fc.assert(law, { numRuns: 300 * times });
});

test("a range is counted as if each of its occurrences were looked at, over changes of the clock and leap days", () => {
  const law = fc.property(
    arbitrarySchedule,
    arbitraryInstant,
    fc.oneof(fc.nat(3 * hour), fc.nat(400 * 24 * hour)),
    (schedule, after, length) => {
      const { occurrences, more } = occurrencesBetween(schedule, {
        after,
        until: after + length,
        limit: 3_000,
      });
      const until = more ? (occurrences.at(-1) as number) : after + length;
      expect(compileSchedule(schedule).count({ after, until })).toBe(occurrences.length);
    },
  );
  fc.assert(law, { numRuns: 1_500 * times });
});

test.each([
  ["America/New_York", "2024-03-10T07:00Z"],
  ["Australia/Lord_Howe", "2024-10-05T15:30Z"],
  ["Antarctica/Troll", "2024-03-31T01:00Z"],
  ["America/Havana", "2024-03-10T05:00Z"],
  ["Pacific/Apia", "2011-12-30T10:00Z"],
])("what the gap of %s at %s moves is counted once", (timeZone, gap) => {
  const hours = fc.constantFrom("0", "1", "2", "3", "1,2", "2,3", "1-4", "*");
  const minutes = fc.constantFrom("0", "15", "*/20", "0,30,45");
  const law = fc.property(
    fc.record({ hour: hours, minute: minutes, dst: arbitraryDst }),
    fc.integer({ min: -3 * hour, max: hour }),
    fc.nat(6 * hour),
    (rule, before, length) => {
      const schedule = cron(`${rule.minute} ${rule.hour} * * *`, { timeZone, dst: rule.dst });
      const after = instantMillis(gap) + before;
      const { count } = compileSchedule(schedule);
      expect(count({ after, until: after + length })).toBe(
        all(schedule, after, after + length).length,
      );
    },
  );
  fc.assert(law, { numRuns: 300 * times });
});

test("next and previous leave nothing out between them and undo each other, wherever one asks from", () => {
  const law = fc.property(arbitrarySchedule, arbitraryInstant, (schedule, at) => {
    const next = nextOccurrence(schedule, at);
    if (next !== undefined) {
      expect(next).toBeGreaterThan(at);
      expect(previousOccurrence(schedule, next + 1)).toBe(next);
      expect(previousOccurrence(schedule, next) ?? -Infinity).toBeLessThanOrEqual(at);
    }
    const previous = previousOccurrence(schedule, at);
    if (previous !== undefined) {
      expect(previous).toBeLessThan(at);
      expect(nextOccurrence(schedule, previous - 1)).toBe(previous);
      expect(nextOccurrence(schedule, previous) ?? Infinity).toBeGreaterThanOrEqual(at);
    }
  });
  fc.assert(law, { numRuns: 1_500 * times });
});

test("an expression has a fault exactly if no date of 41 years is one of its own", () => {
  const law = fc.property(arbitraryDateFields, (dates) => {
    expect(scheduleFaults(cron(`0 0 ${dates}`)).length).toBe(comes(`0 0 ${dates}`) ? 0 : 1);
  });
  fc.assert(law, { numRuns: 1_000 * times });
});

test("the next date of an expression is the first that a walk over the days finds, and so is the previous one", () => {
  const law = fc.property(arbitraryDateFields, arbitraryInstant, (dates, at) => {
    const expression = `0 0 ${dates}`;
    const next = nextDateByScan(expression, at + 1);
    fc.pre(next !== undefined);
    expect(nextOccurrence(cron(expression), at)).toBe(next);
    const previous = previousOccurrence(cron(expression), next) ?? Number.NaN;
    expect(nextDateByScan(expression, previous)).toBe(previous);
    expect(nextDateByScan(expression, previous + 1)).toBe(next);
  });
  fc.assert(law, { numRuns: 1_000 * times });
});

interface Window {
  readonly from: number;
  readonly until: number;
}

/** A span of time, half of the time around a change of the zone's clocks. */
const windowOf = (
  timeZone: string,
  pick: { at: number; near: boolean; lead: number },
  length: number,
): Window => {
  const transition = pick.near ? transitionByTemporal(timeZone, pick.at) : undefined;
  const start = transition === undefined ? pick.at : transition - pick.lead;
  const from = Math.floor(start / minute) * minute;
  return { from, until: from + length };
};

const lawOfTheClock = (schedule: CronSchedule, { from, until }: Window): void => {
  const { expression, timeZone = "UTC", dst = "vixie" } = schedule;
  const expected = occurrencesByScan({ expression, timeZone, dst, from, until });
  expect(all(schedule, from - 1, until - 1)).toEqual(expected);
  const backwards: number[] = [];
  for (
    let at = previousOccurrence(schedule, until);
    at !== undefined && at >= from;
    at = previousOccurrence(schedule, at)
  )
    backwards.unshift(at);
  expect(backwards).toEqual(expected);
};

const pick = (lead: number) =>
  fc.record({ at: arbitraryInstant, near: fc.boolean(), lead: fc.nat(lead) });

test(
  "in every zone, an expression is due exactly at the minutes at which the zone's clock says so",
  { timeout: 120_000 * times },
  () => {
    for (const timeZone of allTimeZones) {
      const schedule = fc
        .tuple(arbitraryExpression, arbitraryDst)
        .map(([expression, dst]) => cron(expression, { timeZone, dst }));
      const law = fc.property(
        fc.array(schedule, { minLength: 4, maxLength: 4 }),
        pick(20 * hour),
        (schedules, picked) => {
          const window = windowOf(timeZone, picked, 30 * hour);
          for (const schedule of schedules) lawOfTheClock(schedule, window);
        },
      );
      fc.assert(law, { numRuns: 2 * times });
    }
  },
);

/** The oddest jumps since 1970: whole days left out, hours shown again, seconds, half hours, midnights. */
const jumps = [
  ["Pacific/Apia", "2011-12-30T10:00Z"],
  ["Pacific/Kwajalein", "1993-08-21T12:00Z"],
  ["Pacific/Kiritimati", "1994-12-31T10:00Z"],
  ["Antarctica/Vostok", "1994-01-31T17:00Z"],
  ["Antarctica/Vostok", "1994-11-01T00:00Z"],
  ["Antarctica/Casey", "2020-10-03T16:01Z"],
  ["Antarctica/Casey", "2023-03-08T16:00Z"],
  ["Antarctica/Troll", "2024-03-31T01:00Z"],
  ["Antarctica/Troll", "2024-10-27T01:00Z"],
  ["Australia/Lord_Howe", "2024-04-06T15:00Z"],
  ["Australia/Lord_Howe", "2024-10-05T15:30Z"],
  ["America/Havana", "2024-03-10T05:00Z"],
  ["America/Havana", "2024-11-03T05:00Z"],
  ["Africa/Monrovia", "1972-01-07T00:44:30Z"],
] as const;

test.each(jumps)("around the jump of %s at %s, the zone's clock is right", (timeZone, at) => {
  const schedule = fc
    .tuple(arbitraryExpression, arbitraryDst)
    .map(([expression, dst]) => cron(expression, { timeZone, dst }));
  const schedules = fc.array(schedule, { minLength: 4, maxLength: 4 });
  const law = fc.property(schedules, fc.nat(26), (schedules, lead) => {
    const from = Math.floor(instantMillis(at) / minute) * minute - lead * hour;
    for (const schedule of schedules) lawOfTheClock(schedule, { from, until: from + 30 * hour });
  });
  fc.assert(law, { numRuns: 8 * times });
});

test(
  "an expression with seconds is due exactly at the seconds at which the zone's clock says so",
  { timeout: 120_000 * times },
  () => {
    const schedule = fc.tuple(arbitrarySecondsExpression, arbitraryTimeZone, arbitraryDst);
    const law = fc.property(schedule, pick(hour), ([expression, timeZone, dst], picked) => {
      lawOfTheClock(cron(expression, { timeZone, dst }), windowOf(timeZone, picked, 2 * hour));
    });
    fc.assert(law, { numRuns: 40 * times });
  },
);

/** Where the rules differ on purpose: a star with a step in one of two restricted day fields, and what cron-parser does not read. */
const isAgreed = (expression: string): boolean => {
  const fields = expression.split(" ");
  const [dayOfMonth = "", , dayOfWeek = ""] = fields.slice(-3);
  const plain = (field: string): boolean => field === "*" || field === "?" || !/^[*?]/.test(field);
  const duplicates = fields.some((field) => field.includes(","));
  return plain(dayOfMonth) && plain(dayOfWeek) && !duplicates && !/W|L-/.test(dayOfMonth);
};

test.each(["UTC", "Asia/Tokyo", "Asia/Kolkata"])(
  "in %s, whose clock never jumps now, occurrences are cron-parser's",
  (timeZone) => {
    const expression = fc.oneof(arbitraryExpression, arbitrarySecondsExpression).filter(isAgreed);
    const law = fc.property(expression, arbitraryInstant, (expression, at) => {
      const parsed = CronExpressionParser.parse(expression, { tz: timeZone, currentDate: at });
      const forwards = parsed.take(5).map((date) => date.getTime());
      expect(
        occurrencesBetween(cron(expression, { timeZone }), { after: at, limit: 5 }).occurrences,
      ).toEqual(forwards);
      parsed.reset(new Date(at));
      expect(
        previousOccurrence(cron(expression, { timeZone }), Math.floor(at / second) * second),
      ).toBe(
        CronExpressionParser.parse(expression, {
          tz: timeZone,
          currentDate: Math.floor(at / second) * second,
        })
          .prev()
          .getTime(),
      );
    });
    fc.assert(law, { numRuns: 150 * times });
  },
);

const arbitraryRubbish = fc.oneof(
  fc.anything(),
  fc.string({ unit: fc.constantFrom(..."0123456789*?/-,#LWH() JANMONdt@\t٣".split("")) }),
  fc
    .array(fc.string({ unit: fc.constantFrom(..."059*?/-,#LWH()AN".split("")), maxLength: 4 }), {
      minLength: 5,
      maxLength: 6,
    })
    .map((fields) => fields.join(" ")),
);

test("whatever is given for an expression, a zone and options, it has faults or instants, and never throws", () => {
  const law = fc.property(
    arbitraryRubbish,
    fc.oneof(
      fc.anything(),
      fc.record({ timeZone: fc.anything(), startAt: fc.anything(), dst: fc.anything() }),
    ),
    (expression, options) => {
      const schedule = cron(expression as string, options as object);
      for (const fault of scheduleFaults(schedule)) expect(fault).toMatch(/^cron\(.*\): \S/s);
      const plain = cron(expression as string);
      if (scheduleFaults(plain).length === 0) expect(nextOccurrence(plain, 0)).toBeGreaterThan(0);
    },
  );
  fc.assert(law, { numRuns: 5_000 * times });
});

test("an expression is answered at once, for ever or never, also where no clock ever shows its time", () => {
  // 02:00 to 02:59 on the last Sunday in March is left out in Paris for as long as the rule lasts.
  const schedule = cron("*/5 2 * 3 0L", { timeZone: "Europe/Paris" });
  expect(nextOccurrence(schedule, Date.UTC(2026, 0, 1))).toBeUndefined();
  expect(previousOccurrence(schedule, 8.64e15)).toBe(Date.UTC(1980, 2, 30, 1, 55));
  expect(nextOccurrence(schedule, 0)).toBe(Date.UTC(1970, 2, 29, 1, 0));
});
