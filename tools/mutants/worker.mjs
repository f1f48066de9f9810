// Runs tests on a mutated source in a process that stays warm: the tests, the mutated module and all that import it are imported afresh for each mutant, under another
// query, with their types stripped once; other modules and packages are loaded once. `vitest` is replaced by suite.mjs, which has the real `expect`.
import * as fs from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { begin, run } from "./suite.mjs";

const root = join(import.meta.dirname, "../..");
const own = ["src/", "test/"].map((folder) => pathToFileURL(join(root, folder)).href);
const suite = pathToFileURL(join(import.meta.dirname, "suite.mjs")).href;
const stripped = new Map();
let seed = 0;
fc.configureGlobal({
  // The same mutants die each time. Another seed for each law, because some are tried in rounds until they have seen everything.
  get seed() {
    return ++seed;
  },
  endOnFailure: true, // nobody reads the counterexample
});
let job = { generation: 0, file: "", source: "", afresh: new Set() };

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "vitest" && isOwn(context.parentURL ?? ""))
      return { url: suite, shortCircuit: true };
    const resolved = next(specifier, context);
    if (!isOwn(resolved.url)) return resolved;
    const url = resolved.url.replace(/\?.*$/, "");
    const isAfresh = url.endsWith(".test.ts") || job.afresh.has(fileURLToPath(url));
    return { ...resolved, url: `${url}?${isAfresh ? job.generation : 0}` };
  },
  load(url, context, next) {
    if (!isOwn(url)) return next(url, context);
    const path = fileURLToPath(url.replace(/\?.*$/, ""));
    if (path === job.file && url.endsWith(`?${job.generation}`))
      return { format: "module", source: stripTypeScriptTypes(job.source), shortCircuit: true };
    return { format: "module", source: strippedOf(path), shortCircuit: true };
  },
});

function strippedOf(path) {
  const source = stripped.get(path) ?? stripTypeScriptTypes(fs.readFileSync(path, "utf8"));
  stripped.set(path, source);
  return source;
}

/** The module and all that import it, directly or not, among what `roots` import. */
function dependentsOf(file, roots) {
  const importersOf = new Map();
  const seen = new Set(roots);
  for (const path of seen)
    for (const [, specifier] of strippedOf(path).matchAll(
      /(?:from|import)[\s(]*"(\.[^"]*\.ts)"/g,
    )) {
      const imported = join(path, "..", specifier);
      if (!fs.existsSync(imported)) continue;
      importersOf.set(imported, [...(importersOf.get(imported) ?? []), path]);
      seen.add(imported);
    }
  const found = new Set([file]);
  for (const path of found) for (const importer of importersOf.get(path) ?? []) found.add(importer);
  return found;
}

function isOwn(url) {
  return own.some((folder) => url.startsWith(folder));
}

/** So much time of the processor this process may have used, in microseconds. Whoever loops for ever can't look at it himself: a thread does. */
const spentMax = new Float64Array(new SharedArrayBuffer(8)).fill(Infinity);
const watchdog = `
  const { workerData } = require("node:worker_threads");
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    if (user + system > workerData[0]) process.kill(process.pid, "SIGKILL");
  }, 200);`;
new Worker(watchdog, { eval: true, workerData: spentMax }).unref();

function spent() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

process.on("message", ({ file, source, tests, millisMax }) => {
  const path = join(root, file);
  const afresh = dependentsOf(
    path,
    tests.map((test) => join(root, test)),
  );
  job = { generation: job.generation + 1, file: path, source, afresh };
  void verdict(tests, millisMax).then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit());
/** A rejection that nobody has caught; vitest takes it for a failure, too. */
let stray;
process.on("unhandledRejection", (reason) => (stray ??= { reason }));
process.on("uncaughtException", () => {});

/** Which test failed first and why, or null and how many milliseconds of the processor each file took. */
async function verdict(tests, millisMax) {
  const millis = {};
  await turn(); // what the mutant before has left behind
  stray = undefined;
  for (const test of tests) {
    const started = spent();
    spentMax[0] = started + 1_000 * (millisMax[test] ?? Infinity);
    begin();
    seed = 0;
    try {
      await import(`${pathToFileURL(join(root, test)).href}?${job.generation}`);
    } catch (error) {
      return { killer: { test, name: "(import)", message: String(error) } };
    }
    const failure = await run();
    if (failure !== undefined) return { killer: { test, ...failure } };
    await turn();
    if (stray !== undefined)
      return { killer: { test, name: "(rejection)", message: String(stray.reason) } };
    millis[test] = (spent() - started) / 1_000;
  }
  spentMax[0] = Infinity;
  return { killer: null, millis };
}

function turn() {
  return new Promise((done) => setImmediate(done));
}
