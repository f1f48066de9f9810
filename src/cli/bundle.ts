// Makes one module of an app's task modules. What is in it does what it did before: `import.meta.url` and `__dirname` still name the place of the source that they stand in
// (seen from the bundle, so both may move together), names of classes and functions stay, and packages with native parts stay outside.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BuildOptions, Message, Metafile, Plugin } from "esbuild";
import { InputError } from "../core/errors.ts";
import { isTask } from "../core/task.ts";
import { buildMark } from "../runtime/bundled.ts";
import { importModule } from "../runtime/executor/registry.ts";
import { definitionsOfApp, loadApp } from "../runtime/load-app.ts";
import { RefusedError } from "./failure.ts";

export interface Built {
  readonly out: string;
  /** The ids of the tasks in it. */
  readonly tasks: readonly string[];
  readonly bytes: number;
  readonly warnings: readonly string[];
}

export const defaultOut = (app: string): string => app.replace(/(\.[cm]?[jt]sx?)?$/, ".tasks.mjs");

/** Writes the bundle. Rejects with an InputError for an app or a source that is at fault, and with a RefusedError for a file that can't be written. */
export const buildTasks = async (
  file: string,
  options: { readonly out: string; readonly external: readonly string[] },
): Promise<Built> => {
  const out = path.resolve(options.out);
  if (!/\.m?js$/.test(out))
    throw new InputError(`--out: ${options.out} does not end in .mjs or .js`);
  // A source must not be lost by a slip of the hand.
  if (existsSync(out) && !readFileSync(out, "utf8").includes(buildMark))
    throw new InputError(`${options.out} is there and was not made by detent build; give another`);
  const app = await loadApp(file);
  const modules = app.tasks.filter((entry) => typeof entry === "string");
  if (modules.length < app.tasks.length || modules.length === 0)
    throw new InputError(
      `${file} has no task modules to build; give detent() their URLs: tasks: [new URL("./tasks.ts", import.meta.url)]`,
    );
  const { tasks } = await definitionsOfApp(app);
  const bundled = await bundle(await entryFor(modules), { ...options, out });
  await put(out, bundled.text);
  return {
    out: options.out,
    tasks: [...tasks.keys()],
    bytes: Buffer.byteLength(bundled.text),
    warnings: bundled.warnings,
  };
};

/** A module that exports each task of the modules once, whatever the names that they have there. */
const entryFor = async (modules: readonly string[]): Promise<string> => {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (const module of modules) {
    // oxlint-disable-next-line no-await-in-loop
    const exported = (await importModule(module)) as object;
    for (const [name, value] of Object.entries(exported)) {
      if (!isTask(value) || seen.has(value)) continue;
      lines.push(
        `export { ${JSON.stringify(name)} as ${JSON.stringify(`task${seen.size}`)} } from ${JSON.stringify(fileURLToPath(module))};`,
      );
      seen.add(value);
    }
  }
  return lines.join("\n");
};

interface Where {
  /** The file to be, in full. */
  readonly out: string;
  readonly external: readonly string[];
}

const bundle = async (
  entry: string,
  { out, external }: Where,
): Promise<{ readonly text: string; readonly warnings: readonly string[] }> => {
  const { build } = await import("esbuild");
  const options = {
    ...output,
    stdin: { contents: entry, resolveDir: process.cwd(), sourcefile: "detent-build" },
    bundle: true,
    format: "esm",
    outfile: out,
    keepNames: true,
    metafile: true,
    external: external.flatMap((name) => [name, `${name}/*`]),
  } satisfies BuildOptions;
  const built = await build({ ...options, plugins: [outside(out), ownPlace(out)] }).catch(
    async (error: unknown) => {
      // Sources that were told their place have other lines than a user sees.
      await build({ ...options, plugins: [outside(out)] }).catch((plain: unknown) => {
        throw faultOf(plain);
      });
      throw faultOf(error);
    },
  );
  const text = built.outputFiles[0]?.text ?? "";
  return {
    text: [
      `import { createRequire as __detentRequire } from "node:module";`,
      `import { fileURLToPath as __detentPath } from "node:url";`,
      `const __detentUrl = (place) => new URL(place, import.meta.url).href;`,
      // The bundler has given its own modules' \`require\` another name where it needs this one.
      ...(text.includes("__require") ? [`const require = __detentRequire(import.meta.url);`] : []),
      text.trimEnd(),
      `export const ${buildMark} = ${JSON.stringify(sourcesOf(built.metafile, out))};`,
      "",
    ].join("\n"),
    warnings: built.warnings.map(lineOf),
  };
};

const output = {
  write: false,
  platform: "node",
  target: "node22",
  charset: "utf8",
  logLevel: "silent",
} as const satisfies BuildOptions;

