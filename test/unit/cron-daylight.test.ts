/**
 * Goal: when clocks jump, a time of day is neither lost nor doubled, an interval never pauses, and the other two rules do what they say.
 * Method: the cases in which cron libraries were found to be wrong (docs/time.md), each with its instants; from before, from within
 * and from behind the jump, because the occurrences do not depend on where one asks from.
 */
import { describe, expect, test } from "vitest";
import { formatInstant, instantMillis } from "../../src/core/instant.ts";
import {
  cron,
  nextOccurrence,
  occurrencesBetween,
  previousOccurrence,
  type CronOptions,
} from "../../src/core/schedule.ts";

const short = (instant: number): string =>
  formatInstant(instant)
    .replace(/:00\.000Z$/, "Z")
    .replace(/\.000Z$/, "Z");

const between = (
  expression: string,
  options: CronOptions,
  after: string,
  until: string,
): string[] =>
  occurrencesBetween(cron(expression, options), { after, until }).occurrences.map(short);

const next = (expression: string, timeZone: string, after: string): string =>
  short(nextOccurrence(cron(expression, { timeZone }), after) ?? Number.NaN);

const previous = (expression: string, timeZone: string, before: string): string =>
  short(previousOccurrence(cron(expression, { timeZone }), before) ?? Number.NaN);

describe("a time of day in a gap runs once, at the first instant after it", () => {
  test.each([
    [
      "30 2 * * *",
      "America/New_York",
      "2024-03-09T12:00Z",
      "2024-03-12T00:00Z",
      ["2024-03-10T07:00Z", "2024-03-11T06:30Z"],
    ],
    [
      "0 2 * * *",
      "Europe/Paris",
      "2026-03-28T12:00Z",
      "2026-03-30T12:00Z",
      ["2026-03-29T01:00Z", "2026-03-30T00:00Z"],
    ],
    [
      "15 2 * * *",
      "Australia/Lord_Howe",
      "2024-10-05T00:00Z",
      "2024-10-07T00:00Z",
      ["2024-10-05T15:30Z", "2024-10-06T15:15Z"],
    ],
    [
      "0 0 * * *",
      "America/Havana",
      "2024-03-09T12:00Z",
      "2024-03-12T00:00Z",
      ["2024-03-10T05:00Z", "2024-03-11T04:00Z"],
    ],
    [
      "30 2 * * *",
      "Antarctica/Troll",
      "2024-03-30T12:00Z",
      "2024-04-01T12:00Z",
      ["2024-03-31T01:00Z", "2024-04-01T00:30Z"],
    ],
    [
      "30 0 * * *",
      "America/Sao_Paulo",
      "2018-11-03T12:00Z",
      "2018-11-05T12:00Z",
      ["2018-11-04T03:00Z", "2018-11-05T02:30Z"],
    ],
    // 3 hours are the longest gap that counts.
    [
      "30 1 * * *",
      "Antarctica/Casey",
      "2020-10-02T18:00Z",
      "2020-10-04T18:00Z",
      ["2020-10-03T16:01Z", "2020-10-04T14:30Z"],
    ],
  ])("%s in %s after %s", (expression, timeZone, after, until, expected) => {
    expect(between(expression, { timeZone }, after, until)).toEqual(expected);
  });

  test("several times in one gap become one, also with a time at its very end", () => {
    const options = { timeZone: "America/New_York" };
    expect(
      between("0,15,30,45 2 * * *", options, "2024-03-10T00:00Z", "2024-03-11T00:00Z"),
    ).toEqual(["2024-03-10T07:00Z"]);
    expect(between("0 2,3 * * *", options, "2024-03-10T00:00Z", "2024-03-11T00:00Z")).toEqual([
      "2024-03-10T07:00Z",
    ]);
    expect(between("30 1,2,3 * * *", options, "2024-03-10T00:00Z", "2024-03-11T00:00Z")).toEqual([
      "2024-03-10T06:30Z",
      "2024-03-10T07:00Z",
      "2024-03-10T07:30Z",
    ]);
  });

  test("the date that counts is that of the time that was left out", () => {
    // Sunday 00:00 is left out in Havana; the instant after the gap is Sunday 01:00.
    expect(
      between(
        "0 0 * * 0",
        { timeZone: "America/Havana" },
        "2024-03-09T00:00Z",
        "2024-03-12T00:00Z",
      ),
    ).toEqual(["2024-03-10T05:00Z"]);
    expect(
      between(
        "0 0 * * 1",
        { timeZone: "America/Havana" },
        "2024-03-09T00:00Z",
        "2024-03-12T00:00Z",
      ),
    ).toEqual(["2024-03-11T04:00Z"]);
  });

  test("it is found from just before, and not again from the instant itself", () => {
    expect(next("30 2 * * *", "America/New_York", "2024-03-10T06:59:59.999Z")).toBe(
      "2024-03-10T07:00Z",
    );
    expect(next("30 2 * * *", "America/New_York", "2024-03-10T07:00Z")).toBe("2024-03-11T06:30Z");
    expect(previous("30 2 * * *", "America/New_York", "2024-03-10T07:00:00.001Z")).toBe(
      "2024-03-10T07:00Z",
    );
    expect(previous("30 2 * * *", "America/New_York", "2024-03-10T07:00Z")).toBe(
      "2024-03-09T07:30Z",
    );
  });
});

