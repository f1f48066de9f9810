// `npm run test:mutants`: do the tests notice when a decision is changed? Makes one-line mutants of the core's decision files and runs the tests of the core on each, in
// warm processes. A mutant that no test notices lives: it needs a test, or an entry with a reason in equivalent.json. Exit 1 if fewer than 90 of 100 die, or an
// entry names no mutant. All of them take about an hour of two idle cores, most of it those of cron files that live: their laws take half a minute.
//   --file step.ts        only these files (may be given several times)
//   --sample N --seed S   only N of the mutants, chosen by S
//   --again               only those that lived the last time
//   --all                 show every mutant, not only those that live
//   --equivalents         try those that equivalent.json names, too: they take longest, since all tests run on each
//   --strict              exit 1 if any lives that equivalent.json does not name
import * as fs from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { judge, unmutatedMillis } from "./lanes.mjs";
import { mutantsOf } from "./mutants.mjs";
import plan from "./plan.json" with { type: "json" };
import equivalentList from "./equivalent.json" with { type: "json" };

/**
 * `nth` is which of the file's mutants of the same line, operator and change is meant, from 1. Default: the first.
 * @type {readonly { file: string, line: string, operator: string, change: string, nth?: number, reason: string }[]}
 */
const equivalents = equivalentList;
const root = join(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    file: { type: "string", multiple: true },
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    again: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    equivalents: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    lanes: { type: "string", default: String(Math.min(2, availableParallelism())) },
  },
});
/** A mutant that loops for ever is killed by the clock: that of the processor, so that a busy machine kills none. */
const patience = { factor: 5, millisMin: 4_000 };
const leastScore = 0.9;
/** Where the names of those that lived are kept for `--again`. */
const livedPath = join(root, "node_modules/.cache/detent-mutants.json");

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
const mutants = sampled(values.again ? everyMutant.filter(livedBefore()) : everyMutant);
const plannedTests = new Map(files.map((file) => [`src/core/${file}`, plannedTestsOf(file)]));
const began = performance.now();
const millisOf = await unmutatedMillis({
  file: `src/core/${files[0]}`,
  source: fs.readFileSync(join(root, "src/core", files[0] ?? ""), "utf8"),
  tests: [...new Set(mutants.flatMap(({ file }) => plannedTests.get(file) ?? []))],
});
console.log(
  `${mutants.length} mutants of ${files.length} files; all of their tests take ${Math.round(sum(Object.values(millisOf)))} ms unmutated`,
);

const tried = values.equivalents ? mutants : mutants.filter((mutant) => !isEquivalent(mutant));
const survivors = mutants.filter((mutant) => !tried.includes(mutant));
/** By file and test, how many mutants it has killed. @type {Map<string, number>} */
const kills = new Map();
let judged = 0;
await judge({
  queue: [...tried],
  lanes: Number(values.lanes),
  // First what kills most in the least time.
  testsOf: (file) =>
    (plannedTests.get(file) ?? []).toSorted((one, other) => worth(file, other) - worth(file, one)),
  millisMax: Object.fromEntries(
    Object.entries(millisOf).map(([test, millis]) => [
      test,
      Math.max(patience.millisMin, patience.factor * millis),
    ]),
  ),
  tell: (mutant, killer) => {
    if (killer === null) survivors.push(mutant);
    if (killer === null && !isEquivalent(mutant)) show(mutant, `LIVES\n    ${mutant.text}`);
    if (killer !== null)
      kills.set(`${mutant.file} ${killer.test}`, killsOf(mutant.file, killer.test) + 1);
    if (killer !== null && values.all) show(mutant, `${killer.test}: ${killer.name}`);
    judged += 1;
    if (judged % 100 === 0) progress();
  },
});
report();

function plannedTestsOf(file) {
  return [...new Set((groupsOf[file] ?? []).flatMap((group) => testsIn[group] ?? []))];
}

function killsOf(file, test) {
  return kills.get(`${file} ${test}`) ?? 0;
}

function worth(file, test) {
  return (1 + killsOf(file, test)) / (millisOf[test] ?? 1);
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

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

function keyOf({ file, text, operator, change, nth }) {
  return JSON.stringify([file, text, operator, change, nth]);
}

function livedBefore() {
  const lived = new Set(JSON.parse(fs.readFileSync(livedPath, "utf8")));
  return (mutant) => lived.has(keyOf(mutant));
}

function progress() {
  const left = ((performance.now() - began) / judged) * (tried.length - judged);
  console.log(
    `  ${judged} of ${tried.length}, ${survivors.filter((mutant) => !isEquivalent(mutant)).length} live so far; about ${Math.ceil(left / 60_000)} min more`,
  );
}

function show({ file, line, operator, change, nth }, what) {
  console.log(
    `${file}:${line} ${operator}: ${change}${nth === 1 ? "" : ` (nth ${nth})`} — ${what}`,
  );
}

function names(entry, { file, text, operator, change, nth }) {
  return (
    entry.file === file &&
    entry.line === text &&
    entry.operator === operator &&
    entry.change === change &&
    (entry.nth ?? 1) === nth
  );
}

function isEquivalent(mutant) {
  return equivalents.some((entry) => names(entry, mutant));
}

function report() {
  const excused = survivors.filter(isEquivalent);
  const living = survivors.filter((mutant) => !isEquivalent(mutant));
  fs.mkdirSync(dirname(livedPath), { recursive: true });
  fs.writeFileSync(livedPath, JSON.stringify(living.map(keyOf)));
  console.log(row("file", "mutants", "killed", "equivalent", "living"));
  for (const file of [...files, "all"]) {
    const of = (list) =>
      list.filter((mutant) => file === "all" || mutant.file === `src/core/${file}`).length;
    const [made, same, lived] = [of(mutants), of(excused), of(living)];
    if (made > 0) console.log(row(file, made, made - same - lived, same, lived));
  }
  const counted = mutants.length - excused.length;
  const score = counted === 0 ? 1 : (counted - living.length) / counted;
  const seconds = (performance.now() - began) / 1_000;
  console.log(
    `${(score * 100).toFixed(1)} % die; ${(tried.length / seconds).toFixed(1)} mutants a second`,
  );
  const stale = equivalents.filter(
    (entry) =>
      files.some((file) => entry.file === `src/core/${file}`) &&
      !everyMutant.some((mutant) => names(entry, mutant)),
  );
  for (const { file, line, change } of stale)
    console.log(`equivalent.json names no mutant any more: ${file}: ${change} in ${line}`);
  for (const entry of equivalents.filter(({ nth, ...rest }) =>
    mutants.some((mutant) => names({ ...rest, nth }, mutant) && !excused.includes(mutant)),
  ))
    console.log(
      `equivalent.json says that this is equivalent, but a test kills it: ${entry.file}: ${entry.change}`,
    );
  if (score < leastScore || stale.length > 0 || (values.strict && living.length > 0))
    process.exitCode = 1;
}

function row(file, ...numbers) {
  return file.padEnd(20) + numbers.map((number) => String(number).padStart(11)).join("");
}
