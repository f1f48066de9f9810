// `npm run check`: everything that needs no running of the product, cheapest first. Each check runs even when an
// earlier one failed, so that one round shows all there is to mend.
import { spawnSync } from "node:child_process";

const checks = /** @type {const} */ ([
  ["format", "oxfmt --check"],
  ["lint", "oxlint"],
  ["types", "tsc -b"],
  ["effect", "effect-tsgo diagnostics --project tsconfig.lint.json --format text"],
  ["dead code", "knip"],
  ["layers", "vitest run test/unit/architecture.test.ts"],
  ["package", "publint --strict"],
  ["package types", "attw --pack . --ignore-scripts --profile esm-only"],
]);

const failed = [];
for (const [name, command] of checks) {
  console.log(`\n— ${name}: ${command}`);
  const started = performance.now();
  const { status, error } = spawnSync(command, { shell: true, stdio: "inherit", timeout: 120_000 });
  if (status !== 0) failed.push(name);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `— ${name}: ${status === 0 ? "ok" : `FAILED${error ? ` (${error.message})` : ""}`}, ${seconds} s`,
  );
}

if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(", ")}.`);
  process.exit(1);
}
console.log("\nAll checks passed.");
