// Builds dist/: every layer by its TypeScript project, then the command line as one bundle.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

run("tsc", "-b", "src");
if (existsSync("src/cli/main.ts")) run("node", "tools/bundle-cli.mjs");

/** @param {string} command @param {string[]} args */
function run(command, ...args) {
  const { status } = spawnSync(command, args, {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}
