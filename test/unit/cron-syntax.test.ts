/**
 * Goal: each piece of the syntax means what docs/time.md says, and whatever it does not have is refused with its place and its mend.
 * Method: dates and times that an expression names in UTC, where no clock jumps; then every refusal by its message.
 */
import { expect, test, vi } from "vitest";
import { DefinitionError } from "../../src/core/errors.ts";
import { formatInstant } from "../../src/core/instant.ts";
import {
  compileSchedule,
  cron,
  nextOccurrence,
  occurrencesBetween,
  previousOccurrence,
  scheduleFaults,
  type CronOptions,
} from "../../src/core/schedule.ts";

/** The first occurrences after an instant, as short text. */
const first = (expression: string, after: string, limit: number): string[] =>
  occurrencesBetween(cron(expression), { after, limit }).occurrences.map((it) =>
    formatInstant(it)
      .replace(/:00\.000Z$/, "")
      .replace(/\.000Z$/, ""),
  );

/** The days of a span on which an expression is due. */
const days = (fields: string, after: string, until: string): string[] => [
  ...new Set(
    occurrencesBetween(cron(`0 0 ${fields}`), { after, until, limit: 1_000 }).occurrences.map(
      (it) => formatInstant(it).slice(0, 10),
    ),
  ),
];

const inMay = (fields: string): number[] =>
  days(fields, "2026-04-30T12:00Z", "2026-05-31T12:00Z").map((date) => Number(date.slice(8)));

test("five fields begin with the minute", () => {
  expect(first("30 9 * * *", "2026-01-01T00:00Z", 2)).toEqual([
    "2026-01-01T09:30",
    "2026-01-02T09:30",
  ]);
});

test("six fields begin with the second", () => {
  expect(first("15 30 9 * * *", "2026-01-01T00:00Z", 2)).toEqual([
    "2026-01-01T09:30:15",
    "2026-01-02T09:30:15",
  ]);
});

test("an occurrence is after the instant asked from, to the millisecond", () => {
  const nine = Date.UTC(2026, 0, 1, 9);
  const day = 86_400_000;
  expect(nextOccurrence(cron("0 9 * * *"), nine - 1)).toBe(nine);
  expect(nextOccurrence(cron("0 9 * * *"), nine)).toBe(nine + day);
  expect(nextOccurrence(cron("0 9 * * *"), nine + 1)).toBe(nine + day);
});

test.each([
  ["* * * * *", ["2026-01-01T00:01", "2026-01-01T00:02"]],
  ["*/20 * * * *", ["2026-01-01T00:20", "2026-01-01T00:40"]],
  ["?/20 ? ? ? ?", ["2026-01-01T00:20", "2026-01-01T00:40"]],
  ["5/25 * * * *", ["2026-01-01T00:05", "2026-01-01T00:30"]],
  ["10-20/5 * * * *", ["2026-01-01T00:10", "2026-01-01T00:15"]],
  ["7,3,7 * * * *", ["2026-01-01T00:03", "2026-01-01T00:07"]],
  ["1,1 * * * *", ["2026-01-01T00:01", "2026-01-01T01:01"]],
  ["1-3,2-4 2 * * *", ["2026-01-01T02:01", "2026-01-01T02:02"]],
  ["00 007 * * *", ["2026-01-01T07:00", "2026-01-02T07:00"]],
  ["*/60 * * * *", ["2026-01-01T01:00", "2026-01-01T02:00"]],
  ["0 */24 * * *", ["2026-01-02T00:00", "2026-01-03T00:00"]],
  ["\t0  0 1\n1 * ", ["2027-01-01T00:00", "2028-01-01T00:00"]],
  ["59 59 23 31 12 *", ["2026-12-31T23:59:59", "2027-12-31T23:59:59"]],
])("%j begins with %j", (expression, expected) => {
  expect(first(expression, "2026-01-01T00:00Z", 2)).toEqual(expected);
});

