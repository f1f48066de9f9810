// Runs through detent's executor beside bare Piscina, the pool under it: what the ledger, the envelope and the events cost. Both do the same work with as many
// threads in the same rounds, as many in hand as there are threads; figures are medians of the rounds' ratios. Alone: `node bench/executor.ts`.
import * as os from "node:os";
import { Piscina } from "piscina";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Scope from "effect/Scope";
import type { ExecutorPort, Order } from "../src/core/executor.ts";
import { threadExecutor } from "../src/runtime/executor/executor.ts";
import { work } from "./executor-work.ts";
import { median, rounded, tableOf, type Row } from "./row.ts";

export const spendModule = new URL("./executor-work.ts", import.meta.url);
const cores = os.availableParallelism();
const rounds = 5;

export const benchExecutor = async (): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const threads of new Set([Math.max(cores - 1, 1), cores])) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time, or they would disturb each other
    rows.push(...(await rowsWith(threads)));
  }
  // oxlint-disable-next-line no-await-in-loop
  return [...rows, await latencyRow(), await loopGapRow()];
};

export interface Contender {
  /** Runs so many bodies of so many milliseconds, as many at a time as there are threads. */
  readonly play: (runs: number, millis: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

const rowsWith = async (threads: number): Promise<Row[]> => {
  const detent = await openDetent(threads);
  const piscina = openPiscina(threads);
  const rows: Row[] = [];
  for (const [millis, runs, target] of [
    [0, 4_000, undefined],
    [1, 600, threads < cores ? 90 : 80],
    [10, 80, threads < cores ? 97 : 95],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop
    const { ratio, detentRate, piscinaRate } = await paired([detent, piscina], runs, millis);
    rows.push({
      what: `${millis === 0 ? "no-op" : `${millis} ms of CPU`}, ${threads} of ${cores} cores`,
      detent: `${rounded(detentRate)}/s, ${(ratio * 100).toFixed(0)} % of Piscina`,
      peers: { "bare Piscina": `${rounded(piscinaRate)}/s` },
      ...(target !== undefined && { note: `target ≥ ${target} %` }),
    });
  }
  await Promise.all([detent.close(), piscina.close()]);
  return rows;
};

export const paired = async (
  [detent, piscina]: readonly [Contender, Contender],
  runs: number,
  millis: number,
) => {
  const rate = async (contender: Contender) => {
    const before = performance.now();
    await contender.play(runs, millis);
    return (runs * 1_000) / (performance.now() - before);
  };
  const pairs: { detent: number; piscina: number }[] = [];
  for (let round = -1; round < rounds; round++) {
    // Each goes first in every other round; the first round warms up.
    /* oxlint-disable no-await-in-loop */
    const first = round % 2 === 0 ? await rate(detent) : undefined;
    const other = await rate(piscina);
    const pair = { detent: first ?? (await rate(detent)), piscina: other };
    /* oxlint-enable no-await-in-loop */
    if (round >= 0) pairs.push(pair);
  }
  return {
    ratio: median(pairs.map((pair) => pair.detent / pair.piscina)),
    detentRate: median(pairs.map((pair) => pair.detent)),
    piscinaRate: median(pairs.map((pair) => pair.piscina)),
  };
};

/** Measured once it is compiled; the best of some tries is the least disturbed. */
const stepsPerMilli = ((steps: number) => {
  const tries = Array.from({ length: 10 }, () => {
    const before = performance.now();
    work(steps);
    return performance.now() - before;
  });
  return steps / Math.min(...tries);
})(2_000_000);

/** As much work as takes so many milliseconds here. */
export const stepsOf = (millis: number): number => Math.round(millis * stepsPerMilli);

const orderOf = (number: number, millis: number): Order => ({
  run: `run-${number}`,
  task: "spend",
  token: 1,
  attempt: 1,
  idempotencyKey: "",
  input: stepsOf(millis),
  timeoutMillis: null,
  memoryBytes: null,
  isolation: "thread",
});

const openDetent = async (threads: number): Promise<Contender & { port: ExecutorPort }> => {
  const scope = Scope.makeUnsafe();
  const port = await Effect.runPromise(
    Scope.provide(threadExecutor({ modules: [spendModule], slots: threads }), scope),
  );
  let number = 0;
  return {
    port,
    play: (runs, millis) =>
      new Promise((resolve) => {
        let sent = 0;
        let ended = 0;
        const send = () => {
          if (sent++ < runs) Effect.runSync(port.start(orderOf(++number, millis)));
        };
        const stop = port.events((event) => {
          if (event._tag !== "Ended") return;
          if (++ended < runs) return send();
          stop();
          resolve();
        });
        for (let slot = 0; slot < threads; slot++) send();
      }),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  };
};

export const openPiscina = (threads: number): Contender => {
  const pool = new Piscina({
    filename: spendModule.href,
    name: "spendBare",
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
    atomics: "disabled",
  });
  return {
    play: async (runs, millis) => {
      let sent = 0;
      const lane = async (): Promise<void> => {
        // oxlint-disable-next-line no-await-in-loop -- one after the other is what a lane is
        while (sent++ < runs) await pool.run(orderOf(sent, millis));
      };
      await Promise.all(Array.from({ length: threads }, lane));
    },
    close: () => pool.destroy(),
  };
};

/** From handing an order over to its end, one in hand. */
const latencyRow = async (): Promise<Row> => {
  const contenders = [await openDetent(1), openPiscina(1)];
  const micros: number[][] = [[], []];
  for (let run = 0; run < 4_000; run++) {
    const before = performance.now();
    // oxlint-disable-next-line no-await-in-loop
    await contenders[run % 2]?.play(1, 0);
    if (run >= 400) micros[run % 2]?.push((performance.now() - before) * 1_000);
  }
  await Promise.all(contenders.map((contender) => contender.close()));
  const [own = [], bare = []] = micros;
  return {
    what: "latency of a no-op, one in hand",
    detent: `p50 ${rounded(median(own))} µs`,
    peers: { "bare Piscina": `p50 ${rounded(median(bare))} µs` },
  };
};

/** How late a timer of the main thread is while all cores compute. */
const loopGapRow = async (): Promise<Row> => {
  const detent = await openDetent(cores);
  const gaps: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    gaps.push(now - last - 2);
    last = now;
  }, 2);
  await detent.play(300, 10);
  clearInterval(timer);
  await detent.close();
  const sorted = gaps.toSorted((a, b) => a - b);
  return {
    what: `lateness of a 2 ms timer, ${cores} threads on ${cores} cores`,
    detent: `p99 ${rounded(sorted[Math.floor(sorted.length * 0.99)] ?? 0)} ms`,
    peers: {},
    note: "target p99 ≤ 20 ms",
  };
};

if (import.meta.main) console.log(tableOf(await benchExecutor()));
