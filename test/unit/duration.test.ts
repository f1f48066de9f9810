/** Goal: every spelling of a duration has one meaning, and what is no duration is refused with its mend. */
import { expect, test } from "vitest";
import { durationFault, durationMillis, readDuration } from "../../src/core/duration.ts";
import { InputError } from "../../src/core/errors.ts";

test.each([
  [0, 0],
  [250, 250],
  ["250ms", 250],
  ["1 ms", 1],
  ["1 millisecond", 1],
  ["20 milliseconds", 20],
  ["90 s", 90_000],
  ["1 second", 1_000],
  ["30 seconds", 30_000],
  ["5 min", 300_000],
  ["1 minute", 60_000],
  ["2 minutes", 120_000],
  ["1.5 h", 5_400_000],
  ["1 hour", 3_600_000],
  ["36 hours", 129_600_000],
  ["1 d", 86_400_000],
  ["1 day", 86_400_000],
  ["2 days", 172_800_000],
  ["  3 D ", 259_200_000],
  ["0 s", 0],
])("%j is %d ms", (input, millis) => {
  expect(durationMillis(input)).toBe(millis);
  expect(durationFault(input)).toBeUndefined();
});

test("decimal digits are exact where floating point is not", () => {
  expect(1.001 * 1_000).not.toBe(1_001);
  expect(durationMillis("1.001 s")).toBe(1_001);
  expect(durationMillis("1.1 s")).toBe(1_100);
  expect(durationMillis("0.001 s")).toBe(1);
});

test.each([
  ["5 parsecs", 'is no duration; give milliseconds as a number, or text such as "250 ms"'],
  ["5", "is no duration"],
  ["5 m", "is no duration"],
  ["s", "is no duration"],
  ["", "is no duration"],
  ["1 h 30 min", "is no duration"],
  ["1e3 s", "is no duration"],
  [null, "null is no duration"],
  [undefined, "undefined is no duration"],
  [Number.NaN, "NaN is no duration"],
  [true, "true is no duration"],
  [10n, "10n is no duration"],
  [{}, "an object is no duration"],
  [[1], "an array is no duration"],
  [() => 1, "a function is no duration"],
  [-1, "-1 is negative"],
  ["-1 s", '"-1 s" is negative'],
  [0.5, "0.5 is not a whole number of milliseconds"],
  ["0.0005 s", "is not a whole number of milliseconds"],
  [Infinity, "Infinity is longer than 8640000000000000 ms"],
  ["999999999999999 days", "is longer than 8640000000000000 ms"],
])("%o is refused: %s", (input, message) => {
  expect(durationFault(input)).toContain(message);
  expect(readDuration(input)).toEqual({ ok: false, message: durationFault(input) });
});

test("a wrong duration is thrown as an InputError with the same message", () => {
  expect(() => durationMillis("soon")).toThrow(new InputError(durationFault("soon")));
});
