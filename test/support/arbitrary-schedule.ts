/** Generators of schedules: cron expressions with everything that the syntax has, zones, instants, intervals. */
import fc from "fast-check";
import { at, cron, every, type CronSchedule, type Schedule } from "../../src/core/schedule.ts";
import { nextDateByScan } from "./cron-oracle.ts";

interface Range {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = ["JAN", "feb", "Mar", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const weekdays = ["SUN", "mon", "Tue", "WED", "THU", "FRI", "SAT"];

/** A number of a field; sometimes by its name. */
const value = ({ min, max, names = [] }: Range): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min, max }), fc.boolean())
    .map(([number, named]) => (named && names[number - min]) || String(number));

const numericRange = ({ min, max }: Range): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    .map((ends) => `${Math.min(...ends)}-${Math.max(...ends)}`);

const step = ({ min, max }: Range): fc.Arbitrary<string> =>
  fc.integer({ min: 1, max: max - min }).map((number) => `/${number}`);

const item = (range: Range): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: value(range) },
    { weight: 1, arbitrary: fc.constantFrom("*", "?") },
    { weight: 2, arbitrary: numericRange(range) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom("*", "?"), step(range)).map((parts) => parts.join("")),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(numericRange(range), step(range)).map((parts) => parts.join("")),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer(range).map(String), step(range))
        .map((parts) => parts.join("")),
    },
  );

const listOf = (item: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: item },
    {
      weight: 1,
      arbitrary: fc.array(item, { minLength: 2, maxLength: 4 }).map((items) => items.join(",")),
    },
  );

const orStar = (field: fc.Arbitrary<string>, weight: number): fc.Arbitrary<string> =>
  fc.oneof({ weight, arbitrary: fc.constant("*") }, { weight: 1, arbitrary: field });

const minute = { min: 0, max: 59 };
const hour = { min: 0, max: 23 };
const dayOfMonth = { min: 1, max: 31 };
const month = { min: 1, max: 12, names: months };
const dayOfWeek = { min: 0, max: 7, names: weekdays };

const specialDay = fc.oneof(
  fc.constantFrom("L", "LW"),
  fc.integer({ min: 0, max: 30 }).map((back) => `L-${back}`),
  fc.integer(dayOfMonth).map((day) => `${day}W`),
);

const specialWeekday = fc.oneof(
  value(dayOfWeek).map((weekday) => `${weekday}L`),
  fc
    .tuple(value(dayOfWeek), fc.integer({ min: 1, max: 5 }))
    .map(([weekday, nth]) => `${weekday}#${nth}`),
);

/** The three fields that decide the date, at least one of them often restricted; perhaps to a date that never comes. */
export const arbitraryDateFields: fc.Arbitrary<string> = fc
  .tuple(
    orStar(
      listOf(
        fc.oneof({ weight: 2, arbitrary: item(dayOfMonth) }, { weight: 1, arbitrary: specialDay }),
      ),
      1,
    ),
    orStar(listOf(item(month)), 2),
    orStar(
      listOf(
        fc.oneof(
          { weight: 2, arbitrary: item(dayOfWeek) },
          { weight: 1, arbitrary: specialWeekday },
        ),
      ),
      1,
    ),
  )
  .map((fields) => fields.join(" "));

/** Mostly every day, so that a window of a day or two sees occurrences. */
const denseDateFields = fc.oneof(
  { weight: 3, arbitrary: fc.constant("* * *") },
  { weight: 1, arbitrary: arbitraryDateFields },
);

/** Minute and hour: times of day and intervals. */
const timeFields = fc
  .tuple(orStar(listOf(item(minute)), 1), orStar(listOf(item(hour)), 1))
  .map((fields) => fields.join(" "));

/** Whether any year has a date that the expression names. */
export const comes = (expression: string): boolean => nextDateByScan(expression, 0) !== undefined;

/** An expression of five fields. */
export const arbitraryExpression: fc.Arbitrary<string> = fc
  .tuple(timeFields, denseDateFields)
  .map((parts) => parts.join(" "))
  .filter(comes);

/** An expression of six fields. */
export const arbitrarySecondsExpression: fc.Arbitrary<string> = fc
  .tuple(listOf(item(minute)), arbitraryExpression)
  .map((parts) => parts.join(" "));

/** 1970 to 2100, to the millisecond. */
export const arbitraryInstant: fc.Arbitrary<number> = fc.integer({
  min: 0,
  max: Date.UTC(2100, 0, 1),
});

export const arbitraryDst = fc.constantFrom("vixie", "compatible", "literal");

export const allTimeZones: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone")];

/** Any zone, and more often one whose clock does something odd. */
export const arbitraryTimeZone: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...allTimeZones),
  fc.constantFrom(
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Casablanca",
    "Asia/Gaza",
    "America/Havana",
  ),
);

/** A cron schedule in any zone, with any rule of daylight saving. */
const arbitraryCron: fc.Arbitrary<CronSchedule> = fc
  .tuple(fc.oneof(arbitraryExpression, arbitrarySecondsExpression), arbitraryTimeZone, arbitraryDst)
  .map(([expression, timeZone, dst]) => cron(expression, { timeZone, dst }));

/** A schedule of any kind, perhaps with bounds. */
export const arbitrarySchedule: fc.Arbitrary<Schedule> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: arbitraryCron },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.integer({ min: 1_000, max: 1e11 }), arbitraryInstant)
          .map(([duration, anchor]) => every(duration, { anchor })),
      },
      { weight: 1, arbitrary: arbitraryInstant.map((instant) => at(instant)) },
    ),
    fc.option(fc.tuple(arbitraryInstant, arbitraryInstant), { nil: undefined }),
  )
  .map(([schedule, bounds]) =>
    bounds === undefined
      ? schedule
      : { ...schedule, startAt: Math.min(...bounds), endAt: Math.max(...bounds) },
  );
