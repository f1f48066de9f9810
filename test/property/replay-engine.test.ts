// Goal: what engines have really decided, decides itself again from the store's rows alone: two engines that take turns, outages in which nobody routes, pauses, retries, joins, overlap.
// Method: the production engine over the memory store in virtual time, driven by a seed; then the rows become a journal.
import { expect, test } from "vitest";
import {
  absent,
  all,
  definitionsOf,
  detent,
  event,
  every,
  failure,
  result,
  task,
  trigger,
  type AppDefinition,
} from "../../src/core/index.ts";
import type { Journal } from "../../src/core/journal.ts";
import { differencesOf } from "../../src/core/replay-difference.ts";
import { replay } from "../../src/core/replay.ts";
import { backfillIn, pauseIn, resumeIn } from "../../src/runtime/control.ts";
import { World } from "../support/engine-world.ts";

const work = task({
  id: "work",
  retry: { attempts: 2, first: "1 s" },
  run: (input: unknown) => input,
});
const next = task({ id: "next", run: (input: unknown) => input });
const app: AppDefinition = {
  tasks: [work, next],
  triggers: [
    trigger("one", { when: event("a", { odd: true }), run: work, input: (f) => f.event.payload }),
    trigger("join", { when: all([event("a"), result(work)]), run: next, input: 1 }),
    trigger("tick", { when: every("30 s", { missed: "latest" }), run: work, input: 2 }),
    trigger("slow", {
      when: every("20 s", { missed: "skip", overlap: "bufferOne" }),
      run: next,
      input: 3,
    }),
    trigger("all", { when: every("45 s", { missed: "all", missedMax: 3 }), run: next, input: 4 }),
    trigger("calm", { when: event("a"), debounce: "5 s", run: next, input: 5 }),
    trigger("alarm", { when: failure(work), run: next, input: 6 }),
    trigger("silent", { when: absent(event("a"), { within: "40 s" }), run: next, input: 7 }),
  ],
};

const journalOf = (world: World): Journal => {
  const { watermark, generation } = world.run(world.store.read({ revision: null, limit: 1 }));
  const rows = <Table extends "signal" | "run" | "skip">(table: Table) =>
    world.run(world.store.list(table, { limit: 10_000, order: "oldest" })).rows;
  return {
    head: {
      kind: "journal",
      version: 1,
      app: "main",
      generation,
      watermark,
      redacted: [],
    },
    signals: rows("signal"),
    runs: rows("run"),
    skips: rows("skip"),
  };
};

const live = (seed: number): World => {
  let state = seed;
  const pick = (count: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  const world = new World();
  const pretend = () => ({
    takesMillis: 50 + pick(9_000),
    outcome:
      pick(4) === 0
        ? ({ _tag: "Failed", error: { name: "Error", message: "x" } } as const)
        : ({ _tag: "Succeeded", result: 1 } as const),
  });
  let engine = world.engine(app, "e0", { pretend });
  for (let turn = 1; turn <= 25; turn++) {
    const chance = pick(10);
    if (chance < 5) world.emit("a", { odd: pick(2) === 1, turn });
    else if (chance === 5) world.run(pauseIn(world.store, { trigger: ["tick", "one"][pick(2)]! }));
    else if (chance === 6) world.run(resumeIn(world.store, { trigger: ["tick", "one"][pick(2)]! }));
    else if (chance === 7) {
      const now = world.time.now;
      world.run(backfillIn(world.store, "tick", { from: now - 200_000, to: now - pick(100_000) }));
    } else if (chance === 8) {
      // Nobody routes for a while; events are stored meanwhile.
      world.run(engine.engine.drain);
      world.pass(15_000);
      world.emit("a", { odd: true, turn });
      world.pass(pick(300_000));
      engine = world.engine(app, `e${turn}`, { pretend });
    }
    world.pass(pick(40_000));
  }
  return world;
};

test("whatever engines decided, with outages between them, their log decides again", () => {
  const reasons = new Set<string>();
  for (let seed = 1; seed <= 25; seed++) {
    const journal = journalOf(live(seed));
    for (const { reason } of journal.skips) reasons.add(reason);
    const again = replay(definitionsOf(detent(app)), journal);
    expect({ seed, differences: differencesOf(journal, again) }).toEqual({ seed, differences: [] });
  }
  // Otherwise it has proved less than it says.
  for (const reason of ["missed", "paused", "overlap", "debounced"])
    expect(reasons).toContain(reason);
});
