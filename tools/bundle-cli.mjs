// Bundles the command line into dist/cli, or into the folder that the first argument names: `--help` loads one file, not hundreds.
// Each module that is imported at run time becomes a chunk that is read when it is needed.
import { readdirSync, rmSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { parseAst } from "rolldown/parseAst";

const root = fileURLToPath(new URL("..", import.meta.url));
const [folder, from = "dist"] = process.argv.slice(2);
const out = resolve(folder ?? join(root, "dist/cli"));

const bundle = await rolldown({
  input: {
    main: join(root, "src/cli/main.ts"),
    "lane-entry": join(root, "src/cli/lane-entry.ts"),
  },
  cwd: root,
  platform: "node",
  tsconfig: false,
  // They start threads and find their own files, or are there only for who uses them; an app that has none never loads them.
  external: [/^node:/, /^piscina$/, /^tsx(\/|$)/, /^esbuild$/, /^bullmq$/, /^ioredis$/],
  plugins: [{ name: "own-place", transform: placed }],
});
const { output } = await bundle.write({
  dir: out,
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
});
await bundle.close();
// Chunks are named by their content; those of the last build would stay for ever.
const written = new Set(output.map(({ fileName }) => fileName));
for (const name of readdirSync(out))
  if (name.endsWith(".js") && !written.has(name)) rmSync(join(out, name));

/** What a module of ours finds beside itself (the worker's entry, package.json) it must still find there from its chunk. */
function placed(code, id) {
  const path = relative(join(root, "src"), id);
  if (path.startsWith("..") || !code.includes("import.meta.url")) return null;
  // `src`: the place of the source; otherwise of what the compiler makes of it.
  const place = from === "src" ? id : join(root, "dist", path.replace(/\.ts$/, ".js"));
  const address =
    folder === undefined
      ? `new URL(${JSON.stringify(relative(out, place).split(sep).join("/"))}, import.meta.url).href`
      : JSON.stringify(pathToFileURL(place).href);
  const uses = addressesIn(parseAst(code, { lang: "ts" }));
  return uses.reduceRight(
    (text, { start, end }) => text.slice(0, start) + address + text.slice(end),
    code,
  );
}

/** Where `import.meta.url` stands as an expression; texts that speak of it stay as they are. */
function addressesIn(node) {
  if (typeof node !== "object" || node === null) return [];
  if (node.type === "MemberExpression" && node.object.type === "MetaProperty") return [node];
  return Object.values(node).flatMap(addressesIn);
}
