// `npm run bench:peers`: what DESIGN promises, beside peers from npm in the same run and the limits of the machine; writes bench/RESULTS.md and bench/growth.svg. Takes at most about ten
// minutes: what has not begun by then is left out, and says so. What needs servers comes from `npm run bench:stores`, if that has run within a day.
import { readFileSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import { benchCron } from "./cron.ts";
import { flushesPerSecond } from "./disk.ts";
import { benchEngine } from "./engine.ts";
import { benchExecutor } from "./executor.ts";
import { benchGrowth, type Growth } from "./growth.ts";
import { benchLaunch } from "./launch.ts";
import { plotOf } from "./plot.ts";
import { benchPort } from "./port.ts";
import { keptRows, median, rounded, tableOf, type Row } from "./row.ts";
import { benchSimulation } from "./simulation.ts";
import { benchSqlite } from "./sqlite.ts";
import { benchTakeover } from "./takeover.ts";
import { benchThreads } from "./threads.ts";
import { benchWeight } from "./weight.ts";

const minutesMax = 8;
const here = (file: string): URL => new URL(file, import.meta.url);

const chapters: readonly (readonly [
  title: string,
  bench: () => readonly Row[] | Promise<readonly Row[]>,
])[] = [
  ["Occurrences", benchCron],
  ["Deciding", benchEngine],
  ["Cycles through the runtime", benchSqlite],
  ["Threads", benchThreads],
  ["The executor alone", async () => [...(await benchPort()), ...(await benchExecutor())]],
  ["A crash", benchTakeover],
  ["Simulation", benchSimulation],
  ["The command line", benchLaunch],
  ["Weight", benchWeight],
];

const versionOf = (name: string): string =>
  (
    JSON.parse(readFileSync(here(`../node_modules/${name}/package.json`), "utf8")) as {
      readonly version: string;
    }
  ).version;

const machine = (): string => {
  const [cpu] = os.cpus();
  const peers = ["cron-parser", "croner", "cronosjs", "node-cron", "piscina", "effect"];
  const flushes = median([1, 2, 3].map(() => flushesPerSecond()));
  return [
    `Node ${process.versions.node}, ${os.availableParallelism()} cores (${cpu?.model.trim() ?? "unknown"}), ${os.platform()} ${os.arch()}, load ${os.loadavg()[0]?.toFixed(1)} at the start; the disk flushes ${rounded(flushes)} pages a second.`,
    `detent ${versionOf("detent")}; ${peers.map((name) => `${name} ${versionOf(name)}`).join(", ")}.`,
  ].join("\n");
};

const growthText = (growths: readonly Growth[]): string =>
  [
    "| what | of | microseconds of CPU | dearest to cheapest |",
    "|---|---|---|---|",
    ...growths.map(({ what, of, points }) => {
      const each = points.map(({ micros }) => micros);
      const told = points.map(
        ({ count, micros }) => `${count.toLocaleString("en")}: ${rounded(micros)}`,
      );
      return `| ${what} | ${of} | ${told.join(" · ")} | ${(Math.max(...each) / Math.min(...each)).toFixed(1)}x |`;
    }),
    "",
    "![growth](growth.svg)",
  ].join("\n");

const begun = performance.now();
const sections: string[] = [];
const say = (title: string, text: string): void => {
  console.log(`## ${title}\n\n${text}\n`);
  sections.push(`## ${title}\n\n${text}\n`);
};
const hasTime = (): boolean => performance.now() - begun < minutesMax * 60_000;

const at = new Date().toISOString().slice(0, 10);
const head = machine();
for (const [title, bench] of chapters)
  // oxlint-disable-next-line no-await-in-loop -- one at a time, or they would disturb each other
  say(title, hasTime() ? tableOf(await bench()) : "Left out: there was no time.");
if (hasTime()) {
  const growths = await benchGrowth();
  writeFileSync(here("growth.svg"), plotOf(growths));
  say("Growth", growthText(growths));
} else say("Growth", "Left out: there was no time.");
for (const [name, rows] of keptRows()) say(`From \`npm run bench:stores\`: ${name}`, tableOf(rows));

writeFileSync(
  here("RESULTS.md"),
  `# Results

Made by \`npm run bench:peers\` on ${at}. ${head}

Peers were measured in the same rounds as detent; figures are medians. A ratio says more than a figure: the figures are
this machine's. Microseconds of CPU are those of the process, where a busy machine would otherwise tell of its neighbours.

${sections.join("\n")}`,
);
console.log(`wrote bench/RESULTS.md in ${rounded((performance.now() - begun) / 60_000)} minutes`);
