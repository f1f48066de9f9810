// Goal: the command line runs both sides of a queue. Method: detent start and detent worker as processes, with a real Redis server.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleCli, ended, lineWith, newPlace } from "../support/cli.ts";
import { hasRedis, startRedis, type RedisServer } from "../support/redis.ts";

const place = newPlace();
beforeAll(() => {
  bundleCli();
  place.write(
    "tasks.js",
    `import { task } from "detent";
     export const where = task({ id: "where", run: () => process.pid });
     export const endless = task({ id: "endless", run: (_, ctx) => new Promise((_, end) => ctx.signal.addEventListener("abort", end)) });`,
  );
  place.write(
    "app.js",
    `import { detent } from "detent";
     export default detent({ app: "cli", tasks: [new URL("./tasks.js", import.meta.url)] });`,
  );
}, 60_000);
afterAll(() => place.remove());

describe.skipIf(!hasRedis)("with a Redis server", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  test("runs of detent start --redis are executed by detent worker, which ends when it is asked to", async () => {
    const env = { DETENT_REDIS: redis.url };
    const worker = place.start(["worker", "app.js", "--slots", "2"], { env });
    const over = ended(worker);
    expect(await lineWith(worker, "runs of")).toBe(
      `runs of cli from redis://127.0.0.1:${redis.port}; Ctrl-C ends it`,
    );
    await place.detent(["run", "where", "--app", "cli"]);
    const started = await place.detent(["start", "app.js", "--until-idle"], { env });
    expect(started).toMatchObject({ code: 0, stderr: "" });
    const { runs } = JSON.parse(
      (await place.detent(["runs", "--app", "cli", "--json"])).stdout,
    ) as {
      runs: { outcome: { result: number } }[];
    };
    expect(runs.map(({ outcome }) => outcome.result)).toEqual([worker.pid]);
    worker.kill("SIGTERM");
    const told = await over;
    expect(told).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.stringify([told, started])).not.toContain(redis.password);
  });

  test("a worker says in JSON, once, what it works for", async () => {
    const worker = place.start(["worker", "app.js", "--redis", redis.url, "--json"]);
    const over = ended(worker);
    await lineWith(worker, "redis");
    worker.kill("SIGTERM");
    const { stdout, stderr, code } = await over;
    expect([JSON.parse(stdout), stderr, code]).toEqual([
      { redis: `redis://127.0.0.1:${redis.port}`, app: "cli" },
      "",
      0,
    ]);
  });

  test("a worker that takes no more runs ends by itself, with code 1", async () => {
    const broken = join(import.meta.dirname, "../support/remote/broken.ts");
    const env = { DETENT_REDIS: redis.url, NODE_OPTIONS: `--import ${broken}` };
    expect(await place.detent(["worker", "app.js"], { env })).toMatchObject({
      code: 1,
      stderr: `detent: Redis at redis://127.0.0.1:${redis.port} can't be used: as if; this worker takes no more runs: start it again\n`,
    });
  });

  test("a second signal ends what runs, and the run goes back", async () => {
    const env = { DETENT_REDIS: redis.url };
    const worker = place.start(["worker", "app.js"], { env });
    const over = ended(worker);
    await lineWith(worker, "runs of");
    await place.detent(["run", "endless", "--app", "cli"]);
    const engine = place.start(["start", "app.js", "--grace", "0", "--json"], { env });
    const stopped = ended(engine);
    await lineWith(engine, '"note":"started"');
    const told = lineWith(worker, "SIGTERM");
    worker.kill("SIGTERM");
    await told;
    worker.kill("SIGTERM");
    expect(await over).toMatchObject({ code: 0 });
    engine.kill("SIGTERM");
    await stopped;
    const { runs } = JSON.parse(
      (await place.detent(["runs", "--app", "cli", "--json"])).stdout,
    ) as {
      runs: { task: string; state: string; outcome: unknown }[];
    };
    expect(runs.find(({ task }) => task === "endless")).toMatchObject({
      state: "pending",
      outcome: { error: { name: "LostError" } },
    });
  });
});

test("a server that is not there, and one that nobody names, are told in one line", async () => {
  const refused = await place.detent([
    "worker",
    "app.js",
    "--redis",
    "redis://:secret@127.0.0.1:1",
  ]);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^detent: Redis at redis:\/\/127\.0\.0\.1:1 can't be used: connect ECONNREFUSED .*\n$/,
    ) as string,
  });
  expect(await place.detent(["worker", "app.js"])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^detent: give --redis URL, or name it in DETENT_REDIS.*\n$/,
    ) as string,
  });
});
