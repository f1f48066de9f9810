/** Goal: every spelling of an instant names one millisecond, local times by the rules of docs/time.md; what is none is refused with its mend. */
import { Temporal } from "@js-temporal/polyfill";
import fc from "fast-check";
import { expect, test } from "vitest";
import { InputError } from "../../src/core/errors.ts";
import { formatInstant, instantMillis, readInstant } from "../../src/core/instant.ts";

const utc = (text: string): number => Date.parse(text);

test.each([
  [0, 0],
  [-1, -1],
  [1_774_656_000_000, 1_774_656_000_000],
  ["2026-03-28T00:00Z", utc("2026-03-28T00:00:00Z")],
  ["2026-03-28T00:00:30Z", utc("2026-03-28T00:00:30Z")],
  ["2026-03-28t00:00:30.5z", utc("2026-03-28T00:00:30.500Z")],
  ["2026-03-28 00:00:30.123456789Z", utc("2026-03-28T00:00:30.123Z")],
  ["2026-03-28T01:00+01:00", utc("2026-03-28T00:00:00Z")],
  ["2026-03-28T01:00+0100", utc("2026-03-28T00:00:00Z")],
  ["2026-03-28T01:00+01", utc("2026-03-28T00:00:00Z")],
  ["2026-03-27T20:30:00.000-03:30", utc("2026-03-28T00:00:00Z")],
  [" 1970-01-01T00:00Z ", 0],
  ["-000001-12-31T23:59:59.999Z", utc("-000001-12-31T23:59:59.999Z")],
  ["+275760-09-13T00:00Z", 8.64e15],
  ["2024-02-29T00:00Z", utc("2024-02-29T00:00:00Z")],
])("%j is %d", (input, millis) => {
  expect(instantMillis(input)).toBe(millis);
});

test.each([
  ["2026-03-28T00:00[Europe/Paris]", "2026-03-27T23:00:00.000Z"],
  ["2026-03-28[Europe/Paris]", "2026-03-27T23:00:00.000Z"],
  ["2026-07-01T12:00:00.250[europe/paris]", "2026-07-01T10:00:00.250Z"],
  ["2026-07-01T12:00[UTC]", "2026-07-01T12:00:00.000Z"],
  ["2026-07-01T12:00Z[Europe/Paris]", "2026-07-01T12:00:00.000Z"],
  // A gap: the first instant after it.
  ["2026-03-29T02:00[Europe/Paris]", "2026-03-29T01:00:00.000Z"],
  ["2026-03-29T02:30[Europe/Paris]", "2026-03-29T01:00:00.000Z"],
  ["2026-03-29T03:00[Europe/Paris]", "2026-03-29T01:00:00.000Z"],
  ["2024-03-31T02:30[Antarctica/Troll]", "2024-03-31T01:00:00.000Z"],
  // An overlap: the first pass, unless the offset says otherwise.
  ["2026-10-25T02:30[Europe/Paris]", "2026-10-25T00:30:00.000Z"],
  ["2026-10-25T02:30+01:00[Europe/Paris]", "2026-10-25T01:30:00.000Z"],
  ["2024-04-07T01:45[Australia/Lord_Howe]", "2024-04-06T14:45:00.000Z"],
  // Offsets with seconds.
  ["1972-01-01T00:00[Africa/Monrovia]", "1972-01-01T00:44:30.000Z"],
  ["1900-01-01T00:00:00-00:44:30", "1900-01-01T00:44:30.000Z"],
])("%j is %s", (input, iso) => {
  expect(formatInstant(instantMillis(input))).toBe(iso);
});

test.each([
  ["soon", 'is no instant; give milliseconds since the epoch, or text such as "2026-03-28T00:00Z"'],
  ["", "is no instant"],
  ["2026-03-28", "has neither an offset nor a zone; add"],
  ["2026-03-28T00:00", "has neither an offset nor a zone; add"],
  ["2026-13-01T00:00Z", "month 13 is not 1 to 12"],
  ["2026-02-29T00:00Z", "day 29 is not 1 to 28"],
  ["2026-04-31T00:00Z", "day 31 is not 1 to 30"],
  ["2026-01-00T00:00Z", "day 0 is not 1 to 31"],
  ["2026-01-01T24:00Z", "hour 24 is not 0 to 23"],
  ["2026-01-01T00:60Z", "minute 60 is not 0 to 59"],
  ["2026-12-31T23:59:60Z", "second 60 is not 0 to 59"],
  ["-000000-01-01T00:00Z", "there is no year -000000"],
  ["+275760-09-13T00:00:00.001Z", "is out of range"],
  ["2026-01-01T00:00[Europe/Pariss]", 'did you mean "Europe/Paris"?'],
  ["2026-01-01T00:00[+01:00]", "is no time zone"],
  ["2026-01-01T00:00+02:00[Europe/Paris]", "has another offset at that instant"],
  ["2011-12-30T12:00[Pacific/Apia]", "was never on the clocks of Pacific/Apia"],
  [null, "null is no instant"],
  [undefined, "undefined is no instant"],
  [Number.NaN, "NaN is no instant"],
  [0.5, "0.5 is not a whole number of milliseconds"],
  [8.64e15 + 2, "is out of range"],
  [-Infinity, "is out of range"],
  [new Date(0), "an object is no instant"],
])("%o is refused: %s", (input, message) => {
  const reading = readInstant(input);
  expect(reading.ok ? "" : reading.message).toContain(message);
});

test("a wrong instant is thrown as an InputError", () => {
  expect(() => instantMillis("soon")).toThrow(InputError);
  expect(() => formatInstant(Number.NaN)).toThrow("NaN is no instant");
});

const anyInstant = fc.oneof(
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
  fc.constantFrom(-8.64e15, 8.64e15, 0, -1, -62_198_755_200_000, 253_402_300_800_000),
);

test("an instant is written as Date writes it, and reads back", () => {
  fc.assert(
    fc.property(anyInstant, (millis) => {
      expect(formatInstant(millis)).toBe(new Date(millis).toISOString());
      expect(instantMillis(formatInstant(millis))).toBe(millis);
    }),
    { numRuns: 2_000 },
  );
});

test("what Temporal prints of a zone's clock with its offset reads back as the same instant", () => {
  const zone = fc.constantFrom(
    "Europe/Paris",
    "America/St_Johns",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Africa/Casablanca",
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), zone, (millis, timeZone) => {
      const printed = Temporal.Instant.fromEpochMilliseconds(millis)
        .toZonedDateTimeISO(timeZone)
        .toString();
      expect(instantMillis(printed)).toBe(millis);
    }),
  );
});
