// Instants: when. Inside the core they are whole milliseconds since the epoch; text is read and written at the edges only.
import { dateOf, dayMillis, dayOf, instantMax, monthLength } from "./civil.ts";
import { read, shown, unread, valueOf, type Reading } from "./reading.ts";
import { instantOfLocal, readZone } from "./zone.ts";

/**
 * Milliseconds since the epoch; or ISO 8601 with an offset (`2026-03-28T00:00Z`, `2026-03-28T01:00:00.000+01:00`); or a
 * local time with its zone (`2026-03-28T00:00[Europe/Paris]`, also `2026-03-28[Europe/Paris]` for its midnight).
 */
export type InstantInput = number | string;

/**
 * The milliseconds of an instant, or what is wrong with it. Of a zoned local time: the first pass of a repeated one; the
 * first instant after a gap for one inside it (RFC 5545 has no answer; this is cron's); a fault when the gap is longer
 * than 3 hours. An offset beside a zone must be one that the zone has at that instant. Digits below the millisecond are
 * cut off.
 */
export const readInstant = (input: unknown): Reading<number> => {
  if (typeof input === "string") return instantOfText(input);
  if (typeof input !== "number" || Number.isNaN(input))
    return unread(`${shown(input)} is no instant; ${mend}`);
  if (Math.abs(input) > instantMax)
    return unread(`${input} is out of range; instants lie within ${instantMax} ms of the epoch`);
  if (!Number.isInteger(input))
    return unread(`${input} is not a whole number of milliseconds; round it`);
  return read(input === 0 ? 0 : input);
};

/** The milliseconds of an instant. Throws an InputError that says how to mend a wrong one. */
export const instantMillis = (input: InstantInput): number => valueOf(readInstant(input));

/** An instant as ISO 8601 in UTC with milliseconds, `2026-03-29T01:30:00.000Z`; years beyond 0000 to 9999 have a sign and six digits. Throws an InputError for what is no instant. */
export const formatInstant = (instant: number): string => {
  const millis = instantMillis(instant);
  const day = Math.floor(millis / dayMillis);
  const date = dateOf(day);
  const time = millis - day * dayMillis;
  const clock = [
    Math.floor(time / 3_600_000),
    Math.floor(time / 60_000) % 60,
    Math.floor(time / 1_000) % 60,
  ];
  const text = `${yearText(date.year)}-${digits(date.month)}-${digits(date.day)}T${clock.map((it) => digits(it)).join(":")}`;
  return `${text}.${digits(time % 1_000, 3)}Z`;
};

const digits = (amount: number, width = 2): string => String(amount).padStart(width, "0");

const yearText = (year: number): string =>
  year >= 0 && year <= 9_999
    ? digits(year, 4)
    : `${year < 0 ? "-" : "+"}${digits(Math.abs(year), 6)}`;

const mend =
  'give milliseconds since the epoch, or text such as "2026-03-28T00:00Z" or "2026-03-28T00:00[Europe/Paris]"';

const date = /(?<year>\d{4}|[+-]\d{6})-(?<month>\d\d)-(?<day>\d\d)/;
const time = /(?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,9}))?)?/;
const offset =
  /(?<utc>z)|(?<sign>[+-])(?<offsetHours>\d\d)(?::?(?<offsetMinutes>\d\d)(?::?(?<offsetSeconds>\d\d))?)?/;
const pattern = new RegExp(
  `^${date.source}(?:[t ]${time.source}(?:${offset.source})?)?(?:\\[(?<zone>[^\\]]+)\\])?$`,
  "i",
);

type Parts = { readonly [name: string]: string | undefined };

const instantOfText = (text: string): Reading<number> => {
  const parts: Parts | undefined = pattern.exec(text.trim())?.groups;
  if (parts === undefined) return unread(`${shown(text)} is no instant; ${mend}`);
  const local = localOf(parts);
  if (typeof local === "string") return unread(`${shown(text)} is no instant: ${local}`);
  const offset = offsetOf(parts);
  const reading = parts["zone"] === undefined ? undefined : readZone(parts["zone"]);
  if (reading?.ok === false) return unread(`${shown(text)}: ${reading.message}`);
  const zone = reading?.value;
  if (offset === undefined && zone === undefined) {
    return unread(
      `${shown(text)} has neither an offset nor a zone; add "Z" for UTC, or a zone such as "[Europe/Paris]"`,
    );
  }
  const instant = offset === undefined ? instantOfLocal(zone!, local) : local - offset;
  if (instant === undefined)
    return unread(`${shown(text)} was never on the clocks of ${zone!.name}; they jumped over it`);
  if (Math.abs(instant) > instantMax)
    return unread(
      `${shown(text)} is out of range; instants lie within ${instantMax} ms of the epoch`,
    );
  if (
    offset !== undefined &&
    parts["utc"] === undefined &&
    zone !== undefined &&
    zone.segmentAt(instant).offset !== offset
  ) {
    return unread(
      `${shown(text)}: ${zone.name} has another offset at that instant; leave the offset out, or the zone`,
    );
  }
  return read(instant);
};

/** The local time in milliseconds, or which part of it can't be. */
const localOf = (parts: Parts): number | string => {
  const of = (name: string): number => Number(parts[name] ?? 0);
  const [year, month, day] = [of("year"), of("month"), of("day")];
  if (parts["year"] === "-000000") return "there is no year -000000";
  if (month < 1 || month > 12) return `month ${month} is not 1 to 12`;
  const length = monthLength({ year, month });
  if (day < 1 || day > length) return `day ${day} is not 1 to ${length}`;
  if (of("hour") > 23) return `hour ${of("hour")} is not 0 to 23`;
  if (of("minute") > 59) return `minute ${of("minute")} is not 0 to 59`;
  if (of("second") > 59) return `second ${of("second")} is not 0 to 59`;
  const millis = Number((parts["fraction"] ?? "").padEnd(3, "0").slice(0, 3));
  return (
    dayOf({ year, month, day }) * dayMillis +
    of("hour") * 3_600_000 +
    of("minute") * 60_000 +
    of("second") * 1_000 +
    millis
  );
};

/** The offset in milliseconds; undefined when there is none. */
const offsetOf = (parts: Parts): number | undefined => {
  if (parts["utc"] !== undefined) return 0;
  if (parts["sign"] === undefined) return undefined;
  const seconds =
    Number(parts["offsetHours"]) * 3_600 +
    Number(parts["offsetMinutes"] ?? 0) * 60 +
    Number(parts["offsetSeconds"] ?? 0);
  return parts["sign"] === "-" ? -seconds * 1_000 : seconds * 1_000;
};
