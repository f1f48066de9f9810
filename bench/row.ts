// What a benchmark tells: one row of the table in docs and on the terminal. Figures are ratios within one run; absolute numbers belong to the machine of that run.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

export interface Row {
  readonly what: string;
  readonly detent: string;
  readonly peers: Readonly<Record<string, string>>;
  readonly note?: string;
}

export const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Microseconds of CPU that this process spends on `work`. */
export const cpuMicros = async (work: () => unknown): Promise<number> => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
};

export const rounded = (value: number): string =>
  value >= 100
    ? Math.round(value).toLocaleString("en")
    : value >= 10
      ? value.toFixed(1)
      : value >= 0.1
        ? value.toFixed(2)
        : value.toPrecision(2);

/** The rows as a Markdown table. */
export const tableOf = (rows: readonly Row[]): string =>
  ["| what | detent | peers in the same run | note |", "|---|---|---|---|"]
    .concat(
      rows.map(
        ({ what, detent, peers, note }) =>
          `| ${what} | ${detent} | ${
            Object.entries(peers)
              .map(([peer, figure]) => `${peer} ${figure}`)
              .join(", ") || "–"
          } | ${note ?? ""} |`,
      ),
    )
    .join("\n");

const folder = new URL("../node_modules/.cache/detent-bench/", import.meta.url);

/** Rows that a benchmark with needs of its own (servers) leaves for bench/RESULTS.md, under its name. */
export const keepRows = (name: string, rows: readonly Row[]): void => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${name}.json`, folder), JSON.stringify({ at: Date.now(), rows }));
};

/** What was left within the last day, by name. */
export const keptRows = (): ReadonlyMap<string, readonly Row[]> => {
  if (!existsSync(folder)) return new Map();
  const kept = readdirSync(folder).map((file) => {
    const { at, rows } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as {
      readonly at: number;
      readonly rows: readonly Row[];
    };
    return [file.replace(/\.json$/, ""), Date.now() - at < 86_400_000 ? rows : []] as const;
  });
  return new Map(kept.filter(([, rows]) => rows.length > 0));
};
