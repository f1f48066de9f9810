// Which instants a cron expression names in a zone. They are a set that does not depend on where one asks from: `next` is its
// least member after an instant, `previous` its greatest before one.
//
// The search walks over stretches of constant offset (zone.ts). Within one, local time is the calendar's (cron-calendar.ts);
// between two, the daylight saving rule says what becomes of the local times that were left out or came twice.
import { calendarOf, nextLocal, previousLocal, type CronCalendar } from "./cron-calendar.ts";
import { isSeeded, parseCron } from "./cron-parse.ts";
import { cycleMillis, instantMax } from "./civil.ts";
import { gapMillisMax, type Segment, type Zone } from "./zone.ts";

/**
 * What daylight saving does to an expression.
 * - `"vixie"` (default): when second, minute or hour begins with `*` or `?` it is an interval and runs at every instant whose local
 *   time matches: nothing in a gap, both passes of an overlap. Any other expression is a time of day, neither lost nor doubled:
 *   times in a gap of up to 3 hours run once, at the first instant after it; repeated times run on the first pass only.
 * - `"compatible"`: a time in a gap is shifted by the gap's length; a repeated one runs on the first pass (Temporal's "compatible", RFC 5545).
 * - `"literal"`: a time in a gap does not run; a repeated one runs twice (Kubernetes, Temporal.io).
 */
export type Dst = "vixie" | "compatible" | "literal";

/** A cron expression that was read: independent of any zone. */
export interface CronRule {
  readonly calendar: CronCalendar;
  /** Whether it is an interval for `"vixie"`. */
  readonly wild: boolean;
}

export type CronRuleReading =
  | { readonly ok: true; readonly value: CronRule }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Reads an expression, or says everything that is wrong with it; dates that never come are wrong. `seed` decides what `H` stands for. */
export const readCron = (expression: unknown, seed: string): CronRuleReading => {
  if (typeof expression !== "string" || isSeeded(expression)) return newReading(expression, seed);
  const known = readings.get(expression);
  if (known !== undefined) return known;
  const reading = newReading(expression, seed);
  if (readings.size >= readingsMax) readings.delete(readings.keys().next().value!);
  readings.set(expression, reading);
  return reading;
};

/** A rule in a zone: what a search walks over. */
export interface CronWalk {
  readonly calendar: CronCalendar;
  readonly zone: Zone;
  readonly gap: "skipped" | "once" | "shifted";
  readonly overlap: "both" | "first";
}

export const walkOf = (rule: CronRule, zone: Zone, dst: Dst): CronWalk => {
  const { calendar } = rule;
  if (dst === "compatible") return { calendar, zone, gap: "shifted", overlap: "first" };
  if (dst === "literal" || rule.wild) return { calendar, zone, gap: "skipped", overlap: "both" };
  return { calendar, zone, gap: "once", overlap: "first" };
};

/**
 * The first occurrence after an instant, or undefined when there is none, ever: dates recur within 40 years and zones by rule, so that
 * 400 years without an occurrence (one that always falls into a gap) prove it.
 */
export const nextCron = (walk: CronWalk, after: number): number | undefined => {
  const from = Math.max(Math.floor(after) + 1, -instantMax);
  const horizon = Math.min(from + cycleMillis, instantMax);
  for (let at = from; at <= horizon;) {
    const segment = walk.zone.segmentAt(at);
    const found = nextIn(walk, segment, from);
    if (found !== undefined) return found <= instantMax ? found : undefined;
    at = segment.until;
  }
  return undefined;
};

