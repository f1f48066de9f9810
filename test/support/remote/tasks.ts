// Tasks for workers on the other side of a queue. Each execution leaves two lines in the file that DETENT_TEST_JOURNAL names, so a test sees what really ran, and when.
import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { task, type TaskContext } from "../../../src/index.ts";

const note = (what: string, { runId, token }: TaskContext): void => {
  const file = process.env["DETENT_TEST_JOURNAL"];
  if (file !== undefined) appendFileSync(file, `${what} ${runId} ${token} ${process.pid}\n`);
};

export const double = task({ id: "double", run: ({ n }: { n: number }) => n * 2 });

export const fail = task({
  id: "fail",
  run: () => {
    throw Object.assign(new RangeError("too far", { cause: new Error("why") }), { code: 7 });
  },
});

export const slow = task({
  id: "slow",
  timeout: 300,
  run: async (_: unknown, ctx) => {
    await sleep(60_000, undefined, { signal: ctx.signal });
  },
});

/** Runs until it is asked to end. */
export const endless = task({
  id: "endless",
  retry: { attempts: 3, first: 10, jitter: 0 },
  run: async (_: unknown, ctx) => {
    note("begun", ctx);
    await sleep(600_000, undefined, { signal: ctx.signal }).finally(() => note("ended", ctx));
  },
});

/** Runs until the file is there that its input names. */
export const gated = task({
  id: "gated",
  retry: { attempts: 3, first: 10, jitter: 0 },
  run: async ({ gate }: { gate: string }, ctx) => {
    note("begun", ctx);
    try {
      while (!existsSync(gate)) await sleep(10, undefined, { signal: ctx.signal });
    } finally {
      note("ended", ctx);
    }
    return ctx.attempt;
  },
});

/** At most two at a time. */
export const narrow = task({
  id: "narrow",
  concurrency: { limit: 2 },
  run: async (_: unknown, ctx) => {
    note("begun", ctx);
    await sleep(30);
    note("ended", ctx);
  },
});

export const talkative = task({
  id: "talkative",
  run: async (_: unknown, ctx) => {
    ctx.progress(0.5, "half");
    ctx.log("a line", "warn");
    ctx.emit("told.now", 1, { now: true });
    ctx.emit("told.later", 2);
    return null;
  },
});

export const brief = task({
  id: "brief",
  retry: { attempts: 5, first: 10, jitter: 0 },
  run: async ({ millis }: { millis: number }, ctx) => {
    note("begun", ctx);
    await sleep(millis);
    note("ended", ctx);
  },
});
