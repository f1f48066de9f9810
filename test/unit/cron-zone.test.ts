/** Goal: a zone's segments are the ones that its database has, and a name that is none is answered with the nearest one. */
import { describe, expect, test } from "vitest";
import { nextCron, readCron, walkOf } from "../../src/core/cron.ts";
import { instantOfLocal, readZone, type Segment, type Zone } from "../../src/core/zone.ts";

const zoneOf = (name: string): Zone => {
  const reading = readZone(name);
  if (!reading.ok) throw new Error(reading.message);
  return reading.value;
};

const hour = 3_600_000;

test("a segment says how far the clock is from UTC, from where until where", () => {
  const segment = zoneOf("Europe/Paris").segmentAt(Date.UTC(2025, 6, 1));
  const from = Date.UTC(2025, 2, 30, 1);
  expect(segment).toEqual({
    from,
    until: Date.UTC(2025, 9, 26, 1),
    offset: 2 * hour,
    before: hour,
    seen: from + hour,
  });
});

test("a segment after the clock was set back knows what was on the clock before", () => {
  const from = Date.UTC(2025, 9, 26, 1);
  expect(zoneOf("Europe/Paris").segmentAt(from)).toMatchObject({
    from,
    offset: hour,
    before: 2 * hour,
    seen: from + 2 * hour,
  });
});

test("a clock may show UTC itself for a part of the year", () => {
  const [spring, autumn] = [Date.UTC(2025, 2, 30, 1), Date.UTC(2025, 9, 26, 1)];
  const zone = zoneOf("Europe/London");
  expect(zone.segmentAt(spring)).toMatchObject({ from: spring, offset: hour, before: 0 });
  expect(zone.segmentAt(autumn)).toMatchObject({ from: autumn, offset: 0, before: hour });
});

test("UTC is one segment without a beginning or an end", () => {
  const always = { from: -Infinity, until: Infinity, offset: 0, before: 0, seen: -Infinity };
  expect(zoneOf("UTC").segmentAt(0)).toEqual(always);
});

test("a gap of 24 hours is one transition", () => {
  const from = Date.UTC(2011, 11, 30, 10);
  expect(zoneOf("Pacific/Apia").segmentAt(from)).toMatchObject({
    from,
    offset: 14 * hour,
    before: -10 * hour,
  });
});

test("the shortest segment, one week of summer in Recife, is not stepped over", () => {
  const from = Date.UTC(2000, 9, 8, 3);
  expect(zoneOf("America/Recife").segmentAt(from)).toMatchObject({
    from,
    until: Date.UTC(2000, 9, 15, 2),
    offset: -2 * hour,
    before: -3 * hour,
  });
});

test("offsets keep their seconds", () => {
  expect(zoneOf("Africa/Monrovia").segmentAt(0).offset).toBe(-(44 * 60 + 30) * 1_000);
  expect(zoneOf("Africa/Monrovia").segmentAt(0).until).toBe(Date.UTC(1972, 0, 7, 0, 44, 30));
});

test("UTC is one segment without an end", () => {
  expect(zoneOf("UTC").segmentAt(8.64e15)).toMatchObject({
    from: -Infinity,
    until: Infinity,
    offset: 0,
  });
});

test.each(["Europe/Paris", "Asia/Gaza", "America/Noronha", "Asia/Kolkata", "Africa/Casablanca"])(
  "the segments of %s follow one another without a hole, from 1890 to 2110, and differ or are cut where nothing changed for two days",
  (name) => {
    const zone = zoneOf(name);
    let last: Segment = zone.segmentAt(Date.UTC(1890, 0));
    while (last.until < Date.UTC(2110, 0)) {
      const next = zone.segmentAt(last.until);
      expect(next.from).toBe(last.until);
      expect(zone.segmentAt(last.until - 1)).toEqual(last);
      expect(next.before).toBe(last.offset);
      if (next.offset === last.offset)
        expect(last.until - last.from).toBeGreaterThanOrEqual(48 * hour);
      last = next;
    }
  },
);

test("segments are the same whichever part of them is asked for first", () => {
  const forwards = zoneOf("America/Los_Angeles");
  const backwards = zoneOf("US/Pacific");
  const instants = Array.from({ length: 400 }, (_, index) => Date.UTC(1960, index * 4));
  const ascending = instants.map((instant) => forwards.segmentAt(instant));
  const descending = instants.toReversed().map((instant) => backwards.segmentAt(instant));
  expect(descending.toReversed()).toEqual(ascending);
});

