// Goal: whatever is killed (a worker, an engine, the Redis server, with or without what it had kept), every run is settled once, and none is lost. Method: each is a process,
// killed with SIGKILL while bodies run; the tasks' own journal says what was really executed, the store what was recorded.
import * as Effect from "effect/Effect";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Lookout } from "../../src/adapters/bullmq/lookout.ts";
import { bullmq, detentWorker, type DetentWorker } from "../../src/bullmq.ts";
import type { ExecutorSource } from "../../src/core/executor.ts";
import { start, type EngineNote, type Runtime } from "../../src/index.ts";
import { hasPostgres, startServer } from "../support/postgres.ts";
import { hasRedis, startRedis, type RedisServer } from "../support/redis.ts";
import app from "../support/remote/app.ts";
import {
  attemptsOf,
  mostAtOnce,
  newStage,
  runsOf,
  until,
  type Stage,
} from "../support/remote/stage.ts";
import { endWith } from "../support/service.ts";

const lease = 1_000;

/** How often an engine has asked how much it may hand over, which it does before it claims. */
let asks = 0;
const counted = ({ open }: ExecutorSource): ExecutorSource => ({
  open: (context) =>
    Effect.map(open(context), (port) => ({
      ...port,
      capacity: Effect.tap(port.capacity, () => Effect.sync(() => (asks += 1))),
    })),
});

