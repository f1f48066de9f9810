// Goal: the core stays small enough to be embedded, and asks its place for nothing. Method: bundled as a user's bundler would, minified and compressed. Each bound is a little above
// what was measured when it was set; docs/decisions/0021 has what the parts weigh.
import { expect, test } from "vitest";
import { webBundleOf } from "../support/web-bundle.ts";

const kilobyte = 1_024;

test.each([
  ["the whole of detent/core", `export * from "detent/core"`, [], 100],
  [
    "the whole of detent/core, but for cron-parser",
    `export * from "detent/core"`,
    [/^cron-parser$/],
    72,
  ],
  [
    "the engine over the memory store",
    `export { definitionsOf, detent, openEngine, memoryStore } from "detent/core"`,
    [/^cron-parser$/],
    62,
  ],
  [
    "the decisions alone",
    `export { definitionsOf, detent, step, stateOf, advance, batchOf, runIdOf } from "detent/core"`,
    [/^cron-parser$/],
    32,
  ],
] as const)("%s is small", async (_, text, external, kilobytesMax) => {
  const { gzipBytes, imports } = await webBundleOf({ text }, { external });
  expect(imports.filter((name) => name !== "cron-parser")).toEqual([]);
  expect(gzipBytes / kilobyte).toBeLessThanOrEqual(kilobytesMax);
  expect(gzipBytes / kilobyte).toBeGreaterThan(kilobytesMax / 2);
});
