// Time zones: the stretches of time over which a zone's clocks keep one distance from UTC. The zone database is the one
// that `Intl` carries; offsets are asked for a few years at a time, when they are first needed, and kept.
//
// Invariants:
// 1. Segments of a zone do not overlap and leave no instant out.
// 2. A segment is cut at a transition, or at a border of a table where nothing has changed for two days: no gap and no
//    overlap lies across such a cut, so that it cannot be seen from outside.
// 3. No segment between transitions is shorter than a week (measured over all zones from 1900 to 2100: Gaza and Recife
//    have the shortest), so samples `stepMillis` apart miss none.
import { dayMillis, instantMax } from "./civil.ts";
import { editDistance } from "./nearest.ts";
import { read, shown, unread, type Reading } from "./reading.ts";

/** A stretch of constant offset. All figures are milliseconds; local = instant + offset. */
export interface Segment {
  /** The first instant; included. */
  readonly from: number;
  /** The first instant after it; excluded. */
  readonly until: number;
  readonly offset: number;
  /** The offset just before `from`: less than `offset` after a gap, more after the clock was set back. */
  readonly before: number;
  /** Local times below this one have been on the clock before this segment: the end of its overlap. */
  readonly seen: number;
}

export interface Zone {
  /** The name as it was given. */
  readonly name: string;
  /** The segment that holds an instant. */
  readonly segmentAt: (instant: number) => Segment;
}

/** A gap in local time of at most this length is daylight saving or the like; a longer one (Apia, 2011-12-30) is a day that never was. */
export const gapMillisMax = 3 * 3_600_000;

/**
 * The zone of an IANA name (case ignored) or "UTC", or what is wrong with the name, with the nearest one that exists.
 * Offsets such as "+02:00" are refused: a zone knows its daylight saving, an offset does not.
 */
export const readZone = (name: unknown): Reading<Zone> => {
  if (typeof name !== "string") return unread(`${shown(name)} is no time zone; ${mend}`);
  const key = name.toLowerCase();
  const known = zones.get(key);
  if (known !== undefined) return read(known);
  if (!isZoneName(name)) return unread(`${shown(name)} is no time zone; ${suggestion(name)}`);
  const zone = key === "utc" ? utc : zoneOf(name);
  zones.set(key, zone);
  return read(zone);
};

/**
 * The instant of a local time (milliseconds since the local 1970-01-01T00:00): the first pass of a repeated one, the first
 * instant after a gap of up to `gapMillisMax` for one inside it, undefined inside a longer gap. It may lie beyond the ends of time.
 */
export const instantOfLocal = (zone: Zone, local: number): number | undefined => {
  let segment = zone.segmentAt(Math.max(local - offsetMillisMax, -instantMax));
  for (;;) {
    const instant = local - segment.offset;
    if (instant < segment.from) {
      // Later than all that the earlier segments show, and earlier than all that this one does: inside its gap.
      return segment.offset - segment.before <= gapMillisMax ? segment.from : undefined;
    }
    if (instant < segment.until) return instant;
    segment = zone.segmentAt(segment.until);
  }
};

/** No clock is further from UTC than this. */
const offsetMillisMax = 2 * dayMillis;

const mend = 'give an IANA name such as "Europe/Paris", or "UTC"';

/** By name in lower case, so that there are at most as many as `Intl` knows. */
const zones = new Map<string, Zone>();

export const utc: Zone = {
  name: "UTC",
  segmentAt: () => always,
};

const nowhere: Segment = { from: Infinity, until: -Infinity, offset: 0, before: 0, seen: 0 };

const always: Segment = { from: -Infinity, until: Infinity, offset: 0, before: 0, seen: -Infinity };

const isZoneName = (name: string): boolean => {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    offsetFormat(name);
    return true;
  } catch {
    return false;
  }
};

const offsetFormat = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("en-US", { timeZone, hour: "numeric", timeZoneName: "longOffset" });

