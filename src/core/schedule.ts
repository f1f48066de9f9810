// Schedules: rules that name instants. A schedule is plain data, the raw words of its definition; it is read when somebody asks
// for its faults or its instants, so that all faults of a definition can be reported at once and a schedule can be stored as JSON.
import { instantMax } from "./civil.ts";
import { countCron } from "./cron-count.ts";
import { nextCron, previousCron, readCron, walkOf, type Dst } from "./cron.ts";
import { readDuration, type DurationInput } from "./duration.ts";
import { DefinitionError, InputError } from "./errors.ts";
import { instantMillis, readInstant, type InstantInput } from "./instant.ts";
import { canonical } from "./json.ts";
import { shown } from "./reading.ts";
import { boundsOf, optionNames, policyOf, ScheduleReader } from "./schedule-options.ts";
import type { RawSchedule, ScheduleOptions, SchedulePolicy } from "./schedule-options.ts";
import { readZone, utc } from "./zone.ts";

export interface CronOptions extends ScheduleOptions {
  /** An IANA name, or "UTC". Default "UTC", whatever the zone of the process. */
  readonly timeZone?: string;
  /** What daylight saving does. Default "vixie". */
  readonly dst?: Dst;
}

export interface EveryOptions extends ScheduleOptions {
  /** An instant from which the intervals are counted, both ways. Default: the epoch, so that restarts don't move them. */
  readonly anchor?: InstantInput;
}

export interface CronSchedule extends CronOptions {
  readonly _tag: "Cron";
  readonly expression: string;
}

export interface EverySchedule extends EveryOptions {
  readonly _tag: "Every";
  readonly duration: DurationInput;
}

export interface AtSchedule extends ScheduleOptions {
  readonly _tag: "At";
  readonly instant: InstantInput;
}

export type Schedule = CronSchedule | EverySchedule | AtSchedule;

/**
 * A schedule of the instants that a cron expression names: 5 fields, 6 with seconds first, or a macro such as `@daily`. Also `L`,
 * `L-3`, `LW`, `15W`, `5L`, `5#2`, and `H`, which the trigger's id decides. Day of month and day of week are alternatives unless one
 * of them begins with `*` or `?` (cronie): `0 0 13 * 5` is every 13th and every Friday, `0 0 ?/2 * 1` each Monday that is an odd day
 * of the month. Nothing is checked here: `detent()` reports all faults of a set at once.
 */
export const cron = (expression: string, options?: CronOptions): CronSchedule =>
  Object.freeze({ ...given(options), _tag: "Cron", expression });

/** A schedule of the instants `anchor + n * duration`, n any whole number. Nothing is checked here. */
export const every = (duration: DurationInput, options?: EveryOptions): EverySchedule =>
  Object.freeze({ ...given(options), _tag: "Every", duration });

/** A schedule of one instant; a local time with its zone follows the rules of `readInstant`. Nothing is checked here. */
export const at = (instant: InstantInput, options?: ScheduleOptions): AtSchedule =>
  Object.freeze({ ...given(options), _tag: "At", instant });

/** A schedule that was read: its instants, and its policies with defaults filled in. */
export interface CompiledSchedule extends SchedulePolicy {
  /** The first occurrence after an instant; undefined if there is none, ever. */
  readonly next: (after: number) => number | undefined;
  /** The last occurrence before an instant; undefined if there is none. */
  readonly previous: (before: number) => number | undefined;
  /** How many occurrences there are after an instant (excluded) until another (included). Does not look at each: a range of years costs little. */
  readonly count: (range: { readonly after: number; readonly until: number }) => number;
}

/** Everything that is wrong with a schedule, one line each with its place and its mend; empty when it is fine. `seed` is the trigger's id, for `H`. */
export const scheduleFaults = (schedule: Schedule, seed = ""): readonly string[] =>
  readSchedule(schedule, seed).faults;

/** A schedule ready to be asked. `seed` is the trigger's id, for `H`. Throws a DefinitionError with all faults. */
export const compileSchedule = (schedule: Schedule, seed = ""): CompiledSchedule => {
  const known = seed === "" ? compiled.get(schedule) : undefined;
  if (known !== undefined) return known;
  const { faults, value } = readSchedule(schedule, seed);
  if (value === undefined) throw new DefinitionError(faults);
  // Only what can't change is worth remembering.
  if (seed === "" && Object.isFrozen(schedule)) compiled.set(schedule, value);
  return value;
};

