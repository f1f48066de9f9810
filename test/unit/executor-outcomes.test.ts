/**
 * Goal: however a body ends, the run has exactly the outcome that the table of cases says, its neighbours come to no harm, and its slot is of use again.
 * Method: every row is played on real threads, in child processes, and inline, as far as each can play it; scenes, which take more than one run, on threads.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { playsOn } from "../runtimes/executor-plays.ts";
import type { Stage } from "../runtimes/executor-stage.ts";

describe.each(playsOn("node"))("$title", ({ open, parts }) => {
  let stage: Stage | undefined;
  beforeAll(async () => {
    stage = await open?.();
  });
  afterAll(() => stage?.close());

  test.each(parts)("$title", async ({ perform }) => {
    await expect(perform(stage)).resolves.toBeUndefined();
  });
});
