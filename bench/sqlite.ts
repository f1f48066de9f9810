// Whole cycles through the runtime: an event is stored, routed, claimed, executed inline (a body that does nothing) and settled. Beside it the disk's own limit.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flushesPerSecond } from "./disk.ts";
import { detent, event, start, task, trigger } from "../src/index.ts";
import { median, rounded, type Row } from "./row.ts";

const app = detent({
  tasks: [task({ id: "nothing", run: () => null })],
  triggers: [trigger("t", { when: event("e"), run: "nothing", input: null })],
});

interface Measured {
  readonly perSecond: number;
  readonly micros: number;
}

/** Cycles per second, and microseconds of this process's CPU for each. */
const cycles = async (
  store: string,
  durability: "power" | "process",
  count: number,
): Promise<Measured> => {
  const runtime = await start(app, { store, durability, slots: 128 });
  const cpu = process.cpuUsage();
  const from = performance.now();
  await Promise.all(
    Array.from({ length: count }, (_, index) => runtime.emit("e", null, { id: `${index}` })),
  );
  await runtime.idle();
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const { runs } = await runtime.summary();
  await runtime.stop();
  if (runs.succeeded !== count) throw new Error(`${runs.succeeded} of ${count} cycles ended`);
  return { perSecond: count / seconds, micros: (user + system) / count };
};

export const benchSqlite = async (): Promise<Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  const results = {
    flushes: [] as number[],
    memory: [] as Measured[],
    power: [] as Measured[],
    process: [] as Measured[],
  };
  try {
    for (let round = 0; round < 4; round++) {
      const flushes = flushesPerSecond();
      const memory = await cycles("memory:", "process", 5_000);
      const power = await cycles(`sqlite:${join(folder, `power-${round}.db`)}`, "power", 5_000);
      const kept = await cycles(`sqlite:${join(folder, `process-${round}.db`)}`, "process", 5_000);
      if (round === 0) continue; // warms up
      results.flushes.push(flushes);
      results.memory.push(memory);
      results.power.push(power);
      results.process.push(kept);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const flushes = median(results.flushes);
  const told = (measured: readonly Measured[]): string =>
    `${rounded(median(measured.map(({ perSecond }) => perSecond)))} cycles/s, ${rounded(median(measured.map(({ micros }) => micros)))} µs CPU each`;
  const perFlush = median(results.power.map(({ perSecond }) => perSecond)) / flushes;
  return [
    {
      what: "event → run → outcome, memory store, inline executor",
      detent: told(results.memory),
      peers: {},
    },
    {
      what: "the same, SQLite `power`",
      detent: told(results.power),
      peers: {},
      note: `the disk flushes ${rounded(flushes)} times a second: ${rounded(perFlush)} cycles a flush`,
    },
    { what: "the same, SQLite `process`", detent: told(results.process), peers: {} },
  ];
};
