// From kill -9 of an engine to its runs running in another one on the same SQLite file. Each engine is a process; the bodies tell when they begin, and never end. With `engine` as an
// argument it is one of them. Alone: `node bench/takeover.ts`.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { detent, event, start, task, trigger } from "../src/index.ts";
import { median, rounded, tableOf, type Row } from "./row.ts";

const held = 4;
const rounds = 7;

const hold = task({
  id: "hold",
  run: async (_: unknown, { runId }) => {
    console.log(runId);
    await new Promise(() => setInterval(() => undefined, 60_000));
    return null;
  },
});
const app = detent({
  tasks: [hold],
  triggers: [trigger("t", { when: event("e"), run: hold, input: null })],
});

const engine = (store: string) => {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "engine", store], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const heard = createInterface({ input: child.stdout });
  heard.on("line", (line) => lines.push(line));
  /** Resolves when it has told so many lines. */
  const told = async (count: number): Promise<readonly string[]> => {
    while (lines.length < count) await once(heard, "line"); // oxlint-disable-line no-await-in-loop
    return lines;
  };
  return { child, told };
};

const killed = async (child: ChildProcess): Promise<void> => {
  const over = once(child, "exit");
  child.kill("SIGKILL");
  await over;
};

const takeoverMillis = async (store: string): Promise<number> => {
  const first = engine(store);
  const [ready] = await first.told(1);
  if (ready !== "ready") throw new Error(`the first engine said ${ready}`);
  await first.told(1 + held);
  const second = engine(store);
  await second.told(1);
  const from = performance.now();
  const over = killed(first.child);
  await second.told(1 + held);
  const millis = performance.now() - from;
  await Promise.all([over, killed(second.child)]);
  return millis;
};

export const benchTakeover = async (): Promise<Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  const millis: number[] = [];
  try {
    for (let round = 0; round < rounds; round++)
      // oxlint-disable-next-line no-await-in-loop -- one at a time, or they would disturb each other
      millis.push(await takeoverMillis(`sqlite:${join(folder, `${round}.db`)}`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [
    {
      what: `kill -9 of an engine to its ${held} runs running in another one`,
      detent: `${rounded(median(millis))} ms, ${rounded(Math.max(...millis))} at most of ${rounds}`,
      peers: {},
      note: "target ≤ 1,000 ms; BullMQ 30 s, graphile-worker 4 h by their defaults",
    },
  ];
};

const [, , role, store = ""] = process.argv;
if (role === "engine") {
  const runtime = await start(app, { store, slots: 2 * held });
  console.log("ready");
  for (let count = 0; count < held; count++) await runtime.emit("e", null, { id: `${count}` }); // oxlint-disable-line no-await-in-loop
} else if (import.meta.main) console.log(tableOf(await benchTakeover()));
