// Goal: under bodies that return, throw, exit, hang, leak, spin and crash, with cancels at random and an engine that is killed at random, every run is settled
// once, as its body must be, and nothing is left behind. Method: one engine at a time works on one file; what was asked for is remembered here and compared
// with what the store says in the end. `npm run soak`, or `npm run soak -- --seconds 60 --seed 2`; prints its figures, and exits 1 if anything is amiss.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import type { FromEngine, ToEngine } from "./soak-engine.ts";
import { parts } from "./soak-tasks.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: "1" },
    rate: { type: "string", default: "20" },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error(`--seconds is ${values.seconds}; give a number above 0`);
/** Gaps and memory are the machine's doing as well: over a short while they tell nothing. */
const judgesBounds = seconds >= 300;
const folder = mkdtempSync(join(tmpdir(), "detent-soak-"));
const file = join(folder, "soak.db");

/** The same seed asks for the same runs; how they meet is the machine's doing. */
const random = ((state: number) => () => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
})(Number(values.seed));

const weights = parts.reduce((sum, part) => sum + part.weight, 0);
const anyPart = () => {
  let left = random() * weights;
  return parts.find((part) => (left -= part.weight) < 0) ?? parts[0];
};

interface Asked {
  readonly ends: string;
  readonly body: string;
  run: string | null;
  cancelled: boolean;
}
const asked = new Map<string, Asked>();
/** Bodies that hang hold their slots for seconds: what waits for one must not grow without end. */
const pendingMax = 200;
let pending = 0;
const figures = { kills: 0, warnings: 0, gapP99s: [] as number[], gapMax: 0, rss: [] as number[] };
const kinds = new Map<string, number>();

/** The same as an engine's gaps, of a process that has nothing to do. */
const idleP99s: number[] = [];
const idle = fork(new URL("./soak-idle.ts", import.meta.url));
idle.on("message", (millis) => idleP99s.push(Number(millis)));

