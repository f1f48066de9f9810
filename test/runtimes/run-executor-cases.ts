// Plays the table of cases under whatever runtime runs this file, and says which rows fail. For runtimes that the test framework does not run on:
//   node test/runtimes/run-executor-cases.ts · bun test/runtimes/run-executor-cases.ts · deno run -A test/runtimes/run-executor-cases.ts
import { inlineExecutor } from "../../src/runtime/executor/inline.ts";
import { threadExecutor } from "../../src/runtime/executor/executor.ts";
import { cases, hostCases, play, type Case, type Need } from "./executor-cases.ts";
import { Stage } from "./executor-stage.ts";
import { act } from "./executor-tasks.ts";

const runtime = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";

/** What a runtime does not give, and so can't be asked for. */
const lacks: Record<string, readonly Need[]> = {
  node: [],
  bun: ["heap", "stray"],
  deno: ["heap", "stray"],
};

const modules = [new URL("./executor-tasks.ts", import.meta.url)];
const counts = { passed: 0, failed: 0 };

const playAll = async (
  where: string,
  rows: readonly Case[],
  open: () => Promise<Stage>,
  isolation: "thread" | "process",
): Promise<void> => {
  const stage = await open();
  for (const it of rows) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- rows share a stage
      await play(it, stage, { slots: 2, isolation });
      counts.passed += 1;
    } catch (error) {
      counts.failed += 1;
      console.log(`FAILED ${where}, a body that ${it.name}: ${(error as Error).message}`);
    }
  }
  await stage.close();
};

const needing = (rows: readonly Case[], without: readonly Need[]) =>
  rows.filter((it) => it.needs?.some((need) => without.includes(need)) !== true);
const lacking = lacks[runtime] ?? [];

for (const [grace, graceMillis] of [
  ["short", 50],
  ["long", 20_000],
] as const) {
  const open = () => Stage.open(threadExecutor({ modules, slots: 2, graceMillis }));
  const rows = (some: readonly Case[]) => some.filter((it) => (it.grace ?? "short") === grace);
  await playAll("on a thread", needing(rows(cases), lacking), open, "thread");
  if (runtime === "node")
    await playAll("in a process", needing(rows(hostCases), ["thread"]), open, "process");
}
await playAll(
  "inline",
  needing(cases, ["kill", "heap", "stray", "thread"]),
  () => Stage.open(inlineExecutor({ tasks: [act], slots: 2 })),
  "thread",
);
console.log(`${runtime}: ${counts.passed} rows passed, ${counts.failed} failed`);
if (counts.failed > 0) process.exitCode = 1;
