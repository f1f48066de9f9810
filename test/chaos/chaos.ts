// Goal: whoever is killed or stopped when, nothing is lost and nothing is doubled. Method: four engines on four runtimes share one file; one of them is killed every few hundred
// milliseconds, others are stopped for a while; then the history is judged: by what the environment knows (events that were acknowledged, instants that passed, bodies that began),
// by the store's own rows, and by deciding the log anew (src/core/replay.ts).
// `npm run chaos`, or `npm run chaos -- --kills 100`; prints its figures, and exits 1 if anything is amiss.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { judged } from "./chaos-judge.ts";

const { values } = parseArgs({ options: { kills: { type: "string", default: "1000" } } });
const killsMax = Number(values.kills);
if (!(killsMax >= 1)) throw new Error(`--kills is ${values.kills}; give a number from 1`);
const folder = mkdtempSync(join(tmpdir(), "detent-chaos-"));
mkdirSync(join(folder, "runs"));

const binaryOf = (path: string): string =>
  fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));
const runtimes = [
  { name: "Node 24", binary: process.execPath, args: [] },
  {
    name: "Node 22",
    binary: binaryOf("node22/bin/node"),
    args: ["--disable-warning=ExperimentalWarning"],
  },
  { name: "Deno", binary: binaryOf("deno/deno"), args: ["run", "-A"] },
  { name: "Bun", binary: binaryOf("bun/bin/bun.exe"), args: [] },
].filter(({ name, binary }) => {
  if (existsSync(binary)) return true;
  console.log(`${name} is not installed: there is no ${binary}`);
  return false;
});

interface Engine {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  /** It has entered the store. */
  isReady: boolean;
}

const opened = (index: number): Engine => {
  const { name, binary, args } = runtimes[index % runtimes.length] as (typeof runtimes)[number];
  const file = fileURLToPath(new URL("./chaos-engine.ts", import.meta.url));
  const child = spawn(binary, [...args, file, folder], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin?.on("error", () => undefined);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const engine: Engine = { name, child, ended, isReady: false };
  child.stdout?.once("data", () => {
    engine.isReady = true;
  });
  return engine;
};

const engines = [0, 1, 2, 3].map(opened);
const figures = { kills: 0, stops: 0, died: 0 };
const waking: Promise<boolean>[] = [];
const began = performance.now();
while (figures.kills < killsMax) {
  await setTimeout(50 + Math.random() * 300);
  const index = Math.floor(Math.random() * 4);
  const { child, name, ended, isReady } = engines[index] as Engine;
  // One that is only starting is spared, now and then excepted: what is never in the file can't be lost there.
  if (!isReady && child.exitCode === null && Math.random() < 0.95) continue;
  if (child.exitCode !== null) {
    console.log(`an engine on ${name} ended by itself with ${child.exitCode}`);
    figures.died++;
    engines[index] = opened(index);
  } else if (Math.random() < 0.2) {
    figures.stops++;
    child.kill("SIGSTOP");
    waking.push(setTimeout(200 + Math.random() * 1_300).then(() => child.kill("SIGCONT")));
  } else {
    figures.kills++;
    child.kill("SIGKILL");
    await ended;
    engines[index] = opened(index);
  }
}
const seconds = (performance.now() - began) / 1_000;
await Promise.all(waking);
for (const { child } of engines) {
  child.kill("SIGCONT");
  child.stdin?.write("finish\n");
}
const patience = new AbortController();
const codes = await Promise.race([
  Promise.all(engines.map(({ ended }) => ended)),
  setTimeout(60_000, undefined, { signal: patience.signal, ref: false }),
]);
patience.abort();
const faults = await judged(folder);
if (codes === undefined) faults.faults.push("not all engines came to rest within two minutes");
else if (codes.some((code) => code !== 0))
  faults.faults.push(`engines ended with ${codes.join(", ")}`);
if (figures.died > 0) faults.faults.push(`${figures.died} engines ended by themselves`);
for (const { child } of engines) child.kill("SIGKILL");
console.log(
  JSON.stringify({
    runtimes: runtimes.map(({ name }) => name),
    ...figures,
    seconds: Math.round(seconds),
    ...faults.figures,
  }),
);
for (const fault of faults.faults.slice(0, 20)) console.log(`AMISS: ${fault}`);
console.log(
  faults.faults.length === 0
    ? "clean"
    : `${faults.faults.length} faults; the store is kept in ${folder}`,
);
if (faults.faults.length === 0) rmSync(folder, { recursive: true });
process.exitCode = faults.faults.length === 0 ? 0 : 1;
