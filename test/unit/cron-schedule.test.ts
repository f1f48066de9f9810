/** Goal: a schedule is plain data, its bounds and policies hold, and what is no schedule is answered with faults, never with a crash. */
import { describe, expect, test } from "vitest";
import { DefinitionError, InputError } from "../../src/core/errors.ts";
import { formatInstant } from "../../src/core/instant.ts";
import {
  at,
  compileSchedule,
  cron,
  every,
  nextOccurrence,
  occurrencesBetween,
  previousOccurrence,
  scheduleFaults,
  scheduleKey,
  scheduleOfKey,
  type Schedule,
} from "../../src/core/schedule.ts";
import type { ScheduleOptions } from "../../src/core/schedule-options.ts";

const minute = 60_000;
const hour = 60 * minute;

describe("a schedule", () => {
  test.each<[Schedule, object]>([
    [cron("0 2 * * *"), { _tag: "Cron", expression: "0 2 * * *" }],
    [
      cron("0 2 * * *", { timeZone: "Europe/Madrid", missed: "all" }),
      { _tag: "Cron", expression: "0 2 * * *", timeZone: "Europe/Madrid", missed: "all" },
    ],
    [every("5 min", { anchor: 7 }), { _tag: "Every", duration: "5 min", anchor: 7 }],
    [
      at("2026-03-28T00:00Z", { missed: "skip" }),
      { _tag: "At", instant: "2026-03-28T00:00Z", missed: "skip" },
    ],
  ])("%j is plain data that survives JSON and means the same then", (schedule, data) => {
    expect({ ...schedule }).toStrictEqual(data);
    const revived = JSON.parse(JSON.stringify(schedule)) as Schedule;
    expect(revived).toEqual(schedule);
    expect(nextOccurrence(revived, 0)).toBe(nextOccurrence(schedule, 0));
  });

  test("keeps the words it was given and leaves absent options out", () => {
    const options = { timeZone: undefined, missed: "all" } as unknown as ScheduleOptions;
    expect({ ...cron("nonsense", options) }).toStrictEqual({
      _tag: "Cron",
      expression: "nonsense",
      missed: "all",
    });
  });

  test("is never renamed by its options", () => {
    const options = { _tag: "At", expression: "1 1 * * *" } as unknown as ScheduleOptions;
    expect({ ...cron("0 2 * * *", options) }).toStrictEqual({
      _tag: "Cron",
      expression: "0 2 * * *",
    });
  });

  test("has one key, whatever the order of its options, and no other schedule has it", () => {
    const key = scheduleKey(cron("0 2 * * *", { timeZone: "Europe/Madrid", missed: "all" }));
    expect(key).toBe(
      '{"_tag":"Cron","expression":"0 2 * * *","missed":"all","timeZone":"Europe/Madrid"}',
    );
    expect(scheduleKey(cron("0 2 * * *", { missed: "all", timeZone: "Europe/Madrid" }))).toBe(key);
    expect(scheduleKey(cron("0 2 * * *", {}))).toBe(scheduleKey(cron("0 2 * * *")));
    expect(
      new Set([key, scheduleKey(cron("0 2 * * *")), scheduleKey(every("2 h")), scheduleKey(at(2))])
        .size,
    ).toBe(4);
  });

  test("changed after it was asked gives the new answer, where it can be changed at all", () => {
    const loose: { _tag: "Cron"; expression: string } = { _tag: "Cron", expression: "0 2 * * *" };
    expect(nextOccurrence(loose, 0)).toBe(2 * hour);
    loose.expression = "0 3 * * *";
    expect(nextOccurrence(loose, 0)).toBe(3 * hour);
    expect(Object.isFrozen(cron("0 2 * * *"))).toBe(true);
  });
});

test("occurrences reach from the first instant there is to the last, and far from both", () => {
  const midnight = cron("0 0 * * *");
  const end = 8.64e15; // a midnight
  expect(nextOccurrence(midnight, end - 1)).toBe(end);
  expect(nextOccurrence(midnight, end)).toBeUndefined();
  expect(previousOccurrence(midnight, Infinity)).toBe(end);
  expect(previousOccurrence(midnight, 1 - end)).toBe(-end);
  expect(previousOccurrence(midnight, -end)).toBeUndefined();
  expect(nextOccurrence(midnight, -Infinity)).toBe(-end);
  const day = 24 * hour;
  expect(previousOccurrence(midnight, Date.UTC(1000, 0, 2))).toBe(Date.UTC(1000, 0, 1));
  const yearly = cron("0 0 1 1 *", { timeZone: "Europe/Paris" });
  expect(previousOccurrence(yearly, Date.UTC(3000, 8, 1))).toBe(Date.UTC(3000, 0, 1) - hour);
  expect(previousOccurrence(yearly, Date.UTC(1000, 8, 1))).toBeLessThan(Date.UTC(1000, 0, 2));
  expect(previousOccurrence(yearly, Date.UTC(1000, 8, 1))).toBeGreaterThan(
    Date.UTC(1000, 0, 1) - day,
  );
});

