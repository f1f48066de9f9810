// Runs tests on a mutated source in a process that stays warm: the project's own modules are imported afresh for each mutant, under another query, with their types
// stripped once; packages are loaded once. `vitest` is replaced by suite.mjs, which has the real `expect`.
import * as fs from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { begin, run } from "./suite.mjs";

const root = join(import.meta.dirname, "../..");
const own = ["src/", "test/"].map((folder) => pathToFileURL(join(root, folder)).href);
const suite = pathToFileURL(join(import.meta.dirname, "suite.mjs")).href;
const stripped = new Map();
let job = { generation: 0, file: "", source: "" };

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "vitest" && isOwn(context.parentURL ?? ""))
      return { url: suite, shortCircuit: true };
    const resolved = next(specifier, context);
    return isOwn(resolved.url)
      ? { ...resolved, url: `${resolved.url.replace(/\?.*$/, "")}?${job.generation}` }
      : resolved;
  },
  load(url, context, next) {
    if (!isOwn(url)) return next(url, context);
    const path = fileURLToPath(url.replace(/\?.*$/, ""));
    if (path === job.file)
      return { format: "module", source: stripTypeScriptTypes(job.source), shortCircuit: true };
    const source = stripped.get(path) ?? stripTypeScriptTypes(fs.readFileSync(path, "utf8"));
    stripped.set(path, source);
    return { format: "module", source, shortCircuit: true };
  },
});

function isOwn(url) {
  return own.some((folder) => url.startsWith(folder));
}

process.on("message", ({ file, source, tests }) => {
  job = { generation: job.generation + 1, file: join(root, file), source };
  void verdict(tests).then((answer) => process.send?.(answer));
});
// A mutant may leave promises behind that nobody awaits.
process.on("unhandledRejection", () => {});
process.on("uncaughtException", () => {});

/** Which test failed first and why; null: none did. */
async function verdict(tests) {
  const started = performance.now();
  for (const test of tests) {
    begin();
    try {
      await import(`${pathToFileURL(join(root, test)).href}?${job.generation}`);
    } catch (error) {
      return { killer: { test, name: "(import)", message: String(error) } };
    }
    const failure = await run();
    if (failure !== undefined) return { killer: { test, ...failure } };
  }
  return { killer: null, millis: performance.now() - started };
}
