// Goal: kill -9 of `detent start` loses no run and settles none twice. Method: the demo on a small scan; what ran is counted from the lines that its bodies append to a file,
// what was settled from the store afterwards.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { perSlotMax } from "../../src/runtime/executor/ahead.ts";

const root = join(import.meta.dirname, "../..");
const slots = 2;
let folder: string;
let engine: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "detent-kill-"));
});

afterEach(() => {
  engine?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const bodies = (): string => join(folder, "bodies.jsonl");
const options = (...more: string[]): string[] => [
  ...more,
  "--store",
  `sqlite:${join(folder, "detent.db")}`,
];
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, DETENT_DEMO_DIR: folder });

const detent = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [join(root, "bin/detent.js"), ...options(...args)], {
    cwd: root,
    env: environment(),
    encoding: "utf8",
    timeout: 60_000,
  });

const startEngine = (): ChildProcess => {
  const args = options("start", "examples/demo/app.ts", "--until-idle", "--slots", String(slots));
  return (engine = spawn(process.execPath, [join(root, "bin/detent.js"), ...args], {
    cwd: root,
    env: environment(),
    stdio: "ignore",
  }));
};

const ended = (child: ChildProcess): Promise<number | string | null> =>
  new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));

interface Line {
  readonly task: string;
  readonly runId: string;
  readonly attempt: number;
}

const lines = (): Line[] =>
  existsSync(bodies())
    ? readFileSync(bodies(), "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line)
    : [];

/** Resolves when the bodies have appended so many lines more. */
const appended = (count: number): Promise<void> => {
  const least = lines().length + count;
  return new Promise((resolve) => {
    const watcher = watch(folder, () => {
      if (lines().length < least) return;
      watcher.close();
      resolve();
    });
  });
};

test("after two kills in the middle, a restart finishes every run, and each is settled once", async () => {
  const files = 250;
  expect(
    detent("emit", "scan.requested", JSON.stringify({ filesMax: files }), "--id", "scan-1").status,
  ).toBe(0);
  for (let kills = 0; kills < 2; kills++) {
    const some = appended(60);
    const child = startEngine();
    await some;
    const over = ended(child);
    child.kill("SIGKILL");
    expect(await over).toBe("SIGKILL");
  }
  expect(await ended(startEngine())).toBe(0);

  const bodiesRun = lines();
  const runsOf = (task: string): Set<string> =>
    new Set(bodiesRun.filter((line) => line.task === task).map(({ runId }) => runId));
  expect([runsOf("scan").size, runsOf("analyse").size, runsOf("summary").size]).toEqual([
    1,
    files,
    1,
  ]);
  // Only what had begun and was not stored when the engine was killed may have run to its end twice, and then as another attempt: in each slot one body, and of such short
  // ones a few that had ended before it.
  const attempts = bodiesRun.map(({ runId, attempt }) => `${runId} ${attempt}`);
  expect(new Set(attempts).size).toBe(attempts.length);
  const runs = new Set(bodiesRun.map(({ runId }) => runId));
  expect(attempts.length - runs.size).toBeLessThanOrEqual(2 * slots * (1 + perSlotMax));

  const listed = JSON.parse(detent("runs", "--limit", "10000", "--json").stdout) as {
    runs: { id: string; state: string }[];
  };
  expect(listed.runs.filter(({ state }) => state !== "succeeded" && state !== "failed")).toEqual(
    [],
  );
  expect(new Set(listed.runs.map(({ id }) => id))).toEqual(runs);
  expect(readdirSync(folder).filter((file) => file.endsWith(".lock"))).toEqual([]);
}, 120_000);

test("while an engine is alive a second one joins it, and emit works beside them", async () => {
  expect(
    detent("emit", "scan.requested", JSON.stringify({ filesMax: 400 }), "--id", "scan-1").status,
  ).toBe(0);
  const some = appended(5);
  const child = startEngine();
  const over = ended(child);
  await some;
  expect(JSON.parse(detent("emit", "hello", "{}", "--id", "h1", "--json").stdout)).toEqual({
    event: "h1",
    status: "accepted",
  });
  expect(await ended(startEngine())).toBe(0);
  expect(await over).toBe(0);
  const runsOf = (task: string): string[] =>
    lines().flatMap((line) => (line.task === task ? [line.runId] : []));
  expect([runsOf("scan").length, runsOf("analyse").length, runsOf("summary").length]).toEqual([
    1, 400, 1,
  ]);
  expect(new Set(lines().map(({ runId }) => runId)).size).toBe(lines().length);
}, 120_000);
