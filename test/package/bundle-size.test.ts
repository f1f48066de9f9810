// Goal: the core stays small enough to be embedded, and asks its place for nothing. Method: bundled as a user's bundler would, minified and compressed. Each bound is a little above
// what was measured when it was set; docs/decisions/0021 has what the parts weigh.
import { cron, runIdOf } from "detent/core";
import * as decisions from "detent/core/decisions";
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
  ["detent/core/decisions", `export * from "detent/core/decisions"`, [], 36],
] as const)("%s is small", async (_, text, external, kilobytesMax) => {
  const { gzipBytes, imports } = await webBundleOf({ text }, { external });
  expect(imports.filter((name) => name !== "cron-parser")).toEqual([]);
  expect(gzipBytes / kilobyte).toBeLessThanOrEqual(kilobytesMax);
  expect(gzipBytes / kilobyte).toBeGreaterThan(kilobytesMax / 2);
});

test("detent/core/decisions decides as the core does, and says of cron that it is not there", () => {
  const { at, definitionsOf, detent, every, event, nextOccurrence, task, trigger } = decisions;
  const work = task({ id: "work", run: () => null });
  const appOf = (when: Parameters<typeof trigger>[1]["when"]) =>
    detent({ tasks: [work], triggers: [trigger("t", { when, run: work })] });
  const definitions = definitionsOf(appOf(event("e")));
  const empty = { cursors: [], waiting: [], deadlines: [], open: [] };
  const state = decisions.stateOf(definitions, { revision: 1, seq: 0, at: 0 }, empty);
  const signal = { _tag: "Event", id: "one", name: "e", payload: null, at: 5 } as const;
  const stored = { seq: 1, at: 5, id: "one", signal, origin: null, dueAt: null };
  const { runs } = decisions.step(definitions, state, { signals: [stored], until: 5, now: 5 });
  expect(runs.map(({ id }) => id)).toEqual([runIdOf("t", ["one"])]);
  expect([nextOccurrence(every("1 min"), 0), nextOccurrence(at(7), 0)]).toEqual([60_000, 7]);
  expect(() => definitionsOf(appOf(cron("* * * * *")))).toThrow(
    'Trigger "t": condition "when": cron("* * * * *"): cron is not in detent/core/decisions',
  );
});
