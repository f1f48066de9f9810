// Occurrences of cron expressions in a zone, as people write instants.
import { formatInstant } from "../../src/core/instant.ts";
import {
  cron,
  nextOccurrence,
  occurrencesBetween,
  previousOccurrence,
  type CronOptions,
} from "../../src/core/schedule.ts";

export const short = (instant: number): string =>
  formatInstant(instant)
    .replace(/:00\.000Z$/, "Z")
    .replace(/\.000Z$/, "Z");

export const between = (
  expression: string,
  options: CronOptions,
  after: string,
  until: string,
): string[] =>
  occurrencesBetween(cron(expression, options), { after, until }).occurrences.map(short);

export const next = (expression: string, timeZone: string, after: string): string =>
  short(nextOccurrence(cron(expression, { timeZone }), after) ?? Number.NaN);

export const previous = (expression: string, timeZone: string, before: string): string =>
  short(previousOccurrence(cron(expression, { timeZone }), before) ?? Number.NaN);