/**
 * The occurrences after an instant (excluded) until another (included; default: the end of time), oldest first, at most `limit`
 * (default 1,000); `more` tells whether there are others in that time. `H` is decided by the empty id. Throws a DefinitionError for
 * a faulty schedule, an InputError for a faulty instant or limit.
 */
export const occurrencesBetween = (
  schedule: Schedule,
  range: { readonly after: InstantInput; readonly until?: InstantInput; readonly limit?: number },
): { readonly occurrences: number[]; readonly more: boolean } => {
  const { next } = compileSchedule(schedule);
  if (typeof range !== "object" || range === null)
    throw new InputError(`${shown(range)} is no range; give { after, until, limit }`);
  const { after, until = instantMax, limit = 1_000 } = range;
  if (!(Number.isInteger(limit) || limit === Infinity) || limit < 0) {
    throw new InputError(`limit is ${shown(limit)}; give a whole number of 0 or more`);
  }
  const last = boundary(until);
  const occurrences: number[] = [];
  let due = next(boundary(after));
  while (due !== undefined && due <= last && occurrences.length < limit) {
    occurrences.push(due);
    due = next(due);
  }
  return { occurrences, more: due !== undefined && due <= last };
};

/** The first occurrence after an instant (excluded), or undefined if there is none, ever. Throws as `occurrencesBetween` does. */
export const nextOccurrence = (schedule: Schedule, after: InstantInput): number | undefined =>
  compileSchedule(schedule).next(boundary(after));

/** The last occurrence before an instant (excluded), or undefined if there is none. Throws as `occurrencesBetween` does. */
export const previousOccurrence = (schedule: Schedule, before: InstantInput): number | undefined =>
  compileSchedule(schedule).previous(boundary(before));

/** The occurrences after an instant (excluded) until another (included) as one range, both its ends occurrences; undefined if there are none. */
export const rangeOf = (
  { next, previous, count }: CompiledSchedule,
  range: { readonly after: number; readonly until: number },
): { readonly from: number; readonly to: number; readonly count: number } | undefined => {
  const from = next(range.after);
  const to = previous(range.until + 1);
  if (from === undefined || to === undefined || from > to) return undefined;
  return { from, to, count: count(range) };
};

/** The text that equal schedules share and no others: canonical JSON of kind and data. */
export const scheduleKey = (schedule: Schedule): string => canonical(schedule);

/** The schedule that a leaf's key was made of: its data, before the ordinal; undefined if that can't be read. */
export const scheduleOfKey = (leafKey: string): Schedule | undefined => {
  try {
    return JSON.parse(leafKey.slice(0, leafKey.lastIndexOf("#"))) as Schedule;
  } catch {
    return undefined;
  }
};

/** Where a search begins or ends need be no instant itself: half milliseconds and the infinities are as good a place as any. */
const boundary = (input: InstantInput): number =>
  typeof input === "number" && !Number.isNaN(input) ? input : instantMillis(input);

const compiled = new WeakMap<Schedule, CompiledSchedule>();

/** The options that were given; what is no object of options is kept, to be reported as a fault later. */
const given = (options: unknown): object => {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null || Array.isArray(options)) return { options };
  return Object.fromEntries(Object.entries(options).filter(([, option]) => option !== undefined));
};

interface ScheduleReading {
  readonly faults: readonly string[];
  /** Absent when there are faults. */
  readonly value?: CompiledSchedule;
}

const readSchedule = (schedule: unknown, seed: string): ScheduleReading => {
  const raw = typeof schedule === "object" && schedule !== null ? (schedule as RawSchedule) : {};
  switch (raw["_tag"]) {
    case "Cron":
      return readWith(raw, { word: "expression", options: ["timeZone", "dst"] }, (reader) =>
        cronSearch(raw, reader, seed),
      );
    case "Every":
      return readWith(raw, { word: "duration", options: ["anchor"] }, (reader) =>
        everySearch(raw, reader),
      );
    case "At":
      return readWith(raw, { word: "instant", options: [] }, (reader) => atSearch(raw, reader));
    default:
      return {
        faults: [`${shown(schedule)} is no schedule; make one with cron(), every() or at()`],
      };
  }
};

