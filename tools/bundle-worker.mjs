// Makes one file of what a worker thread runs, in the place of the many that the compiler makes: each thread reads them anew when it starts.
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = "runtime/executor";

const bundle = await rolldown({
  input: `${root}src/${folder}/worker-entry.ts`,
  cwd: root,
  platform: "node",
  tsconfig: false,
  external: [/^node:/, /^tsx(\/|$)/],
});
await bundle.write({
  file: `${root}dist/${folder}/worker-entry.js`,
  format: "esm",
  sourcemap: true,
});
await bundle.close();
