/**
 * Goal: when clocks jump, a time of day is neither lost nor doubled.
 * Method: the cases in which cron libraries were found to be wrong (docs/time.md), each with its instants; from before, from within
 * and from behind the jump, because the occurrences do not depend on where one asks from.
 */
import { describe, expect, test } from "vitest";
import { instantMillis } from "../../src/core/instant.ts";
import {
  cron,
  nextOccurrence,
  occurrencesBetween,
  previousOccurrence,
} from "../../src/core/schedule.ts";
import { between, next, previous } from "../support/cron-instants.ts";

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