const open = async (): Promise<ChildProcess> => {
  const engine = fork(new URL("./soak-engine.ts", import.meta.url), [`sqlite:${file}`], {
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  engine.on("message", (message) => hear(message as FromEngine));
  const [first] = (await once(engine, "message")) as [FromEngine];
  if (first._tag !== "Ready" && first._tag !== "Warned" && first._tag !== "Pulse")
    throw new Error("the engine did not start");
  return engine;
};

const hear = (message: FromEngine): void => {
  if (message._tag === "Accepted") {
    const it = asked.get(message.id);
    if (it !== undefined) it.run = message.run;
  } else if (message._tag === "Warned") {
    figures.warnings += 1;
    const kind = message.message
      .replaceAll(/@?[\w-]+~\w+/g, "RUN")
      .replace(/engine [\w-]+ \(process \d+\)/, "an engine")
      .replace(/took back \d+/, "took back some")
      .slice(0, 90);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  } else if (message._tag === "Pulse") {
    figures.gapP99s.push(message.gapP99Millis);
    pending = message.pending;
    figures.gapMax = Math.max(figures.gapMax, message.gapMaxMillis);
    figures.rss.push(message.rssBytes);
  }
};

const tell = (engine: ChildProcess, message: ToEngine): void => {
  if (engine.connected) engine.send(message, () => {});
};

/** Asks for runs, cancels and kills until the time is over; resolves to the engine that is left. */
const provoke = async (): Promise<ChildProcess> => {
  let engine = await open();
  const endAt = performance.now() + seconds * 1_000;
  const toNextKill = () => Math.min(5 + random() * 20, seconds / 3) * 1_000;
  let killAt = performance.now() + toNextKill();
  const recent: string[] = [];
  while (performance.now() < endAt) {
    if (pending < pendingMax) ask(engine, recent);
    // oxlint-disable-next-line no-await-in-loop -- pace
    await new Promise((resolve) => setTimeout(resolve, (random() * 2_000) / Number(values.rate)));
    if (performance.now() < killAt) continue;
    const gone = once(engine, "exit");
    engine.kill("SIGKILL");
    figures.kills += 1;
    // oxlint-disable-next-line no-await-in-loop
    await gone;
    // oxlint-disable-next-line no-await-in-loop
    engine = await open();
    killAt = performance.now() + toNextKill();
  }
  return engine;
};

/** Asks for a run, and now and then for the end of one of those before. */
const ask = (engine: ChildProcess, recent: string[]): void => {
  const part = anyPart();
  if (part === undefined) return;
  const id = `soak-${asked.size}`;
  asked.set(id, { ends: part.ends, body: part.body, run: null, cancelled: false });
  tell(engine, {
    _tag: "Run",
    id,
    task: part.task,
    input: { body: part.body, input: part.input ?? null },
  });
  recent.push(id);
  const target = asked.get(
    recent[Math.max(recent.length - 1 - Math.floor(random() * 30), 0)] ?? "",
  );
  if (random() < 0.1 && target !== undefined && target.run !== null) {
    target.cancelled = true;
    tell(engine, { _tag: "Cancel", run: target.run });
  }
};

/** What a killed engine did not answer is asked again, under the same id. */
const finish = async (engine: ChildProcess): Promise<void> => {
  const exit = once(engine, "exit");
  for (const [id, it] of asked) {
    if (it.run !== null) continue;
    const part = parts.find((part) => part.body === it.body && part.ends === it.ends);
    if (part !== undefined)
      tell(engine, {
        _tag: "Run",
        id,
        task: part.task,
        input: { body: part.body, input: part.input ?? null },
      });
  }
  tell(engine, { _tag: "Finish" });
  const timer = setTimeout(() => engine.kill("SIGKILL"), 300_000);
  const [code] = (await exit) as [number | null];
  clearTimeout(timer);
  if (code !== 0) faults.push(`the engine did not come to rest: ${String(code)}`);
};

const faults: string[] = [];

const judge = (): { states: Record<string, number>; attempts: number } => {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare("SELECT id, state FROM run").all() as {
    readonly id: string;
    readonly state: string;
  }[];
  const [{ count = 0 } = {}] = database.prepare("SELECT count(*) AS count FROM attempt").all() as {
    count?: number;
  }[];
  database.close();
  const states: Record<string, number> = {};
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const row of rows) states[row.state] = (states[row.state] ?? 0) + 1;
  for (const [id, it] of asked) {
    const state = it.run === null ? "never accepted" : (byId.get(it.run)?.state ?? "missing");
    const may = it.cancelled ? [it.ends, "cancelled"] : [it.ends];
    if (!may.includes(state))
      faults.push(
        `${id} (${it.body}${it.cancelled ? ", cancelled" : ""}) is ${state}, expected ${may.join(" or ")}`,
      );
  }
  if (rows.length !== asked.size) faults.push(`${rows.length} runs of ${asked.size} asked for`);
  const left = readdirSync(folder).filter((name) => name.endsWith(".lock"));
  if (left.length > 0) faults.push(`locks are left: ${left.join(", ")}`);
  return { states, attempts: count };
};

const quantile = (sample: readonly number[], share: number): number =>
  sample.toSorted((a, b) => a - b)[Math.floor(sample.length * share)] ?? 0;

await finish(await provoke());
idle.kill();
const { states, attempts } = judge();
const median = quantile(figures.gapP99s, 0.5);
const machine = quantile(idleP99s, 0.5);
// Where an idle process waits as long, others have the cores.
if (median - machine > 20 && judgesBounds)
  faults.push(
    `the main loop's gaps: p99 is ${median.toFixed(1)} ms in the median second, an idle process's ${machine.toFixed(1)} ms`,
  );
const third = Math.floor(figures.rss.length / 3);
const growth =
  quantile(figures.rss.slice(-third), 0.5) / quantile(figures.rss.slice(0, third), 0.5);
if (growth > 1.5 && judgesBounds) faults.push(`memory has grown ${growth.toFixed(2)}x`);

console.log(
  JSON.stringify(
    {
      seed: values.seed,
      seconds,
      asked: asked.size,
      states,
      attempts,
      kills: figures.kills,
      warnings: Object.fromEntries(kinds),
    },
    null,
    2,
  ),
);
console.log(
  `main loop: p99 of a second ${median.toFixed(1)} ms in the median, ${quantile(figures.gapP99s, 0.99).toFixed(1)} ms in the worst; longest gap ${figures.gapMax.toFixed(0)} ms; an idle process beside it: ${machine.toFixed(1)} ms in the median`,
);
console.log(
  `memory: ${(quantile(figures.rss, 0.5) / 1e6).toFixed(0)} MB in the median, ${(Math.max(...figures.rss) / 1e6).toFixed(0)} MB at most, last third ${growth.toFixed(2)}x the first`,
);
for (const fault of faults.slice(0, 20)) console.log(`AMISS: ${fault}`);
if (!judgesBounds) console.log("gaps and memory are not judged in less than 300 seconds");
console.log(faults.length === 0 ? "clean" : `${faults.length} faults`);
if (faults.length === 0) rmSync(folder, { recursive: true });
else console.log(`the store is kept in ${folder}`);
process.exitCode = faults.length === 0 ? 0 : 1;