test("a schedule that can't change is read once, and of each trigger for its own H", () => {
  const hashed = cron("H H * * *");
  const [of, ofOther] = ["nightly", "weekly"].map((id) => compileSchedule(hashed, id).next(0));
  const ofNone = nextOccurrence(hashed, 0);
  expect(compileSchedule(hashed)).toBe(compileSchedule(hashed));
  expect(
    [compileSchedule(hashed, "nightly"), compileSchedule(hashed, "weekly")].map(({ next }) =>
      next(0),
    ),
  ).toEqual([of, ofOther]);
  expect(new Set([of, ofOther, ofNone]).size).toBe(3);
  expect(ofNone).toBe(nextOccurrence(cron("H H * * *"), 0));
});

test("the key of a leaf tells its schedule, also where that has a # itself; what is no such key tells none", () => {
  for (const schedule of [cron("0 0 * * 5#2"), every("1 h"), at("2026-03-28T00:00Z")])
    expect(scheduleOfKey(`${scheduleKey(schedule)}#11`)).toEqual({ ...schedule });
  expect(scheduleOfKey("event#0")).toBeUndefined();
});

test("without a time zone a cron schedule is in UTC, whatever the zone of the process", () => {
  const { TZ } = process.env;
  process.env["TZ"] = "America/New_York";
  try {
    expect(new Date(0).getHours()).toBe(19);
    expect(nextOccurrence(cron("30 1 * * *"), 0)).toBe(90 * minute);
    expect(nextOccurrence(cron("30 1 * * *", { timeZone: "UTC" }), 0)).toBe(90 * minute);
  } finally {
    if (TZ === undefined) delete process.env["TZ"];
    else process.env["TZ"] = TZ;
  }
});

describe("every", () => {
  test("names anchor plus n times the duration, the epoch by default, so that a restart changes nothing", () => {
    expect(occurrencesBetween(every("7 min"), { after: 0, limit: 3 }).occurrences).toEqual(
      [7, 14, 21].map((it) => it * minute),
    );
    expect(occurrencesBetween(every("7 min"), { after: 9 * minute, limit: 2 }).occurrences).toEqual(
      [14, 21].map((it) => it * minute),
    );
    expect(nextOccurrence(every("1 h", { anchor: "2026-01-01T00:20Z" }), "2026-05-05T05:05Z")).toBe(
      Date.UTC(2026, 4, 5, 5, 20),
    );
  });

  test("counts from its anchor both ways", () => {
    const schedule = every("1 h", { anchor: 10 * minute });
    expect(previousOccurrence(schedule, 10 * minute)).toBe(-50 * minute);
    expect(previousOccurrence(schedule, 10 * minute + 1)).toBe(10 * minute);
    expect(nextOccurrence(schedule, -50 * minute)).toBe(10 * minute);
    expect(nextOccurrence(schedule, -50 * minute - 1)).toBe(-50 * minute);
  });

  test("is exact at both ends of time", () => {
    expect(nextOccurrence(every(7), 8.64e15 - 8)).toBe(8.64e15 - (8.64e15 % 7));
    expect(nextOccurrence(every(7), 8.64e15)).toBeUndefined();
    expect(previousOccurrence(every(1), -8.64e15)).toBeUndefined();
    expect(nextOccurrence(every(3, { anchor: -8.64e15 }), 8.64e15 - 4)).toBe(8.64e15 - 3);
    expect(nextOccurrence(every(1), -Infinity)).toBe(-8.64e15);
    expect(previousOccurrence(every(1), Infinity)).toBe(8.64e15);
  });

  test.each([
    [0, "an interval of 0 has no next; give at least 1 ms"],
    [
      "soon",
      '"soon" is no duration; give milliseconds as a number, or text such as "250 ms", "90 s", "1.5 h" or "2 days"',
    ],
    [-5, "-5 is negative; a duration is 0 or more"],
    [
      null,
      'null is no duration; give milliseconds as a number, or text such as "250 ms", "90 s", "1.5 h" or "2 days"',
    ],
  ])("%j is refused", (duration, fault) => {
    expect(scheduleFaults(every(duration as string))).toEqual([
      `every(${JSON.stringify(duration)}): ${fault}`,
    ]);
  });

  test("its jitter is shorter than the interval", () => {
    expect(scheduleFaults(every("1 min", { jitter: "1 min" }))).toEqual([
      'every("1 min"): jitter is not shorter than the interval; make it so',
    ]);
    expect(scheduleFaults(every("1 min", { jitter: "59 s" }))).toEqual([]);
    expect(scheduleFaults(every(1, { jitter: 1 }))).toHaveLength(1);
    // The interval alone is at fault.
    expect(scheduleFaults(every(0, { jitter: 0 }))).toHaveLength(1);
  });
});

