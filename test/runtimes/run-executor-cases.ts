// Plays the table of cases under whatever runtime runs this file, and says which rows fail. For runtimes that the test framework does not run on:
//   node test/runtimes/run-executor-cases.ts · bun test/runtimes/run-executor-cases.ts · deno run -A test/runtimes/run-executor-cases.ts
// With --json, one line for each row, as it is played.
import { playsOn, type RuntimeName, type Verdict } from "./executor-plays.ts";

const runtime: RuntimeName = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";
const asJson = process.argv.includes("--json");
const counts = { passed: 0, failed: 0 };

const judge = (verdict: Verdict): void => {
  counts[verdict.fault === null ? "passed" : "failed"] += 1;
  if (asJson) console.log(JSON.stringify(verdict));
  else if (verdict.fault !== null)
    console.log(`FAILED ${verdict.where}, a body that ${verdict.name}: ${verdict.fault}`);
};

/* oxlint-disable no-await-in-loop -- one row after the other, as they share a stage */
for (const { where, rows, open, perform } of playsOn(runtime)) {
  const stage = await open();
  for (const it of rows) {
    const fault = await perform(it, stage).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
    judge({ where, name: it.name, fault });
  }
  await stage.close();
}
/* oxlint-enable no-await-in-loop */
if (!asJson) console.log(`${runtime}: ${counts.passed} rows passed, ${counts.failed} failed`);
if (counts.failed > 0) process.exitCode = 1;
