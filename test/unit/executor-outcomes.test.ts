/**
 * Goal: however a body ends, the run has exactly the outcome that the table of cases says, its neighbours come to no harm, and its slot is of use again.
 * Method: every row is played on real threads, in child processes, and inline, as far as each can play it.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inlineExecutor } from "../../src/runtime/executor/inline.ts";
import { threadExecutor } from "../../src/runtime/executor/executor.ts";
import { cases, hostCases, play } from "../runtimes/executor-cases.ts";
import { Stage } from "../runtimes/executor-stage.ts";
import { act } from "../runtimes/executor-tasks.ts";

const modules = [new URL("../runtimes/executor-tasks.ts", import.meta.url)];

describe.each([
  ["short", 50],
  ["long", 20_000],
] as const)("with a %s grace", (grace, graceMillis) => {
  const rows = cases.filter((it) => (it.grace ?? "short") === grace);
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open(threadExecutor({ modules, slots: 2, graceMillis }));
  });
  afterAll(() => stage.close());

  test.each(rows)("on a thread, a body that $name", async (it) => {
    await expect(play(it, stage, { slots: 2, isolation: "thread" })).resolves.toBeUndefined();
  });

  test.each(rows.filter((it) => hostCases.includes(it) && it.needs?.includes("thread") !== true))(
    "in a process, a body that $name",
    async (it) => {
      await expect(play(it, stage, { slots: 2, isolation: "process" })).resolves.toBeUndefined();
    },
  );
});

describe("inline", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open(inlineExecutor({ tasks: [act], slots: 2 }));
  });
  afterAll(() => stage.close());

  test.each(cases.filter((it) => it.needs === undefined))("a body that $name", async (it) => {
    await expect(play(it, stage, { slots: 2, isolation: "thread" })).resolves.toBeUndefined();
  });
});
