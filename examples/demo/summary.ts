// What the demo prints at its end.
import type { Cluster } from "./clusters.ts";
import type { Record } from "./records.ts";
import type { Analysis } from "./tasks.ts";

const clustersShown = 5;

/** The summary of one scan. `all` are the records of this run of the demo and of earlier ones. */
export const summaryText = (
  all: readonly Record[],
  {
    scan,
    clusters,
    recordFile,
  }: { scan: string; clusters: readonly Cluster[]; recordFile: string },
): string => {
  // A scan's line is written before its events are stored, so whatever it caused comes after it.
  const since = all.slice(all.findIndex(({ runId }) => runId === scan));
  const found = (since[0]?.data as { files: number } | undefined)?.files ?? 0;
  const looked = since.filter(({ task }) => task === "analyse");
  const news = since.filter(({ task }) => task !== "heartbeat");
  const files = clusters.reduce((sum, cluster) => sum + cluster.files.length, 0);
  return [
    `${whole(found)} files found: ${whole(looked.length)} new or changed, ${whole(Math.max(0, found - looked.length))} known already`,
    "",
    ...table([
      ["kind", "files", "kB", "packed kB", "tokens"],
      ...kinds(all.filter(({ task, ended }) => task === "analyse" && ended === "returned")),
    ]),
    "",
    `${clusters.length} clusters of near-duplicates hold ${whole(files)} files; the largest:`,
    ...table(
      clusters
        .slice(0, clustersShown)
        .map((cluster) => [
          `${cluster.files[0]} …`,
          `${cluster.files.length} files`,
          `${kilo(cluster.bytes)} kB`,
        ]),
    ),
    "",
    `ran since the scan: ${[...Map.groupBy(news, ({ task }) => task)].map(([task, runs]) => `${whole(runs.length)} ${task}`).join(", ")}`,
    `one line for each body: ${recordFile}`,
  ].join("\n");
};

const kinds = (analyses: readonly Record[]): string[][] => {
  // A file that has changed counts as it is now.
  const files = new Map(analyses.map(({ data }) => [(data as Analysis).path, data as Analysis]));
  const groups = Map.groupBy(files.values(), ({ name }) =>
    name.endsWith(".md") ? "Markdown" : "JavaScript",
  );
  return [...groups]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([kind, members]) => {
      const sum = (of: (analysis: Analysis) => number): number =>
        members.reduce((total, analysis) => total + of(analysis), 0);
      return [
        kind,
        whole(members.length),
        kilo(sum(({ bytes }) => bytes)),
        kilo(sum(({ packed }) => packed)),
        whole(sum(({ tokens }) => tokens)),
      ];
    });
};

/** Rows with their columns aligned: the first to the left, the others to the right. */
const table = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map(
    (row) =>
      `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("   ")}`,
  );
};

const whole = (count: number): string => count.toLocaleString("en-US");
const kilo = (bytes: number): string => whole(Math.round(bytes / 1_000));