test("a zone is made once, however its name is written, and computes each of its segments once", () => {
  expect(zoneOf("europe/paris")).toBe(zoneOf("Europe/Paris"));
  const instant = Date.UTC(2025, 6, 1);
  const segment = zoneOf("Europe/Paris").segmentAt(instant);
  zoneOf("Europe/Paris").segmentAt(0);
  expect(zoneOf("Europe/Paris").segmentAt(instant)).toBe(segment);
});

test("the first and the last instant there are have a segment", () => {
  const zone = zoneOf("Europe/Paris");
  for (const instant of [-8.64e15, 8.64e15]) {
    const segment = zone.segmentAt(instant);
    expect(segment.from).toBeLessThanOrEqual(instant);
    expect(segment.until).toBeGreaterThan(instant);
  }
});

test.each([
  ["Europe/Pariss", 'did you mean "Europe/Paris"?'],
  ["Paris", 'did you mean "Europe/Paris"?'],
  ["New York", 'did you mean "America/New_York"?'],
  ["america/newyork", 'did you mean "America/New_York"?'],
  ["Z", 'give an IANA name such as "Europe/Paris", or "UTC"'],
  ["Nowhere/At_All", "give an IANA name"],
  ["+02:00", "give an IANA name"],
  ["", "give an IANA name"],
  [" Europe/Paris", 'did you mean "Europe/Paris"?'],
  ["Parxx", 'did you mean "Europe/Paris"?'],
  ["UTV", 'did you mean "UTC"?'],
  ["Xyz", "give an IANA name"],
  ["Europe/Parxxxx", "give an IANA name"],
  [null, "null is no time zone"],
  [undefined, "undefined is no time zone"],
  [3, "3 is no time zone"],
])("%o is no zone: %s", (name, message) => {
  const reading = readZone(name);
  expect(reading.ok ? "" : reading.message).toContain(message);
});

test.each(["UTC", "utc", "Etc/UTC", "europe/paris", "US/Eastern", "Asia/Calcutta", "EST5EDT"])(
  "%s is a zone",
  (name) => {
    expect(readZone(name).ok).toBe(true);
  },
);

describe("a local time that a gap leaves out", () => {
  /** A zone whose clock jumps by so much at the epoch. */
  const jumping = (gap: number): Zone => {
    const before = { from: -Infinity, until: 0, offset: 0, before: 0, seen: -Infinity };
    const after = { from: 0, until: Infinity, offset: gap, before: 0, seen: 0 };
    return { name: "Test/Jump", segmentAt: (instant) => (instant < 0 ? before : after) };
  };

  test("is the first instant after it, where the gap has 3 hours at most, and none beyond", () => {
    expect(instantOfLocal(jumping(3 * hour), hour)).toBe(0);
    const long = jumping(3 * hour + 1);
    expect(
      [-1, 0, hour, 3 * hour, 3 * hour + 1].map((local) => instantOfLocal(long, local)),
    ).toEqual([-1, undefined, undefined, undefined, 0]);
    const rule = readCron("0 1 * * *", "");
    if (!rule.ok) throw new Error();
    const nexts = [3 * hour, 3 * hour + 1_000].map((gap) =>
      nextCron(walkOf(rule.value, jumping(gap), "vixie"), -1),
    );
    expect(nexts).toEqual([0, 25 * hour - (3 * hour + 1_000)]);
  });

  test("is told apart from those at its ends, which are on the clock", () => {
    const zone = jumping(2 * hour);
    expect(
      [-1, 0, 2 * hour - 1, 2 * hour, 2 * hour + 1].map((local) => instantOfLocal(zone, local)),
    ).toEqual([-1, 0, 0, 0, 1]);
  });

  test("counts from the gap alone, wherever on the clock it lies", () => {
    // From 2 hours behind UTC to 2 hours ahead, and from 2 to 4 ahead.
    const zone = (before: number, offset: number): Zone => {
      const first = { from: -Infinity, until: 0, offset: before, before, seen: -Infinity };
      const second = { from: 0, until: Infinity, offset, before, seen: before };
      return { name: "Test/Jump", segmentAt: (instant) => (instant < 0 ? first : second) };
    };
    expect(instantOfLocal(zone(-2 * hour, 2 * hour), hour)).toBeUndefined();
    expect(instantOfLocal(zone(2 * hour, 4 * hour), 3 * hour)).toBe(0);
  });
});