describe("at", () => {
  test("names one instant", () => {
    const schedule = at("2026-03-29T02:30[Europe/Paris]");
    const instant = Date.UTC(2026, 2, 29, 1);
    expect(occurrencesBetween(schedule, { after: 0 })).toEqual({
      occurrences: [instant],
      more: false,
    });
    expect(nextOccurrence(schedule, instant)).toBeUndefined();
    expect(previousOccurrence(schedule, instant)).toBeUndefined();
    expect(previousOccurrence(schedule, instant + 1)).toBe(instant);
  });

  test("a local time that never was is a fault", () => {
    expect(scheduleFaults(at("2011-12-30T12:00[Pacific/Apia]"))).toEqual([
      'at("2011-12-30T12:00[Pacific/Apia]"): "2011-12-30T12:00[Pacific/Apia]" was never on the clocks of Pacific/Apia; they jumped over it',
    ]);
  });
});

describe("occurrencesBetween", () => {
  test("leaves `after` out and takes `until` in", () => {
    expect(occurrencesBetween(every("1 h"), { after: hour, until: 3 * hour })).toEqual({
      occurrences: [2 * hour, 3 * hour],
      more: false,
    });
  });

  test("tells whether there are more in the span, not after it", () => {
    expect(occurrencesBetween(every("1 h"), { after: 0, until: 3 * hour, limit: 2 })).toEqual({
      occurrences: [hour, 2 * hour],
      more: true,
    });
    expect(occurrencesBetween(every("1 h"), { after: 0, until: 3 * hour, limit: 3 }).more).toBe(
      false,
    );
    expect(occurrencesBetween(every("1 h"), { after: 0, until: 3 * hour, limit: 0 })).toEqual({
      occurrences: [],
      more: true,
    });
    expect(occurrencesBetween(every("1 h"), { after: 0 }).occurrences).toHaveLength(1_000);
    expect(occurrencesBetween(every("1 h"), { after: hour, until: 0 })).toEqual({
      occurrences: [],
      more: false,
    });
  });

  test("takes instants in every spelling", () => {
    const { occurrences } = occurrencesBetween(every("1 h"), {
      after: "2026-03-28T00:00[Europe/Paris]",
      until: "2026-03-28T00:00Z",
    });
    expect(occurrences.map(formatInstant)).toEqual(["2026-03-28T00:00:00.000Z"]);
  });

  test("may begin between two milliseconds, and at the ends of time", () => {
    const paris = cron("* * * * *", { timeZone: "Europe/Paris" });
    for (const schedule of [every(minute), cron("* * * * *"), paris]) {
      expect(nextOccurrence(schedule, minute - 0.5)).toBe(minute);
      expect(nextOccurrence(schedule, minute + 0.5)).toBe(2 * minute);
      expect(previousOccurrence(schedule, minute + 0.5)).toBe(minute);
      expect(previousOccurrence(schedule, minute - 0.5)).toBe(0);
      expect(nextOccurrence(schedule, Infinity)).toBeUndefined();
      expect(previousOccurrence(schedule, -Infinity)).toBeUndefined();
      expect(nextOccurrence(schedule, -Infinity)).toBeLessThan(-8.63e15);
      expect(previousOccurrence(schedule, Infinity)).toBeGreaterThan(8.63e15);
      expect(occurrencesBetween(schedule, { after: 0, until: Infinity, limit: 1 }).more).toBe(true);
    }
  });

  test.each([
    [{ after: Number.NaN }, "NaN is no instant"],
    [{ after: "soon" }, '"soon" is no instant'],
    [{ after: null }, "null is no instant"],
    [{}, "undefined is no instant"],
    [{ after: 0, until: "" }, '"" is no instant'],
    [{ after: 0, limit: -1 }, "limit is -1; give a whole number of 0 or more"],
    [{ after: 0, limit: 1.5 }, "limit is 1.5; give a whole number of 0 or more"],
    [{ after: 0, limit: "3" }, 'limit is "3"; give a whole number of 0 or more'],
    [null, "null is no range; give { after, until, limit }"],
  ])("refuses %j with an InputError: %s", (range, message) => {
    const ask = (): unknown => occurrencesBetween(every("1 h"), range as { after: number });
    expect(ask).toThrow(InputError);
    expect(ask).toThrow(message);
  });
});

