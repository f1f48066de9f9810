// What a thing costs when there is more and more of it: microseconds of CPU of this process, so that a busy machine changes little. Alone: `node bench/growth.ts`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { openSqliteStore } from "../src/adapters/sqlite/index.ts";
import {
  advance,
  all,
  definitionsOf,
  detent,
  event,
  stateOf,
  step,
  task,
  trigger,
  type StoredSignal,
} from "../src/core/index.ts";
import { eventsPerCpuSecond, idleTurn } from "./engine.ts";
import { cpuMicros, median } from "./row.ts";
import { cycles, runOf } from "./store.ts";

export interface Growth {
  readonly what: string;
  /** Of what there is more and more. */
  readonly of: string;
  readonly points: readonly { readonly count: number; readonly micros: number }[];
}

type Point = Growth["points"][number];

const pointsOf = async (
  counts: readonly number[],
  micros: (count: number) => Promise<number>,
): Promise<Point[]> => {
  const points: Point[] = [];
  // oxlint-disable-next-line no-await-in-loop -- one at a time, or they would disturb each other
  for (const count of counts) points.push({ count, micros: await micros(count) });
  return points;
};

const medianOf = async (rounds: number, measure: () => Promise<number>): Promise<number> => {
  const all: number[] = [];
  // oxlint-disable-next-line no-await-in-loop
  for (let round = 0; round < rounds; round++) all.push(await measure());
  return median(all);
};

/** One cycle (event, run, claim, outcome) in a SQLite file that keeps so many runs that are over. */
const cycleBeside = (runs: number): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  const at = 1_000;
  const program = Effect.gen(function* () {
    const store = yield* openSqliteStore({ file: join(folder, "store.db"), durability: "process" });
    for (let done = 0; done < runs; done += 1_000) {
      const over = Array.from({ length: 1_000 }, (_, index) => ({
        ...runOf(`old-${done + index}`, at),
        state: "succeeded" as const,
        settledAt: at,
        outcome: { result: null },
      }));
      yield* store.commit({ checks: [], runs: over });
    }
    const count = 2_000;
    const cpu = yield* Effect.sync(() => process.cpuUsage());
    yield* cycles(store, count, 100);
    const { user, system } = process.cpuUsage(cpu);
    return (user + system) / count;
  });
  return Effect.runPromise(Effect.scoped(program)).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
};

const work = task({ id: "work", run: () => null });
const joined = definitionsOf(
  detent({
    tasks: [work],
    triggers: [
      trigger("t", {
        when: all([event<{ key: string }>("a"), event<{ key: string }>("b")]),
        by: (signal) => signal.payload.key,
        run: work,
        input: null,
      }),
    ],
  }),
);

/** An event that completes a join, while so many matches wait under other keys. */
const joinBeside = async (waiting: number): Promise<number> => {
  let seq = 0;
  const signals = (name: string, count: number): StoredSignal[] =>
    Array.from({ length: count }, (_, index) => ({
      seq: ++seq,
      at: seq,
      id: `${name}${index}`,
      signal: { _tag: "Event", id: `${name}${index}`, name, payload: { key: `${index}` }, at: seq },
      origin: null,
      dueAt: null,
    }));
  const empty = { cursors: [], waiting: [], deadlines: [], open: [] };
  let state = stateOf(joined, { revision: 0, seq: 0, at: 0 }, empty);
  const decide = (batch: readonly StoredSignal[]): number => {
    const decision = step(joined, state, { signals: batch, until: seq, now: seq });
    state = advance(state, decision);
    return decision.runs.length;
  };
  decide(signals("a", waiting));
  const count = Math.min(waiting, 1_000);
  const batches = Array.from({ length: count / 10 }, () => signals("b", 10)).map((batch, place) =>
    batch.map((stored, index) => {
      const key = `${place * 10 + index}`;
      const signal = {
        ...stored.signal,
        id: `b${key}`,
        payload: { key },
      } as StoredSignal["signal"];
      return { ...stored, id: `b${key}`, signal };
    }),
  );
  let runs = 0;
  const micros = await cpuMicros(() => {
    for (const batch of batches) runs += decide(batch);
  });
  if (runs !== count) throw new Error(`${runs} of ${count} joins were completed`);
  return micros / count;
};

export const benchGrowth = async (): Promise<Growth[]> => [
  {
    what: "an event, routed and claimed (memory store)",
    of: "triggers on other events",
    points: await pointsOf([10, 1_000, 100_000], (count) =>
      medianOf(3, async () => 1e6 / (await eventsPerCpuSecond(count))),
    ),
  },
  {
    what: "a turn of an engine with nothing due",
    of: "schedules",
    points: await pointsOf([1, 1_000, 1_000_000], async (count) => (await idleTurn(count)) * 1_000),
  },
  {
    what: "a cycle from event to outcome (SQLite `process`)",
    of: "runs in the store",
    points: await pointsOf([1_000, 100_000, 1_000_000], cycleBeside),
  },
  {
    what: "an event that completes a join",
    of: "waiting matches",
    points: await pointsOf([1_000, 10_000, 100_000], (count) =>
      medianOf(3, () => joinBeside(count)),
    ),
  },
];

if (import.meta.main)
  for (const { what, of, points } of await benchGrowth())
    console.log(
      `${what}, ${of}: ${points.map(({ count, micros }) => `${count}: ${micros.toFixed(2)} µs`).join(", ")}`,
    );