// 1 May 2026 is a Friday, 31 May a Sunday.
test.each([
  ["* * 5", [1, 8, 15, 22, 29]],
  ["* * FRI", [1, 8, 15, 22, 29]],
  ["* may fri", [1, 8, 15, 22, 29]],
  ["* Apr-Jun Mon,WED", [4, 6, 11, 13, 18, 20, 25, 27]],
  ["* JAN *", []],
  ["* * 0", [3, 10, 17, 24, 31]],
  ["* * 7", [3, 10, 17, 24, 31]],
  ["* * SUN", [3, 10, 17, 24, 31]],
  ["* * 6-7", [2, 3, 9, 10, 16, 17, 23, 24, 30, 31]],
  ["* * 1/2", [1, 3, 4, 6, 8, 10, 11, 13, 15, 17, 18, 20, 22, 24, 25, 27, 29, 31]],
  ["* * */7", [3, 10, 17, 24, 31]],
  ["L * *", [31]],
  ["L-3 * *", [28]],
  ["L-0 * *", [31]],
  ["LW * *", [29]],
  ["15W * *", [15]],
  ["16W * *", [15]],
  ["17W * *", [18]],
  ["31W * *", [29]],
  ["1W * *", [1]],
  ["L,1 * *", [1, 31]],
  ["L-3,LW,15W,2 * *", [2, 15, 28, 29]],
  ["* * 5L", [29]],
  ["* * FRIL", [29]],
  ["* * 7L", [31]],
  ["* * 5#2", [8]],
  ["* * FRI#2", [8]],
  ["* * 7#2", [10]],
  ["* * 5#5", [29]],
  ["* * 1#5", []],
  ["* * 1#1,1#3,FRIL", [4, 18, 29]],
  ["* * 5#1,0", [1, 3, 10, 17, 24, 31]],
])("0 0 %s names the days %j of May 2026", (fields, expected) => {
  expect(inMay(fields)).toEqual(expected);
});

test("the nearest workday stays within its month", () => {
  // 1 August 2026 is a Saturday, 1 November a Sunday, 31 May a Sunday, 28 February a Saturday.
  expect(days("1W * *", "2026-07-15T00:00Z", "2026-11-15T00:00Z")).toEqual([
    "2026-08-03",
    "2026-09-01",
    "2026-10-01",
    "2026-11-02",
  ]);
  expect(days("28W 2 *", "2026-01-01T00:00Z", "2026-12-31T00:00Z")).toEqual(["2026-02-27"]);
  expect(days("31W * *", "2026-04-15T00:00Z", "2026-08-15T00:00Z")).toEqual([
    "2026-05-29",
    "2026-07-31",
  ]);
});

test("the last day is a leap day in a leap year", () => {
  expect(days("L 2 *", "2027-01-01T00:00Z", "2029-01-01T00:00Z")).toEqual([
    "2027-02-28",
    "2028-02-29",
  ]);
  expect(days("L-28 2 *", "2027-01-01T00:00Z", "2029-01-01T00:00Z")).toEqual(["2028-02-01"]);
});

test("a day counted back from the end that a month does not reach is no other day", () => {
  expect(days("L-30 2 1", "2027-01-31T12:00Z", "2027-03-03T00:00Z")).toEqual([
    "2027-02-01",
    "2027-02-08",
    "2027-02-15",
    "2027-02-22",
  ]);
  expect(days("L-28 2 1", "2027-01-30T12:00Z", "2027-02-05T00:00Z")).toEqual(["2027-02-01"]);
});

test("29 February skips 1900 and 2100, not 2000", () => {
  expect(days("29 2 *", "1896-01-01T00:00Z", "1908-01-01T00:00Z")).toEqual([
    "1896-02-29",
    "1904-02-29",
  ]);
  expect(days("29 2 *", "1999-01-01T00:00Z", "2001-01-01T00:00Z")).toEqual(["2000-02-29"]);
  expect(first("0 0 29 2 *", "2096-03-01T00:00Z", 1)).toEqual(["2104-02-29T00:00"]);
});

test("29 February is found across years without one, in both directions and in every zone", () => {
  const leapDay = cron("0 0 29 2 *", { timeZone: "America/New_York" });
  const [before, after] = [Date.UTC(2096, 1, 29, 5), Date.UTC(2104, 1, 29, 5)];
  expect(nextOccurrence(leapDay, before)).toBe(after);
  expect(previousOccurrence(leapDay, after)).toBe(before);
  expect(previousOccurrence(cron("0 0 29 2 *"), "2026-01-01T00:00Z")).toBe(Date.UTC(2024, 1, 29));
});

