// Builds dist/: every layer by its TypeScript project, then the dashboard's pages, the command line, what threads run and the decisions alone as bundles.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, rmSync, symlinkSync } from "node:fs";

ownNode();
run("tsc", "-b", "src");
run("vite", "build", "--config", "src/adapters/dashboard/client/vite.config.ts");
if (existsSync("src/cli/main.ts")) run("node", "tools/bundle-cli.mjs");
run("node", "tools/bundle-worker.mjs");
run("node", "tools/bundle-decisions.mjs");

/** @param {string} command @param {string[]} args */
function run(command, ...args) {
  const { status } = spawnSync(command, args, {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** The tests also bring Node 22 and 26, under other names, and any of the three may have taken the place of the command `node`: it must be the project's own. */
function ownNode() {
  const command = "node_modules/.bin/node";
  if (process.platform === "win32" || !existsSync("node_modules/node22")) return;
  if (lstatSync(command, { throwIfNoEntry: false }) !== undefined) rmSync(command);
  symlinkSync("../node/bin/node", command);
}
