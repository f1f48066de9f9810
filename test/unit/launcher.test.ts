/**
 * Goal: `detent` starts on whatever Node a machine has, or says in one line why it can't.
 * Method: the launcher alone, copied beside a stand-in for the command line; an old Node is a new one that gives another
 * version, and a really old one where the machine has it.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

const launcher = resolve(import.meta.dirname, "../../bin/detent.js");
const folder = fs.mkdtempSync(join(tmpdir(), "detent-launcher-"));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const tellsWhereItRuns = `
  console.log(JSON.stringify({ node: process.env.RUNS_ON ?? process.execPath, arguments: process.argv.slice(2) }));
  process.exitCode = 5;`;

const untilTerminated = `
  process.on("SIGINT", () => console.log("SIGINT"));
  process.on("SIGTERM", () => {
    console.log("SIGTERM");
    setImmediate(() => process.exit(7));
  });
  setInterval(() => process.exit(9), 20_000); // Bounds a test that fails.
  console.log("ready");`;

test("a Node that is new enough runs the command line itself", () => {
  const place = installed({ main: tellsWhereItRuns });
  const { status, stdout } = launch(place, process.execPath, ["emit", "a b"]);
  expect(JSON.parse(stdout)).toEqual({ node: process.execPath, arguments: ["emit", "a b"] });
  expect(status).toBe(5);
});

test.each(["22.18.0", "20.20.2", "18.0.0"])(
  "Node %s hands over to the package `node` above it",
  (version) => {
    const place = installed({ main: tellsWhereItRuns, packagedNode: "24.21.0" });
    const { status, stdout } = launch(place, process.execPath, ["runs", "--json"], version);
    expect(JSON.parse(stdout)).toEqual({ node: place.node, arguments: ["runs", "--json"] });
    expect(status).toBe(5);
  },
);

test.each([
  ["there is no package `node`", undefined],
  ["the package `node` is too old as well", "22.18.0"],
])("an old Node says what to do when %s", (_, packagedNode) => {
  const place = installed({ main: tellsWhereItRuns, packagedNode });
  expect(launch(place, process.execPath, [], "20.20.2")).toMatchObject({
    status: 1,
    stdout: "",
    stderr:
      "detent needs Node 22.19 or newer; this is v20.20.2. Update Node, or add one to your project: npm install node@24\n",
  });
});

test("a detent that was never built says so", () => {
  expect(launch(installed({}), process.execPath, [])).toMatchObject({
    status: 1,
    stdout: "",
    stderr:
      "detent is not built: dist/cli/main.js is missing. Run `npm run build` in detent's folder.\n",
  });
});

test("each signal reaches the command line once, also when a terminal sends it to the whole group", async () => {
  const place = installed({ main: untilTerminated, packagedNode: "24.21.0" });
  const child = spawn(process.execPath, [place.launcher], {
    env: environment("20.20.2"),
    detached: true,
  });
  const lines = await linesUntil(child, "ready");
  process.kill(-child.pid!, "SIGINT");
  await linesUntil(child, "SIGINT", lines);
  process.kill(child.pid!, "SIGTERM"); // To the launcher alone, which passes signals on in their order.
  expect(await once(child, "close")).toEqual([7, null]);
  expect(lines.join("")).toBe("ready\nSIGINT\nSIGTERM\n");
});

test("the command line does not outlive a launcher that is killed", async () => {
  const main = `console.log("ready"); setTimeout(() => console.log("outlived"), 3_000);`;
  const place = installed({ main, packagedNode: "24.21.0" });
  const child = spawn(process.execPath, [place.launcher], { env: environment("20.20.2") });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const closed = once(child.stdout, "close"); // when the launcher and the command line have both let go of it
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await closed;
  expect(output).toBe("ready\n");
});

test("when a signal ends the command line, it ends the launcher too", () => {
  const place = installed({
    main: 'process.kill(process.pid, "SIGKILL");',
    packagedNode: "24.21.0",
  });
  expect(launch(place, process.execPath, [], "20.20.2")).toMatchObject({
    status: null,
    signal: "SIGKILL",
  });
});

const old = oldNode();
test.runIf(old !== undefined)("a really old Node hands over, or says what to do", () => {
  const { path, version } = old!;
  const alone = installed({ main: tellsWhereItRuns });
  expect(launch(alone, path, []).stderr).toContain(
    `detent needs Node 22.19 or newer; this is ${version}.`,
  );
  const helped = installed({ main: tellsWhereItRuns, packagedNode: "24.21.0" });
  expect(JSON.parse(launch(helped, path, ["a"]).stdout)).toEqual({
    node: helped.node,
    arguments: ["a"],
  });
});

interface Place {
  readonly launcher: string;
  readonly node: string;
}

/** A folder as npm would leave it: the launcher, perhaps a command line, perhaps the package `node`. */
function installed(parts: { main?: string; packagedNode?: string | undefined }): Place {
  const home = fs.mkdtempSync(join(fs.realpathSync(folder), "home-"));
  const place = {
    launcher: join(home, "node_modules/detent/bin/detent.js"),
    node: join(home, "node_modules/node/bin/node"),
  };
  write(join(home, "node_modules/detent/package.json"), '{ "type": "module" }');
  for (const file of ["detent.js", "with-parent.js"])
    write(join(place.launcher, "..", file), fs.readFileSync(join(launcher, "..", file), "utf8"));
  if (parts.main !== undefined)
    write(join(home, "node_modules/detent/dist/cli/main.js"), parts.main);
  if (parts.packagedNode !== undefined) {
    write(
      join(home, "node_modules/node/package.json"),
      JSON.stringify({ version: parts.packagedNode }),
    );
    write(place.node, `#!/bin/sh\nRUNS_ON="$0" exec "${process.execPath}" "$@"\n`);
    fs.chmodSync(place.node, 0o755);
  }
  return place;
}

function write(path: string, text: string): void {
  fs.mkdirSync(join(path, ".."), { recursive: true });
  fs.writeFileSync(path, text);
}

function launch(place: Place, node: string, args: readonly string[], version?: string) {
  return spawnSync(node, [place.launcher, ...args], {
    encoding: "utf8",
    env: environment(version),
    timeout: 20_000,
  });
}

/** The environment in which every Node says that it is `version`. */
function environment(version?: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  if (version === undefined) return inherited;
  const pretence = join(folder, `pretend-${version}.cjs`);
  write(
    pretence,
    `Object.defineProperty(process, "version", { value: "v${version}" });
     Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });`,
  );
  return { ...inherited, NODE_OPTIONS: `--require "${pretence}"` };
}

/** Collects what `child` prints, and resolves once it has printed `word`. */
async function linesUntil(
  child: ChildProcess,
  word: string,
  lines: string[] = [],
): Promise<string[]> {
  if (lines.length === 0)
    child.stdout?.setEncoding("utf8").on("data", (text: string) => lines.push(text));
  while (!lines.join("").includes(word)) await once(child.stdout!, "data");
  return lines;
}

/** A Node on this machine, outside node_modules, that is older than detent needs. */
function oldNode(): { readonly path: string; readonly version: string } | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((it) => !it.includes("node_modules"))
    .map((it) => join(it, "node"))
    .filter((path) => fs.existsSync(path))
    .map((path) => ({
      path,
      version: spawnSync(path, ["--version"], { encoding: "utf8" }).stdout.trim(),
    }))
    .find(({ version }) => /^v(1[2-9]|20|21|22\.(\d|1[0-8]))\./.test(version));
}
