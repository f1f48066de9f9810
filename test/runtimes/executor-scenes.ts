// What becomes of runs where it takes more than one to tell: leftovers, threads that die or can't be had, more orders than room, and closing. Each scene has
// an executor of its own. Played by test/unit/executor-outcomes.test.ts, and under other runtimes by run-executor-cases.ts.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { ThreadExecutorOptions } from "../../src/runtime/executor/executor.ts";
import type { Need } from "./executor-case.ts";
import type { Stage } from "./executor-stage.ts";

export interface Scene {
  readonly name: string;
  /** One slot and a grace that is longer than any scene, unless said otherwise. */
  readonly options?: Partial<ThreadExecutorOptions>;
  readonly needs?: readonly Need[];
  readonly play: (stage: Stage) => Promise<void>;
}

const succeeded = (result: unknown) => ({ _tag: "Succeeded", result });
const unused = { _tag: "Released", error: null, holdMillis: 0 };

const outcomeOf = async (stage: Stage, body: string, input?: unknown) => {
  await stage.free(1);
  return (await stage.ended(stage.start(body, { with: input }))).outcome;
};
const tagsOf = (stage: Stage, run: string): string[] => stage.of(run).map((event) => event._tag);
/** How many runs this thread's global state remembers: 1 says that the thread is new. */
const age = (stage: Stage) => outcomeOf(stage, "keeps-global");
const isStarted = async (stage: Stage, body: string, input?: unknown): Promise<string> => {
  const run = stage.start(body, { with: input });
  await stage.started(run);
  return run;
};

const leftBehind = [
  ["leaves-timer-that-throws", /left behind/],
  ["leaves-rejection", /left behind/],
  ["leaves-exit", /process\.exit\(3\)/],
] as const;

const leaving: readonly Scene[] = [
  ...(["disabled", "async", "sync"] as const).flatMap((atomics) =>
    leftBehind.map(([body, what]): Scene => ({
      name: `${body}, atomics ${atomics}: it is blamed on that run; the next one comes to no harm, and then has a new thread`,
      options: { atomics },
      needs: ["stray"],
      play: async (stage) => {
        deepEqual(await age(stage), succeeded(1));
        const culprit = stage.start(body, { with: "called" });
        deepEqual((await stage.ended(culprit)).outcome, succeeded(null));
        const innocent = await isStarted(stage, "heeds-signal-and-returns");
        stage.call(culprit);
        await stage.until("a warning", () => stage.warnings().length > 0);
        stage.cancel(innocent);
        deepEqual((await stage.ended(innocent)).outcome, succeeded("unharmed"));
        equal(stage.warnings().length, 1);
        match(stage.warnings()[0] ?? "", what);
        ok(stage.warnings()[0]?.includes(`Run ${culprit} `));
        deepEqual(await age(stage), succeeded(1));
      },
    })),
  ),
  {
    name: "a leftover that throws while nothing runs: the main thread comes to no harm, and the next run has a new thread",
    needs: ["stray"],
    play: async (stage) => {
      deepEqual(await age(stage), succeeded(1));
      deepEqual(await outcomeOf(stage, "leaves-timer-that-throws"), succeeded(null));
      await stage.until("a warning", () => stage.warnings().length > 0);
      deepEqual(await age(stage), succeeded(1));
    },
  },
  {
    name: "a loop left behind: the next run does not begin, is released, and has a new thread",
    options: { deafMillis: 100 },
    needs: ["kill"],
    play: async (stage) => {
      deepEqual(await outcomeOf(stage, "leaves-loop"), succeeded(null));
      const next = stage.start("returns-input", { with: 1 });
      deepEqual((await stage.ended(next)).outcome, unused);
      deepEqual(tagsOf(stage, next), ["Ended"]);
      deepEqual(await outcomeOf(stage, "returns-input", 1), succeeded(1));
    },
  },
  {
    name: "a thread that dies while it has nothing to do: another takes its place",
    needs: ["kill"],
    play: async (stage) => {
      const ready = () => stage.events.filter(({ _tag }) => _tag === "Capacity").length;
      deepEqual(await outcomeOf(stage, "leaves-death"), succeeded(null));
      await stage.until("a new thread", () => ready() === 2);
      deepEqual(await outcomeOf(stage, "returns-input", 1), succeeded(1));
    },
  },
  {
    name: "global state and environment: a thread's own, kept from run to run, and not the main thread's",
    play: async (stage) => {
      deepEqual([await age(stage), await age(stage)], [1, 2].map(succeeded));
      deepEqual(await outcomeOf(stage, "keeps-environment"), succeeded(null));
      deepEqual(await outcomeOf(stage, "keeps-environment"), succeeded("kept"));
      equal(process.env["DETENT_TEST"], undefined);
    },
  },
  {
    name: "fifty runs that each listen to their signal: no warning of too many listeners",
    play: async (stage) => {
      for (let run = 0; run < 50; run++)
        // oxlint-disable-next-line no-await-in-loop -- on one thread
        deepEqual(await outcomeOf(stage, "listens-to-signal"), succeeded(0));
    },
  },
];