describe("a time of day that is shown twice runs on the first pass only", () => {
  test.each([
    [
      "30 1 * * *",
      "America/New_York",
      "2024-11-02T12:00Z",
      "2024-11-05T00:00Z",
      ["2024-11-03T05:30Z", "2024-11-04T06:30Z"],
    ],
    [
      "30 2 * * *",
      "Europe/Paris",
      "2026-10-24T12:00Z",
      "2026-10-26T12:00Z",
      ["2026-10-25T00:30Z", "2026-10-26T01:30Z"],
    ],
    [
      "0 0 * * *",
      "America/Havana",
      "2024-11-02T12:00Z",
      "2024-11-05T00:00Z",
      ["2024-11-03T04:00Z", "2024-11-04T05:00Z"],
    ],
    [
      "0 1 * * *",
      "Antarctica/Casey",
      "2023-03-07T18:00Z",
      "2023-03-09T18:00Z",
      ["2023-03-08T14:00Z", "2023-03-09T17:00Z"],
    ],
    [
      "30 2 * * *",
      "Antarctica/Troll",
      "2024-10-26T12:00Z",
      "2024-10-28T12:00Z",
      ["2024-10-27T00:30Z", "2024-10-28T02:30Z"],
    ],
    [
      "45 1 * * *",
      "Australia/Lord_Howe",
      "2024-04-06T00:00Z",
      "2024-04-08T00:00Z",
      ["2024-04-06T14:45Z", "2024-04-07T15:15Z"],
    ],
  ])("%s in %s after %s", (expression, timeZone, after, until, expected) => {
    expect(between(expression, { timeZone }, after, until)).toEqual(expected);
  });

  test("asked from between the passes, it is the next day", () => {
    expect(next("30 1 * * *", "America/New_York", "2024-11-03T06:00Z")).toBe("2024-11-04T06:30Z");
    expect(previous("30 1 * * *", "America/New_York", "2024-11-03T06:45Z")).toBe(
      "2024-11-03T05:30Z",
    );
  });

  test("a daily time has one occurrence on each day of two years, whatever the zone does", () => {
    for (const timeZone of [
      "America/New_York",
      "Australia/Lord_Howe",
      "Antarctica/Troll",
      "America/Havana",
      "Africa/Casablanca",
      "Asia/Gaza",
    ]) {
      for (const hour of [0, 1, 2, 3]) {
        const after = instantMillis(`2023-01-01T00:00[${timeZone}]`) - 1;
        const until = instantMillis(`2025-01-01T00:00[${timeZone}]`) - 1;
        const { occurrences } = occurrencesBetween(cron(`30 ${hour} * * *`, { timeZone }), {
          after,
          until,
        });
        expect(occurrences).toHaveLength(731);
      }
    }
  });
});

