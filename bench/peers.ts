// Run by `npm run bench:stores`: durable cycles (added, claimed, a body that does nothing, completed) in one process, detent's stores beside the queues that people know, in the same
// rounds: pg-boss and graphile-worker on the same PostgreSQL server as detent, BullMQ on a Redis server that flushes every second. Each as its documents advise for throughput.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue, Worker } from "bullmq";
import { Logger, makeWorkerUtils, run, WorkerPreset } from "graphile-worker";
import { PgBoss } from "pg-boss";
import { bullmq as bullmqExecutor, detentWorker, type ExecutorSource } from "../src/bullmq.ts";
import { detent, event, start, task, trigger, type StartOptions } from "../src/index.ts";
import { hasPostgres, startServer, type Server } from "../test/support/postgres.ts";
import { hasRedis, startRedis, type RedisServer } from "../test/support/redis.ts";
import { flushesPerSecond } from "./disk.ts";
import { keepRows, median, rounded, tableOf, type Row } from "./row.ts";

const count = 3_000;
const rounds = 4;

interface Measured {
  readonly perSecond: number;
  /** Of this process's CPU, for each cycle. */
  readonly micros: number;
}

/** Times `work`, which does all cycles. */
const measured = async (work: () => Promise<void>): Promise<Measured> => {
  const cpu = process.cpuUsage();
  const from = performance.now();
  await work();
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: count / seconds, micros: (user + system) / count };
};

/** Resolves when it was called as often as there are cycles. */
const counter = (): { readonly done: Promise<void>; readonly tell: (times?: number) => void } => {
  let left = count;
  let resolve = (): void => undefined;
  const done = new Promise<void>((end) => (resolve = end));
  return {
    done,
    tell: (times = 1) => {
      left -= times;
      if (left <= 0) resolve();
    },
  };
};

const ids = Array.from({ length: count }, (_, index) => `${index}`);

const app = detent({
  tasks: [task({ id: "nothing", run: () => null })],
  triggers: [trigger("t", { when: event("e"), run: "nothing", input: null })],
});

const detentOn = async (
  store: string,
  durability: "power" | "process",
  place: Pick<StartOptions, "slots" | "executor"> = { slots: 512 },
): Promise<Measured> => {
  const runtime = await start(app, { store, durability, ...place });
  try {
    return await measured(async () => {
      await Promise.all(ids.map((id) => runtime.emit("e", null, { id })));
      await runtime.idle();
    });
  } finally {
    await runtime.stop();
  }
};