test("a leap day on a certain weekday may be 40 years away", () => {
  expect(first("0 0 29 2 */7", "2080-01-01T00:00Z", 2)).toEqual([
    "2088-02-29T00:00",
    "2128-02-29T00:00",
  ]);
});

test("day of month and day of week are alternatives when neither begins with a star", () => {
  expect(inMay("13 * 5")).toEqual([1, 8, 13, 15, 22, 29]);
  expect(inMay("1-7 * 1")).toEqual([1, 2, 3, 4, 5, 6, 7, 11, 18, 25]);
  expect(inMay("L * 1")).toEqual([4, 11, 18, 25, 31]);
});

test("both must hold when one of them begins with a star or a question mark, even with a step or in a list", () => {
  expect(inMay("*/2 * 1")).toEqual([11, 25]);
  expect(inMay("?/2 * 1")).toEqual([11, 25]);
  expect(inMay("1-7 * */2")).toEqual([2, 3, 5, 7]);
  expect(inMay("*,13 * 5")).toEqual([1, 8, 15, 22, 29]);
  // The star decides only in the first place: cronie looks at no other character.
  expect(inMay("13,*/31 * 5")).toEqual([1, 8, 13, 15, 22, 29]);
});

test.each([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
  ["@minutely", "* * * * *"],
  ["@secondly", "* * * * * *"],
  ["@weekdays", "0 0 * * 1-5"],
  ["@weekends", "0 0 * * 0,6"],
  ["@Daily", "0 0 * * *"],
  [" @hourly ", "0 * * * *"],
])("%s is %s", (macro, expression) => {
  expect(first(macro, "2026-01-01T00:00:30Z", 20)).toEqual(
    first(expression, "2026-01-01T00:00:30Z", 20),
  );
});

const tooFew = "write 5 (minute, hour, day of month, month, day of week) or 6 (second first)";

