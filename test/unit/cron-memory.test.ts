// Goal: expressions that many name are read once, and what is remembered of them is bounded. Method: more expressions than are remembered.
import { expect, test } from "vitest";
import { readCron } from "../../src/core/cron.ts";

const read = (expression: string) => readCron(expression, "");

/** So many expressions of a month, each another one. */
const readOthers = (count: number, month: number): void => {
  for (let index = 1; index <= count; index++)
    read(
      `${index % 60} ${Math.floor(index / 60) % 24} ${1 + Math.floor(index / 1_440)} ${month} *`,
    );
};

test("an expression is read once for all who name it, as long as there are no 10,000 newer ones", () => {
  readOthers(10_000, 2); // whatever was read before is forgotten
  const first = read("0 0 1 1 *");
  readOthers(9_999, 3);
  expect(read("0 0 1 1 *") === first).toBe(true);
  read("0 0 1 4 *");
  expect(read("0 0 1 1 *") === first).toBe(false);
});
