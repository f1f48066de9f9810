// The stores alone: an event is stored, read, routed into a run, claimed and settled, as the engine does it, without routing or executing anything. One at a time, and a
// hundred in flight. Beside it what the disk can do: a flush of one page.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { openSqliteStore } from "../src/adapters/sqlite/index.ts";
import type { StoreError } from "../src/core/errors.ts";
import { memoryStore, runIdOf, type Run, type StorePort } from "../src/core/index.ts";
import { settled } from "../src/core/run.ts";
import type { Reading } from "../src/core/store.ts";
import { taskOptionsOf } from "../src/core/task.ts";
import { flushesPerSecond } from "./disk.ts";
import { median, rounded, type Row } from "./row.ts";

const options = taskOptionsOf({ id: "resize" });

/** So many cycles, `atOnce` of them in flight. Each has its event, run, attempt and final status: four rows. */
export const cycles = (
  store: StorePort,
  count: number,
  atOnce: number,
): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    yield* store.enter({ id: "bench", host: "bench", process: process.pid });
    let revision: number | null = null;
    for (let done = 0; done < count; done += atOnce) {
      const ids = Array.from({ length: atOnce }, (_, index) => `${done + index}`.padStart(9, "0"));
      yield* together(ids, (id) =>
        store.commit({
          checks: [],
          signals: [
            {
              id,
              signal: { _tag: "Event", id, name: "arrived", payload: { path: `${id}.png` } },
              origin: null,
              dueAt: null,
            },
          ],
        }),
      );
      // The statuses of the round before are read here, too.
      const reading: Reading = yield* store.read({ revision, limit: 10 * atOnce });
      const events = reading.signals.filter(({ signal }) => signal._tag === "Event");
      const last = reading.signals.at(-1)?.seq ?? 0;
      yield* store.commit({
        checks: [{ _tag: "Revision", revision: reading.watermark.revision }],
        runs: events.map(({ id, at }) => runOf(id, at)),
        watermark: { seq: last, at: reading.now },
      });
      revision = reading.watermark.revision + 1;
      const { runs } = yield* store.claim({
        owner: "bench",
        nonce: `${done}`,
        tasks: ["resize"],
        limit: atOnce,
      });
      if (runs.length !== atOnce) throw new Error(`${runs.length} of ${atOnce} runs were claimed`);
      yield* together(runs, (run) => settle(store, run, reading.now));
    }
  });

const together = <A>(all: readonly A[], each: (one: A) => Effect.Effect<unknown, StoreError>) =>
  Effect.forEach(all, each, { concurrency: "unbounded", discard: true });

const settle = (store: StorePort, run: Run, at: number) => {
  const move = settled(run, {
    outcome: { _tag: "Succeeded", result: { bytes: 123 } },
    emitted: [],
    at,
    options,
  });
  return store.commit({
    checks: [
      {
        _tag: "Held",
        run: run.id,
        owner: "bench",
        token: run.token,
        states: ["claimed", "running"],
      },
    ],
    signals: move.signals,
    patches: [move],
    attempts: move.attempt === null ? [] : [move.attempt],
  });
};

export const runOf = (event: string, at: number): Run => {
  const id = runIdOf("thumbnail", [event]);
  return {
    id,
    trigger: "thumbnail",
    task: "resize",
    input: { path: `${event}.png` },
    idempotencyKey: id,
    cause: [event],
    priority: 0,
    concurrencyKey: null,
    expiresAt: null,
    createdAt: at,
    dueAt: at,
    state: "pending",
    token: 0,
    attempt: 0,
    losses: 0,
    crashes: 0,
    owner: null,
    nonce: null,
    startedAt: null,
    settledAt: null,
    cancelRequested: false,
    outcome: null,
  };
};

interface Measured {
  readonly perSecond: number;
  readonly micros: number;
}

const measured = (
  store: StorePort,
  count: number,
  atOnce: number,
): Effect.Effect<Measured, StoreError> =>
  Effect.gen(function* () {
    const cpu = process.cpuUsage();
    const from = performance.now();
    yield* cycles(store, count, atOnce);
    const seconds = (performance.now() - from) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return { perSecond: count / seconds, micros: (user + system) / count };
  });

/** A fresh SQLite store; deleted afterwards. */
const onDisk = (
  durability: "power" | "process",
  count: number,
  atOnce: number,
): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  const opened = Effect.flatMap(
    openSqliteStore({ file: join(folder, "bench.db"), durability }),
    (store) => Effect.ensuring(measured(store, count, atOnce), Effect.ignore(store.leave("bench"))),
  );
  return Effect.runPromise(Effect.scoped(opened)).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
};

const cases = {
  "memory store": {
    run: (count: number, atOnce: number) =>
      Effect.runPromise(measured(memoryStore(), count, atOnce)),
    single: 20_000,
    grouped: 50_000,
  },
  "SQLite, `process`": {
    run: (count: number, atOnce: number) => onDisk("process", count, atOnce),
    single: 2_000,
    grouped: 20_000,
  },
  "SQLite, `power`": {
    run: (count: number, atOnce: number) => onDisk("power", count, atOnce),
    single: 200,
    grouped: 10_000,
  },
};

export const benchStore = async (): Promise<Row[]> => {
  const rounds: { readonly flushes: number; readonly results: ReadonlyMap<string, Measured> }[] =
    [];
  for (let round = 0; round < 4; round++) {
    const results = new Map<string, Measured>();
    const flushes = flushesPerSecond();
    for (const [name, { run, single, grouped }] of Object.entries(cases)) {
      results.set(`${name}, one at a time`, await run(single, 1));
      results.set(`${name}, 100 in flight`, await run(grouped, 100));
    }
    if (round > 0) rounds.push({ flushes, results }); // the first one warms up
  }
  const flushes = median(rounds.map((round) => round.flushes));
  const names = [...(rounds[0]?.results.keys() ?? [])];
  return names.map((name) => {
    const of = (field: keyof Measured): number =>
      median(rounds.map(({ results }) => (results.get(name) as Measured)[field]));
    const perFlush = of("perSecond") / flushes;
    return {
      what: `event → run → claim → outcome, ${name}`,
      detent: `${rounded(of("perSecond"))} cycles/s, ${rounded(of("micros"))} µs CPU each`,
      peers: {},
      ...(name.includes("power") && {
        note: `the disk flushes ${rounded(flushes)} times a second: ${rounded(perFlush)} cycles a flush`,
      }),
    };
  });
};