test.each([
  ["* * * *", `4 fields; ${tooFew}`],
  ["*", `1 field; ${tooFew}`],
  ["", `no fields; ${tooFew}`],
  ["  ", `no fields; ${tooFew}`],
  ["0 0 0 1 1 * 2026", `7 fields; ${tooFew}`],
  [null, 'null is no cron expression; give text such as "0 2 * * *"'],
  [undefined, 'undefined is no cron expression; give text such as "0 2 * * *"'],
  [Number.NaN, 'NaN is no cron expression; give text such as "0 2 * * *"'],
  [["0 0 * * *"], 'an array is no cron expression; give text such as "0 2 * * *"'],
  ["60 * * * *", 'minute "60" is out of range; the values are 0 to 59'],
  ["* 24 * * *", 'hour "24" is out of range; the values are 0 to 23'],
  ["* * 0 * *", 'day of month "0" is out of range; the values are 1 to 31'],
  ["* * 32 * *", 'day of month "32" is out of range; the values are 1 to 31'],
  ["* * * 13 *", 'month "13" is out of range; the values are 1 to 12'],
  ["* * * 0 *", 'month "0" is out of range; the values are 1 to 12'],
  ["* * * * 8", 'day of week "8" is out of range; the values are 0 to 7'],
  ["60 * * * * *", 'second "60" is out of range; the values are 0 to 59'],
  ["1-99999999999 * * * *", 'minute "1-99999999999" is out of range; the values are 0 to 59'],
  ["*/0 * * * *", 'minute "*/0" has a step out of range; steps are 1 to 60'],
  ["*/61 * * * *", 'minute "*/61" has a step out of range; steps are 1 to 60'],
  ["* */25 * * *", 'hour "*/25" has a step out of range; steps are 1 to 24'],
  ["* * */32 * *", 'day of month "*/32" has a step out of range; steps are 1 to 31'],
  ["* * * */13 *", 'month "*/13" has a step out of range; steps are 1 to 12'],
  ["* * * * */8", 'day of week "*/8" has a step out of range; steps are 1 to 7'],
  ["H/61 * * * *", 'minute "H/61" has a step out of range; steps are 1 to 60'],
  ["H(50-70) * * * *", 'minute "H(50-70)" is out of range; the values are 0 to 59'],
  ["H(9-5) * * * *", 'minute "H(9-5)" runs backwards; write 9-59,0-5'],
  ["* 22-2 * * *", 'hour "22-2" runs backwards; write 22-23,0-2'],
  ["* 23-0 * * *", 'hour "23-0" runs backwards; write 23,0'],
  ["* * * NOV-FEB *", 'month "NOV-FEB" runs backwards; write 11-12,1-2'],
  ["* * * * FRI-MON", 'day of week "FRI-MON" runs backwards; write 5-6,0-1'],
  ["* * * * 7-2", 'day of week "7-2" runs backwards; write 0-2'],
  ["* * * * SAT-SUN", 'day of week "SAT-SUN" runs backwards; write 6-7'],
  ["1, * * * *", 'minute "" is empty; take out a comma'],
  ["- * * * *", 'minute "-" is not understood; write *, 0 to 59, ranges, steps, lists, H'],
  ["-1 * * * *", 'minute "-1" is not understood; write *, 0 to 59, ranges, steps, lists, H'],
  ["1.5 * * * *", 'minute "1.5" is not understood; write *, 0 to 59, ranges, steps, lists, H'],
  ["5* * * * *", 'minute "5*" is not understood; write *, 0 to 59, ranges, steps, lists, H'],
  ["1/2/3 * * * *", 'minute "1/2/3" is not understood; write *, 0 to 59, ranges, steps, lists, H'],
  ["L * * * *", 'minute "L" is not understood; write *, 0 to 59, ranges, steps, lists, H'],
  ["MON * * * *", 'minute "MON" is not understood; write *, 0 to 59, ranges, steps, lists, H'],
  [
    "* * * JANFEB *",
    'month "JANFEB" is not understood; write *, 1 to 12, names such as JAN, ranges, steps, lists, H',
  ],
  [
    "* * * * MONDAY",
    'day of week "MONDAY" is not understood; write *, 0 to 7, names such as MON, ranges, steps, lists, H, 5L, 5#2',
  ],
  [
    "* * * * L",
    'day of week "L" does not say which day; write 6 for Saturday, or 5L for the last Friday of the month',
  ],
  ["* * * * 8L", 'day of week "8L" is out of range; days of the week are 0 to 7'],
  [
    "* * * * 1#6",
    'day of week "1#6" is out of range; a month has a first (#1) to fifth (#5) of a weekday',
  ],
  [
    "* * * * 1#0",
    'day of week "1#0" is out of range; a month has a first (#1) to fifth (#5) of a weekday',
  ],
  ["* * 32W * *", 'day of month "32W" is out of range; write 1W to 31W'],
  ["* * L-31 * *", 'day of month "L-31" counts past the first day; write L-1 to L-30'],
  [
    "* * W * *",
    'day of month "W" is not understood; write *, 1 to 31, ranges, steps, lists, H, L, L-3, LW, 15W',
  ],
  [
    "* * 1-15W * *",
    'day of month "1-15W" is not understood; write *, 1 to 31, ranges, steps, lists, H, L, L-3, LW, 15W',
  ],
  ["0 0 * * \u0663", '"\u0663" at character 9 is not ASCII; retype it'],
  ["0\u00a00 * * *", '"\u00a0" at character 2 is not ASCII; retype it'],
  ["@reboot", "@reboot names no instant; start the task where the app starts"],
  ["@every 5m", '"@every 5m" is an interval; use every(), such as every("5 min")'],
  [
    "@dayly",
    '"@dayly" is no macro; there are @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @minutely, @secondly, @weekdays, @weekends',
  ],
  [
    "TZ=Europe/Paris 0 0 * * *",
    'a time zone does not stand in the expression; use the option timeZone: "Europe/Paris"',
  ],
  [
    "CRON_TZ=UTC 0 0 * * *",
    'a time zone does not stand in the expression; use the option timeZone: "UTC"',
  ],
  [
    "0 0 30 2 *",
    'never runs: no year has day of month "30", month "2", day of week "*"; write dates that exist',
  ],
  [
    "0 0 31 4,6,9,11 *",
    'never runs: no year has day of month "31", month "4,6,9,11", day of week "*"; write dates that exist',
  ],
  [
    "0 0 31 FEB-FEB */2",
    'never runs: no year has day of month "31", month "FEB-FEB", day of week "*/2"; write dates that exist',
  ],
  [
    "0 0 L-30 2 *",
    'never runs: no year has day of month "L-30", month "2", day of week "*"; write dates that exist',
  ],
  [
    "0 0 30W 2 *",
    'never runs: no year has day of month "30W", month "2", day of week "*"; write dates that exist',
  ],
  // The last Wednesday is a 23rd only in a February of 29 days.
  [
    "0 0 */22 4 3L",
    'never runs: no year has day of month "*/22", month "4", day of week "3L"; write dates that exist',
  ],
  [
    `${"1,".repeat(600)}1 * * * *`,
    "the expression is longer than 1024 characters; use ranges and steps",
  ],
])("%j is refused: %s", (expression, fault) => {
  const faults = scheduleFaults(cron(expression as string));
  expect(faults.map((line) => line.slice(line.indexOf("): ") + 3))).toEqual([fault]);
});

