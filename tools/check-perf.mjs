// `npm run check:perf`: do the hot paths of the core still cost what they did? Counts instructions, with valgrind, on V8's interpreter alone: such counts repeat within a thousandth of
// a percent, however busy the machine is. A path may cost `boundPercent` more than tools/perf/baseline.json says. `--update` writes that anew; whoever does so has a reason, and says it
// in the commit. Names of paths: only these. Reads what `npm run build` has made.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const baselineFile = join(root, "tools/perf/baseline.json");
const pathsFile = join(root, "tools/perf/paths.mjs");
const node = join(root, "node_modules/node/bin/node");
const boundPercent = 5;
const steady =
  "--predictable --single-threaded --no-opt --no-maglev --no-sparkplug --hash-seed=1 --random-seed=1".split(
    " ",
  );
/** How often each path is taken: so that it outweighs the noise of the start many times over. */
const times = { matching: 2_000, joins: 200, "next occurrence": 2_000, "run id": 1_000, step: 200 };

const isUpdate = process.argv.includes("--update");
const chosen = process.argv.slice(2).filter((it) => it !== "--update");
const names = JSON.parse(execFileSync(node, [pathsFile], { encoding: "utf8" }));
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0)
  end(`there is no path ${unknown.join(", ")}; there are ${names.join(", ")}`, 2);

if (!hasValgrind()) {
  const line = "check:perf needs valgrind (apt-get install valgrind)";
  if (process.env["DETENT_REQUIRE_SERVICES"] === "1") end(line, 1);
  end(`SKIPPED: ${line}`, 0);
}

const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
const baseline = existsSync(baselineFile)
  ? JSON.parse(readFileSync(baselineFile, "utf8"))
  : { paths: {} };
if (!isUpdate && baseline.node !== version)
  end(
    `the baseline is of Node ${baseline.node}, and this is ${version}: npm run check:perf -- --update`,
    1,
  );

const wanted = chosen.length > 0 ? chosen : names;
const counts = await instructionsOf(wanted);
const faults = wanted.filter((name) => isDearer(name, counts[name]));
if (isUpdate) {
  const paths = { ...baseline.paths, ...counts };
  writeFileSync(baselineFile, `${JSON.stringify({ node: version, paths }, null, 2)}\n`);
  end(`wrote tools/perf/baseline.json`, 0);
}
if (faults.length > 0)
  end(
    `${faults.join(", ")}: more than ${boundPercent} % dearer. If that is meant: npm run check:perf -- --update`,
    1,
  );

/** Instructions of one turn of each path: of all its turns, without what the start costs. @param {string[]} paths */
async function instructionsOf(paths) {
  const start = await counted("matching", 0);
  /** @type {Record<string, number>} */
  const found = {};
  const waiting = [...paths];
  // Two at a time: the machines that run this have at least two cores.
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      // oxlint-disable-next-line no-await-in-loop
      found[name] = Math.round(((await counted(name, times[name])) - start) / times[name]);
  };
  await Promise.all([lane(), lane()]);
  return found;
}

async function counted(name, turns) {
  const { stderr } = await promisify(execFile)(
    "valgrind",
    [
      "--tool=callgrind",
      "--callgrind-out-file=/dev/null",
      node,
      ...steady,
      pathsFile,
      name,
      String(turns),
    ],
    { timeout: 400_000, env: { PATH: process.env["PATH"], TZ: "UTC", LANG: "C" }, maxBuffer: 1e7 },
  );
  const [, instructions] = /Collected : (\d+)/.exec(stderr) ?? [];
  if (instructions === undefined) throw new Error(`valgrind counted nothing:\n${stderr}`);
  return Number(instructions);
}

function isDearer(name, count) {
  const before = baseline.paths[name];
  const percent = before === undefined ? 0 : (count / before - 1) * 100;
  const change = before === undefined ? "new" : `${percent < 0 ? "" : "+"}${percent.toFixed(2)} %`;
  console.log(`${name}: ${count.toLocaleString("en")} instructions a turn (${change})`);
  return percent > boundPercent;
}

function hasValgrind() {
  try {
    execFileSync("valgrind", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** @param {string} line @param {number} code @returns {never} */
function end(line, code) {
  (code === 0 ? console.log : console.error)(`\n${line}`);
  process.exit(code);
}
