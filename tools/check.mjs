// `npm run check`: every `check:…` script of package.json but the long ones (`check:nets`, `check:perf`), in their order, cheapest first. Each one
// runs even when an earlier one failed, so that one round shows all there is to mend.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** @type {Record<string, string>} */
const scripts = JSON.parse(readFileSync("package.json", "utf8")).scripts;
const long = ["check:nets", "check:perf"];
const checks = Object.keys(scripts).filter((it) => it.startsWith("check:") && !long.includes(it));

const failed = [];
for (const check of checks) {
  console.log(`\n— ${check}: ${scripts[check]}`);
  const started = performance.now();
  const { status, error } = spawnSync(scripts[check] ?? "", {
    shell: true,
    stdio: "inherit",
    timeout: 120_000,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict = status === 0 ? "ok" : `FAILED${error === undefined ? "" : ` (${error.message})`}`;
  console.log(`— ${check}: ${verdict}, ${seconds} s`);
  if (status !== 0) failed.push(check);
}

if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(", ")}.`);
  process.exit(1);
}
console.log("\nAll checks passed.");