const ordering: readonly Scene[] = [
  {
    name: "20,000 orders at once for one slot: one runs; the others are released unbegun, and none waits",
    play: async (stage) => {
      const runs = Array.from({ length: 20_000 }, (_, n) =>
        stage.start("returns-input", { with: n }),
      );
      const released = stage.events.flatMap((event) =>
        event._tag === "Ended" && event.outcome._tag === "Released" ? [event.run] : [],
      );
      deepEqual(released, runs.slice(1));
      deepEqual((await stage.ended(runs[0] ?? "")).outcome, succeeded(0));
      deepEqual(
        stage.events.flatMap((event) => (event._tag === "Started" ? [event.run] : [])),
        runs.slice(0, 1),
      );
    },
  },
  {
    name: "twelve runs for one slot begin in the order in which they were given",
    play: async (stage) => {
      const given = [];
      for (let n = 0; n < 12; n++) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await stage.free(1);
        given.push(stage.start("returns-input"));
      }
      const ends = await Promise.all(given.map((run) => stage.ended(run)));
      // Where the machine stands still, those that wait behind a short body go back before they have begun.
      const begun = given.filter((_, n) => ends[n]?.outcome._tag !== "Released");
      deepEqual(
        stage.events.flatMap((event) => (event._tag === "Started" ? [event.run] : [])),
        begun,
      );
    },
  },
  {
    name: "cancelled before its body has begun: released, and never begun",
    options: { deafMillis: 100 },
    needs: ["kill"],
    play: async (stage) => {
      await outcomeOf(stage, "leaves-loop");
      const run = stage.start("returns-input");
      stage.cancel(run);
      deepEqual((await stage.ended(run)).outcome, unused);
      deepEqual(tagsOf(stage, run), ["Ended"]);
      deepEqual(await outcomeOf(stage, "returns-input", 1), succeeded(1));
    },
  },
  {
    name: "cancelled after it has finished, before anybody has read its answer: it has succeeded",
    options: { graceMillis: 0 },
    play: async (stage) => {
      const mark = new Int32Array(new SharedArrayBuffer(4));
      const run = stage.start("marks-its-end", { with: mark });
      Atomics.wait(mark, 0, 0);
      stage.cancel(run);
      deepEqual((await stage.ended(run)).outcome, succeeded("done"));
    },
  },
  {
    name: "what a loop that never yields has logged is told while it runs, and is not lost when its thread is ended",
    options: { graceMillis: 0 },
    needs: ["kill"],
    play: async (stage) => {
      const run = stage.start("logs-and-spins");
      const lines = () =>
        stage
          .of(run)
          .flatMap((event) => (event._tag === "Logged" ? [`${event.level} ${event.message}`] : []));
      await stage.until("the last line", () => lines().length === 5);
      stage.cancel(run);
      equal((await stage.ended(run)).outcome._tag, "Cancelled");
      deepEqual(
        lines(),
        [0, 1, 2, 3, 4].map((n) => `info line ${n}`),
      );
    },
  },
];

