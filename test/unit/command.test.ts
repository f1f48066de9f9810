// Goal: a command is read from the log as it was written, and what says nothing is refused with a line. Method: events by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import { at, event, every, runIdOf, task, trigger, type Json } from "../../src/core/index.ts";
import { commandOf, endless, eventOf, pauseEnd, type Command } from "../../src/core/command.ts";
import { Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });

/** What the command in the log leaves: lines of refusals. */
const refusals = (router: Router, name: string, payload: Json, instant = 100_000) => {
  const log = new Log();
  log.event(`@:${name}`, payload, { at: instant, id: `c-${router.skips.length}` });
  router.route({
    signals: log.signals.map((it) => ({ ...it, seq: router.state.watermark.seq + 1 })),
  });
  return router.skips.filter(({ reason }) => reason === "refused").map(({ detail }) => detail);
};
const routerOf = (when = every("1 ms", { missed: "skip", missedAfter: 0 })) =>
  new Router({ tasks: [work], triggers: [trigger("t", { when, run: work, input: null })] });

test.each<Command>([
  { _tag: "Pause", subject: { trigger: "t" }, until: null },
  { _tag: "Pause", subject: { task: "work" }, until: endless },
  { _tag: "Resume", subject: { task: "work" } },
  { _tag: "Backfill", trigger: "t", from: -endless, to: 7 },
  { _tag: "Rewind", to: 5 },
  { _tag: "Schedule", id: "made", when: every("1 s"), task: "work", input: { n: 1 } },
  { _tag: "Unschedule", id: "made" },
  { _tag: "Retry", run: "r", task: "work", input: null, idempotencyKey: "k" },
])("$_tag is read as it was written", (command) => {
  const { name, payload } = JSON.parse(JSON.stringify(eventOf(command)));
  expect(commandOf({ name, payload })).toEqual({ ok: true, value: command });
});

test.each<[string, Json, string]>([
  ["pause", { trigger: "t", until: 1.5 }, "until is 1.5; no instant"],
  ["pause", { trigger: "t", until: endless + 1 }, `until is ${endless + 1}; no instant`],
  ["pause", { trigger: "t", until: "1" }, 'until is "1"; no instant'],
  ["retry", { task: "work", idempotencyKey: "k" }, "it names no run, or no idempotency key"],
  ["retry", { run: "r", task: "work" }, "it names no run, or no idempotency key"],
  [
    "retry",
    { run: "r", task: "a b", idempotencyKey: "k" },
    'the id "a b" must be 1 to 100 letters, digits, dots, underscores or hyphens',
  ],
  ["retry", { run: "r", task: "gone", idempotencyKey: "k" }, 'no task "gone" is defined'],
])("%s %j is refused: %s", (name, payload, line) => {
  const router = new Router({
    tasks: [work],
    triggers: [trigger("t", { when: event("e"), run: work, input: null })],
  });
  expect(refusals(router, name, payload)).toEqual([line]);
  expect(router.runs).toEqual([]);
});

test("a retry owes a run of the same task, with the input and idempotency key it was told, caused by the command; without an input it is null", () => {
  const router = new Router({ tasks: [work], triggers: [] });
  const log = new Log();
  const told = { run: "r", task: "work", idempotencyKey: "first" };
  log.event("@:retry", { ...told, input: { n: 1 } }, { id: "c1" });
  log.event("@:retry", told, { id: "c2" });
  router.route({ signals: log.signals });
  expect(router.runs.map(({ id, input, idempotencyKey }) => [id, input, idempotencyKey])).toEqual([
    [runIdOf("@work", ["c1"]), { n: 1 }, "first"],
    [runIdOf("@work", ["c2"]), null, "first"],
  ]);
  expect(router.skips).toEqual([]);
});

test("a pause without end has none for people either; another has its instant", () => {
  expect([pauseEnd(endless), pauseEnd(1_000)]).toEqual([null, "1970-01-01T00:00:01.000Z"]);
});

describe("instants of commands, to the millisecond", () => {
  test("a pause until now has passed already, until later it has not", () => {
    const pause = (until: number) => refusals(routerOf(), "pause", { trigger: "t", until });
    expect(pause(100_000)).toEqual(["its end has passed"]);
    expect(pause(100_001)).toEqual([]);
  });

  test("a backfill has both its ends, up to now and no further, and at most 10,000 occurrences", () => {
    const backfill = (from: number, to: number) => {
      const router = routerOf(every("1 ms", { startAt: 50_000, missed: "skip", missedAfter: 0 }));
      const lines = refusals(router, "backfill", { trigger: "t", from, to });
      const owed = router.runs.map(({ cause }) => Number(cause[0]!.split("@").at(-1)));
      return [lines, owed.filter((due) => due < 100_000)];
    };
    expect(backfill(99_997, 99_999)).toEqual([[], [99_997, 99_998, 99_999]]);
    expect(backfill(99_999, 100_000)).toEqual([[], [99_999]]);
    expect(backfill(99_999, 100_001)).toEqual([["it reaches into the future"], []]);
    expect(backfill(80_000, 90_000)).toEqual([
      ["it names 10001 occurrences; 10000 are the most"],
      [],
    ]);
    expect((backfill(80_001, 90_000)[1] as number[]).length).toBe(10_000);
  });

  test("a pause that ends by itself has held what came before its end, and not what comes at it", () => {
    const router = routerOf(every("1 ms", { missed: "skip", missedAfter: 10 }));
    const log = new Log();
    log.event("@:pause", { trigger: "t", until: 1_005 }, { at: 1_000 });
    router.route({ signals: log.signals, until: 1_000 });
    router.route({ until: 1_007 });
    expect(router.skips.map(({ reason, from, to }) => [reason, from, to])).toEqual([
      ["missed", 1, 989],
      ["paused", 1_001, 1_004],
    ]);
    expect(router.runs.slice(-3).map(({ createdAt }) => createdAt)).toEqual([1_005, 1_006, 1_007]);
  });

  test("a rewind brings back a schedule that had nothing more to name", () => {
    const router = routerOf(at(50_000) as never);
    router.route({ until: 60_000 });
    expect(router.state.schedules.size).toBe(0);
    const log = new Log();
    log.event("@:rewind", { to: 40_000 }, { at: 60_000 });
    router.route({ signals: log.signals, now: 45_000 });
    expect([router.state.schedules.nextAt, router.skips]).toEqual([50_000, []]);
    expect(router.runs).toHaveLength(1);
  });
});

test("a signal of a name that begins as commands do says nothing else", () => {
  const router = new Router({
    tasks: [work],
    triggers: [trigger("e", { when: event("e"), run: work, input: null })],
  });
  expect(refusals(router, "dance", {})).toEqual(['"dance" is no command of this version']);
});