describe("an interval runs at every instant whose local time matches", () => {
  test("nothing in a gap, and no pause after it", () => {
    expect(
      between(
        "*/30 * * * *",
        { timeZone: "Europe/Paris" },
        "2026-03-29T00:00Z",
        "2026-03-29T02:00Z",
      ),
    ).toEqual(["2026-03-29T00:30Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z", "2026-03-29T02:00Z"]);
    expect(
      between("0 * * * *", { timeZone: "Europe/Paris" }, "2026-03-28T23:00Z", "2026-03-29T02:00Z"),
    ).toEqual(["2026-03-29T00:00Z", "2026-03-29T01:00Z", "2026-03-29T02:00Z"]);
    expect(
      between(
        "*/15 2 * * *",
        { timeZone: "Europe/Paris" },
        "2026-03-28T12:00Z",
        "2026-03-29T12:00Z",
      ),
    ).toEqual([]);
  });

  test("both passes of an overlap", () => {
    expect(
      between(
        "*/30 * * * *",
        { timeZone: "Europe/Paris" },
        "2026-10-25T00:00Z",
        "2026-10-25T02:00Z",
      ),
    ).toEqual(["2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z", "2026-10-25T02:00Z"]);
    expect(
      between("* 2 * * *", { timeZone: "Europe/Paris" }, "2026-10-24T12:00Z", "2026-10-25T12:00Z"),
    ).toHaveLength(120);
  });

  test.each([
    [
      "*/15 * * * *",
      "Australia/Lord_Howe",
      "2024-10-05T15:00Z",
      ["15:15", "15:30", "15:45", "16:00"],
    ],
    [
      "*/15 * * * *",
      "America/St_Johns",
      "2010-11-07T02:18:01Z",
      ["02:30", "02:45", "03:00", "03:15"],
    ],
    [
      "0 * * * *",
      "Australia/Lord_Howe",
      "2024-04-06T14:07:01Z",
      ["15:30", "16:30", "17:30", "18:30"],
    ],
    [
      "30 * * * *",
      "Australia/Lord_Howe",
      "2024-04-06T14:07:01Z",
      ["14:30", "15:00", "16:00", "17:00"],
    ],
  ])("%s in %s after %s: %j", (expression, timeZone, after, expected) => {
    const { occurrences } = occurrencesBetween(cron(expression, { timeZone }), { after, limit: 4 });
    expect(occurrences.map((it) => short(it).slice(11, 16))).toEqual(expected);
  });

  test.each([
    "* 30 2 * * *",
    "? 30 2 * * *",
    "0 */30 2 * * *",
    "0 ?/30 2 * * *",
    "0 30 */2 * * *",
    "0 30 ? * * *",
  ])("%s is an interval, because second, minute or hour begins with a star", (expression) => {
    const options = { timeZone: "America/New_York" };
    expect(between(expression, options, "2024-03-10T06:59:59Z", "2024-03-10T07:00Z")).toEqual([]);
  });

  test("@hourly is an interval", () => {
    const options = { timeZone: "America/New_York" };
    expect(between("@hourly", options, "2024-11-03T04:00Z", "2024-11-03T07:00Z")).toEqual([
      "2024-11-03T05:00Z",
      "2024-11-03T06:00Z",
      "2024-11-03T07:00Z",
    ]);
  });

  test.each(["30 1 * * *", "0,30 1 */2 * *", "0-59/30 1 * * *", "30 1 * * */7", "1,*/30 1 * * *"])(
    "%s is a time of day, because none of them does",
    (expression) => {
      const passes = between(
        expression,
        { timeZone: "America/New_York" },
        "2024-11-03T05:29:59Z",
        "2024-11-03T07:00Z",
      );
      expect(passes).toContain("2024-11-03T05:30Z");
      expect(passes).not.toContain("2024-11-03T06:30Z");
    },
  );
});

