// `npm run test:mutants`: do the tests notice when a decision is changed? Makes one-line mutants of the core's decision files and runs the tests of the core on each, in
// warm processes. A mutant that no test notices survives: it needs a test, or an entry with a reason in equivalent.json. Exit 1 if fewer than 90 of 100 die, or an
// entry names no mutant.
//   --file step.ts        only these files (may be given several times)
//   --sample N --seed S   only N of the mutants, chosen by S
//   --all                 show every mutant, not only the survivors
//   --strict              exit 1 if any survives that equivalent.json does not name
import { fork } from "node:child_process";
import * as fs from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { mutantsOf } from "./mutants.mjs";
import plan from "./plan.json" with { type: "json" };
import equivalentList from "./equivalent.json" with { type: "json" };

/** @type {readonly { file: string, line: string, operator: string, change: string, reason: string }[]} */
const equivalents = equivalentList;
const root = join(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    file: { type: "string", multiple: true },
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    all: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    lanes: { type: "string", default: String(Math.min(2, availableParallelism())) },
  },
});
/** A process forgets no module: it is replaced by a new one after so many mutants. */
const mutantsMax = 120;
/** A mutant that loops for ever is killed by the clock. */
const patience = { factor: 5, millisMin: 4_000 };
const leastScore = 0.9;

/** By file, the groups of tests that see what it does: others would only cost time. @type {Record<string, string[]>} */
const groupsOf = plan.files;
/** @type {Record<string, string[]>} */
const testsIn = plan.groups;
const files = Object.keys(groupsOf).filter((file) => values.file?.includes(file) ?? true);
for (const file of values.file ?? [])
  if (!Object.hasOwn(groupsOf, file)) throw new Error(`${file} is not in tools/mutants/plan.json`);
const everyMutant = files.flatMap((file) => {
  const path = `src/core/${file}`;
  return mutantsOf(path, fs.readFileSync(join(root, path), "utf8"));
});
const mutants = sampled(everyMutant);
const began = performance.now();
const unmutated = await baseline();
const millisMax = Math.max(patience.millisMin, patience.factor * unmutated);
console.log(
  `${mutants.length} mutants of ${files.length} files; all of their tests take ${Math.round(unmutated)} ms unmutated`,
);

const survivors = [];
const queue = [...mutants];
await Promise.all(Array.from({ length: Number(values.lanes) }, () => lane()));
report();

/** The same sample for the same seed. */
function sampled(all) {
  if (values.sample === undefined) return all;
  let state = Number(values.seed) >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  return all
    .map((mutant) => ({ mutant, key: random() }))
    .sort((one, other) => one.key - other.key)
    .slice(0, Number(values.sample))
    .map(({ mutant }) => mutant);
}

function testsOf(file) {
  return (groupsOf[file.replace("src/core/", "")] ?? []).flatMap((group) => testsIn[group] ?? []);
}

/** How long all tests take when nothing is wrong; they must pass. */
async function baseline() {
  const worker = newWorker();
  const file = files[0] ?? "";
  const tests = [...new Set(files.flatMap(testsOf))];
  const source = fs.readFileSync(join(root, "src/core", file), "utf8");
  for (const isWarm of [false, true]) {
    const verdict = await ask(worker, { file: `src/core/${file}`, source, tests }, 300_000);
    if (verdict.killer !== null)
      throw new Error(`a test fails before anything is changed: ${JSON.stringify(verdict.killer)}`);
    if (isWarm) return end(worker, verdict.millis);
  }
}

async function lane() {
  let worker = newWorker();
  let count = 0;
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const { killer } = await ask(worker, { ...mutant, tests: testsOf(mutant.file) }, millisMax);
    if (killer === null) survivors.push(mutant);
    if (values.all) show(mutant, killer === null ? "SURVIVES" : `${killer.test}: ${killer.name}`);
    count += 1;
    if (killer?.name !== "(time)" && count < mutantsMax) continue;
    end(worker);
    [worker, count] = [newWorker(), 0];
  }
  end(worker);
}

function newWorker() {
  return fork(join(import.meta.dirname, "worker.mjs"), {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
}

function end(worker, value) {
  worker.kill("SIGKILL");
  return value;
}

function ask(worker, { file, source, tests }, millis) {
  return new Promise((done) => {
    const over = (verdict) => {
      clearTimeout(timer);
      worker.off("message", over).off("exit", gone);
      done(verdict);
    };
    const late = { killer: { test: "", name: "(time)", message: `more than ${millis} ms` } };
    const gone = () => over({ killer: { test: "", name: "(time)", message: "the process ended" } });
    const timer = setTimeout(() => over(late), millis);
    worker.on("message", over).on("exit", gone);
    worker.send({ file, source, tests });
  });
}

function show({ file, line, operator, change }, what) {
  console.log(`${file}:${line} ${operator}: ${change} — ${what}`);
}

function isEquivalent(mutant) {
  return equivalents.some((entry) => names(entry, mutant));
}

function names(entry, { file, text, operator, change }) {
  return (
    entry.file === file &&
    entry.line === text &&
    entry.operator === operator &&
    entry.change === change
  );
}

function report() {
  const excused = survivors.filter(isEquivalent);
  const unexcused = survivors.filter((mutant) => !isEquivalent(mutant));
  for (const mutant of unexcused) show(mutant, `SURVIVES\n    ${mutant.text}`);
  for (const file of files) {
    const path = `src/core/${file}`;
    const of = (list) => list.filter((mutant) => mutant.file === path).length;
    const [made, lived, same] = [of(mutants), of(unexcused), of(excused)];
    console.log(
      `${file.padEnd(20)} ${made - lived - same} of ${made - same} die, ${same} equivalent`,
    );
  }
  const counted = mutants.length - excused.length;
  const score = counted === 0 ? 1 : (counted - unexcused.length) / counted;
  const seconds = (performance.now() - began) / 1_000;
  console.log(
    `${(score * 100).toFixed(1)} % die; ${(mutants.length / seconds).toFixed(1)} mutants a second`,
  );
  const stale = equivalents.filter(
    (entry) =>
      files.some((file) => entry.file === `src/core/${file}`) &&
      !everyMutant.some((mutant) => names(entry, mutant)),
  );
  for (const { file, line, change } of stale)
    console.log(`equivalent.json names no mutant any more: ${file}: ${change} in ${line}`);
  if (score < leastScore || stale.length > 0 || (values.strict && unexcused.length > 0))
    process.exitCode = 1;
}