const onSqlite = async (
  durability: "power" | "process",
  executor?: ExecutorSource,
): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  try {
    return await detentOn(
      `sqlite:${join(folder, "bench.db")}`,
      durability,
      executor && { executor },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Engine and worker in this process, as BullMQ's own are. */
const byQueue = async ({ url: connection }: RedisServer): Promise<Measured> => {
  const worker = await detentWorker(app, { connection, concurrency: 100 });
  try {
    return await onSqlite("process", bullmqExecutor({ connection, capacity: 200 }));
  } finally {
    await worker.close();
  }
};

const onPostgres = async (server: Server): Promise<Measured> => {
  server.psql("DROP SCHEMA IF EXISTS detent CASCADE");
  return detentOn(server.url, "power");
};

/** 24 jobs at a time, a local queue of 500, completions in batches. */
const graphileWorker = async ({ url }: Server): Promise<Measured> => {
  const logger = new Logger(() => () => undefined);
  const preset = {
    extends: [WorkerPreset],
    worker: {
      logger,
      connectionString: url,
      concurrentJobs: 24,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  };
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  await utils.migrate();
  const { done, tell } = counter();
  try {
    return await measured(async () => {
      await utils.addJobs(ids.map((id) => ({ identifier: "nothing", payload: { id } })));
      const runner = await run({ preset, taskList: { nothing: async () => tell() } });
      await done;
      await runner.stop();
    });
  } finally {
    await utils.release();
  }
};

/** Woken by notices, batches of 100 in bursts, two workers. */
const pgBoss = async ({ url }: Server): Promise<Measured> => {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
  await boss.start();
  const queue = `q${Math.floor(performance.now())}`;
  await boss.createQueue(queue, { notify: true });
  const { done, tell } = counter();
  try {
    return await measured(async () => {
      await boss.insert(
        queue,
        ids.map((id) => ({ data: { id } })),
      );
      await boss.work(
        queue,
        {
          batchSize: 100,
          burstWhenBatchFull: true,
          pollingIntervalSeconds: 0.5,
          localConcurrency: 2,
        },
        async (jobs) => tell(jobs.length),
      );
      await done;
      await boss.offWork(queue);
    });
  } finally {
    await boss.stop({ graceful: false });
  }
};

const bullmq = async ({ port, password }: RedisServer): Promise<Measured> => {
  const connection = { host: "127.0.0.1", port, password, maxRetriesPerRequest: null };
  const queue = new Queue("q", { connection });
  const { done, tell } = counter();
  const worker = new Worker("q", async () => null, {
    connection,
    concurrency: 100,
    autorun: false,
  });
  worker.on("completed", () => tell());
  try {
    return await measured(async () => {
      await queue.addBulk(ids.map((id) => ({ name: "nothing", data: { id } })));
      void worker.run();
      await done;
    });
  } finally {
    await worker.close();
    await queue.obliterate({ force: true });
    await queue.close();
  }
};

const rowOf = (
  results: ReadonlyMap<string, readonly Measured[]>,
  {
    name,
    what,
    peers,
  }: { readonly name: string; readonly what: string; readonly peers: readonly string[] },
): Row => {
  const of = (each: string, field: keyof Measured): number =>
    median((results.get(each) ?? []).map((measure) => measure[field]));
  const own = of(name, "perSecond");
  return {
    what,
    detent: `${rounded(own)} cycles/s, ${rounded(of(name, "micros"))} µs CPU each`,
    peers: Object.fromEntries(
      peers
        .filter((peer) => results.has(peer))
        .map((peer) => [
          peer,
          `${rounded(of(peer, "perSecond"))} (${rounded(own / of(peer, "perSecond"))}x), ${rounded(of(peer, "micros"))} µs`,
        ]),
    ),
  };
};

if (!hasPostgres) process.exit(1);
const server = await startServer({ fsync: true });
const redis = hasRedis ? await startRedis() : undefined;
try {
  const cases: Readonly<Record<string, () => Promise<Measured>>> = {
    "graphile-worker": () => graphileWorker(server),
    "pg-boss": () => pgBoss(server),
    ...(redis !== undefined && { BullMQ: () => bullmq(redis), queue: () => byQueue(redis) }),
    postgres: () => onPostgres(server),
    power: () => onSqlite("power"),
    process: () => onSqlite("process"),
  };
  const results = new Map<string, Measured[]>();
  const flushes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    flushes.push(flushesPerSecond());
    for (const [name, work] of Object.entries(cases)) {
      // oxlint-disable-next-line no-await-in-loop -- one measurement after the other
      const result = await work();
      if (round > 0) results.set(name, [...(results.get(name) ?? []), result]); // the first one warms up
    }
  }
  console.log(
    `Node ${process.versions.node}; the disk flushes ${rounded(median(flushes))} times a second; ${count} cycles a round${redis === undefined ? "; no redis-server here" : ""}\n`,
  );
  const peers = ["graphile-worker", "pg-boss", "BullMQ"];
  const told = [
    rowOf(results, { name: "power", what: "SQLite `power`", peers }),
    rowOf(results, { name: "process", what: "SQLite `process`", peers }),
    rowOf(results, { name: "postgres", what: "PostgreSQL", peers }),
    ...(redis === undefined
      ? []
      : [rowOf(results, { name: "queue", what: "SQLite `process`, workers by BullMQ", peers })]),
  ];
  keepRows("peers", told);
  console.log(tableOf(told));
} finally {
  await redis?.stop();
  await server.stop();
}