describe("bounds", () => {
  const bounded = every("1 h", { startAt: 2 * hour, endAt: 4 * hour });

  test("are both included", () => {
    expect(occurrencesBetween(bounded, { after: -10 * hour }).occurrences).toEqual(
      [2, 3, 4].map((it) => it * hour),
    );
    expect(previousOccurrence(bounded, 10 * hour)).toBe(4 * hour);
    expect(previousOccurrence(bounded, 2 * hour + 1)).toBe(2 * hour);
    expect(previousOccurrence(bounded, 2 * hour)).toBeUndefined();
    expect(previousOccurrence(every(1, { endAt: 5 }), 9)).toBe(5);
    expect(occurrencesBetween(every("1 h", { startAt: hour, endAt: hour }), { after: 0 })).toEqual({
      occurrences: [hour],
      more: false,
    });
    expect(nextOccurrence(bounded, 4 * hour)).toBeUndefined();
  });

  test("hold for cron and for one instant too", () => {
    expect(nextOccurrence(cron("0 * * * *", { startAt: 90 * minute }), 0)).toBe(2 * hour);
    expect(nextOccurrence(at(hour, { endAt: hour - 1 }), 0)).toBeUndefined();
    expect(nextOccurrence(at(hour, { endAt: hour }), 0)).toBe(hour);
  });

  test("that leave nothing are a fault", () => {
    expect(scheduleFaults(every("1 h", { startAt: 2, endAt: 1 }))).toEqual([
      'every("1 h"): startAt lies after endAt, so nothing is left; exchange them',
    ]);
  });
});

describe("policies", () => {
  test("have defaults", () => {
    expect(compileSchedule(cron("* * * * *"))).toMatchObject({
      missed: "latest",
      missedAfterMillis: 60_000,
      missedWithinMillis: undefined,
      missedMax: 1_000,
      jitterMillis: 0,
    });
  });

  test("are taken from the options", () => {
    const options = {
      missed: "all",
      missedAfter: "10 s",
      missedWithin: "1 day",
      missedMax: 5,
      jitter: 250,
    } as const;
    expect(compileSchedule(cron("* * * * *", options))).toMatchObject({
      missed: "all",
      missedAfterMillis: 10_000,
      missedWithinMillis: 86_400_000,
      missedMax: 5,
      jitterMillis: 250,
    });
  });

  test("may be as small as can be", () => {
    expect(compileSchedule(cron("* * * * *", { missedMax: 1 })).missedMax).toBe(1);
  });

  test("that are misspelt are told with what there is", () => {
    const [misspelt, unknown] = scheduleFaults(
      at(0, { misSed: "all", zone: "UTC" } as unknown as ScheduleOptions),
    );
    expect(misspelt).toBe('at(0): "misSed" is no option; did you mean "missed"?');
    expect(unknown).toMatch(
      /^at\(0\): "zone" is no option; there are missed, missedAfter, .*, endAt$/,
    );
  });

  test("one that can't be is enough to refuse the schedule", () => {
    const refused = cron("* * * * *", { missedMax: 0 });
    expect(() => compileSchedule(refused)).toThrow(DefinitionError);
  });

  test("that can't be are told all at once", () => {
    const options = {
      missed: 1,
      missedAfter: "x",
      missedWithin: -1,
      missedMax: 0,
      jitter: Number.NaN,
      startAt: "x",
      endAt: {},
      tz: "UTC",
    };
    const faults = scheduleFaults(at(0, options as unknown as ScheduleOptions));
    expect(faults.map((fault) => fault.replace(/;.*/, ""))).toEqual([
      "at(0): missed is 1",
      'at(0): missedAfter: "x" is no duration',
      "at(0): missedWithin: -1 is negative",
      "at(0): missedMax: 0 is no count",
      "at(0): jitter: NaN is no duration",
      'at(0): startAt: "x" is no instant',
      "at(0): endAt: an object is no instant",
      'at(0): "tz" is no option',
    ]);
  });
});

test.each([null, undefined, 3, "0 2 * * *", [], {}, { _tag: "Event" }, () => 1])(
  "%o is no schedule",
  (value) => {
    const schedule = value as unknown as Schedule;
    expect(scheduleFaults(schedule)[0]).toMatch(
      / is no schedule; make one with cron\(\), every\(\) or at\(\)$/,
    );
    expect(() => nextOccurrence(schedule, 0)).toThrow(DefinitionError);
  },
);

test.each([null, 3, "Europe/Paris", ["UTC"]])("options that are %o are a fault", (options) => {
  const [fault] = scheduleFaults(cron("0 2 * * *", options as object));
  expect(fault).toMatch(
    /^cron\("0 2 \* \* \*"\): options is .*; give an object such as \{ timeZone: … \}$/,
  );
});