/** Both directions of a search, without bounds. */
type Search = Pick<CompiledSchedule, "next" | "previous" | "count">;

const readWith = (
  raw: RawSchedule,
  kind: { readonly word: string; readonly options: readonly string[] },
  searchOf: (reader: ScheduleReader) => Search | undefined,
): ScheduleReading => {
  const reader = new ScheduleReader(
    raw,
    `${String(raw["_tag"]).toLowerCase()}(${shown(raw[kind.word])})`,
  );
  const search = searchOf(reader);
  const policy = policyOf(reader);
  const { startAt, endAt } = boundsOf(reader);
  reader.only([...kind.options, ...optionNames], kind.word);
  const { faults } = reader;
  if (faults.length > 0 || search === undefined) return { faults };
  const { next, previous, count } = search;
  const value: CompiledSchedule = {
    ...policy,
    next: (after) => {
      const found = next(Math.max(after, startAt - 1));
      return found !== undefined && found <= endAt ? found : undefined;
    },
    previous: (before) => {
      const found = previous(Math.min(before, endAt + 1));
      return found !== undefined && found >= startAt ? found : undefined;
    },
    count: ({ after, until }) =>
      count({ after: Math.max(after, startAt - 1), until: Math.min(until, endAt) }),
  };
  return { faults, value };
};

const cronSearch = (raw: RawSchedule, reader: ScheduleReader, seed: string): Search | undefined => {
  const rule = readCron(raw["expression"], seed);
  if (!rule.ok) for (const fault of rule.faults) reader.note(fault);
  const zone = reader.take("timeZone", readZone) ?? utc;
  const dst = reader.choice("dst", ["vixie", "compatible", "literal"]);
  if (!rule.ok) return undefined;
  const walk = walkOf(rule.value, zone, dst);
  return {
    next: (after) => nextCron(walk, after),
    previous: (before) => previousCron(walk, before),
    count: (range) => countCron(walk, range),
  };
};

const everySearch = (raw: RawSchedule, reader: ScheduleReader): Search | undefined => {
  const anchor = reader.take("anchor", readInstant) ?? 0;
  const duration = readDuration(raw["duration"]);
  if (!duration.ok) {
    reader.note(duration.message);
    return undefined;
  }
  const interval = duration.value;
  if (interval < 1) reader.note("an interval of 0 has no next; give at least 1 ms");
  // A jitter that is no duration is noted where all policies are read.
  const jitter = readDuration(raw["jitter"]);
  if (jitter.ok && jitter.value > 0 && jitter.value >= interval)
    reader.note("jitter is not shorter than the interval; make it so");
  const within = (instant: number): number | undefined =>
    Math.abs(instant) <= instantMax ? instant : undefined;
  // Remainders are exact where differences of distant instants are not.
  const since = (instant: number): number =>
    ((((instant % interval) - (anchor % interval)) % interval) + interval) % interval;
  const next = (after: number): number | undefined => {
    const instant = Math.max(Math.floor(after), -instantMax - 1);
    return within(instant + interval - since(instant));
  };
  const previous = (before: number): number | undefined => {
    const instant = Math.min(Math.ceil(before), instantMax + 1);
    return within(instant - (since(instant) || interval));
  };
  return {
    next,
    previous,
    count: ({ after, until }) => {
      const first = next(after) ?? Infinity;
      const last = previous(Math.floor(until) + 1) ?? -Infinity;
      return first > last ? 0 : Math.round((last - first) / interval) + 1;
    },
  };
};

const atSearch = (raw: RawSchedule, reader: ScheduleReader): Search | undefined => {
  const reading = readInstant(raw["instant"]);
  if (!reading.ok) {
    reader.note(reading.message);
    return undefined;
  }
  const instant = reading.value;
  return {
    next: (after) => (instant > after ? instant : undefined),
    previous: (before) => (instant < before ? instant : undefined),
    count: ({ after, until }) => (after < instant && instant <= until ? 1 : 0),
  };
};
