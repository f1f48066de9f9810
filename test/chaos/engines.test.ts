// Goal: several engines share one file: what a killed one held is run elsewhere at once, a stopped one is never robbed, and no two executions of a run overlap.
// Method: engines are processes; their bodies append to one file when they begin and end. The time that a takeover took is told, not judged.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../src/runtime/open-store.ts";
import { runTo } from "../../src/runtime/emit.ts";
import type { Run } from "../../src/core/run.ts";
import type { Spoken } from "./engines-tasks.ts";

let folder: string;
let engines: Engine[];

interface Engine {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<void>;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "detent-engines-"));
  engines = [];
});

afterEach(async () => {
  for (const { child } of engines) child.kill("SIGKILL");
  await Promise.all(engines.map(({ ended }) => ended));
  rmSync(folder, { recursive: true, force: true });
});

const url = (): string => `sqlite:${join(folder, "detent.db")}`;
const spokenFile = (): string => join(folder, "spoken.jsonl");

const spoken = (): Spoken[] =>
  existsSync(spokenFile())
    ? readFileSync(spokenFile(), "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Spoken)
    : [];

/** Resolves when what the bodies have said so far satisfies the demand. */
const until = (demand: (all: readonly Spoken[]) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!demand(spoken())) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, look);
    look();
  });

const startEngine = (): Promise<Engine> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "engines-engine.ts"), url()], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    const ended = new Promise<void>((over) => child.once("exit", () => over()));
    const engine = { child, lines, ended };
    engines.push(engine);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      lines.push(...text.split("\n").filter((line) => line !== ""));
      if (lines.includes("ready")) resolve(engine);
    });
    void ended.then(() => reject(new Error(`the engine ended: ${lines.join(" | ")}`)));
  });

const ask = (task: string, count: number, millis: number): Promise<void> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const store = yield* openStore(url(), { app: "main", durability: "process" });
        for (let n = 0; n < count; n++) yield* runTo(store, task, { file: spokenFile(), millis });
      }),
    ),
  );

const runs = (): Promise<readonly Run[]> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const store = yield* openStore(url(), { app: "main", durability: "process" });
        return (yield* store.list("run", { limit: 1_000 })).rows;
      }),
    ),
  );

const stop = async ({ child, ended }: Engine): Promise<void> => {
  child.kill("SIGTERM");
  await ended;
};

test("two engines share the runs of one file, and each is executed once", async () => {
  const [one, other] = [await startEngine(), await startEngine()];
  await ask("wait", 60, 20);
  await until((all) => all.filter(({ says }) => says === "ends").length === 60);
  await Promise.all([stop(one), stop(other)]);
  const begun = spoken().filter(({ says }) => says === "begins");
  expect(new Set(begun.map(({ run }) => run)).size).toBe(60);
  expect(begun).toHaveLength(60);
  expect(new Set(begun.map(({ process }) => process))).toEqual(
    new Set([one.child.pid, other.child.pid]),
  );
  expect((await runs()).every(({ state }) => state === "succeeded")).toBe(true);
  expect(readdirSync(folder).filter((name) => name.includes(".lock"))).toEqual([]);
}, 60_000);

test("what a killed engine held runs in the other one, which is told of no death before", async () => {
  const [one, other] = [await startEngine(), await startEngine()];
  await ask("wait", 4, 1_500);
  await until((all) => all.length === 4);
  process.kill(one.child.pid as number, "SIGSTOP");
  // The other engine's own runs end meanwhile: it has looked for the dead several times.
  await until((all) => all.filter(({ says }) => says === "ends").length === 2);
  expect(other.lines).toEqual(["ready"]);
  const killedAt = Date.now();
  one.child.kill("SIGKILL");
  await until((all) => all.filter(({ says }) => says === "begins").length === 6);
  const tookMillis = Date.now() - killedAt;
  await until((all) => all.filter(({ says }) => says === "ends").length === 4);
  await stop(other);
  expect(other.lines[1]).toMatch(`(process ${one.child.pid}) died; took back 2 of its runs`);
  const all = await runs();
  expect(all.every(({ state }) => state === "succeeded")).toBe(true);
  expect(all.map(({ losses }) => losses).sort((a, b) => a - b)).toEqual([0, 0, 1, 1]);
  console.log(`took back after ${tookMillis} ms`);
}, 60_000);

test("a run whose process outlives its killed engine is taken back only when that has ended", async () => {
  const one = await startEngine();
  await ask("wait-apart", 1, 60_000);
  await until((all) => all.length === 1);
  const apart = spoken()[0]?.process as number;
  process.kill(apart, "SIGSTOP"); // it can't even notice that its parent is gone
  one.child.kill("SIGKILL");
  await one.ended;
  const other = await startEngine();
  await ask("wait", 1, 1_200);
  await until((all) => all.some(({ says }) => says === "ends"));
  const held = (await runs()).find(({ task }) => task === "wait-apart");
  expect([held?.owner === null, held?.attempt, held?.losses]).toEqual([false, 1, 0]);
  expect(other.lines).toEqual(["ready"]);
  process.kill(apart, "SIGKILL");
  await until((all) => all.filter(({ says }) => says === "begins").length === 3);
  expect(other.lines.at(-1)).toMatch("died; took back 1 of its runs");
}, 60_000);
