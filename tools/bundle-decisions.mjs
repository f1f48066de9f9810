// Makes one file of `detent/core/decisions`, in the place of what the compiler makes of it, without the package that reads cron expressions: its luxon alone weighs as much as all
// that is left.
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const unread = "cron is not in detent/core/decisions: take every or at, or import from detent/core";
const absent = "\0cron-parse";
const withoutCron = {
  name: "without-cron",
  /** @param {string} id */
  resolveId: (id) => (id === "./cron-parse.ts" ? absent : null),
  /** @param {string} id */
  load: (id) =>
    id === absent
      ? `export const isSeeded = () => false; export const parseCron = () => ({ ok: false, faults: [${JSON.stringify(unread)}] });`
      : null,
};

const bundle = await rolldown({
  input: `${root}src/core/decisions.ts`,
  cwd: root,
  platform: "neutral",
  tsconfig: false,
  external: [/^effect(\/|$)/, /^@noble\//],
  plugins: [withoutCron],
});
await bundle.write({ file: `${root}dist/core/decisions.js`, format: "esm", sourcemap: true });
await bundle.close();
