// Goal: expressions that many name are read once, and what is remembered of them is bounded. Method: more expressions than are remembered.
import { expect, test } from "vitest";
import { readCron } from "../../src/core/cron.ts";

const read = (expression: string) => readCron(expression, "");

test("an expression is read once for all who name it, as long as there are no 10,000 newer ones", () => {
  const first = read("0 0 1 1 *");
  for (let count = 1; count < 10_000; count++)
    read(`${count % 60} ${Math.floor(count / 60) % 24} ${1 + Math.floor(count / 1_440)} 2 *`);
  expect(read("0 0 1 1 *") === first).toBe(true);
  read("0 0 1 3 *");
  expect(read("0 0 1 1 *") === first).toBe(false);
});
