// What a bundler makes of a module that imports detent, for a place that has no Node: one file, minified. Of the package as it is built.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "../..");
const entry = join(root, "bundle-entry.js");

export interface WebBundle {
  readonly code: string;
  /** What is left of `import`: names that the place would have to know. */
  readonly imports: readonly string[];
  readonly gzipBytes: number;
}

/** `source` is the text of a module, or the path of a file. */
export const webBundleOf = async (
  source: { readonly text: string } | { readonly file: string },
  {
    external = [],
    format = "esm",
  }: { readonly external?: readonly RegExp[]; readonly format?: "esm" | "iife" } = {},
): Promise<WebBundle> => {
  const own = {
    name: "entry",
    resolveId: (id: string) => (id === entry ? id : null),
    load: (id: string) => (id === entry && "text" in source ? source.text : null),
  };
  const bundle = await rolldown({
    input: "file" in source ? source.file : entry,
    cwd: root,
    platform: "browser",
    tsconfig: false,
    external: [...external],
    logLevel: "silent",
    plugins: [own],
  });
  const { output } = await bundle.generate({ format, minify: true, codeSplitting: false });
  await bundle.close();
  const [{ code, imports }] = output;
  return { code, imports, gzipBytes: gzipSync(code, { level: 9 }).length };
};
