// Goal: a range of occurrences is counted as if each were looked at, also where it begins or ends at one, where clocks jump, and over centuries. Method: schedules by hand,
// and every range that begins and ends at or beside two of their occurrences.
import { describe, expect, test } from "vitest";
import { instantMillis } from "../../src/core/instant.ts";
import {
  at,
  compileSchedule,
  cron,
  every,
  occurrencesBetween,
  rangeOf,
  type CronOptions,
  type Schedule,
} from "../../src/core/schedule.ts";

const second = 1_000;
const hour = 3_600 * second;
const instants = (schedule: Schedule, after: string, until: string): readonly number[] =>
  occurrencesBetween(schedule, { after, until }).occurrences;

const zoned = (expression: string, timeZone: string, dst: CronOptions["dst"] = "vixie") =>
  cron(expression, { timeZone, dst });

describe.each<[string, Schedule, string, string]>([
  ["an interval", every("7 h"), "2024-02-28T00:00Z", "2024-03-02T00:00Z"],
  ["an interval of 1 ms", every(1), "2024-02-28T00:00Z", "2024-02-28T00:00:00.007Z"],
  ["one instant", at("2024-02-29T00:00Z"), "2024-02-28T00:00Z", "2024-03-02T00:00Z"],
  [
    "times of day over a leap day",
    cron("30 7,22 28-31,1 2-3 *"),
    "2024-02-27T00:00Z",
    "2024-03-03T00:00Z",
  ],
  ["a leap day from January on", cron("0 0 28-31 * *"), "2024-01-10T00:00Z", "2024-04-01T00:00Z"],
  ["a leap day in the next year", cron("0 0 29 2 *"), "2023-06-01T00:00Z", "2025-01-01T00:00Z"],
  ["the end of a year", cron("0 0 1,31 * *"), "2023-11-30T00:00Z", "2024-02-02T00:00Z"],
  [
    "seconds around the half of a minute",
    cron("30-33 59 23 * * *"),
    "2024-02-27T00:00Z",
    "2024-02-29T00:00Z",
  ],
  [
    "minutes around the half of an hour",
    cron("30-33 0,23 * * *"),
    "2024-02-27T00:00Z",
    "2024-02-29T00:00Z",
  ],
  [
    "what a gap moves to its end",
    zoned("*/20 1-3 * * *", "Europe/Paris", "vixie"),
    "2024-03-30T22:00Z",
    "2024-03-31T04:00Z",
  ],
  [
    "times that a gap makes one",
    zoned("0,30 2 * * *", "Europe/Paris"),
    "2024-03-30T00:00Z",
    "2024-04-01T12:00Z",
  ],
  [
    "one in a gap and one at its end",
    zoned("0 2,3 * * *", "Europe/Paris"),
    "2024-03-30T00:00Z",
    "2024-04-01T12:00Z",
  ],
  [
    "a gap of 3 hours",
    zoned("30 1 * * *", "Antarctica/Casey"),
    "2020-10-02T00:00Z",
    "2020-10-05T00:00Z",
  ],
  ["a gap of a day", zoned("0 12 * * *", "Pacific/Apia"), "2011-12-28T00:00Z", "2012-01-02T00:00Z"],
  [
    "what a gap shifts",
    zoned("0,30 1-3 * * *", "Europe/Paris", "compatible"),
    "2024-03-30T22:00Z",
    "2024-03-31T04:00Z",
  ],
  [
    "seconds that a gap shifts",
    zoned("58-59,0-1 29-30 2 * * *", "Europe/Paris", "compatible"),
    "2024-03-30T22:00Z",
    "2024-03-31T04:00Z",
  ],
  [
    "what a gap leaves out",
    zoned("0,30 1-3 * * *", "Europe/Paris", "literal"),
    "2024-03-30T22:00Z",
    "2024-03-31T04:00Z",
  ],
  [
    "an overlap passed once",
    zoned("0,30 1-3 * * *", "Europe/Paris"),
    "2024-10-26T20:00Z",
    "2024-10-27T04:00Z",
  ],
  [
    "an overlap passed twice",
    zoned("0,30 1-3 * * *", "Europe/Paris", "literal"),
    "2024-10-26T20:00Z",
    "2024-10-27T04:00Z",
  ],
  [
    "bounds",
    every("1 h", { startAt: "2024-02-28T02:00Z", endAt: "2024-02-28T05:00Z" }),
    "2024-02-28T00:00Z",
    "2024-02-29T00:00Z",
  ],
  [
    "bounds beside occurrences",
    every(1, { startAt: 3, endAt: 5 }),
    "1970-01-01T00:00Z",
    "1970-01-01T00:00:00.009Z",
  ],
  [
    "bounds of a cron",
    cron("0 * * * *", { startAt: 2 * hour, endAt: 5 * hour }),
    "1970-01-01T00:00Z",
    "1970-01-02T00:00Z",
  ],
])("%s", (_, schedule, after, until) => {
  const due = instants(schedule, after, until);
  const { count } = compileSchedule(schedule);
  const beside = due
    .flatMap((instant) => [-second, -2, -1, 0, 1, 999].map((distance) => instant + distance))
    .filter((instant) => instant >= instantMillis(after) && instant <= instantMillis(until));
  const counted = (range: { after: number; until: number }): number =>
    due.filter((instant) => range.after < instant && instant <= range.until).length;

  test("counts each of its occurrences once, whatever the range", () => {
    expect(due.length).toBeGreaterThan(0);
    const wrong = beside
      .flatMap((from) => beside.map((to) => ({ after: from, until: to })))
      .filter((range) => count(range) !== counted(range));
    expect(wrong).toEqual([]);
  });

  test("its range runs from its first occurrence to its last", () => {
    const [first, last] = [due[0] as number, due.at(-1) as number];
    const compiled = compileSchedule(schedule);
    const whole = { from: first, to: last, count: due.length };
    expect(rangeOf(compiled, { after: first - 1, until: last })).toEqual(whole);
    expect(rangeOf(compiled, { after: last, until: last })).toBeUndefined();
  });
});

test("centuries are counted as what they are made of", () => {
  const years = (schedule: Schedule, from: number, until: number): number =>
    compileSchedule(schedule).count({
      after: Date.UTC(from, 0, 1) - 1,
      until: Date.UTC(until, 0, 1) - 1,
    });
  expect(years(cron("0 0 29 2 *"), 1600, 2000)).toBe(97);
  expect(years(cron("0 0 29 2 *"), 1600, 2001)).toBe(98);
  expect(years(cron("0 0 29 2 *"), 2023, 2025)).toBe(1);
  expect(years(cron("0 0 * * 0"), 1600, 2800)).toBe(3 * 20_871);
  expect(years(cron("0 */6 1 * *"), 1000, 3000)).toBe(2_000 * 12 * 4);
  expect(years(every("1 day"), 1600, 2000)).toBe(146_097);
});

test("there is nothing to count beyond the ends of time, and all of time can be counted", () => {
  const [first, last] = [-8.64e15, 8.64e15];
  for (const schedule of [every("1 day"), cron("0 0 * * *")]) {
    const { count } = compileSchedule(schedule);
    expect(count({ after: last, until: Infinity })).toBe(0);
    expect(count({ after: -Infinity, until: first - 1 })).toBe(0);
    expect(count({ after: -Infinity, until: Infinity })).toBe(200_000_001);
  }
});
