// What a benchmark tells: one row of the table in docs and on the terminal. Figures are ratios within one run; absolute numbers belong to the machine of that run.

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