describe.skipIf(!hasRedis)("killed", () => {
  let redis: RedisServer;
  let stage: Stage;
  let runtime: Runtime | undefined;
  let worker: DetentWorker | undefined;
  const notes: EngineNote[] = [];
  beforeEach(async () => {
    redis = await startRedis();
    stage = newStage();
    notes.length = 0;
  });
  afterEach(async () => {
    await runtime?.stop({ graceMillis: 0 });
    await worker?.close({ graceMillis: 0 });
    runtime = worker = undefined;
    vi.restoreAllMocks();
    await stage.close();
    await redis.stop();
  });

  const engine = async (store = "memory:", capacity = 20): Promise<Runtime> =>
    (runtime = await start(app, {
      store,
      executor: counted(bullmq({ connection: redis.url, lostAfter: "2 seconds", capacity })),
      onNote: (note) => notes.push(note),
    }));
  const workerHere = async (): Promise<DetentWorker> =>
    (worker = await detentWorker(app, { connection: redis.url, lease, concurrency: 4 }));
  const workerProcess = () => stage.run("worker", redis.url, `${lease}`);
  const isBegun = (run: string, token = 1) =>
    until(() => stage.lines().find((line) => line.run === run && line.token === token));
  const told = (words: string) =>
    notes.filter((note) => note._tag === "Warning" && note.message.includes(words)).length;
  const attemptsAt = async (run: string) =>
    (await attemptsOf(runtime!))
      .filter((attempt) => attempt.run === run)
      .map(({ token, outcome }) => [
        token,
        outcome._tag,
        "error" in outcome ? outcome.error?.name : null,
      ]);

  test.each([
    ["another worker finds out", true],
    ["no worker is left to find out", false],
  ])(
    "a worker that is killed: the attempt has crashed, and is tried again; %s",
    async (_, hasOther) => {
      const { run } = await (await engine()).run("gated", { gate: stage.gate });
      const doomed = await workerProcess();
      await isBegun(run);
      if (hasOther) await workerHere();
      await endWith(doomed, "SIGKILL");
      if (!hasOther) await until(() => notes.some((note) => note._tag === "Ended"));
      stage.open();
      if (!hasOther) await workerHere();
      expect(await runtime!.result(run)).toMatchObject({
        state: "succeeded",
        losses: 0,
        crashes: 1,
      });
      expect(await attemptsAt(run)).toEqual([
        [1, "Crashed", "CrashError"],
        [2, "Succeeded", null],
      ]);
    },
  );

  test("a worker that is stopped gives back what it can't finish, as a loss and no attempt", async () => {
    const { run } = await (await engine()).run("gated", { gate: stage.gate });
    const first = await workerHere();
    await isBegun(run);
    await first.close({ graceMillis: 0 });
    expect(stage.lines().map(({ what }) => what)).toEqual(["begun", "ended"]);
    stage.open();
    await workerHere();
    expect(await runtime!.result(run)).toMatchObject({ state: "succeeded", losses: 1, crashes: 0 });
    expect(await attemptsAt(run)).toEqual([
      [1, "Crashed", "LostError"],
      [2, "Succeeded", null],
    ]);
  });

  test("a worker that stands still ends its bodies when it goes on, for their lease is over", async () => {
    const { run } = await (await engine()).run("gated", { gate: stage.gate });
    const frozen = await workerProcess();
    await isBegun(run);
    frozen.kill("SIGSTOP");
    await workerHere();
    await isBegun(run, 2);
    frozen.kill("SIGCONT");
    await until(() =>
      stage.lines().some(({ what, pid }) => what === "ended" && pid === frozen.pid),
    );
    stage.open();
    expect(await runtime!.result(run)).toMatchObject({
      state: "succeeded",
      outcome: { result: 2 },
    });
    expect(await attemptsAt(run)).toEqual([
      [1, "Crashed", "CrashError"],
      [2, "Succeeded", null],
    ]);
  });

  test("an engine that is killed: the next one's job begins when the body of the old one's has ended", async () => {
    const store = `sqlite:${stage.folder}/state.db`;
    await workerHere();
    const doomed = await stage.run("engine", redis.url, store, "endless");
    const { run } = await until(() => stage.lines()[0]);
    await engine(store);
    await endWith(doomed, "SIGKILL");
    await isBegun(run, 2);
    expect(
      stage
        .lines()
        .filter((line) => line.run === run)
        .map(({ what, token }) => [what, token]),
    ).toEqual([
      ["begun", 1],
      ["ended", 1],
      ["begun", 2],
    ]);
    await runtime!.cancel(run);
    expect(await runtime!.result(run)).toMatchObject({ state: "cancelled", losses: 1 });
  });

  test("while Redis is away nothing is claimed, what runs goes on, and its outcome comes when it is back", async () => {
    const { run } = await (await engine()).run("gated", { gate: stage.gate });
    worker = await detentWorker(app, { connection: redis.url, lease: "1 minute" });
    await isBegun(run);
    await redis.kill();
    await until(() => notes.some((note) => note._tag === "Warning"));
    const later = await runtime!.run("double", { n: 4 });
    stage.open();
    await until(() => stage.lines().some(({ what }) => what === "ended"));
    // It asks twice, when it claims and when it goes to rest.
    const before = asks;
    const last = await runtime!.run("double", { n: 5 });
    await until(() => asks >= before + 2);
    expect((await runsOf(runtime!)).find(({ id }) => id === later.run)).toMatchObject({
      state: "pending",
      token: 0,
    });
    await redis.start();
    expect(await runtime!.result(run)).toMatchObject({ state: "succeeded", token: 1 });
    expect(await runtime!.result(later.run)).toMatchObject({ outcome: { result: 8 } });
    expect(await runtime!.result(last.run)).toMatchObject({ outcome: { result: 10 } });
  });

  test("a worker that can't reach Redis for as long as its lease ends what it runs, and it runs again", async () => {
    const { run } = await (await engine()).run("gated", { gate: stage.gate });
    await workerHere();
    await isBegun(run);
    redis.signal("SIGSTOP");
    await until(() => stage.lines().some(({ what }) => what === "ended"));
    redis.signal("SIGCONT");
    stage.open();
    expect(await runtime!.result(run)).toMatchObject({ state: "succeeded" });
    expect(mostAtOnce(stage.lines(), (line) => line.run === run)).toBe(1);
  });

  test("what Redis has forgotten, and a worker still has, is not given up", async () => {
    const { run } = await (await engine()).run("gated", { gate: stage.gate });
    worker = await detentWorker(app, { connection: redis.url, lease: "1 minute" });
    await isBegun(run);
    await redis.kill();
    await redis.start({ empty: true });
    await until(() => told("is back") > 0);
    // Three to a `lostAfter`: it is over.
    const { calls } = vi.spyOn(Lookout.prototype, "look").mock;
    await until(() => calls.length > 5);
    stage.open();
    expect(await runtime!.result(run)).toMatchObject({ state: "succeeded", token: 1 });
    expect(await attemptsAt(run)).toEqual([[1, "Succeeded", null]]);
  });

  const stores: readonly (readonly [
    string,
    () => Promise<{ store: string; stop: () => Promise<void> }>,
  ])[] = [
    [
      "SQLite",
      async () => ({ store: `sqlite:${stage.folder}/state.db`, stop: async () => undefined }),
    ],
    ...(hasPostgres
      ? ([
          [
            "PostgreSQL",
            async () => {
              const server = await startServer({ trust: true });
              return { store: server.url, stop: server.stop };
            },
          ],
        ] as const)
      : []),
  ];
  test.each(
    stores.flatMap(([name, open]) => [
      ...(name === "SQLite" ? [{ name, open, empty: false }] : []),
      { name, open, empty: true },
    ]),
  )(
    "Redis killed three times under load, on $name, what it had kept lost: $empty",
    async ({ open, empty }) => {
      const { store, stop } = await open();
      try {
        await engine(store, 16);
        await workerHere();
        const other = await workerProcess();
        const asked = await Promise.all(
          Array.from({ length: 150 }, (_, n) =>
            runtime!.run("brief", { millis: 5 + (n % 4) * 15 }),
          ),
        );
        for (let kill = 0; kill < 3; kill++) {
          const begun = stage.lines().length;
          await until(() => stage.lines().length > begun + 50);
          await redis.kill();
          await until(() => told("is away") > kill);
          await redis.start({ empty });
        }
        const runs = await Promise.all(asked.map(({ run }) => runtime!.result(run)));
        expect(runs.filter(({ state }) => state !== "succeeded")).toEqual([]);
        const attempts = (await attemptsOf(runtime!)).map(({ run, token }) => `${run} ${token}`);
        expect(attempts).toHaveLength(new Set(attempts).size);
        const ended = stage.lines().flatMap(({ what, run }) => (what === "ended" ? [run] : []));
        expect(asked.filter(({ run }) => !ended.includes(run))).toEqual([]);
        await endWith(other, "SIGTERM");
      } finally {
        await runtime?.stop({ graceMillis: 0 });
        await stop();
      }
    },
    60_000,
  );
});