/** The last occurrence before an instant, or undefined when there is none, ever. */
export const previousCron = (walk: CronWalk, before: number): number | undefined => {
  const until = Math.min(Math.ceil(before), instantMax + 1);
  const horizon = Math.max(Math.min(until - cycleMillis, unruledFrom), -instantMax);
  for (let at = until; at >= horizon;) {
    const segment = walk.zone.segmentAt(at);
    const found = previousIn(walk, segment, until);
    if (found !== undefined) return found >= -instantMax ? found : undefined;
    at = segment.from - 1;
    // 400 years by rule had none, so the other years by the same rule have none; the years before the rule may.
    if (at < until - cycleMillis && at > ruledFrom) at = ruledFrom;
  }
  return undefined;
};

/** Expressions are few even where triggers are many. The oldest goes first. */
const readings = new Map<string, CronRuleReading>();
const readingsMax = 10_000;

/** 2500-01-01: from 2100 on every zone follows a yearly rule, and 400 years of it show all that it can do. */
const ruledFrom = 16_725_225_600_000;

/** 1400-01-01: 400 years before any zone had clocks that jumped. */
const unruledFrom = -17_987_443_200_000;

const newReading = (expression: unknown, seed: string): CronRuleReading => {
  const reading = parseCron(expression, seed);
  if (!reading.ok) return reading;
  const calendar = calendarOf(reading.value);
  if (calendar !== undefined) return { ok: true, value: { calendar, wild: reading.value.wild } };
  const fault = `never runs: no year has ${reading.value.dates}; write dates that exist`;
  return { ok: false, faults: [fault] };
};

/** The local time, in milliseconds, from which a segment counts: with "first", after its overlap. */
export const localFrom = (walk: CronWalk, segment: Segment): number =>
  walk.overlap === "first"
    ? Math.max(segment.from + segment.offset, segment.seen)
    : segment.from + segment.offset;

const nextIn = (walk: CronWalk, segment: Segment, from: number): number | undefined => {
  const { calendar } = walk;
  const { offset, until } = segment;
  const local =
    nextLocal(calendar, Math.ceil(Math.max(from + offset, localFrom(walk, segment)) / 1_000)) *
    1_000;
  const found = local < until + offset ? local - offset : undefined;
  if (walk.gap === "skipped" || segment.offset <= segment.before) return found;
  const moved = nextMoved(walk, segment, from);
  return moved === undefined || found === undefined ? (moved ?? found) : Math.min(moved, found);
};

/** The first instant from `from` on to which the gap before a segment moves an occurrence. */
const nextMoved = (walk: CronWalk, segment: Segment, from: number): number | undefined => {
  const { before, offset } = segment;
  const once = walk.gap === "once";
  if (once && (segment.from < from || offset - before > gapMillisMax)) return undefined;
  const start = once ? segment.from : Math.max(segment.from, from);
  const local = nextLocal(walk.calendar, Math.ceil((start + before) / 1_000)) * 1_000;
  if (local >= segment.from + offset) return undefined;
  return once ? segment.from : local - before;
};

const previousIn = (walk: CronWalk, segment: Segment, until: number): number | undefined => {
  const { calendar } = walk;
  const { offset } = segment;
  const end = Math.min(until, segment.until) + offset;
  const local = previousLocal(calendar, Math.ceil(end / 1_000) - 1) * 1_000;
  const found = local >= localFrom(walk, segment) ? local - offset : undefined;
  if (walk.gap === "skipped" || segment.offset <= segment.before) return found;
  const moved = previousMoved(walk, segment, until);
  return moved === undefined || found === undefined ? (moved ?? found) : Math.max(moved, found);
};

/** The last instant before `until` to which the gap before a segment moves an occurrence. */
const previousMoved = (walk: CronWalk, segment: Segment, until: number): number | undefined => {
  const { before, offset } = segment;
  const once = walk.gap === "once";
  if (segment.from >= until || (once && offset - before > gapMillisMax)) return undefined;
  const end = once ? segment.from + offset : Math.min(segment.from + offset, until + before);
  const local = previousLocal(walk.calendar, Math.ceil(end / 1_000) - 1) * 1_000;
  if (local < segment.from + before) return undefined;
  return once ? segment.from : local - before;
};
