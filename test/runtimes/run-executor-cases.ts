// Plays the table of cases and the scenes under whatever runtime runs this file, and says what fails. For runtimes that the test framework does not run on:
//   node test/runtimes/run-executor-cases.ts · bun test/runtimes/run-executor-cases.ts · deno run -A test/runtimes/run-executor-cases.ts
// With --json, one line for each part, as it is played.
import { playsOn, type RuntimeName, type Verdict } from "./executor-plays.ts";

const runtime: RuntimeName = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";
const asJson = process.argv.includes("--json");
const counts = { passed: 0, failed: 0 };

const judge = (verdict: Verdict): void => {
  counts[verdict.fault === null ? "passed" : "failed"] += 1;
  if (asJson) console.log(JSON.stringify(verdict));
  else if (verdict.fault !== null) console.log(`FAILED ${verdict.title}: ${verdict.fault}`);
};

/* oxlint-disable no-await-in-loop -- one after the other, as they share a stage */
for (const play of playsOn(runtime)) {
  const stage = await play.open?.();
  for (const part of play.parts) {
    const fault = await part.perform(stage).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
    judge({ title: `${play.title}, ${part.title}`, fault });
  }
  await stage?.close();
}
/* oxlint-enable no-await-in-loop */
if (!asJson) console.log(`${runtime}: ${counts.passed} passed, ${counts.failed} failed`);
if (counts.failed > 0) process.exitCode = 1;
