// Goal: the run that a firing owes, field by field: input, due instant, priority, scopes. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import {
  all,
  event,
  every,
  runIdOf,
  settled,
  task,
  trigger,
  type Trigger,
} from "../../src/core/index.ts";
import { hash32 } from "../../src/core/hash.ts";
import { Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const urgent = task({ id: "urgent", priority: 7, run: (input: unknown) => input });
const routerOf = (...triggers: readonly Trigger[]): Router =>
  new Router({ tasks: [work, urgent], triggers });

test("a run begins pending, due at once, never claimed, with the priority of its task and null for an input that nobody gives", () => {
  const router = routerOf(
    trigger("t", { when: event("e"), run: work }),
    trigger("u", { when: event("e"), run: urgent }),
  );
  router.route({ signals: [new Log().event("e", 1, { at: 500 })] });
  const id = runIdOf("t", ["e-1"]);
  expect(router.runs[0]).toStrictEqual({
    id,
    trigger: "t",
    task: "work",
    input: null,
    idempotencyKey: id,
    cause: ["e-1"],
    priority: 0,
    createdAt: 500,
    dueAt: 500,
    state: "pending",
    token: 0,
    attempt: 0,
    losses: 0,
    crashes: 0,
    concurrencyKey: null,
    expiresAt: null,
    owner: null,
    nonce: null,
    startedAt: null,
    settledAt: null,
    cancelRequested: false,
    outcome: null,
  });
  expect(router.runs[1]?.priority).toBe(7);
});

describe("jitter", () => {
  test("delays a run by a share that its id decides, never by the whole", () => {
    const router = routerOf(
      trigger("t", { when: every("1 min", { jitter: "10 s" }), run: work, input: null }),
    );
    for (let at = 60_000; at <= 1_200_000; at += 60_000) router.route({ until: at });
    const waits = router.runs.map(({ dueAt, createdAt }) => dueAt - createdAt);
    expect(waits).toEqual(router.runs.map(({ id }) => Math.floor((hash32(id) / 2 ** 32) * 10_000)));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThan(10_000);
    expect(new Set(waits).size).toBeGreaterThan(10);
  });

  test("of years is as exact as any", () => {
    const days = 86_400_000;
    const when = every("4000 d", { anchor: 0, jitter: "3650 d" });
    const router = routerOf(trigger("t", { when, run: work, input: null }));
    for (let n = 1; n <= 10; n++) router.route({ until: n * 4_000 * days });
    expect(router.runs.map(({ dueAt, createdAt }) => dueAt - createdAt)).toEqual(
      router.runs.map(({ id }) => Math.floor((hash32(id) / 2 ** 32) * 3_650 * days)),
    );
    expect(router.runs).toHaveLength(10);
  });

  test("of a schedule within a tree delays nothing", () => {
    const when = all([every("1 min", { jitter: "10 s" }), event("e")]);
    const router = routerOf(trigger("t", { when, run: work, input: null }));
    router.route({ signals: [new Log().event("e", null, { at: 1_000 })], until: 60_000 });
    expect(router.runs.map(({ dueAt }) => dueAt)).toEqual([60_000]);
  });
});

describe("a scope is settled", () => {
  /** `start` begins a root; x and y make a run each, of whatever run emitted them. */
  const watching = (): Router =>
    routerOf(
      trigger("start", { when: event("e"), run: work }),
      trigger("x", { when: event("x"), run: urgent }),
      trigger("y", { when: event("y"), run: urgent }),
      trigger("join", { when: all([event("a"), event("b")]), run: urgent }),
      trigger("done", { when: settled(work), run: urgent, input: (f) => f.status.run }),
    );

  test.each([
    ["routed one by one", 1],
    ["routed in pairs", 2],
    ["routed together", 10],
  ])("once, when the last of two runs that its root caused is over: %s", (_, size) => {
    const router = watching();
    const log = new Log();
    router.route({ signals: [log.event("e")] });
    const root = router.runs[0]!;
    log.event("x", null, { origin: root.id });
    log.event("y", null, { origin: root.id });
    router.route({ signals: log.signals.slice(1) });
    const [, x, y] = router.runs;
    log.status(root, "succeeded", { result: 1 });
    log.status(x!, "succeeded", { result: 1 });
    const last = log.status(y!, "failed", { error: { name: "E", message: "" } });
    const told: unknown[] = [];
    for (let from = 3; from < log.signals.length; from += size) {
      const { signals } = router.route({ signals: log.signals.slice(from, from + size) });
      told.push(...signals.map(({ signal }) => [router.state.watermark.seq, signal]));
    }
    expect(told).toEqual([
      [last.seq, expect.objectContaining({ run: root.id, state: "settled", task: "work" })],
    ]);
    expect(router.state.open.size).toBe(0);
    expect(router.state.scopesOf.size).toBe(0);
  });

  test("and stays so: what waited in a join before makes a run outside of it", () => {
    const router = watching();
    const log = new Log();
    router.route({ signals: [log.event("e")] });
    const root = router.runs[0]!;
    router.route({ signals: [log.event("a", null, { origin: root.id })] });
    const { signals } = router.route({ signals: [log.status(root, "succeeded", { result: 1 })] });
    expect(signals).toHaveLength(1);
    const joined = router.route({ signals: [log.event("b")] });
    expect(joined.runs).toMatchObject([{ trigger: "join" }]);
    expect(joined.open.put).toEqual([]);
  });
});