test.each([
  "0 0 31 2 1",
  "0 0 30,29 2 *",
  "0 0 30 2,3 *",
  "0 0 29 2 */7",
  "0 0 * 2 1#5",
  "0 0 L-28 2 *",
  // The last Friday is a 22nd only in a February of 28 days.
  "0 0 */21 2 5L",
])("%s comes, if seldom", (expression) => {
  expect(scheduleFaults(cron(expression))).toEqual([]);
  expect(nextOccurrence(cron(expression), 0)).toBeGreaterThan(0);
});

test("a step of 1 is every value", () => {
  expect(scheduleFaults(cron("*/1 * * * *"))).toEqual([]);
  expect(nextOccurrence(cron("*/1 * * * *"), 0)).toBe(60_000);
});

test("a day that a month does not have leaves the days of the week that it has", () => {
  expect(nextOccurrence(cron("0 0 30W 2 1"), "2026-01-15T00:00Z")).toBe(Date.UTC(2026, 1, 2));
});

test("all faults of a schedule are told at once, each with its place", () => {
  const options = {
    timeZone: "Europe/Pariss",
    dst: "summer",
    timezone: "UTC",
    missed: "never",
  } as unknown as CronOptions;
  const schedule = cron("61 22-2 * * 9", options);
  const faults = [
    'cron("61 22-2 * * 9"): minute "61" is out of range; the values are 0 to 59',
    'cron("61 22-2 * * 9"): hour "22-2" runs backwards; write 22-23,0-2',
    'cron("61 22-2 * * 9"): day of week "9" is out of range; the values are 0 to 7',
    'cron("61 22-2 * * 9"): timeZone: "Europe/Pariss" is no time zone; did you mean "Europe/Paris"?',
    'cron("61 22-2 * * 9"): dst is "summer"; give "vixie" or "compatible" or "literal"',
    'cron("61 22-2 * * 9"): missed is "never"; give "latest" or "skip" or "all"',
    'cron("61 22-2 * * 9"): "timezone" is no option; did you mean "timeZone"?',
  ];
  expect(scheduleFaults(schedule)).toEqual(faults);
  expect(() => compileSchedule(schedule)).toThrow(new DefinitionError(faults));
});

test("neither the clock nor chance has a say in what an expression means", () => {
  const chance = vi
    .spyOn(Math, "random")
    .mockImplementation(() => expect.unreachable("Math.random was called"));
  const clock = vi
    .spyOn(Date, "now")
    .mockImplementation(() => expect.unreachable("Date.now was called"));
  try {
    const schedule = cron("H H(1-4) * * H", { timeZone: "America/Los_Angeles" });
    expect(nextOccurrence(schedule, 0)).toBe(nextOccurrence(schedule, 0));
    expect(nextOccurrence(cron("13 3 13 * *", { timeZone: "Europe/Oslo" }), 0)).toBe(
      Date.UTC(1970, 0, 13, 2, 13),
    );
  } finally {
    chance.mockRestore();
    clock.mockRestore();
  }
});
