/**
 * Goal: threads come and go without a run being lost, doubled or blamed for another's doing.
 * Method: real threads, each test with an executor of its own whose limits are set for the test.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { threadExecutor, type ThreadExecutorOptions } from "../../src/runtime/executor/executor.ts";
import { Stage } from "../runtimes/executor-stage.ts";

const modules = [new URL("../runtimes/executor-tasks.ts", import.meta.url)];
const stages: Stage[] = [];

const open = async (options: Partial<ThreadExecutorOptions> = {}): Promise<Stage> => {
  const stage = await Stage.open(
    threadExecutor({ modules, slots: 1, graceMillis: 5_000, ...options }),
  );
  stages.push(stage);
  return stage;
};

afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
});

/** Starts a body, and resolves when its thread is where nothing can interrupt it. */
const startUninterruptible = async (stage: Stage): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-threads-"));
  const watcher = watch(folder);
  const made = once(watcher, "change");
  const run = stage.start("runs-program-that-makes", { with: join(folder, "made") });
  await made;
  watcher.close();
  rmSync(folder, { recursive: true });
  return run;
};

const outcomeOf = async (stage: Stage, body: string, input?: unknown) => {
  await stage.free(1);
  return (await stage.ended(stage.start(body, { with: input }))).outcome;
};
/** How many runs this thread's global state remembers: 1 says that the thread is new. */
const age = (stage: Stage) => outcomeOf(stage, "keeps-global");
const succeeded = (result: unknown) => ({ _tag: "Succeeded", result });

