// The Gregorian calendar as arithmetic, before 1582 and after 9999 as well. It knows neither zones nor clocks: a day is
// the number of days since 1970-01-01 (negative before), so "local" and UTC are the same to it.

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

/** Instants lie within this distance of the epoch, in milliseconds, both ends included: the range of ECMAScript's time values. */
export const instantMax = 8_640_000_000_000_000;

export const dayMillis = 86_400_000;

/** After 400 years the calendar repeats, weekdays included: 146,097 days are 20,871 weeks. */
export const cycleMillis = 146_097 * dayMillis;

/** The day that a date names. Works on years that begin in March, so that a leap day is the last of its year (H. Hinnant, "chrono-compatible low-level date algorithms"). */
export const dayOf = (date: CivilDate): number => {
  const year = date.month <= 2 ? date.year - 1 : date.year;
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * ((date.month + 9) % 12) + 2) / 5) + date.day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};

/** The date of a day: the inverse of `dayOf`. */
export const dateOf = (day: number): CivilDate => {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
};

/** The weekday of a day: 0 is Sunday, as in cron. */
export const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

const isLeapYear = (year: number): boolean =>
  year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** The number of days of a month, 28 to 31. */
export const monthLength = ({
  year,
  month,
}: {
  readonly year: number;
  readonly month: number;
}): number => (month === 2 ? (isLeapYear(year) ? 29 : 28) : 30 + ((month ^ (month >> 3)) & 1));