describe("a day that never was", () => {
  test("drops its occurrences: no gap of more than 3 hours moves any", () => {
    const options = { timeZone: "Pacific/Apia" };
    expect(between("0 12 * * *", options, "2011-12-29T00:00Z", "2012-01-01T00:00Z")).toEqual([
      "2011-12-29T22:00Z",
      "2011-12-30T22:00Z",
      "2011-12-31T22:00Z",
    ]);
    expect(between("0 0 30 12 *", options, "2011-01-01T00:00Z", "2013-01-01T00:00Z")).toEqual([
      "2012-12-29T10:00Z",
    ]);
    expect(previous("0 12 * * *", "Pacific/Apia", "2011-12-30T22:00Z")).toBe("2011-12-29T22:00Z");
  });

  test("does not stop an interval", () => {
    expect(
      between(
        "0 */6 * * *",
        { timeZone: "Pacific/Apia" },
        "2011-12-30T00:00Z",
        "2011-12-30T22:00Z",
      ),
    ).toEqual(["2011-12-30T04:00Z", "2011-12-30T10:00Z", "2011-12-30T16:00Z", "2011-12-30T22:00Z"]);
  });

  test("is shifted as a whole onto the next one by the rule that shifts", () => {
    const options = { timeZone: "Pacific/Apia", dst: "compatible" } as const;
    expect(between("0 12 30 12 *", options, "2011-12-01T00:00Z", "2012-01-01T00:00Z")).toEqual([
      "2011-12-30T22:00Z",
    ]);
  });
});

describe("the other rules", () => {
  const gap = ["2024-03-10T06:00Z", "2024-03-10T09:00Z"] as const;
  const overlap = ["2024-11-03T04:45Z", "2024-11-03T07:15Z"] as const;
  const timeZone = "America/New_York";

  test("compatible shifts a time in a gap by its length, and takes the first pass, of intervals too", () => {
    const options = { timeZone, dst: "compatible" } as const;
    expect(between("30 2 * * *", options, ...gap)).toEqual(["2024-03-10T07:30Z"]);
    expect(between("15 2,3 * * *", options, ...gap)).toEqual(["2024-03-10T07:15Z"]);
    expect(between("*/30 2 * * *", options, ...gap)).toEqual([
      "2024-03-10T07:00Z",
      "2024-03-10T07:30Z",
    ]);
    expect(between("10 2 * * *", options, "2024-03-10T07:09:59Z", "2024-03-10T07:10Z")).toEqual([
      "2024-03-10T07:10Z",
    ]);
    expect(between("30 1 * * *", options, ...overlap)).toEqual(["2024-11-03T05:30Z"]);
    expect(between("*/30 * * * *", options, ...overlap)).toEqual([
      "2024-11-03T05:00Z",
      "2024-11-03T05:30Z",
      "2024-11-03T07:00Z",
    ]);
  });

  test("literal skips a time in a gap and takes both passes, of times of day too", () => {
    const options = { timeZone, dst: "literal" } as const;
    expect(between("30 2 * * *", options, ...gap)).toEqual([]);
    expect(between("30 1 * * *", options, ...overlap)).toEqual([
      "2024-11-03T05:30Z",
      "2024-11-03T06:30Z",
    ]);
  });
});

test("offsets with seconds, far pasts and far futures are as exact as today", () => {
  expect(next("0 0 * * *", "Africa/Monrovia", "1971-06-01T12:00Z")).toBe("1971-06-02T00:44:30Z");
  expect(next("0 12 * * *", "Europe/Paris", "1850-01-01T00:00Z")).toBe("1850-01-01T11:50:39Z");
  expect(next("0 12 * * *", "Europe/Paris", "+200000-07-01T00:00Z")).toBe("+200000-07-01T10:00Z");
  expect(nextOccurrence(cron("* * * * *", { timeZone: "Europe/Paris" }), 8.64e15)).toBeUndefined();
  expect(
    previousOccurrence(cron("* * * * *", { timeZone: "Europe/Paris" }), -8.64e15),
  ).toBeUndefined();
  expect(nextOccurrence(cron("* * * * *"), -8.64e15)).toBe(-8.64e15 + 60_000);
});

test("looking back, what a gap moves is found behind it, and not at it: up to 3 hours, and to the last second", () => {
  const daily = cron("30 2 * * *", { timeZone: "Europe/Paris" });
  const end = instantMillis("2024-03-31T01:00Z");
  expect(previousOccurrence(daily, end + 1)).toBe(end);
  expect(previousOccurrence(daily, end)).toBe(instantMillis("2024-03-30T01:30Z"));
  expect(previous("30 1 * * *", "Antarctica/Casey", "2020-10-03T20:00Z")).toBe("2020-10-03T16:01Z");
  const last = cron("59 59 2 * * *", { timeZone: "Europe/Paris", dst: "compatible" });
  expect(previousOccurrence(last, "2024-03-31T12:00Z")).toBe(instantMillis("2024-03-31T01:59:59Z"));
});
