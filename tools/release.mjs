// `npm run release -- --dry-run`: everything that a release does, but for what can't be taken back. Without `--dry-run`, on the machine that CI gives for releases, it also publishes
// and tags. Every fault is told, not the first alone. Works on the repository in the working directory. CONTRIBUTING.md has the steps that come before.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { changesOf, demandedBump, isBump, isVersion } from "./release/version.mjs";

const isDry = process.argv.includes("--dry-run");
const strangers = process.argv.slice(2).filter((it) => it !== "--dry-run");
if (strangers.length > 0) refuse(`npm run release knows --dry-run, and not ${strangers.join(" ")}`);

const { name, version, repository } = JSON.parse(readFileSync("package.json", "utf8"));
const tag = `v${version}`;
const faults = [];

console.log(`${name} ${version}${isDry ? ", a trial: nothing is published" : ""}`);
say("the work tree is clean", treeFaults());
say("the version fits what has changed", versionFaults());
say("CHANGELOG.md tells of it", changesOf(textOf("CHANGELOG.md"), version).faults);
say("where it comes from can be proved", provenanceFaults());
if (faults.length > 0) refuse(`${faults.length} of these must be mended first`);

for (const check of ["build", "check:api", "check:package"])
  say(`npm run ${check}`, run("npm", "run", "--silent", check));
if (faults.length > 0) refuse("what is to be published is not sound");
say(
  `npm publish${isDry ? " --dry-run" : ""}`,
  run(
    "npm",
    "publish",
    "--ignore-scripts",
    "--provenance",
    "--access",
    "public",
    ...(isDry ? ["--dry-run"] : []),
  ),
);
if (faults.length > 0) refuse("npm did not take it");
if (isDry)
  console.log(
    `— would be tagged ${tag}, with what CHANGELOG.md says:\n\n${changesOf(textOf("CHANGELOG.md"), version).text}`,
  );
else {
  git("tag", "--annotate", tag, "--message", changesOf(textOf("CHANGELOG.md"), version).text);
  console.log(`— tagged ${tag}; make it known: git push origin ${tag}`);
}

function treeFaults() {
  const changed = git("status", "--porcelain").split("\n").filter(Boolean);
  return changed.length === 0
    ? []
    : [
        `${changed.length} files differ from the last commit: commit them, or take them back (${changed[0]?.slice(3)}, …)`,
      ];
}

function versionFaults() {
  if (!isVersion(version))
    return [`package.json names the version ${version}: write it as 1.2.3 or 1.2.3-rc.1`];
  const tags = git("tag", "--list", "v*", "--sort=-version:refname").split("\n").filter(Boolean);
  if (tags.includes(tag)) return [`${tag} is released already: npm version patch, minor or major`];
  const last = tags.find((it) => isVersion(it.slice(1)) && !it.includes("-"));
  if (last === undefined) return [];
  const before = last.slice(1);
  const demanded = demandedBump(before, git("diff", "--unified=0", last, "--", "api"));
  return isBump({ before, after: version, demanded })
    ? []
    : [
        `the public surface in api/ has changed since ${before}, so that ${version} should be a ${demanded} version more`,
      ];
}

/** npm proves a package's origin by the token of a CI run, which names the repository that it builds; from a desk there is none. */
function provenanceFaults() {
  if (isDry) return [];
  const { ACTIONS_ID_TOKEN_REQUEST_URL, SIGSTORE_ID_TOKEN } = process.env;
  const missing = [];
  if (repository === undefined)
    missing.push(
      "package.json names no repository: npm compares it with the one that CI builds, and on npm's page the links of README.md lead there",
    );
  if (ACTIONS_ID_TOKEN_REQUEST_URL === undefined && SIGSTORE_ID_TOKEN === undefined)
    missing.push(
      "this machine has no token that proves where the package was built: release from CI, with the permission `id-token: write`",
    );
  return missing;
}

function say(what, found) {
  console.log(`— ${what}: ${found.length === 0 ? "ok" : "FAILED"}`);
  for (const fault of found) console.log(`    ${fault}`);
  faults.push(...found);
}

/** @param {string} command @param {string[]} args */
function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    timeout: 300_000,
  });
  return status === 0
    ? []
    : [`${[command, ...args].join(" ")} ended with ${status}:\n${stdout}${stderr}`];
}

/** @param {string[]} args */
function git(...args) {
  return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function textOf(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function refuse(line) {
  console.error(`\n${line}.`);
  process.exit(1);
}
