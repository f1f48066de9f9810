// Goal: the calendar's arithmetic is the Gregorian calendar, both ways, over all 400 years after which it repeats and far from them. Method: ECMAScript's Date, day by day.
import { expect, test } from "vitest";
import { dateOf, dayMillis, dayOf, monthLength, weekdayOf } from "../../src/core/civil.ts";

/** Whether everything about a day is as Date has it. */
const isRight = (day: number): boolean => {
  const date = new Date(day * dayMillis);
  const civil = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
  };
  const found = dateOf(day);
  return (
    dayOf(civil) === day &&
    found.year === civil.year &&
    found.month === civil.month &&
    found.day === civil.day &&
    weekdayOf(day) === date.getUTCDay()
  );
};

test("day and date undo each other on each of the 146,097 days after which the calendar repeats", () => {
  const first = Date.UTC(1600, 0, 1) / dayMillis;
  const wrong = Array.from({ length: 146_097 }, (_, index) => first + index).filter(
    (day) => !isRight(day),
  );
  expect(wrong).toEqual([]);
});

test("also at the ends of time", () => {
  for (const day of [-100_000_000, -99_999_999, -719_469, -719_468, 99_999_999, 100_000_000])
    expect([day, isRight(day)]).toEqual([day, true]);
});

test("a month is as long as Date has it", () => {
  for (const year of [1900, 2000, 2023, 2024, 2100])
    for (let month = 1; month <= 12; month++)
      expect(monthLength({ year, month })).toBe(new Date(Date.UTC(year, month, 0)).getUTCDate());
});