/** What stays outside: packages that can't be bundled, and what only detent's own `start` would load. */
const outside = (out: string): Plugin => ({
  name: "outside",
  setup: (build) => {
    build.onResolve({ filter: /^[^./#]/ }, async ({ path: name, pluginData, ...args }) => {
      if (args.kind === "entry-point" || pluginData === build || isBuiltin(name)) return undefined;
      if (name.startsWith("file:")) return { path: fileURLToPath(name) };
      const found = await build.resolve(name, { ...args, pluginData: build });
      if (found.errors.length > 0 || !isNative(found.path)) return undefined;
      return { path: name, external: true };
    });
    build.onResolve({ filter: /^\./ }, async ({ path: name, pluginData, ...args }) => {
      if (pluginData === build) return undefined;
      const own = args.kind === "dynamic-import" && isOwn(args.importer);
      if (!own && !name.endsWith(".node")) return undefined;
      const found = await build.resolve(name, { ...args, pluginData: build });
      return found.errors.length > 0
        ? undefined
        : { path: placeFrom(out, found.path), external: true };
    });
  },
});

/** This package's folder; in its bundle as in its sources this file lies two folders below. */
const ownFolder = fileURLToPath(new URL("../..", import.meta.url));
const isOwn = (file: string): boolean =>
  ["src", "dist"].some((folder) => file.startsWith(path.join(ownFolder, folder, path.sep))) ||
  /[\\/]node_modules[\\/]detent[\\/]dist[\\/]/.test(file);

const isNative = (file: string): boolean => {
  if (file.endsWith(".node")) return true;
  const root = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
  return (
    root !== undefined &&
    ["binding.gyp", "prebuilds"].some((name) => existsSync(path.join(root, name)))
  );
};

const placeWords = /\bimport\.meta\b|\b__dirname\b|\b__filename\b/;

/** Lets each source find what lies beside it. */
const ownPlace = (out: string): Plugin => ({
  name: "own-place",
  setup: (build) => {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path: file }) => {
      if (!placeWords.test(readFileSync(file, "utf8"))) return undefined;
      const place = JSON.stringify(placeFrom(out, file));
      try {
        const { outputFiles } = await build.esbuild.build({
          ...output,
          entryPoints: [file],
          define: {
            "import.meta.url": "__ownUrl",
            "import.meta.filename": "__ownFile",
            "import.meta.dirname": "__ownFolder",
            __filename: "__ownFile",
            __dirname: "__ownFolder",
          },
          banner: {
            js: `var __ownUrl = __detentUrl(${place}), __ownFile = __detentPath(__ownUrl), __ownFolder = __detentPath(new URL(".", __ownUrl)).slice(0, -1);`,
          },
        });
        return { contents: outputFiles[0]?.text ?? "", loader: "js" };
      } catch {
        return undefined; // It is at fault, which is told in its own words when it is bundled as it is.
      }
    });
  },
});

/** A file as the bundle names it, whatever the system. */
const placeFrom = (out: string, file: string): string => {
  const relative = path.relative(path.dirname(out), file).split(path.sep).join("/");
  return relative.startsWith(".") ? relative : `./${relative}`;
};

/** The user's own sources with the hash of each: a start can tell that one has changed since. */
const sourcesOf = ({ inputs }: Metafile, out: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(inputs)
      .map((input) => path.resolve(input))
      .filter((file) => existsSync(file) && !/[\\/]node_modules[\\/]/.test(file))
      .filter((file) => !isOwn(file))
      .map((file) => [placeFrom(out, file), hashOf(readFileSync(file))]),
  );

const hashOf = (source: Buffer): string => createHash("sha256").update(source).digest("base64url");

/** Moves the bundle into its place once a worker thread has loaded it. */
const put = async (out: string, text: string): Promise<void> => {
  const draft = out.replace(/\.m?js$/, (extension) => `.${process.pid}${extension}`);
  try {
    await mkdir(path.dirname(out), { recursive: true });
    await writeFile(draft, text);
    const { faultIn } = await import("../runtime/executor/trial.ts");
    const fault = await faultIn(pathToFileURL(draft).href);
    if (fault !== undefined)
      throw new InputError(
        `the bundle can't be loaded: ${fault.name}: ${fault.message.split("\n", 1)[0]}; leave the package at fault outside with --external`,
      );
    await rename(draft, out);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new RefusedError(`${out} can't be written: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await rm(draft, { force: true }).catch(() => {}); // What was amiss with it is told already.
  }
};

const faultOf = (error: unknown): unknown => {
  const { errors = [] } = error as { readonly errors?: readonly Message[] };
  const [first, ...more] = errors;
  if (first === undefined) return error;
  return new InputError(
    `the tasks can't be bundled: ${lineOf(first)}${more.length === 0 ? "" : `; and ${more.length} more`}`,
    { cause: error },
  );
};

const lineOf = ({ text, location }: Message): string =>
  location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
