// Goal: runs that workers execute by way of BullMQ end as runs on threads do; the engine decides, whatever comes back. Method: a real Redis server, a worker in this process
// whose tasks run on threads, and an engine with a store in memory.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { Queue, Worker } from "bullmq";
import * as Effect from "effect/Effect";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { RemoteWorker } from "../../src/adapters/bullmq/worker.ts";
import { answered, clientOf, connect, unusable } from "../../src/adapters/bullmq/redis.ts";
import { bullmq, detentWorker, type DetentWorker } from "../../src/bullmq.ts";
import { detent, start, task, type EngineNote, type Runtime } from "../../src/index.ts";
import app from "../support/remote/app.ts";
import {
  attemptsOf,
  mostAtOnce,
  newStage,
  runsOf,
  until,
  type Stage,
} from "../support/remote/stage.ts";
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

describe.skipIf(!hasRedis)("alone", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  test("a task that the worker does not have is refused, held back, and no attempt", async () => {
    const own = detent({ app: "other", tasks: [task({ id: "here.only", run: () => 1 })] });
    const worker = await detentWorker(
      { app: "other", tasks: [task({ id: "another", run: () => 1 })] },
      { connection: redis.url },
    );
    const runtime = await start(own, {
      store: "memory:",
      executor: bullmq({ connection: redis.url }),
    });
    const { run } = await runtime.run("here.only");
    const held = await until(async () => {
      const runs = await runsOf(runtime);
      return runs.find(({ id, outcome }) => id === run && outcome !== null);
    });
    expect(held).toMatchObject({
      state: "pending",
      attempt: 0,
      outcome: { error: { name: "UnknownTaskError" } },
    });
    await runtime.stop();
    await worker.close();
  });

  test("a server that stands still is left, and what it did not answer is asked anew", async () => {
    const client = clientOf(redis.url);
    await client.connect();
    redis.signal("SIGSTOP");
    const reply = answered(client, client.ping(), 100);
    await until(() => client.status !== "ready");
    redis.signal("SIGCONT");
    expect(await reply).toBe("PONG");
    client.disconnect();
  });

  test("a wrong password is told of, and shown nowhere in the error", async () => {
    const connection = `redis://bob:wr0ng-one@127.0.0.1:${redis.port}`;
    const tasks = [task({ id: "t", run: () => 1 })];
    for (const begin of [
      () => detentWorker({ tasks }, { connection }),
      () => start(detent({ tasks }), { store: "memory:", executor: bullmq({ connection }) }),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const error: unknown = await begin().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        name: "ExecutorError",
        message: expect.stringContaining("WRONGPASS") as string,
      });
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain("wr0ng-one");
    }
  });

  test("a first connection that nobody answers is given up", async () => {
    const client = clientOf(redis.url);
    redis.signal("SIGSTOP");
    const refused = connect(client, redis.url, 100);
    await expect(refused).rejects.toThrow(
      /^Redis at \S+ can't be used: it has not answered for 0\.1 s; start redis-server there/,
    );
    redis.signal("SIGCONT");
    await until(() => client.status === "end"); // And stays so: it is not tried again.
  });

  test("an engine that was stopped and a worker that was closed leave no timer behind", () => {
    const program = join(import.meta.dirname, "../support/remote/leaving.ts");
    expect(execFileSync(process.execPath, [program, redis.url], { encoding: "utf8" })).toBe("0\n");
  });

  test("a worker tells that it was closed, and that it takes no more runs", async () => {
    const tasks = [task({ id: "t", run: () => 1 })];
    const whole = await detentWorker({ tasks }, { connection: redis.url });
    await whole.close();
    expect(await whole.closed).toBeUndefined();
    vi.spyOn(Worker.prototype, "run").mockRejectedValueOnce(new Error("as if"));
    const broken = await detentWorker({ tasks }, { connection: redis.url });
    await expect(broken.closed).rejects.toMatchObject({
      name: "ExecutorError",
      message: expect.stringMatching(
        /^Redis at \S+ can't be used: as if; this worker takes no more runs: start it again$/,
      ) as string,
    });
    await broken.close();
  });

  test("a body that could not begin for as long as its lease, which was renewed, is not given up", async () => {
    const client = clientOf(redis.url);
    const ears = clientOf(redis.url);
    await Promise.all([client.connect(), ears.connect()]);
    const place = { prefix: "bull", queue: "lease" };
    const order = {
      run: "@t~LATE",
      task: "t",
      token: 1,
      attempt: 1,
      idempotencyKey: "k",
      input: null,
      timeoutMillis: null,
      memoryBytes: null,
      isolation: "thread",
    } as const;
    const calls: string[] = [];
    let capacity = 0;
    let looks = 0;
    const worker = new RemoteWorker({
      client,
      ears,
      place,
      executor: {
        capacity: Effect.sync(() => {
          looks += 1;
          return capacity;
        }),
        start: () => Effect.sync(() => calls.push("start")),
        cancel: () => Effect.sync(() => calls.push("cancel")),
        events: () => () => undefined,
      },
      concurrency: 1,
      leaseMillis: 1_000,
      warn: (warning) => calls.push(warning),
    });
    await worker.open();
    const jobs = new Queue(place.queue, { connection: client });
    await client.set("bull:lease:detent:engine:e", "1");
    await jobs.add("t", { order, engine: "e" }, { jobId: "@t~LATE~1", removeOnComplete: true });
    await until(() => looks > 0);
    const lock = "bull:lease:@t~LATE~1:lock";
    const isRenewed = async (since = performance.now()) => {
      let left = await client.pttl(lock);
      for (;;) {
        const now = await client.pttl(lock);
        if (now > left) return performance.now() - since;
        left = now;
      }
    };
    for (let held = 0; held < 1_000;) held += await isRenewed();
    capacity = 1;
    await until(() => calls.includes("start"));
    await isRenewed();
    expect(calls).toEqual(["start"]);
    await worker.close(0, 0);
    await jobs.close();
    client.disconnect();
    ears.disconnect();
  });

  test("an engine that stops takes its jobs along; a worker begins none of an engine that is gone", async () => {
    const own = detent({ app: "gone", tasks: [task({ id: "t", run: () => 1 })] });
    const executor = bullmq({ connection: redis.url });
    const runtime = await start(own, { store: "memory:", executor });
    await runtime.run("t");
    const key = "bull:detent-gone:wait";
    await until(() => redis.cli("LLEN", key) === "1");
    await runtime.stop({ graceMillis: 0 });
    expect(redis.cli("LLEN", key)).toBe("0");
  });
});

