// The engine's own cost, without disk or threads: idle schedules, and events among conditions on other names.
import * as Effect from "effect/Effect";
import {
  activation,
  advance,
  batchOf,
  definitionsOf,
  detent,
  event,
  every,
  memoryStore,
  nextDueAt,
  stateOf,
  step,
  task,
  trigger,
  type Definitions,
  type State,
  type StorePort,
} from "../src/core/index.ts";
import { cpuMicros, median, rounded, type Row } from "./row.ts";

const work = task({ id: "work", run: (input: unknown) => input });

const opened = function* (definitions: Definitions) {
  const store: StorePort = memoryStore();
  yield* store.enter({ id: "bench", host: "bench", process: 1 });
  const batch = activation(definitions, yield* store.read({ revision: null, limit: 1 }));
  if (batch !== undefined) yield* store.commit(batch);
  return store;
};

/** One turn's routing, as the engine does it. */
const routed = function* (store: StorePort, definitions: Definitions, before: State | undefined) {
  const reading = yield* store.read({ revision: before?.watermark.revision ?? null, limit: 1_000 });
  const state =
    reading.state === null
      ? (before as State)
      : stateOf(definitions, reading.watermark, reading.state);
  if (reading.signals.length === 0 && (nextDueAt(state) ?? Infinity) > reading.now) return state;
  const decision = step(definitions, state, {
    signals: reading.signals,
    until: reading.now,
    now: reading.now,
  });
  yield* store.commit(batchOf(decision, state.watermark.revision));
  return advance(state, decision);
};

/** Milliseconds of CPU of one turn in which nothing is due. */
export const idleTurn = async (schedules: number): Promise<number> => {
  const definitions = definitionsOf(
    detent({
      tasks: [work],
      triggers: Array.from({ length: schedules }, (_, index) =>
        trigger(`t${index}`, { when: every("30 d", { anchor: -index }), run: work }),
      ),
    }),
  );
  const turns = 2_000;
  /** Until V8 has compiled what it can; the turns themselves are then microseconds. */
  const warmingTurns = 20_000;
  const program = Effect.gen(function* () {
    const store = yield* opened(definitions);
    let state = yield* routed(store, definitions, undefined);
    for (let count = 0; count < warmingTurns; count++)
      state = yield* routed(store, definitions, state);
    return Effect.promise(() =>
      cpuMicros(() =>
        Effect.runSync(
          Effect.gen(function* () {
            for (let count = 0; count < turns; count++)
              state = yield* routed(store, definitions, state);
          }),
        ),
      ),
    );
  });
  return (await Effect.runPromise(Effect.flatten(program))) / turns / 1_000;
};

/** Events per second of CPU: stored, routed, claimed. */
export const eventsPerCpuSecond = async (conditions: number): Promise<number> => {
  const triggers = Array.from({ length: conditions }, (_, index) =>
    trigger(`t${index}`, {
      when: event<{ n: number }>(`e${index}`),
      run: work,
      input: (firing) => firing.event.payload,
    }),
  );
  const definitions = definitionsOf(detent({ tasks: [work], triggers }));
  const events = 20_000;
  const batch = 100;
  const store = Effect.runSync(Effect.gen(() => opened(definitions)));
  const micros = await cpuMicros(() =>
    Effect.runSync(
      Effect.gen(function* () {
        let state: State | undefined;
        for (let done = 0; done < events; done += batch) {
          for (let count = done; count < done + batch; count++) {
            const id = `s${count}`;
            yield* store.commit({
              checks: [],
              signals: [
                {
                  id,
                  signal: { _tag: "Event", id, name: "e0", payload: { n: count } },
                  origin: null,
                  dueAt: null,
                },
              ],
            });
          }
          state = yield* routed(store, definitions, state);
          const { runs } = yield* store.claim({
            owner: "bench",
            nonce: `n${done}`,
            tasks: ["work"],
            limit: batch,
          });
          if (runs.length !== batch) throw new Error(`claimed ${runs.length} of ${batch}`);
        }
      }),
    ),
  );
  return events / (micros / 1e6);
};

export const benchEngine = async (): Promise<Row[]> => {
  const idle = { few: await idleTurn(10_000), many: await idleTurn(1_000_000) };
  const rates = new Map<number, number[]>([1, 1_000, 100_000].map((count) => [count, []]));
  // Interleaved rounds, so that a noisy moment hits all of them; the first warms up.
  for (let round = 0; round < 6; round++) {
    for (const [count, results] of rates) {
      const rate = await eventsPerCpuSecond(count);
      if (round > 0) results.push(rate);
    }
  }
  const [one, thousand, many] = [...rates.values()].map(median) as [number, number, number];
  return [
    {
      what: "one engine turn, 10,000 idle schedules",
      detent: `${rounded(idle.few)} ms CPU`,
      peers: {},
      note: "target ≤ 0.1 ms",
    },
    {
      what: "one engine turn, 1,000,000 idle schedules",
      detent: `${rounded(idle.many)} ms CPU`,
      peers: {},
      note: "target ≤ 1 ms",
    },
    {
      what: "event → match → run → claim, memory store, among 1 / 1,000 / 100,000 conditions on other names",
      detent: `${rounded(one)} / ${rounded(thousand)} / ${rounded(many)} per CPU-second`,
      peers: {},
      note: `target ≥ 50,000; 100,000 conditions cost ${(one / many).toFixed(2)}x of one, target ≤ 1.2x`,
    },
  ];
};
