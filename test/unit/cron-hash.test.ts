/** Goal: `H` spreads triggers over a field's values by their id, evenly, and never by chance. */
import { CronExpressionParser } from "cron-parser";
import { expect, test } from "vitest";
import { compileSchedule, cron, scheduleFaults } from "../../src/core/schedule.ts";

const seeds = Array.from({ length: 3_000 }, (_, index) => `trigger-${index}`);

const start = Date.UTC(2026, 0, 1) - 1;

/** The first occurrence of an expression of 2026 for a trigger. */
const firstOf = (expression: string, seed: string): Date =>
  new Date(compileSchedule(cron(expression), seed).next(start) ?? Number.NaN);

/** How many of the triggers have each value. */
const spread = (expression: string, value: (first: Date) => number): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const seed of seeds) {
    const key = value(firstOf(expression, seed));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};

/** Every value from `min` to `max` has its share, within 5 standard deviations. */
const expectEven = (counts: Map<number, number>, min: number, max: number): void => {
  expect([...counts.keys()].sort((one, other) => one - other)).toEqual(
    Array.from({ length: max - min + 1 }, (_, index) => min + index),
  );
  const share = seeds.length / (max - min + 1);
  for (const count of counts.values())
    expect(Math.abs(count - share)).toBeLessThan(5 * Math.sqrt(share));
};

test.each([
  ["H 0 1 1 *", 0, 59, (first: Date) => first.getUTCMinutes()],
  ["H 0 0 1 1 *", 0, 59, (first: Date) => first.getUTCSeconds()],
  ["0 H 1 1 *", 0, 23, (first: Date) => first.getUTCHours()],
  ["0 0 H 1 *", 1, 31, (first: Date) => first.getUTCDate()],
  ["0 0 H 2 *", 1, 29, (first: Date) => first.getUTCDate()],
  ["0 0 1 H *", 1, 12, (first: Date) => first.getUTCMonth() + 1],
  ["0 0 * * H", 0, 6, (first: Date) => first.getUTCDay()],
  ["0 0 * * H(0-7)", 0, 6, (first: Date) => first.getUTCDay()],
  ["0 0 * * H(1-7)", 0, 6, (first: Date) => first.getUTCDay()],
  ["0 0 * * H(MON-FRI)", 1, 5, (first: Date) => first.getUTCDay()],
  ["H(10-19) 0 1 1 *", 10, 19, (first: Date) => first.getUTCMinutes()],
  ["H/10 0 1 1 *", 0, 9, (first: Date) => first.getUTCMinutes()],
])("%s takes each value from %d to %d equally often", (expression, min, max, value) => {
  expectEven(spread(expression, value), min, max);
});

test("a step begins at the hash and goes on to the end of the range", () => {
  const all = (expression: string): number[] => {
    const { next } = compileSchedule(cron(expression), "nightly");
    const minutes: number[] = [];
    for (let at = next(start); at !== undefined && at <= start + 3_600_000; at = next(at))
      minutes.push(new Date(at).getUTCMinutes());
    return minutes;
  };
  const quarters = all("H/15 * * * *");
  expect(quarters).toHaveLength(4);
  expect(quarters.map((minute) => minute - quarters[0]!)).toEqual([0, 15, 30, 45]);
  const tens = all("H(0-29)/10 * * * *");
  expect(tens).toHaveLength(3);
  expect(tens[2]).toBeLessThan(30);
  expect(all("H,H/30 * * * *").length).toBeGreaterThanOrEqual(2);
});

test("no seed makes a definition impossible where another does not", () => {
  for (const seed of seeds.slice(0, 500))
    expect(scheduleFaults(cron("H H H 2 *"), seed)).toEqual([]);
});

test("the same id has the same instants, and another one mostly others", () => {
  expect(firstOf("H H * * *", "a")).toEqual(firstOf("H H * * *", "a"));
  expect(
    new Set(seeds.slice(0, 100).map((seed) => firstOf("H H * * *", seed).getTime())).size,
  ).toBeGreaterThan(90);
});

test("minutes and hours of one id are drawn apart", () => {
  const same = seeds.filter((seed) => {
    const first = firstOf("H(0-23) H 1 1 *", seed);
    return first.getUTCHours() === first.getUTCMinutes();
  });
  expect(same.length / seeds.length).toBeLessThan(0.1);
});

test.each(["H * * * *", "H H * * *", "H H(0-7) * H *", "H/5 H(9-17)/2 * * *", "H H 1 * * *"])(
  "%s is what cron-parser makes of it with the id as seed",
  (expression) => {
    for (const seed of seeds.slice(0, 50)) {
      const expected = CronExpressionParser.parse(expression, {
        tz: "UTC",
        currentDate: start,
        hashSeed: seed,
      })
        .next()
        .getTime();
      expect(firstOf(expression, seed).getTime()).toBe(expected);
    }
  },
);

test.each<[string, (first: Date) => number, number, number]>([
  ["H 0 0 1 1 *", (first) => first.getUTCSeconds(), 0, 59],
  ["H 0 1 1 *", (first) => first.getUTCMinutes(), 0, 59],
  ["0 H 1 1 *", (first) => first.getUTCHours(), 0, 23],
  ["0 0 H 1 *", (first) => first.getUTCDate(), 1, 31],
  ["0 0 1 H *", (first) => first.getUTCMonth() + 1, 1, 12],
  ["0 0 * * H", (first) => first.getUTCDay(), 0, 6],
])(
  "in %s, H stands for each value of the field and for no other",
  (expression, value, min, max) => {
    const values = [...spread(expression, value).keys()].sort((one, other) => one - other);
    expect(values).toEqual(Array.from({ length: max - min + 1 }, (_, index) => min + index));
  },
);
