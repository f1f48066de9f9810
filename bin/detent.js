#!/usr/bin/env node
// Starts the command line on a Node that is new enough. This file alone must run on older ones, down to 12.20: so no
// dependencies, no top-level await, no `?.` and no `node:` names.
//
// 1. This Node is new enough: the command line runs in this process.
// 2. It's older, but a parent folder has the npm package `node` in a good version: the command line runs on that one,
//    with the same arguments, terminal, signals and exit code.
// 3. Otherwise: one line that says what to do.
import { spawn } from "child_process";
import { existsSync, readFileSync } from "fs";
import { dirname, join } from "path";
import { fileURLToPath } from "url";

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, "..", "dist", "cli", "main.js");

if (!existsSync(main)) {
  refuse(
    "detent is not built: dist/cli/main.js is missing. Run `npm run build` in detent's folder.",
  );
} else if (isNewEnough(process.versions.node)) {
  import("../dist/cli/main.js").catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
} else {
  const node = nodeAbove(here);
  if (node === undefined) {
    refuse(
      `detent needs Node 22.19 or newer; this is ${process.version}. Update Node, or add one to your project: npm install node@24`,
    );
  } else {
    runOn(node);
  }
}

function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 19);
}

/** The binary of the nearest npm package `node` that is new enough, from `folder` upwards. */
function nodeAbove(folder) {
  const home = join(folder, "node_modules", "node");
  const binary = join(home, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(binary) && isNewEnough(versionIn(join(home, "package.json")))) return binary;
  const parent = dirname(folder);
  return parent === folder ? undefined : nodeAbove(parent);
}

function versionIn(manifest) {
  try {
    return String(JSON.parse(readFileSync(manifest, "utf8")).version);
  } catch {
    return "0.0.0";
  }
}

/**
 * A terminal sends Ctrl-C to a whole process group, and a second signal means "at once" to detent. So the child leads a
 * group of its own and hears each signal once, from here.
 */
function runOn(node) {
  const posix = process.platform !== "win32";
  const withParent = new URL("./with-parent.js", import.meta.url).href;
  const child = spawn(node, ["--import", withParent, main, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    detached: posix,
  });
  const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of forwarded) process.on(signal, () => posix && child.kill(signal));
  if (posix) {
    process.on("SIGTSTP", () => {
      child.kill("SIGSTOP");
      process.kill(process.pid, "SIGSTOP");
    });
    process.on("SIGCONT", () => child.kill("SIGCONT"));
  }
  child.on("error", (error) => refuse(`detent could not start ${node}: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
    } else {
      for (const name of forwarded) process.removeAllListeners(name);
      process.kill(process.pid, signal);
    }
  });
}

function refuse(line) {
  console.error(line);
  process.exitCode = 1;
}
