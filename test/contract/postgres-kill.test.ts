/**
 * Goal: a server that is killed in the middle of everything and started again loses nothing that was acknowledged, and doubles nothing.
 * Method: two engines on a server of its own, which is killed with all that it has started (SIGKILL) several times while events are emitted; then every event, run and
 * attempt is looked at.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { detent, event, start, task, trigger, type Runtime } from "../../src/index.ts";
import { hasPostgres, startServer, type Server } from "../support/postgres.ts";

const kills = 4;

let server: Server;
const executions = new Map<string, number>();
const runtimes: Runtime[] = [];

const app = detent({
  tasks: [
    task({
      id: "count",
      run: (_: unknown, { runId: run }) => {
        executions.set(run, (executions.get(run) ?? 0) + 1);
        return null;
      },
    }),
  ],
  triggers: [trigger("each", { when: event("e"), run: "count", input: null })],
});

beforeAll(async () => {
  if (!hasPostgres) return;
  server = await startServer();
  for (let n = 0; n < 2; n++)
    // oxlint-disable-next-line no-await-in-loop
    runtimes.push(await start(app, { store: server.url, slots: 8 }));
}, 60_000);

afterAll(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.stop({ graceMillis: 1_000 })));
  await server?.stop();
}, 30_000);

let onAcknowledged = (): void => undefined;

/** Resolves when so many more events are acknowledged. */
const acknowledged = (count: number): Promise<void> =>
  new Promise((resolve) => {
    let left = count;
    onAcknowledged = () => {
      if (--left === 0) resolve();
    };
  });

/** Emits one event after the other until told to stop, again and again under the same id until it is acknowledged; gives their ids. */
const emitter = (runtime: Runtime, name: string): (() => Promise<readonly string[]>) => {
  const until = new AbortController();
  const ids: string[] = [];
  const work = async (): Promise<readonly string[]> => {
    while (!until.signal.aborted) {
      const id = `${name}-${ids.length}`;
      let isAcknowledged = false;
      while (!isAcknowledged)
        // oxlint-disable-next-line no-await-in-loop
        isAcknowledged = await runtime.emit("e", { id }, { id }).then(
          () => true,
          () => false,
        );
      ids.push(id);
      onAcknowledged();
    }
    return ids;
  };
  const ended = work();
  return () => {
    until.abort();
    return ended;
  };
};

describe.skipIf(!hasPostgres)("a PostgreSQL server that is killed", () => {
  test(
    "loses nothing that was acknowledged, and doubles neither runs nor attempts nor executions",
    { timeout: 120_000 },
    async () => {
      const emitters = runtimes.flatMap((runtime, engine) =>
        [0, 1, 2].map((n) => emitter(runtime, `${engine}${n}`)),
      );
      /* oxlint-disable no-await-in-loop -- one kill after the other */
      for (let kill = 0; kill < kills; kill++) {
        await acknowledged(30);
        await server.kill();
        await server.start();
      }
      await acknowledged(30);
      /* oxlint-enable no-await-in-loop */
      const ids = (await Promise.all(emitters.map((stop) => stop()))).flat();
      await Promise.all(runtimes.map((runtime) => runtime.idle()));
      const rows = (sql: string): readonly string[] => server.psql(sql).split("\n");
      const stored = rows("SELECT id FROM detent.signal WHERE kind = 'event' ORDER BY id");
      expect(stored).toEqual(ids.toSorted());
      expect(rows("SELECT state, count(*) FROM detent.run GROUP BY state")).toEqual([
        `succeeded|${ids.length}`,
      ]);
      const runs = rows("SELECT id FROM detent.run ORDER BY id");
      expect(rows("SELECT run FROM detent.attempt ORDER BY run")).toEqual(runs);
      expect([...executions.keys()].toSorted()).toEqual(runs);
      expect([...executions].filter(([, times]) => times !== 1)).toEqual([]);
      // The log has no gaps, and its instants never fall.
      expect(
        rows(
          "SELECT max(seq) - count(*), count(*) FILTER (WHERE at < before) FROM (SELECT seq, at, lag(at) OVER (ORDER BY seq) AS before FROM detent.signal) AS log",
        ),
      ).toEqual(["0|0"]);
    },
  );
});
