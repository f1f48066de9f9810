// Goal: an engine whose Redis is slow, away or not there, and a worker that comes late, lose nothing and say in one line what is amiss. Method: a real Redis server; what the
// other side would do is done by hand.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { inspect } from "node:util";
import { Queue, Worker } from "bullmq";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { RemoteWorker } from "../../src/adapters/bullmq/worker.ts";
import { answered, clientOf, connect, unusable } from "../../src/adapters/bullmq/redis.ts";
import { bullmq, detentWorker } from "../../src/bullmq.ts";
import { detent, start, task } from "../../src/index.ts";
import { runsOf, until } from "../support/remote/stage.ts";
import { hasRedis, startRedis, type RedisServer } from "../support/redis.ts";

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
