// `detent init`: a small app to start from. It never overwrites a file, and writes nothing at all where one would be in its way.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import * as Command from "effect/cli/Command";
import { InputError } from "../core/errors.ts";
import { print, printJson } from "./output.ts";
import { doing, json, optionalArgument } from "./options.ts";
import { appSource, tasksSource } from "./init-sources.ts";

export const init = Command.make(
  "init",
  { folder: optionalArgument("FOLDER", "Where to write it. Default: here"), json },
  doing(async (options) => {
    const folder = path.resolve(options.folder ?? ".");
    const written = write(folder);
    const install = !hasDetent(folder);
    if (options.json) return printJson({ folder, written, install });
    for (const file of written) print(`wrote ${path.join(options.folder ?? "", file)}`);
    print("\nNow:");
    if (options.folder !== undefined) print(`  cd ${options.folder}`);
    if (!isModule(folder)) print('  set "type": "module" in package.json');
    if (install) print("  npm install");
    print("  npx detent start app.ts");
    print(`  npx detent emit primes.wanted '{"below":2000000}'    # in another terminal`);
  }),
).pipe(
  Command.withDescription(
    "Write a small TypeScript app: tasks.ts, app.ts, and package.json if there is none",
  ),
  Command.withExamples([{ command: "detent init my-app" }]),
);

const write = (folder: string): readonly string[] => {
  const sources = new Map([
    ["tasks.ts", tasksSource],
    ["app.ts", appSource],
  ]);
  const present = [...sources.keys()].filter((file) => existsSync(path.join(folder, file)));
  if (present.length > 0)
    throw new InputError(
      `${present.map((file) => path.join(folder, file)).join(" and ")} would be overwritten; nothing was written, name another folder`,
    );
  if (!existsSync(path.join(folder, "package.json")))
    sources.set("package.json", `${JSON.stringify(manifestOf(folder), null, 2)}\n`);
  try {
    mkdirSync(folder, { recursive: true });
    for (const [file, source] of sources)
      writeFileSync(path.join(folder, file), source, { flag: "wx" });
  } catch (error) {
    throw new InputError(`${folder} can't be written to: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return [...sources.keys()];
};

const manifestOf = (folder: string): object => {
  const manifest = new URL("../../package.json", import.meta.url);
  const own = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const home = path.dirname(fileURLToPath(manifest));
  // A clone is no release that npm could find: its app takes the clone itself.
  const isInstalled = home.split(path.sep).includes("node_modules");
  const name = path
    .basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "");
  return {
    name: name === "" ? "app" : name,
    private: true,
    type: "module",
    scripts: { start: "detent start app.ts" },
    dependencies: {
      detent: isInstalled ? `^${own.version}` : `file:${path.relative(folder, home)}`,
    },
  };
};

/** Whether Node reads the folder's .ts files as modules. */
const isModule = (folder: string): boolean => {
  const { type } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as {
    type?: unknown;
  };
  return type === "module";
};

const hasDetent = (folder: string): boolean => {
  try {
    createRequire(path.join(folder, "app.ts")).resolve("detent/package.json");
    return true;
  } catch {
    return false;
  }
};
