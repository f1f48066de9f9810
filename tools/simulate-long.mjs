// `npm run simulate:long [-- SECONDS]`: for nights. The app that has one of everything, seed after seed, with all faults, then the demo and every example; and at last every
// mutant. Ends with 1 at the first law that breaks, and tells the plan. Default: an hour.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { sabotageApp, sabotageOptions } from "../dist/simulation/sabotage-app.js";
import { simulate } from "../dist/simulation/index.js";
import { summaryText, violationText } from "../dist/simulation/report.js";

const seconds = Number(process.argv[2] ?? 3_600);
if (!(seconds > 0)) {
  console.error(`simulate:long: ${process.argv[2]} is no number of seconds`);
  process.exit(2);
}
const until = performance.now() + seconds * 1_000;
const first = Date.now() % 1_000_000;
let plans = 0;
for (let seed = first; performance.now() < until; seed++) {
  const report = await simulate(sabotageApp, { ...sabotageOptions, seed, runs: 20 });
  plans += report.runs;
  console.log(summaryText(report));
  if (report.violations.length === 0) continue;
  console.log(report.violations.map((violation) => violationText(violation)).join("\n"));
  process.exit(1);
}
console.log(
  `${plans} plans of the app that has one of everything, seeds from ${first}: all laws held`,
);

const examples = readdirSync("examples").filter((name) => name.endsWith(".ts"));
for (const name of [...examples, "demo/app.ts"])
  run(`examples/${name}`, "--runs", "20", "--for", "10 min", "--save", "none");
run("--sabotage");
console.log("all laws held, and every mutant was seen");

/** @param {string[]} args */
function run(...args) {
  const { status } = spawnSync(process.execPath, ["bin/detent.js", "simulate", ...args], {
    stdio: "inherit",
  });
  // Some examples need payloads that nobody can guess: their simulation is vacuous, which is no fault of theirs.
  if (status !== 0 && status !== 3) process.exit(1);
}