test("arguments that Redis repeats are not shown", () => {
  const reply = new Error("ERR unknown command 'auth', with args beginning with: 's3cret'");
  const error = unusable("redis://:s3cret@h", reply);
  expect(error.message).toBe("Redis at redis://h can't be used: ERR unknown command 'auth'");
  expect(inspect(error)).not.toContain("s3cret");
});

test("what can't be is told in one line, without the password", async () => {
  const tasks = [task({ id: "t", run: () => 1 })];
  const place = (options: object) => () => bullmq(options as never);
  expect(place({})).toThrow(/^bullmq: connection is undefined; give redis:\/\/HOST:PORT/);
  expect(place({ connection: "http://:secret@x" })).toThrow(
    /^bullmq: connection is "http:\/\/x"; give redis:/,
  );
  expect(place({ connection: "redis://h", capacity: 0 })).toThrow(/capacity is 0; give a whole/);
  expect(place({ connection: "redis://h", queue: "a:b" })).toThrow(/queue is "a:b"; give a name/);
  expect(place({ connection: "redis://h", slots: 1 })).toThrow(/"slots" is no option/);
  expect(place({ connection: { keyPrefix: "x" } })).toThrow(/keyPrefix/);
  await expect(detentWorker({ tasks }, { connection: "redis://h", lease: "5 ms" })).rejects.toThrow(
    /^detentWorker: lease is "5 ms"; give at least 1 second/,
  );
  const executor = bullmq({ connection: "redis://:secret@127.0.0.1:1" });
  const refused = start(detent({ tasks }), { store: "memory:", executor });
  await expect(refused).rejects.toMatchObject({
    name: "ExecutorError",
    message:
      "Redis at redis://127.0.0.1:1 can't be used: connect ECONNREFUSED 127.0.0.1:1; start redis-server there, or give the right connection",
  });
  await expect(start(detent({ tasks }), { executor, slots: 2 })).rejects.toThrow(
    /^slots is for tasks that run here/,
  );
  await expect(start(detent({ tasks }), { executor: {} as never })).rejects.toThrow(
    /^executor is an object; give what bullmq/,
  );
});
