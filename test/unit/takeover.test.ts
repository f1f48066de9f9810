// Goal: what an engine finds when it comes: dead owners' runs, another generation, runs of tasks that are gone. Method: the functions of an engine's first moments alone, over
// the memory store.
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { definitionsOf, detent, event, memoryStore, task, trigger } from "../../src/core/index.ts";
import type { Run } from "../../src/core/run.ts";
import type { StorePort } from "../../src/core/store.ts";
import { activate, reclaimDead } from "../../src/core/takeover.ts";
import { anOwner, aRun, claimAs, writes } from "../../src/adapters/testing/subject.ts";

const resize = task({ id: "resize", run: (input: unknown) => input });
const definitions = definitionsOf(
  detent({ tasks: [resize], triggers: [trigger("t", { when: event("e"), run: resize })] }),
);

const entering = (store: StorePort, zones: string | null = null) => {
  const messages: string[] = [];
  const note = ({ message }: { readonly message: string }): void => void messages.push(message);
  return { self: { store, definitions, zones, note, owner: "self" }, messages };
};

/** A store in which the engine "dead" has died while it held so many runs. */
const afterDeath = (count: number) => {
  const store = memoryStore({ now: () => 0 });
  const runs = Array.from({ length: count }, (_, index) => aRun(`r${index}`, { dueAt: 0 }));
  Effect.runSync(store.commit(writes({ runs })));
  Effect.runSync(store.enter(anOwner("dead")));
  Effect.runSync(claimAs(store, { owner: "dead", limit: count }));
  store.kill("dead");
  return store;
};

const runsOf = (store: StorePort): readonly Run[] => {
  const rows: Run[] = [];
  let after: string | undefined;
  do {
    const page = Effect.runSync(store.list("run", { limit: 10_000, after }));
    rows.push(...page.rows);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return rows;
};

const isClosed = (store: StorePort): boolean =>
  Effect.runSync(store.list("owner", { limit: 1 })).rows[0]?.closedAt !== null;

test.each([0, 1, 2])(
  "a dead engine that held %i runs is closed, and what was taken back is told if it was anything",
  (count) => {
    const store = afterDeath(count);
    const { self, messages } = entering(store);
    Effect.runSync(reclaimDead(self));
    expect([runsOf(store).map(({ state }) => state), isClosed(store)]).toEqual([
      Array(count).fill("pending"),
      true,
    ]);
    expect(messages).toEqual(
      count === 0 ? [] : [`engine dead (process 7) died; took back ${count} of its runs`],
    );
  },
);

test("an engine that dies with more runs than are taken in hand at once loses none of them", () => {
  const store = afterDeath(10_001);
  const { self, messages } = entering(store);
  Effect.runSync(reclaimDead(self));
  expect(runsOf(store).filter(({ state }) => state !== "pending")).toEqual([]);
  expect(isClosed(store)).toBe(true);
  expect(messages.map((message) => message.split("; ")[1])).toEqual([
    "took back 10000 of its runs",
    "took back 1 of its runs",
  ]);
});

test("of two engines that find the same dead one, the first takes its runs back, and the other says nothing and goes on to the next dead one", () => {
  const store = afterDeath(1);
  Effect.runSync(store.enter(anOwner("second")));
  Effect.runSync(store.commit(writes({ runs: [aRun("r-second", { dueAt: 0 })] })));
  Effect.runSync(claimAs(store, { owner: "second" }));
  store.kill("second");
  const other = entering(store);
  let isFirst = true;
  const beaten: StorePort = {
    ...store,
    // The other engine does it all between the list and the commit.
    commit: (batch) => {
      if (!isFirst) return store.commit(batch);
      isFirst = false;
      const winner = { ...store, dead: Effect.map(store.dead, (dead) => dead.slice(0, 1)) };
      return Effect.andThen(reclaimDead({ ...other.self, store: winner }), store.commit(batch));
    },
  };
  const { self, messages } = entering(beaten);
  Effect.runSync(reclaimDead(self));
  expect(other.messages).toEqual(["engine dead (process 7) died; took back 1 of its runs"]);
  expect(messages).toEqual(["engine second (process 7) died; took back 1 of its runs"]);
  expect(runsOf(store).map(({ state, losses }) => [state, losses])).toEqual([
    ["pending", 1],
    ["pending", 1],
  ]);
});

test("definitions become the active ones although another router commits between reading and writing", () => {
  const store = memoryStore({ now: () => 0 });
  let isFirst = true;
  const racing: StorePort = {
    ...store,
    commit: (batch) => {
      const other = writes({ watermark: { seq: 0, at: 0 } });
      const before = isFirst ? store.commit(other) : Effect.void;
      isFirst = false;
      return Effect.andThen(before, store.commit(batch));
    },
  };
  Effect.runSync(activate(entering(racing).self));
  const { generation } = Effect.runSync(store.read({ revision: null, limit: 1 }));
  expect(generation?.fingerprint).toBe(definitions.fingerprint);
});

test.each([
  [null, "2026b", []],
  ["2026b", "2026b", []],
  ["2025a", null, []],
  [
    "2025a",
    "2026b",
    [
      "the time zone database is 2026b now, it was 2025a: what schedules name from now on is computed with it, and engines with another route nothing",
    ],
  ],
])(
  "after a generation with the time zone database %j, one with %j says what has changed, if anything is known to have",
  (before, now, told) => {
    const store = memoryStore({ now: () => 0 });
    const older = definitionsOf(detent({ tasks: [resize], triggers: [] }));
    const first = entering(store, before);
    Effect.runSync(activate({ ...first.self, definitions: older }));
    const { self, messages } = entering(store, now);
    Effect.runSync(activate(self));
    expect([first.messages, messages]).toEqual([[], told]);
  },
);

test("a new generation cancels the pending runs of tasks that are gone, leaves those of tasks that it defines, and tells which", () => {
  const store = memoryStore({ now: () => 5 });
  const ids = ["kept", "gone"];
  const runs = ids.map((id) => aRun(id, { task: id === "kept" ? "resize" : "crop" }));
  Effect.runSync(store.commit(writes({ runs })));
  const { self, messages } = entering(store);
  Effect.runSync(activate(self));
  const [gone, kept] = runsOf(store);
  expect(kept).toEqual(runs[0]);
  expect([gone?.id, gone?.state, gone?.settledAt]).toEqual(["gone", "cancelled", 5]);
  expect(messages).toEqual(['run gone is cancelled: no task "crop" is defined any more']);
});
