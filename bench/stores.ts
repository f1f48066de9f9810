// `npm run bench:stores`: several processes that write to one SQLite file as fast as they can, by themselves and together: how much they write, and how long the one that waits
// longest waits for a commit. With `child` as an argument it is one of them.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import { openSqliteStore } from "../src/adapters/sqlite/index.ts";
import { flushesPerSecond } from "./disk.ts";
import { keepRows, median, rounded, tableOf, type Row } from "./row.ts";

type Durability = "power" | "process";

interface Told {
  readonly commits: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Commits one event after the other, `inFlight` at a time, until the time is over. */
const write = async (file: string, durability: Durability, millis: number): Promise<Told> => {
  const waits: number[] = [];
  const inFlight = 8;
  const program = Effect.scoped(
    Effect.flatMap(openSqliteStore({ file, durability }), (store) => {
      const until = performance.now() + millis;
      const writer = (index: number) =>
        Effect.gen(function* () {
          for (let n = 0; performance.now() < until; n++) {
            const id = `${process.pid}-${index}-${n}`;
            const began = performance.now();
            yield* store.commit({
              checks: [],
              signals: [
                {
                  id,
                  signal: { _tag: "Event", id, name: "e", payload: { n } },
                  origin: null,
                  dueAt: null,
                },
              ],
            });
            waits.push(performance.now() - began);
          }
        });
      return Effect.all(
        Array.from({ length: inFlight }, (_, index) => writer(index)),
        { concurrency: "unbounded", discard: true },
      );
    }),
  );
  const from = performance.now();
  await Effect.runPromise(program);
  const seconds = (performance.now() - from) / 1_000;
  const sorted = waits.toSorted((a, b) => a - b);
  return {
    commits: waits.length,
    seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    max: sorted.at(-1) ?? 0,
  };
};

const writers = async (
  count: number,
  fields: { readonly file: string; readonly durability: Durability; readonly millis: number },
): Promise<readonly Told[]> => {
  const { file, durability, millis } = fields;
  const args = [fileURLToPath(import.meta.url), "child", file, durability, String(millis)];
  return Promise.all(
    Array.from({ length: count }, async () => {
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      return JSON.parse(await text(child.stdout)) as Told;
    }),
  );
};

const rows = async (): Promise<readonly Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  const made: Row[] = [];
  try {
    for (const durability of ["process", "power"] as const)
      for (const count of [1, 4]) {
        const rounds: { perSecond: number; worst: number; max: number; least: number }[] = [];
        for (let round = 0; round < 3; round++) {
          const file = join(folder, `${durability}-${count}-${round}.db`);
          // oxlint-disable-next-line no-await-in-loop -- one measurement after the other
          const told = await writers(count, { file, durability, millis: 2_000 });
          const rates = told.map(({ commits, seconds }) => commits / seconds);
          rounds.push({
            perSecond: rates.reduce((sum, rate) => sum + rate, 0),
            worst: Math.max(...told.map(({ p99 }) => p99)),
            max: Math.max(...told.map(({ max }) => max)),
            least: Math.min(...rates) / Math.max(...rates),
          });
        }
        const of = (field: keyof (typeof rounds)[number]): number =>
          median(rounds.map((each) => each[field]));
        made.push({
          what: `${count} ${count === 1 ? "process" : "processes"} on one file, SQLite \`${durability}\``,
          detent: `${rounded(of("perSecond"))} events/s together`,
          peers: {},
          note: `the worst process waits ${rounded(of("worst"))} ms at p99, ${rounded(of("max"))} at most; the slowest writes ${rounded(of("least"))}x of the fastest`,
        });
      }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return made;
};

const [, , role, file = "", durability = "process", millis = "0"] = process.argv;
if (role === "child")
  process.stdout.write(JSON.stringify(await write(file, durability as Durability, Number(millis))));
else {
  console.log(
    `Node ${process.versions.node}; the disk flushes ${rounded(flushesPerSecond())} times a second\n`,
  );
  const told = await rows();
  keepRows("stores", told);
  console.log(tableOf(told));
}
