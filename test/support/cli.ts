// The command line as a process: bundled from the sources, run in a folder of its own in which `import "detent"` means the sources too.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");
// Below node_modules, so that what the bundle leaves outside (piscina, tsx) is found.
const bundles = join(root, "node_modules/.cache/detent-cli-test");
const bundle = join(bundles, process.env["DETENT_TEST_RUN"] ?? "alone");

/** What `node` runs as the command line, once it is bundled. */
export const bundled = join(bundle, "main.js");

/** Bundles the command line, unless another file's tests have done so in this run; done once, before the tests of a file. */
export const bundleCli = (): void => {
  if (fs.existsSync(bundle)) return;
  const own = `${bundle}-${process.pid}`;
  execFileSync(process.execPath, [join(root, "tools/bundle-cli.mjs"), own, "src"], {
    stdio: "pipe",
    timeout: 60_000,
  });
  try {
    fs.renameSync(own, bundle);
  } catch {
    fs.rmSync(own, { recursive: true }); // Another file was faster.
  }
  for (const name of fs.readdirSync(bundles)) {
    const folder = join(bundles, name);
    const isOld =
      (fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) < Date.now() - 7_200_000;
    if (isOld) fs.rmSync(folder, { recursive: true, force: true });
  }
};

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly folder: string;
  readonly write: (file: string, text: string) => void;
  readonly start: (args: readonly string[], settings?: Settings) => ChildProcess;
  readonly detent: (args: readonly string[], settings?: Settings) => Promise<Ended>;
  readonly remove: () => void;
}

interface Settings {
  readonly env?: { readonly [name: string]: string };
  /** Of Node itself. */
  readonly node?: readonly string[];
}

/** A new folder to call `detent` in. */
export const newPlace = (): Place => {
  const folder = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), "detent-cli-"));
  const write = (file: string, text: string): void => fs.writeFileSync(join(folder, file), text);
  fs.mkdirSync(join(folder, "node_modules/detent"), { recursive: true });
  write(
    "node_modules/detent/package.json",
    `{ "name": "detent", "type": "module", "exports": { ".": "./index.js", "./package.json": "./package.json" } }`,
  );
  write(
    "node_modules/detent/index.js",
    `export * from ${JSON.stringify(pathToFileURL(join(root, "src/index.ts")).href)};`,
  );
  const start = (args: readonly string[], { env, node = [] }: Settings = {}): ChildProcess => {
    const { DETENT_STORE: _, FORCE_COLOR: __, ...inherited } = process.env;
    return spawn(process.execPath, [...node, bundled, ...args], {
      cwd: folder,
      env: { ...inherited, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
  };
  return {
    folder,
    write,
    start,
    detent: (args, settings) => ended(start(args, settings)),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
};

/** How a process ended and all that it wrote. */
export const ended = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve, reject) => {
    let [stdout, stderr] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });

/** Resolves at the first line of output that has these words. */
export const lineWith = (child: ChildProcess, words: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! });
    lines.on("line", (line) => line.includes(words) && resolve(line));
    lines.on("close", () => reject(new Error(`the process ended without a line with ${words}`)));
  });
