// `npm run test:faults`: the faults of the system that detent was conceived from, put back one at a time. For each patch of test/faults/patches.ts a copy of the source is
// made and patched, and the test of that fault runs there: it must fail. Unpatched, it must pass. `--only 3` takes one fault. Exit 1 if a fault survives, or a patch
// no longer fits the source.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { patches } from "../test/faults/patches.ts";

const project = resolve(import.meta.dirname, "..");
const copied = ["src", "test", "package.json", "tsconfig.base.json", "vitest.config.ts"];
const lanes = 2;
const secondsMax = 60;

const { only } = parseArgs({ options: { only: { type: "string" } } }).values;
const chosen = patches.filter(({ fault }) => only === undefined || String(fault) === only);
if (chosen.length === 0) throw new Error(`no patch puts fault ${only} back`);

const folder = fs.mkdtempSync(join(tmpdir(), "detent-faults-"));
let surprises = 0;
try {
  const clean = copyOf("clean");
  const numbers = [...new Set(chosen.map(({ fault }) => fault))];
  const { failed, passed, output } = await tested(clean, `^fault (${numbers.join("|")}): `);
  if (failed !== 0 || passed !== numbers.length) {
    console.log(output);
    throw new Error(
      `${passed} of ${numbers.length} tests pass before anything is broken, ${failed} fail`,
    );
  }
  const queue = [...chosen];
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const copy = copyOf(`lane-${lane}`);
      for (let patch = queue.shift(); patch !== undefined; patch = queue.shift())
        report(patch, await verdictOf(copy, patch));
    }),
  );
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
console.log(
  surprises === 0
    ? `\nAll ${chosen.length} are caught.`
    : `\n${surprises} of ${chosen.length} are not caught.`,
);
process.exitCode = surprises === 0 ? 0 : 1;

function report({ fault, title }, verdict) {
  if (verdict !== "caught") surprises += 1;
  console.log(`${String(fault).padStart(2)} | ${title.padEnd(58)} | ${verdict}`);
}

async function verdictOf(copy, { fault, file, find, replace }) {
  const path = join(copy, file);
  const source = fs.readFileSync(path, "utf8");
  const places = source.split(find).length - 1;
  if (places !== 1) return `PATCH DOES NOT FIT: found ${places} times in ${file}`;
  fs.writeFileSync(
    path,
    source.replace(find, () => replace),
  );
  const { failed, passed, output } = await tested(copy, `^fault ${fault}: `);
  fs.writeFileSync(path, source);
  if (failed === 1 && passed === 0) return "caught";
  return passed === 1 ? "SURVIVES" : `NO VERDICT:\n${output.slice(-2_000)}`;
}

/** A tree with the same packages, in which `detent` is the tree itself. */
function copyOf(name) {
  const copy = join(folder, name);
  for (const part of copied) fs.cpSync(join(project, part), join(copy, part), { recursive: true });
  fs.mkdirSync(join(copy, "node_modules"));
  for (const each of fs.readdirSync(join(project, "node_modules"))) {
    const target = each === "detent" ? copy : join(project, "node_modules", each);
    fs.symlinkSync(target, join(copy, "node_modules", each), "junction");
  }
  return copy;
}

/** How many tests of that name fail and pass. One that does not end within its time fails. */
function tested(cwd, name) {
  return new Promise((done) => {
    const json = join(cwd, "report.json");
    fs.rmSync(json, { force: true });
    const child = spawn(
      "vitest",
      ["run", "test/faults", "-t", name, "--reporter=json", `--outputFile=${json}`],
      {
        cwd,
        detached: true,
        env: {
          ...process.env,
          PATH: `${join(project, "node_modules/.bin")}${delimiter}${process.env["PATH"]}`,
          NO_COLOR: "1",
        },
      },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => void (output += text));
    let isTooLate = false;
    const timer = setTimeout(() => {
      isTooLate = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, secondsMax * 1_000);
    child.once("close", () => {
      clearTimeout(timer);
      if (isTooLate) return done({ failed: 1, passed: 0, output });
      const { numFailedTests = 0, numPassedTests = 0 } = fs.existsSync(json)
        ? JSON.parse(fs.readFileSync(json, "utf8"))
        : {};
      done({ failed: numFailedTests, passed: numPassedTests, output });
    });
  });
}