const losing: readonly Scene[] = [
  ...["spins-bare", "exits"].map((body): Scene => ({
    name: `the only thread ends under ${body}: the next run has a new one`,
    options: { graceMillis: 0 },
    needs: ["kill"],
    play: async (stage) => {
      const run = await isStarted(stage, body, 0);
      stage.cancel(run);
      match((await stage.ended(run)).outcome._tag, /^(Cancelled|Crashed)$/);
      deepEqual(await age(stage), succeeded(1));
    },
  })),
  {
    name: "the thread ends under a run that waited in it, before anybody has read how the one before ended: that has succeeded",
    needs: ["kill"],
    play: async (stage) => {
      deepEqual(await outcomeOf(stage, "returns-input", 0), succeeded(0));
      await stage.free(1);
      const run = stage.start("returns-input", { with: 1 });
      equal(stage.capacity > 0, true); // Its bodies are short.
      const killer = stage.start("exits", { with: 3 });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      deepEqual((await stage.ended(run)).outcome, succeeded(1));
      const { outcome } = await stage.ended(killer);
      match(JSON.stringify(outcome), /"Crashed".*process\.exit\(3\)/);
      deepEqual(await age(stage), succeeded(1));
    },
  },
  {
    name: "runs that waited in a thread whose body must be ended: they run on the next one",
    options: { graceMillis: 0 },
    needs: ["kill"],
    play: async (stage) => {
      deepEqual(await outcomeOf(stage, "returns-input", 0), succeeded(0));
      await stage.free(1);
      const run = stage.start("spins-bare");
      equal(stage.capacity > 1, true);
      const others = [1, 2].map((n) => stage.start("returns-input", { with: n }));
      await stage.started(run);
      stage.cancel(run);
      equal((await stage.ended(run)).outcome._tag, "Cancelled");
      // Those that had to wait for too long have not begun.
      for (const [n, other] of others.entries()) {
        // oxlint-disable-next-line no-await-in-loop
        const { outcome } = await stage.ended(other);
        if (outcome._tag !== "Released") deepEqual(outcome, succeeded(n + 1));
        else deepEqual([outcome, tagsOf(stage, other)], [unused, ["Ended"]]);
      }
    },
  },
  {
    name: "five bursts of runs have the same threads",
    options: { slots: 2 },
    play: async (stage) => {
      const threads = new Set<unknown>();
      for (let burst = 0; burst < 5; burst++) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await stage.free(2);
        const runs = [stage.start("tells-thread"), stage.start("tells-thread")];
        // oxlint-disable-next-line no-await-in-loop
        for (const { outcome } of await Promise.all(runs.map((run) => stage.ended(run))))
          threads.add(outcome._tag === "Succeeded" ? outcome.result : outcome._tag);
      }
      equal(threads.size, 2);
    },
  },
  {
    name: "crashes in a row: the slot is of use again after each",
    needs: ["kill"],
    play: async (stage) => {
      for (let crash = 0; crash < 4; crash++)
        // oxlint-disable-next-line no-await-in-loop -- in a row
        equal((await outcomeOf(stage, "exits", crash))._tag, "Crashed");
      deepEqual(await age(stage), succeeded(1));
    },
  },
  {
    name: "a module that throws when it is imported: each of six runs is released with the error, and none waits",
    options: { modules: ['data:text/javascript,throw new RangeError("at import")'], slots: 2 },
    play: async (stage) => {
      for (let n = 0; n < 6; n++) {
        // oxlint-disable-next-line no-await-in-loop -- in a row
        await stage.free(1);
        // oxlint-disable-next-line no-await-in-loop
        const { outcome } = await stage.ended(stage.start("returns-input"));
        ok(outcome._tag === "Released");
        match(outcome.error?.message ?? "", /at import/);
        equal(outcome.holdMillis, 30_000);
      }
      ok(stage.warnings().some((warning) => /can't be imported: at import/.test(warning)));
    },
  },
  {
    name: "a module whose import never ends: no slot is free, what is given all the same is released, and closing ends",
    options: {
      modules: ["data:text/javascript,await new Promise(() => {})"],
      bootMillis: 100,
      graceMillis: 0,
    },
    needs: ["kill"],
    play: async (stage) => {
      equal(stage.capacity, 0);
      match(stage.warnings()[0] ?? "", /has not loaded its modules for 100 ms/);
      deepEqual((await stage.ended(stage.start("returns-input"))).outcome, unused);
      await stage.close();
    },
  },
];

/** What a process says that only opens an executor, and perhaps starts a body, until it ends by itself. */
const wordsOfLonelyProcess = async (...args: string[]): Promise<string> => {
  const flags = "Deno" in globalThis ? ["run", "-A"] : [];
  const file = fileURLToPath(new URL("./lonely-process.ts", import.meta.url));
  const child = spawn(process.execPath, [...flags, file, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [words] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return words;
};

const holding: readonly Scene[] = [
  {
    name: "an idle executor does not keep its process alive",
    play: async () => equal(await wordsOfLonelyProcess(), "open\n"),
  },
  {
    name: "a run keeps its process alive until it has ended",
    play: async () => equal(await wordsOfLonelyProcess("waits-a-while"), "open\nSucceeded\n"),
  },
];

const closing: readonly Scene[] = [
  {
    name: "closing over four runs: none is ended because another has ended, and each has its own outcome",
    options: { slots: 4 },
    needs: ["kill"],
    play: async (stage) => {
      const short = await isStarted(stage, "heeds-signal-and-returns");
      const long = await Promise.all(
        ["waits-for-call", "waits-for-call"].map((body) => isStarted(stage, body)),
      );
      const obedient = await isStarted(stage, "heeds-signal");
      const closed = stage.close();
      deepEqual((await stage.ended(short)).outcome, succeeded("unharmed"));
      equal((await stage.ended(obedient)).outcome._tag, "Crashed");
      for (const run of long) equal(tagsOf(stage, run).at(-1), "Started");
      for (const run of long) stage.call(run);
      for (const run of long)
        // oxlint-disable-next-line no-await-in-loop
        deepEqual((await stage.ended(run)).outcome, succeeded("unharmed"));
      await closed;
    },
  },
  {
    name: "closing while a thread dies: it ends, and the neighbour comes to no harm",
    options: { slots: 2 },
    needs: ["kill"],
    play: async (stage) => {
      const neighbour = await isStarted(stage, "heeds-signal-and-returns");
      const dying = await isStarted(stage, "exits", 1);
      await stage.close();
      equal((await stage.ended(dying)).outcome._tag, "Crashed");
      deepEqual((await stage.ended(neighbour)).outcome, succeeded("unharmed"));
    },
  },
  {
    name: "an order while it closes, or when it is closed: released, and never begun",
    play: async (stage) => {
      const run = await isStarted(stage, "heeds-signal-and-returns");
      const closed = stage.close();
      const late = stage.start("returns-input");
      deepEqual((await stage.ended(late)).outcome, unused);
      deepEqual((await stage.ended(run)).outcome, succeeded("unharmed"));
      await closed;
      const later = stage.start("returns-input");
      deepEqual((await stage.ended(later)).outcome, unused);
      deepEqual([...tagsOf(stage, late), ...tagsOf(stage, later)], ["Ended", "Ended"]);
      equal(stage.capacity, 0);
    },
  },
  {
    name: "closing over a run that has finished, before anybody has read its answer: it has succeeded",
    options: { graceMillis: 0 },
    play: async (stage) => {
      const mark = new Int32Array(new SharedArrayBuffer(4));
      const run = stage.start("marks-its-end", { with: mark });
      Atomics.wait(mark, 0, 0);
      await stage.close();
      deepEqual((await stage.ended(run)).outcome, succeeded("done"));
    },
  },
];

export const scenes: readonly Scene[] = [
  ...leaving,
  ...ordering,
  ...losing,
  ...holding,
  ...closing,
];
