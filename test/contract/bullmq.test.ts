// Goal: runs that workers execute by way of BullMQ end as runs on threads do; the engine decides, whatever comes back. Method: a real Redis server, a worker in this process
// whose tasks run on threads, and an engine with a store in memory.
import { rmSync } from "node:fs";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { bullmq, detentWorker, type DetentWorker } from "../../src/bullmq.ts";
import { start, type EngineNote, type Runtime } from "../../src/index.ts";
import app from "../support/remote/app.ts";
import { attemptsOf, mostAtOnce, newStage, until, type Stage } from "../support/remote/stage.ts";
import { hasRedis, startRedis, type RedisServer } from "../support/redis.ts";

describe.skipIf(!hasRedis)("with a worker", () => {
  let redis: RedisServer;
  let stage: Stage;
  let worker: DetentWorker;
  let runtime: Runtime;
  let client: Redis;
  const notes: EngineNote[] = [];
  const warnings: string[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    stage = newStage();
    const connection = redis.url;
    client = new Redis(connection);
    worker = await detentWorker(app, {
      connection,
      concurrency: 4,
      lease: 2_000,
      onWarning: (message) => warnings.push(message),
    });
    runtime = await start(app, {
      store: "memory:",
      executor: bullmq({ connection, capacity: 20 }),
      onNote: (note) => notes.push(note),
    });
  });
  afterAll(async () => {
    await runtime.stop({ graceMillis: 0 });
    await worker.close({ graceMillis: 0 });
    expect(redis.cli("KEYS", "bull:*:detent:*"), "what is left in Redis").toBe("");
    expect(JSON.stringify([notes, warnings])).not.toContain(redis.password);
    client.disconnect();
    await stage.close();
    await redis.stop();
  });
  beforeEach(() => {
    notes.length = 0;
    rmSync(stage.gate, { force: true });
  });

  const outcomeOf = async (name: string, input: unknown = null) => {
    const { run } = await runtime.run(name, input);
    return runtime.result(run);
  };
  const isBegun = (run: string, token = 1) =>
    until(() => stage.lines().some((line) => line.run === run && line.token === token));

  test("what a task returns is the run's result", async () => {
    expect(await outcomeOf("double", { n: 21 })).toMatchObject({
      state: "succeeded",
      outcome: { result: 42 },
    });
  });

  test("what a task throws comes back in full", async () => {
    expect(await outcomeOf("fail")).toMatchObject({
      state: "failed",
      outcome: {
        error: {
          name: "RangeError",
          message: "too far",
          stack: expect.stringContaining("tasks.ts") as string,
          cause: { name: "Error", message: "why" },
          data: { code: 7 },
        },
      },
    });
  });

  test("a timeout is measured where the body runs, and ends it", async () => {
    const { startedAt, settledAt, outcome } = await outcomeOf("slow");
    expect(outcome).toMatchObject({ error: { name: "TimeoutError" } });
    expect(settledAt! - startedAt!).toBeGreaterThanOrEqual(300);
  });

  test("a run that is cancelled while its body runs ends as soon as the body has", async () => {
    const { run } = await runtime.run("endless");
    await isBegun(run);
    await runtime.cancel(run);
    expect(await runtime.result(run)).toMatchObject({ state: "cancelled", attempt: 1 });
    expect(stage.lines().filter((line) => line.run === run)).toMatchObject([
      { what: "begun" },
      { what: "ended" },
    ]);
  });

  test("a run that is cancelled while no worker has it never begins", async () => {
    const holders = await Promise.all(
      [1, 2, 3, 4].map(() => runtime.run("gated", { gate: stage.gate })),
    );
    await Promise.all(holders.map(({ run }) => isBegun(run)));
    const { run } = await runtime.run("gated", { gate: stage.gate });
    await until(async () => (await client.llen("bull:detent-remote:wait")) === 1);
    await runtime.cancel(run);
    expect(await runtime.result(run)).toMatchObject({ state: "cancelled" });
    stage.open();
    await Promise.all(holders.map((holder) => runtime.result(holder.run)));
    expect(stage.lines().filter((line) => line.run === run)).toEqual([]);
    expect((await attemptsOf(runtime)).filter((attempt) => attempt.run === run)).toEqual([]);
  });

  test("progress, lines of logs and events come back too", async () => {
    const { id } = await outcomeOf("talkative");
    const said = notes.filter((note) => note._tag === "Progress" || note._tag === "Logged");
    expect(said).toMatchObject([
      { _tag: "Progress", run: { id }, fraction: 0.5, message: "half" },
      { _tag: "Logged", run: { id }, level: "warn", message: "a line" },
    ]);
    expect(await runtime.emit("told.now", 1, { id: `${id}/0` })).toMatchObject({
      status: "duplicate",
    });
    expect(await runtime.emit("told.later", 2, { id: `${id}/1` })).toMatchObject({
      status: "duplicate",
    });
  });

  test("a task's concurrency holds over all workers, whatever the engine's capacity", async () => {
    const asked = await Promise.all([1, 2, 3, 4, 5, 6].map(() => runtime.run("narrow")));
    const ids = asked.map(({ run }) => run);
    await Promise.all(ids.map((run) => runtime.result(run)));
    expect(mostAtOnce(stage.lines(), (line) => ids.includes(line.run))).toBe(2);
  });

  test("the word of an older claim counts for nothing", async () => {
    const { run } = await runtime.run("gated", { gate: stage.gate });
    await isBegun(run);
    const [key = ""] = await client.keys("bull:detent-remote:detent:words:*");
    const say = (token: number, outcome: unknown) =>
      client.xadd(
        key,
        "*",
        "word",
        JSON.stringify({ _tag: "Ended", run, token, outcome, emitted: [] }),
      );
    await say(1, { _tag: "Crashed", error: { name: "CrashError", message: "as if" } });
    // The second claim waits until the first one's body has ended.
    await isBegun(run, 2);
    expect(
      stage
        .lines()
        .filter((line) => line.run === run)
        .map(({ what }) => what),
    ).toEqual(["begun", "ended", "begun"]);
    await say(1, { _tag: "Succeeded", result: "stale" });
    await client.xadd(key, "*", "word", "nonsense");
    await until(() => notes.some((note) => note._tag === "Warning"));
    stage.open();
    expect(await runtime.result(run)).toMatchObject({ state: "succeeded", outcome: { result: 2 } });
    const attempts = (await attemptsOf(runtime)).filter((attempt) => attempt.run === run);
    expect(attempts.map(({ token, outcome }) => [token, outcome._tag])).toEqual([
      [1, "Crashed"],
      [2, "Succeeded"],
    ]);
  });

  test("a worker begins no run of an engine that is gone, gives back one of another version, and throws away what is no run", async () => {
    const jobs = new Queue("detent-remote", {
      connection: new Redis(redis.url, { maxRetriesPerRequest: null }),
    });
    const order = {
      run: "@gated~GONE",
      task: "gated",
      token: 1,
      attempt: 1,
      idempotencyKey: "k",
      input: { gate: stage.gate },
      timeoutMillis: null,
      memoryBytes: null,
      isolation: "thread",
    };
    await jobs.add(
      "gated",
      { order, engine: "gone" },
      { jobId: "@gated~GONE~1", removeOnComplete: true },
    );
    await jobs.add("gated", { order: { ...order, token: "1" }, engine: "gone" });
    await jobs.add("gated", { order: { ...order, token: 2, isolation: "vm" }, engine: "gone" });
    const said = await until(async () => {
      const entries = await client.xrange("bull:detent-remote:detent:words:gone", "-", "+");
      return entries.length === 2 && entries.map(([, fields]) => JSON.parse(fields[1]!) as unknown);
    });
    const released = (token: number, error: unknown, holdMillis: number) => ({
      _tag: "Ended",
      run: "@gated~GONE",
      token,
      outcome: { _tag: "Released", error, holdMillis },
      emitted: [],
    });
    expect(said).toEqual([
      released(2, { name: "VersionError", message: expect.any(String) as string }, 30_000),
      released(1, null, 1_000),
    ]);
    const told = warnings.filter((warning) => warning.startsWith("job "));
    expect(told).toEqual([
      expect.stringMatching(/is no run of detent's; it was thrown away$/),
      expect.stringMatching(/in a version that this one does not know; it was given back/),
    ]);
    expect(stage.lines().filter(({ run }) => run === order.run)).toEqual([]);
    redis.cli("DEL", ...redis.cli("KEYS", "bull:*:detent:*GONE*").split("\n"));
    await client.del("bull:detent-remote:detent:words:gone");
    await jobs.close();
    await jobs.disconnect();
  });

  test("a job that is added once more because the reply was cut off, and is over by then, is not begun again", async () => {
    // oxlint-disable-next-line unbound-method -- called with its queue below
    const { addBulk } = Queue.prototype;
    const adding = vi.spyOn(Queue.prototype, "addBulk");
    const isGone = (job: string) =>
      until(async () => (await client.exists(`bull:detent-remote:${job}`)) === 0);
    const again = Promise.withResolvers<void>();
    adding.mockImplementationOnce(async function (this: Queue, jobs) {
      await addBulk.call(this, jobs);
      throw new Error("the reply was cut off");
    });
    adding.mockImplementationOnce(async function (this: Queue, jobs) {
      stage.open();
      await isGone(`${run}~1`);
      const added = await addBulk.call(this, jobs);
      again.resolve();
      return added;
    });
    const { run } = await runtime.run("gated", { gate: stage.gate });
    await again.promise;
    expect(await runtime.result(run)).toMatchObject({ state: "succeeded", token: 1 });
    await isGone(`${run}~1`);
    expect(stage.lines().flatMap((line) => (line.run === run ? [line.what] : []))).toEqual([
      "begun",
      "ended",
    ]);
    // Who knows whether it comes a third time.
    const done = `bull:detent-remote:detent:done:${run}~1`;
    expect(await client.pttl(done)).toBeGreaterThan(0);
    await client.del(done);
    adding.mockRestore();
  });

  test("a Redis that is full is told of, and takes the outcome when there is room again", async () => {
    const { run } = await runtime.run("gated", { gate: stage.gate });
    await isBegun(run);
    await outcomeOf("double", { n: 1 }); // What the worker says of it comes after the word that the other has begun.
    redis.cli("CONFIG", "SET", "maxmemory", "1");
    stage.open();
    await until(() =>
      warnings.some((warning) => warning.startsWith("Redis does not take outcomes: OOM")),
    );
    redis.cli("CONFIG", "SET", "maxmemory", "0");
    expect(await runtime.result(run)).toMatchObject({ state: "succeeded", token: 1 });
  });

  test("Redis is left with no job and no word, however many there were", async () => {
    await Promise.all([1, 2, 3, 4, 5].map((n) => outcomeOf("double", { n })));
    const [key = ""] = await client.keys("bull:detent-remote:detent:words:*");
    await until(async () => (await client.keys("bull:detent-remote:@*")).length === 0);
    await until(async () => (await client.xlen(key)) === 0);
    expect(await client.keys("bull:detent-remote:detent:cancel:*")).toEqual([]);
  });
});