describe("a slot", () => {
  test("keeps its thread from run to run, and replaces it after as many as it is told", async () => {
    const stage = await open({ runsMax: 2 });
    expect([await age(stage), await age(stage), await age(stage)]).toEqual(
      [1, 2, 1].map(succeeded),
    );
  });

  test("is not given more than one run at a time", async () => {
    const stage = await open();
    const first = stage.start("heeds-signal-and-returns");
    await stage.started(first);
    expect(stage.capacity).toBe(0);
    const second = await stage.ended(stage.start("returns-input"));
    expect(second.outcome).toEqual({ _tag: "Released", error: null, holdMillis: 0 });
    stage.cancel(first);
    expect((await stage.ended(first)).outcome).toEqual(succeeded("unharmed"));
  });

  test("sees the memory that all threads share; a process of a run's own sees none", async () => {
    const stage = await open({ slots: 2, shared: { counter: new SharedArrayBuffer(4) } });
    const runs = [1, 2].map(() => stage.start("counts-in-shared-memory"));
    const ended = await Promise.all(runs.map((run) => stage.ended(run)));
    expect(new Set(ended.map(({ outcome }) => outcome))).toEqual(
      new Set([succeeded(0), succeeded(1)]),
    );
    await stage.free(2);
    const alone = stage.start("counts-in-shared-memory", { isolation: "process" });
    expect((await stage.ended(alone)).outcome).toEqual(succeeded(null));
  });

  test("ends a body without a limit of its own when its heap nears what V8 can bear", async () => {
    const stage = await open({ heapBytesMax: 100_000_000 });
    expect(await outcomeOf(stage, "fills-heap-by-push")).toMatchObject({
      _tag: "Crashed",
      error: { message: expect.stringMatching(/out of memory/) as string },
    });
  });

  test("stays taken by a thread that can't be ended, which the operator is told, until it has exited", async () => {
    const stage = await open({ graceMillis: 0, zombieMillis: 30 });
    const run = await startUninterruptible(stage);
    stage.cancel(run);
    await stage.until("the warning", () => stage.warnings().length > 0);
    expect(stage.warnings()).toEqual([
      expect.stringMatching(/can't be ended.*Its slot stays taken/),
    ]);
    expect(stage.of(run).map((event) => event._tag)).toEqual(["Started"]);
    expect(stage.capacity).toBe(0);
    expect((await stage.ended(run)).outcome._tag).toBe("Cancelled");
    expect(await age(stage)).toEqual(succeeded(1));
  });
});

test.each(["thread", "process"] as const)(
  "inputs and results above 262,144 characters of JSON are told once for each task, and go through, on a %s",
  async (isolation) => {
    const stage = await open();
    const run = async (input: unknown) => {
      await stage.free(1);
      const { outcome } = await stage.ended(
        stage.start("returns-input", { with: input, isolation }),
      );
      expect(outcome).toEqual(succeeded(input));
    };
    const frame = JSON.stringify({ body: "returns-input", input: "" }).length;
    await run("x".repeat(262_144 - frame));
    expect(stage.warnings()).toEqual([]);
    await run("x".repeat(262_145 - frame));
    const large = (what: string, length: string) =>
      `the ${what} of task act has ${length} characters of JSON, which each run stores and copies between threads: above 262,144, put it into a file or database and hand over its path or key`;
    expect(stage.warnings()).toEqual([large("input", "262,145")]);
    await run({ list: Array.from({ length: 200_000 }, (_, index) => index % 10) });
    expect(stage.warnings()).toHaveLength(2);
    expect(stage.warnings()[1]).toBe(large("result", "400,010"));
    await run("x".repeat(400_000));
    expect(stage.warnings()).toHaveLength(2);
  },
);

describe("closing", () => {
  test("asks bodies to end, ends those that don't, and tells of each that it was abandoned", async () => {
    const stage = await open({ slots: 3, graceMillis: 1_000 });
    const runs = ["heeds-signal", "spins-in-map", "heeds-signal-and-returns"].map((body) =>
      stage.start(body),
    );
    await Promise.all(runs.map((run) => stage.started(run)));
    await stage.close();
    const outcomes = await Promise.all(runs.map(async (run) => (await stage.ended(run)).outcome));
    const abandoned = {
      _tag: "Crashed",
      error: { name: "CrashError", message: "abandoned: its engine stopped" },
    };
    expect(outcomes).toEqual([abandoned, abandoned, succeeded("unharmed")]);
    expect(stage.capacity).toBe(0);
  });

  test("releases what has not begun", async () => {
    const stage = await open();
    const run = stage.start("returns-input", { isolation: "process" });
    await stage.close();
    expect((await stage.ended(run)).outcome).toMatchObject({ _tag: "Released", error: null });
    expect(stage.of(run)).toHaveLength(1);
  });

  test("ends although a thread does not", async () => {
    const stage = await open({ graceMillis: 0, zombieMillis: 10 });
    const run = await startUninterruptible(stage);
    await stage.close();
    await stage.ended(run);
    expect(stage.warnings()[0]).toMatch(/can't be ended/);
  });
});

test("a process of a run does not outlive the engine's, whatever its body does", async () => {
  const parent = fork(new URL("../runtimes/spinning-parent.ts", import.meta.url));
  const [pid] = (await once(parent, "message")) as [number];
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
  expect(isAlive(pid)).toBe(false);
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("a worker thread loads neither Effect nor the pool, nor anything else that is heavy", () => {
  const seen = new Map<string, string>();
  const visit = (url: URL): void => {
    if (seen.has(url.href)) return;
    const source = readFileSync(url, "utf8");
    seen.set(url.href, source);
    for (const [, specifier = ""] of source.matchAll(/^import (?!type\b)[^;]*?from "([^"]+)"/gm)) {
      if (specifier.startsWith(".")) visit(new URL(specifier, url));
      else packages.add(specifier);
    }
  };
  const packages = new Set<string>();
  visit(new URL("../../src/runtime/executor/worker-entry.ts", import.meta.url));
  visit(new URL("../../src/runtime/executor/child-entry.ts", import.meta.url));
  expect([...packages].toSorted()).toEqual([
    "node:async_hooks",
    "node:events",
    "node:util",
    "node:worker_threads",
  ]);
  expect(seen.size).toBeLessThan(25);
});