/** Reads a zone's offset at an instant from "1 AM GMT-00:44:30"; UTC itself is a bare "GMT". */
const offsetReaderOf = (name: string): ((instant: number) => number) => {
  const format = offsetFormat(name);
  return (instant) => {
    const text = format.format(Math.max(-instantMax, Math.min(instantMax, instant)));
    const [, sign, hours, minutes, seconds] =
      /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text) ?? [];
    if (sign === undefined) return 0;
    const amount =
      Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds ?? 0) * 1_000;
    return sign === "-" ? -amount : amount;
  };
};

/** A table spans 2^37 ms, 4.4 years: half a millisecond to fill. */
const tableMillis = 2 ** 37;

const stepMillis = 5 * dayMillis;

const zoneOf = (name: string): Zone => {
  const offsetAt = offsetReaderOf(name);
  const tables = new Map<number, readonly Segment[]>();

  /** Where the table of a number begins: at its round instant, or after it when something has just changed there (invariant 2). */
  const borderOf = (number: number): number => {
    let border = number * tableMillis;
    while (offsetAt(border - 2 * dayMillis) !== offsetAt(border)) border += 2 * dayMillis;
    return border;
  };
  const tableAt = (instant: number): readonly Segment[] => {
    const number = Math.floor(instant / tableMillis);
    const table =
      tables.get(number) ?? segmentsBetween(offsetAt, borderOf(number), borderOf(number + 1));
    tables.set(number, table);
    return instant < table[0]!.from ? tableAt(number * tableMillis - 1) : table;
  };
  // Whoever asks for one instant soon asks for one nearby.
  let recent = nowhere;
  return {
    name,
    segmentAt: (instant) => {
      if (instant < recent.from || instant >= recent.until)
        recent = segmentIn(tableAt(instant), instant);
      return recent;
    },
  };
};

/** The last segment that begins at or before an instant. */
const segmentIn = (table: readonly Segment[], instant: number): Segment => {
  let low = 0;
  let high = table.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (table[middle]!.from <= instant) low = middle;
    else high = middle - 1;
  }
  return table[low]!;
};

const segmentsBetween = (
  offsetAt: (instant: number) => number,
  from: number,
  until: number,
): readonly Segment[] => {
  const segments: Segment[] = [];
  let offset = offsetAt(from);
  let open = { from, offset, before: offset, seen: from + offset };
  for (let sample = from; sample < until; sample += stepMillis) {
    const end = Math.min(sample + stepMillis, until);
    const changed = offsetAt(end);
    if (changed === offset) continue;
    const transition = transitionBetween(offsetAt, sample, end);
    segments.push({ ...open, until: transition });
    open = {
      from: transition,
      offset: changed,
      before: offset,
      seen: Math.max(open.seen, transition + offset),
    };
    offset = changed;
  }
  return [...segments, { ...open, until }];
};

/** The first whole second in (from, until] at which the offset is that of `until`. */
const transitionBetween = (
  offsetAt: (instant: number) => number,
  from: number,
  until: number,
): number => {
  const after = offsetAt(until);
  let low = Math.floor(from / 1_000);
  let high = Math.ceil(until / 1_000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * 1_000) === after) high = middle;
    else low = middle;
  }
  return high * 1_000;
};

/** Names the nearest zone, by its whole name or by its city alone. */
const suggestion = (name: string): string => {
  const wanted = name.toLowerCase().replaceAll(" ", "_");
  let nearest = { name: "", distance: Math.min(4, Math.ceil(wanted.length / 2)) };
  for (const candidate of ["UTC", ...Intl.supportedValuesOf("timeZone")]) {
    const whole = candidate.toLowerCase();
    const distance = Math.min(
      editDistance(wanted, whole),
      editDistance(wanted, whole.slice(whole.lastIndexOf("/") + 1)),
    );
    if (distance < nearest.distance) nearest = { name: candidate, distance };
  }
  return nearest.name === "" ? mend : `did you mean ${JSON.stringify(nearest.name)}?`;
};
