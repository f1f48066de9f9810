/**
 * Goal: what depends on what stays as ARCHITECTURE.md draws it.
 * Method: every import of every source file, be it for a value, a type, a re-export or at run time, is looked up in one
 * table. The compiler and the linter look at the core alone and let type-only imports pass; this sees them all.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";

interface Layer {
  readonly name: string;
  readonly files: RegExp;
  /** What they may import: paths from the root of the repository, names of packages, or `computed`. */
  readonly may: readonly RegExp[];
}

const anything = /^/;
const core = /^src\/core\//;
const runtime = /^src\/runtime\//;
const packages = /^(?!src\/|computed$)/;

/** The first layer that a file belongs to holds. */
const layers: readonly Layer[] = [
  {
    name: "the core's ports, its engine and its simulation: Effect, module by module",
    files:
      /^src\/core\/(engine|rest|store|executor|memory-store|store-dump|store-load|cancel|takeover|lapse|expire|forget|incarnation|evidence|simulation\/[^/]+)\.ts$/,
    may: [core, /^effect\/\w+$/],
  },
  {
    name: "the core's decisions: plain functions over plain data",
    files: core,
    may: [core, /^cron-parser$/, /^@noble\/hashes\/[\w.-]+$/],
  },
  {
    name: "simulation",
    files: /^src\/simulation\//,
    may: [core, /^src\/simulation\//, packages, /^computed$/],
  },
  {
    name: "rows as tables keep them: plain data, for each adapter that has tables",
    files: /^src\/adapters\/sql\//,
    may: [core, /^src\/adapters\/sql\//],
  },
  {
    name: "an adapter knows the core and how rows are kept, and neither the runtime nor another adapter",
    files: /^src\/adapters\/(?<adapter>[^/]+)\//,
    may: [core, /^src\/adapters\/(<adapter>|sql)\//, packages],
  },
  {
    name: "the places of the runtime that choose adapters",
    files: /^src\/runtime\/(open-store|bullmq)\.ts$/,
    may: [core, runtime, /^src\/adapters\//, packages],
  },
  { name: "runtime", files: runtime, may: [core, runtime, packages, /^computed$/] },
  { name: "command line", files: /^src\/cli\//, may: [anything] },
  {
    name: "entry points `detent` and `detent/bullmq`",
    files: /^src\/(index|bullmq)\.ts$/,
    may: [core, runtime],
  },
];

const root = join(import.meta.dirname, "../..");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .map((file) => posix.join("src", ...file.split(/[\\/]/)))
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"));

test("every source file belongs to a layer and imports only what its layer may", () => {
  expect(sources.flatMap((file) => trespasses(file, importsOf(read(file))))).toEqual([]);
});

test("in the core, cron-parser and @noble/hashes are known to one file each", () => {
  const importers = (name: RegExp) =>
    sources.filter((file) => core.test(file) && importsOf(read(file)).some((it) => name.test(it)));
  expect(importers(/^cron-parser/).length).toBeLessThanOrEqual(1);
  expect(importers(/^@noble\/hashes/).length).toBeLessThanOrEqual(1);
});

test.each([
  ["a value", 'import { a } from "./a.ts"', ["./a.ts"]],
  ["an effect", "import './a.ts'", ["./a.ts"]],
  ["a type", 'import type { A } from "./a.ts"', ["./a.ts"]],
  ["a type in place", 'type A = import("./a.ts").A', ["./a.ts"]],
  ["a re-export over lines", 'export {\n  a,\n  b,\n} from "./a.ts"', ["./a.ts"]],
  ["a re-export of all types", 'export type * from "./a.ts"', ["./a.ts"]],
  ["at run time", "void import(`./a.ts`)", ["./a.ts"]],
  ["at run time, by a name that is computed", "void import(name)", ["computed"]],
  ["at run time, behind a comment", 'void import(/* @vite-ignore */ "./a.ts")', ["computed"]],
  ["by require", 'const a = require("./a.ts")', ["./a.ts"]],
  ["not: a comment", '// import "./a.ts"\n/* import "./b.ts" */', []],
  ["not: a string", 'const a = \'from "./a.ts"\'; Array.from("b")', []],
])("an import is seen: %s", (_, source, expected) => {
  expect(importsOf(source)).toEqual(expected);
});

test.each([
  ["src/core/step.ts", "../runtime/runtime.ts"],
  ["src/core/step.ts", "effect/Effect"],
  ["src/core/engine.ts", "effect"],
  ["src/core/engine.ts", "node:fs"],
  ["src/core/engine.ts", "computed"],
  ["src/adapters/sqlite/store.ts", "../postgres/store.ts"],
  ["src/adapters/sql/cell.ts", "../sqlite/database.ts"],
  ["src/adapters/sql/cell.ts", "node:sqlite"],
  ["src/adapters/sqlite/store.ts", "../../runtime/config.ts"],
  ["src/runtime/ticker.ts", "../adapters/sqlite/index.ts"],
  ["src/stray.ts", "./core/step.ts"],
])("%s may not import %s", (file, specifier) => {
  expect(trespasses(file, [specifier])).toHaveLength(1);
});

function trespasses(file: string, specifiers: readonly string[]): readonly string[] {
  const layer = layers.find((layer) => layer.files.test(file));
  if (layer === undefined) return [`${file} belongs to no layer`];
  const own = layer.files.exec(file)?.groups?.["adapter"] ?? "";
  const may = layer.may.map((it) => new RegExp(it.source.replace("<adapter>", own)));
  return specifiers
    .map((it) => (it.startsWith(".") ? posix.join(posix.dirname(file), it) : it))
    .filter((target) => !may.some((it) => it.test(target)))
    .map((target) => `${file} may not import ${target} (${layer.name})`);
}

/** What `source` imports, in any way; `computed` where that is known at run time only. */
function importsOf(source: string): readonly string[] {
  const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//;
  const text = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/;
  const keyword = /\bfrom\s*|\b(?:import|require)\s*\(?\s*/;
  const tokens = new RegExp(
    `${comment.source}|(?<keyword>${keyword.source})?(?<text>${text.source})|(?<computed>\\bimport\\s*\\()`,
    "g",
  );
  return [...source.matchAll(tokens)].flatMap(({ groups = {} }) => {
    if (groups["computed"] !== undefined) return ["computed"];
    return groups["keyword"] === undefined ? [] : [(groups["text"] ?? "").slice(1, -1)];
  });
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
