// Goal: what is released is what was agreed: committed, described, under a version that says what has changed. Method: the release script on small repositories, each wrong in one way;
// npm is the real one, and only ever tries.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const tool = join(import.meta.dirname, "../../tools/release.mjs");
let folder = "";
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], {
    cwd: folder,
    encoding: "utf8",
  });
const commit = (): void => {
  git("add", "--all");
  git("commit", "--quiet", "--message", "change");
};
const release = (...args: readonly string[]) => {
  const env = {
    ...process.env,
    ACTIONS_ID_TOKEN_REQUEST_URL: undefined,
    SIGSTORE_ID_TOKEN: undefined,
    // Trying to publish, npm asks the registry what is published already, and goes on when it is not there: nobody listens on that port.
    npm_config_registry: "http://127.0.0.1:9/",
    npm_config_fetch_retries: "0",
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [tool, ...args], {
    cwd: folder,
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, stdout, stderr };
};

const manifest = (version: string, scripts: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({
    name: "detent-release-trial",
    version,
    description: "",
    license: "MIT",
    scripts: { build: "true", "check:api": "true", "check:package": "true", ...scripts },
  });
const log = (version: string): string =>
  `# Changelog\n\n## [Unreleased]\n\n## [${version}] - 2026-11-24\n\n### Added\n\n- A bell.\n`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "detent-release-"));
  git("init", "--quiet", "--initial-branch", "main");
  write("package.json", manifest("0.2.0"));
  write("CHANGELOG.md", log("0.2.0"));
  write("api/trial.txt", "const bell: 1;\n");
  write("README.md", "A trial.\n");
  commit();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a sound repository is packed and tried, and nothing is published or tagged", () => {
  const { status, stdout, stderr } = release("--dry-run");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("detent-release-trial 0.2.0, a trial: nothing is published");
  expect(stdout).toContain("— npm publish --dry-run: ok");
  expect(stdout).toContain(
    "would be tagged v0.2.0, with what CHANGELOG.md says:\n\n### Added\n\n- A bell.",
  );
  expect(git("tag")).toBe("");
});

test("from a desk nothing is published, since its origin could not be proved", () => {
  expect(release()).toMatchObject({
    status: 1,
    stdout: expect.stringContaining(
      "release from CI, with the permission `id-token: write`",
    ) as string,
  });
});

test("without a repository, which a proof names, nothing is published", () => {
  const fault = "package.json names no repository";
  expect(release().stdout).toContain(fault);
  const named = { ...JSON.parse(manifest("0.2.0")), repository: "github:nobody/trial" } as object;
  write("package.json", JSON.stringify(named));
  expect(release().stdout).not.toContain(fault);
});

test("an argument that it does not know is refused", () => {
  expect(release("--dry")).toEqual({
    status: 1,
    stdout: "",
    stderr: "\nnpm run release knows --dry-run, and not --dry.\n",
  });
});

test.each([
  [
    "a file that is not committed",
    () => write("new.js", ""),
    "1 files differ from the last commit: commit them, or take them back (new.js, …)",
  ],
  [
    "a version that is none",
    () => {
      write("package.json", manifest("v3"));
      commit();
    },
    "package.json names the version v3: write it as 1.2.3 or 1.2.3-rc.1",
  ],
  [
    "a version that is released",
    () => git("tag", "v0.2.0"),
    "v0.2.0 is released already: npm version patch, minor or major",
  ],
  [
    "a change log without the version",
    () => {
      write("CHANGELOG.md", log("0.1.0"));
      commit();
    },
    `it has no section "## [0.2.0] - YYYY-MM-DD"`,
  ],
  [
    "a version without a day",
    () => {
      write("CHANGELOG.md", log("0.2.0").replace(" - 2026-11-24", ""));
      commit();
    },
    `its section 0.2.0 has no date: "## [0.2.0] - YYYY-MM-DD"`,
  ],
  [
    "a version of which nothing is told",
    () => {
      write("CHANGELOG.md", log("0.2.0").split("### Added")[0] as string);
      commit();
    },
    "its section 0.2.0 is empty",
  ],
  [
    "changes that wait",
    () => {
      write("CHANGELOG.md", log("0.2.0").replace("[Unreleased]\n", "[Unreleased]\n\n- A gong.\n"));
      commit();
    },
    "its section Unreleased is not empty: move what it says into the section of this version",
  ],
  [
    "a check that fails",
    () => {
      write("package.json", manifest("0.2.0", { "check:package": "echo no types; exit 3" }));
      commit();
    },
    "npm run --silent check:package ended with 3:\nno types",
  ],
])("%s is told, and nothing is tried", (_, spoil, line) => {
  spoil();
  const { status, stdout } = release("--dry-run");
  expect(stdout).toContain(line);
  expect(stdout).not.toContain("npm publish");
  expect(status).toBe(1);
});

test.each([
  ["0.2.0", "0.2.1", "added", true],
  ["0.2.0", "0.2.1", "removed", false],
  ["0.2.0", "0.3.0", "removed", true],
  ["0.2.0", "0.1.9", "same", false],
  ["1.2.0", "1.2.1", "same", true],
  ["1.2.0", "1.2.1", "added", false],
  ["1.2.0", "1.3.0", "added", true],
  ["1.2.0", "1.3.0", "removed", false],
  ["1.2.0", "2.0.0", "removed", true],
] as const)("from %s to %s with a name %s: %s", (before, after, change, fits) => {
  git("tag", `v${before}`);
  write("package.json", manifest(after));
  write("CHANGELOG.md", log(after));
  const surface = readFileSync(join(folder, "api/trial.txt"), "utf8");
  write(
    "api/trial.txt",
    { same: surface, added: `${surface}const gong: 2;\n`, removed: "" }[change],
  );
  commit();
  write("left.js", ""); // so that it ends before npm is asked
  const { stdout } = release("--dry-run");
  expect(stdout).toContain(`the version fits what has changed: ${fits ? "ok" : "FAILED"}`);
  expect(/should be a (minor|major|patch) version more/.test(stdout)).toBe(!fits);
});
