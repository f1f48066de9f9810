/**
 * Goal: when clocks jump, an interval never pauses, a day that never was has no occurrences, and the other two rules do what they say.
 * Method: the cases in which cron libraries were found to be wrong (docs/time.md), each with its instants.
 */
import { describe, expect, test } from "vitest";
import { cron, occurrencesBetween } from "../../src/core/schedule.ts";
import { short, between, previous } from "../support/cron-instants.ts";

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
