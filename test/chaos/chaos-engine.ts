// One engine of the chaos, on any runtime: emits at random what others emit at the same time, says what was acknowledged, and is killed at any moment. "finish" on its standard
// input ends it in peace, when nothing is left to do.
import { appendFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { start } from "../../src/index.ts";
import { chaosApp } from "./chaos-app.ts";

const [, , folder = "."] = process.argv;
const note = (line: string): void => appendFileSync(join(folder, "faults"), `${line}\n`);
const acknowledge = (line: string): void =>
  appendFileSync(join(folder, "acknowledged"), `${line}\n`);

const runtime = await start(chaosApp(folder, note), {
  store: `sqlite:${join(folder, "chaos.db")}`,
  durability: "process",
  slots: 8,
});
const { bun, deno, node } = process.versions as { readonly [runtime: string]: string };
acknowledge(`start ${process.pid} ${bun ?? deno ?? node}`);
writeSync(1, "ready\n");

const finishing = new AbortController();
process.stdin.on("data", () => finishing.abort());

/** Ids that several engines come to at the same time; each is one event. */
const emitOne = async (): Promise<void> => {
  const key = Math.floor(Date.now() / 40);
  const name = ["e", "e", "a", "b"][Math.floor(Math.random() * 4)] as string;
  const began = performance.now();
  const { event } = await runtime.emit(name, { key }, { id: `${name}-${key}` });
  acknowledge(`${event} ${(performance.now() - began).toFixed(1)}`);
};

while (!finishing.signal.aborted) {
  await Promise.all(Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => emitOne()));
  await setTimeout(Math.random() * 30);
}
await runtime.idle();
await runtime.stop();
process.exit(0);
