// `npm run verify:simulation`: does what docs/simulation.md tells a newcomer to do, word by word, in a folder of its own with the packed tarball. A `ts` block is written to the
// file that its first line names, an `sh` block is run, and each counterexample must have what the `text` block after it shows, in at most 15 lines. All that was written must
// compile. `--write` puts the output into the `text` blocks instead.
import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const doc = join(root, "docs/simulation.md");
const linesMax = 15;
const mayWrite = process.argv.includes("--write");

const folder = mkdtempSync(join(tmpdir(), "detent-simulation-"));
try {
  install();
  const source = readFileSync(doc, "utf8");
  let counterexamples = 0;
  let output = "";
  const written = source.replace(/```(ts|sh|text)\n([^]*?)```\n/g, (block, kind, text) => {
    if (kind === "ts") writeFileSync(join(folder, nameIn(text)), text);
    if (kind === "sh") output = lines(text).map(run).join("");
    if (kind !== "text") return block;
    counterexamples += 1;
    const example = counterexampleIn(output);
    if (mayWrite) return `\`\`\`text\n${example}\n\`\`\`\n`;
    const [law = ""] = text.split("\n");
    if (!example.startsWith(law) || law === "")
      throw new Error(`the docs show ${JSON.stringify(law)}, and what came is\n${example}`);
    return block;
  });
  if (counterexamples < 2) throw new Error("the docs show fewer than two counterexamples");
  compile();
  if (mayWrite) writeFileSync(doc, written);
  console.log(
    `docs/simulation.md holds: ${counterexamples} counterexamples, each of at most ${linesMax} lines`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Puts the packed package into the folder; what it depends on is what it depends on here. */
function install() {
  const packed = execFileSync(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "detent"), { recursive: true });
  execFileSync("tar", [
    "-xzf",
    join(folder, packed.trim().split("\n").at(-1) ?? ""),
    "--strip-components=1",
    "-C",
    join(modules, "detent"),
  ]);
  for (const name of readdirSync(join(root, "node_modules")))
    if (name !== "detent" && name !== ".cache" && name !== ".bin")
      symlinkSync(join(root, "node_modules", name), join(modules, name));
  mkdirSync(join(modules, ".bin"));
  for (const name of readdirSync(join(root, "node_modules/.bin")))
    if (name !== "detent")
      symlinkSync(join(root, "node_modules/.bin", name), join(modules, ".bin", name));
  symlinkSync("../detent/bin/detent.js", join(modules, ".bin/detent"));
  writeFileSync(
    join(folder, "package.json"),
    `{ "name": "newcomer", "private": true, "type": "module" }\n`,
  );
}

/** @param {string} text */
function nameIn(text) {
  const name = /^\/\/ ([\w.-]+\.ts)\n/.exec(text)?.[1];
  if (name === undefined)
    throw new Error(`a block does not begin with the name of its file:\n${text}`);
  return name;
}

/** @param {string} text */
function lines(text) {
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** @param {string} line */
function run(line) {
  const [command = "", expected = "0"] = line.split(/ # exits with /);
  console.log(`$ ${line}`);
  const begun = performance.now();
  const path = `${join(folder, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", command], {
    cwd: folder,
    encoding: "utf8",
    timeout: 240_000,
    env: { ...process.env, PATH: path, NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  if (status !== Number(expected))
    throw new Error(
      `${command} ended with ${status}, not ${expected}, after ${seconds} s:\n${stdout}\n${stderr}`,
    );
  console.log(`  exit code ${status}, ${seconds} s`);
  return stdout;
}

/** The law and its lines. @param {string} output */
function counterexampleIn(output) {
  const all = output.split("\n");
  const from = all.findIndex((line) => line.startsWith("✗ "));
  const to = all.findIndex(
    (line, index) => index > from && /^ {2}\d+ faults? and \d+ departures?/.test(line),
  );
  if (from === -1 || to === -1) throw new Error(`there is no counterexample in\n${output}`);
  const timeline = all.slice(from + 1, to);
  if (timeline.length > linesMax || timeline.length === 0)
    throw new Error(`the counterexample has ${timeline.length} lines, and may have ${linesMax}`);
  return all.slice(from, to).join("\n");
}

function compile() {
  const options = [
    "--noEmit",
    "--strict",
    "--target",
    "es2024",
    "--module",
    "nodenext",
    "--skipLibCheck",
    "--allowImportingTsExtensions",
  ];
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  const { status, stdout } = spawnSync(
    join(root, "node_modules/.bin/tsc"),
    [...options, ...files],
    {
      cwd: folder,
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(`what the docs say does not compile:\n${stdout}`);
}
