// The whole way on worker threads, with SQLite `process`: an event or a request is stored, routed, claimed, executed by a thread and settled. Throughput beside bare Piscina,
// which stores nothing, with as many threads in the same rounds; and how long it takes from `emit` to the body. Alone: `node bench/threads.ts`.
import { mkdtempSync, rmSync } from "node:fs";
import * as os from "node:os";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detent, event, start, trigger, type Runtime } from "../src/index.ts";
import type { EngineNote } from "../src/core/engine.ts";
import { openPiscina, paired, spendModule, stepsOf, type Contender } from "./executor.ts";
import { median, rounded, tableOf, type Row } from "./row.ts";

const cores = os.availableParallelism();
const app = detent({
  tasks: [spendModule],
  triggers: [trigger("on-e", { when: event("e"), run: "moment" })],
});

export const benchThreads = async (): Promise<Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  try {
    const rows: Row[] = [];
    for (const threads of new Set([Math.max(cores - 1, 1), cores])) {
      // oxlint-disable-next-line no-await-in-loop -- one at a time, or they would disturb each other
      rows.push(...(await throughputRows(join(folder, `${threads}.db`), threads)));
    }
    return [...rows, await latencyRow(join(folder, "latency.db"))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

interface Opened extends Contender {
  readonly runtime: Runtime;
  /** Hears notes until the next one is set. */
  onNote: (note: EngineNote) => void;
}

const openRuntime = async (file: string, threads: number): Promise<Opened> => {
  const opened = { onNote: (_: EngineNote): void => {} };
  const runtime = await start(app, {
    store: `sqlite:${file}`,
    durability: "process",
    slots: threads,
    onNote: (note) => opened.onNote(note),
  });
  /** Enough for the engine never to wait for the next request. */
  const ahead = threads * 32;
  const play = (runs: number, millis: number): Promise<void> =>
    new Promise((resolve) => {
      let asked = 0;
      let ended = 0;
      const ask = (): void => {
        if (asked++ < runs) void runtime.run("spend", stepsOf(millis));
      };
      opened.onNote = (note) => {
        if (note._tag !== "Ended") return;
        if (note.run.state !== "succeeded") throw new Error(`a run ended as ${note.run.state}`);
        if (++ended === runs) resolve();
        else ask();
      };
      for (let count = 0; count < ahead; count++) ask();
    });
  return Object.assign(opened, { runtime, play, close: () => runtime.stop() });
};

const throughputRows = async (file: string, threads: number): Promise<Row[]> => {
  const own = await openRuntime(file, threads);
  const piscina = openPiscina(threads);
  const rows: Row[] = [];
  for (const [millis, runs, target] of [
    [1, 400, threads < cores ? 90 : 80],
    [10, 80, threads < cores ? 97 : 95],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop
    const { ratio, detentRate, piscinaRate } = await paired([own, piscina], runs, millis);
    rows.push({
      what: `${millis} ms of CPU, stored in SQLite \`process\`, ${threads} of ${cores} cores`,
      detent: `${rounded(detentRate)}/s, ${(ratio * 100).toFixed(0)} % of Piscina`,
      peers: { "bare Piscina": `${rounded(piscinaRate)}/s` },
      note: `target ≥ ${target} %`,
    });
  }
  await Promise.all([own.close(), piscina.close()]);
  return rows;
};

const latencyRow = async (file: string): Promise<Row> => {
  const own = await openRuntime(file, 1);
  const millis: number[] = [];
  for (let count = 0; count < 1_000; count++) {
    const over = new Promise<number>((resolve) => {
      own.onNote = ({ _tag, ...note }) => {
        if (_tag !== "Ended" || !("outcome" in note)) return;
        const { outcome } = note;
        resolve(outcome._tag === "Succeeded" ? Number(outcome.result) : Number.NaN);
      };
    });
    const emittedAt = performance.timeOrigin + performance.now();
    // oxlint-disable-next-line no-await-in-loop
    await own.runtime.emit("e");
    // oxlint-disable-next-line no-await-in-loop
    const begunAt = await over;
    if (count >= 100) millis.push(begunAt - emittedAt);
  }
  await own.close();
  const sorted = millis.toSorted((a, b) => a - b);
  return {
    what: "latency from `emit` to the body, SQLite `process`, on a thread",
    detent: `p50 ${rounded(median(millis))} ms, p99 ${rounded(sorted[Math.floor(sorted.length * 0.99)] ?? 0)} ms`,
    peers: {},
    note: "target p50 ≤ 2 ms",
  };
};

if (import.meta.main) console.log(tableOf(await benchThreads()));
