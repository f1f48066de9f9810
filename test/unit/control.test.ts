// Goal: what people tell a running system has its place in the log, and does what it says and no more. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import {
  absent,
  all,
  cron,
  event,
  every,
  nextDueAt,
  settled,
  task,
  trigger,
} from "../../src/core/index.ts";
import { isAnythingDue } from "../../src/core/agenda.ts";
import { hour, Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });
const minute = 60_000;

const hourly = (missed: "latest" | "all" = "all") =>
  new Router({
    tasks: [work],
    triggers: [trigger("t", { when: cron("0 * * * *", { missed }), run: work })],
  });

/** A skip without what is the same in all of these. */
const told = ({ skips }: Router) =>
  skips.map(({ trigger: of, signal, from, to, count, reason, at }) =>
    signal === null ? { of, from, to, count, reason, at } : { of, signal, reason, at },
  );

describe("a paused trigger", () => {
  test("fires at no occurrence of the pause; they become one skip when it is resumed, and nothing is made up for", () => {
    const router = hourly();
    const log = new Log();
    log.event("@:pause", { trigger: "t" }, { at: 1.5 * hour });
    log.event("@:resume", { trigger: "t" }, { at: 5 * hour });
    const [pause, resume] = log.signals;
    router.route({ signals: [pause!] });
    for (const until of [2 * hour, 3 * hour, 4.5 * hour]) router.route({ until });
    expect(router.state.schedules.size).toBe(0);
    router.route({ signals: [resume!] });
    router.route({ until: 6 * hour });
    expect(router.runs.map(({ createdAt }) => createdAt)).toEqual([hour, 6 * hour]);
    const range = { from: 2 * hour, to: 5 * hour, count: 4 };
    expect(told(router)).toEqual([{ of: "t", ...range, reason: "paused", at: 5 * hour }]);
  });

  test("goes on by itself at the end it was given, which is not paused any more", () => {
    const router = hourly();
    const log = new Log();
    log.event("@:pause", { trigger: "t", until: 4 * hour }, { at: 1.5 * hour });
    router.route({ signals: log.signals, until: 6 * hour });
    expect(router.runs.map(({ createdAt }) => createdAt)).toEqual(
      [1, 4, 5, 6].map((n) => n * hour),
    );
    expect(told(router)).toMatchObject([{ from: 2 * hour, to: 3 * hour, count: 2 }]);
  });

  test("is paused until the last end that was told, sooner or later than the first", () => {
    for (const [first, second] of [
      [3, 5],
      [5, 3],
    ] as const) {
      const router = hourly();
      const log = new Log();
      log.event("@:pause", { trigger: "t", until: first * hour }, { at: 0.5 * hour });
      log.event("@:pause", { trigger: "t", until: second * hour }, { at: 1.5 * hour });
      router.route({ signals: log.signals, until: 6 * hour });
      expect(router.runs.map(({ createdAt }) => createdAt / hour)).toEqual(
        second === 5 ? [5, 6] : [3, 4, 5, 6],
      );
    }
  });

  test("a second pause in the middle of the first leaves out nothing of what is skipped", () => {
    const router = hourly();
    const log = new Log();
    log.event("@:pause", { trigger: "t" }, { at: 1.5 * hour });
    log.event("@:pause", { trigger: "t" }, { at: 3.5 * hour });
    log.event("@:resume", { trigger: "t" }, { at: 5 * hour });
    router.route({ signals: log.signals });
    expect(told(router)).toMatchObject([{ from: 2 * hour, to: 5 * hour, count: 4 }]);
  });

  test("a pause that is stored while no engine runs begins where it was stored: what was missed before is told apart from what was paused", () => {
    const router = hourly("latest");
    const log = new Log();
    log.event("@:pause", { trigger: "t" }, { at: 3.5 * hour });
    log.event("@:resume", { trigger: "t" }, { at: 5.5 * hour });
    router.route({ signals: log.signals, until: 9 * hour, now: 9 * hour });
    expect(router.runs.map(({ createdAt }) => createdAt)).toEqual([8 * hour, 9 * hour]);
    expect(told(router).map((skip) => ("from" in skip ? skip : undefined))).toMatchObject([
      { reason: "missed", from: hour, to: 3 * hour, count: 3 },
      { reason: "paused", from: 4 * hour, to: 5 * hour, count: 2 },
      { reason: "missed", from: 6 * hour, to: 7 * hour, count: 2 },
    ]);
  });

  test("a pause at the very instant of an occurrence that was missed comes behind it", () => {
    const router = hourly();
    const log = new Log();
    log.event("@:pause", { trigger: "t" }, { at: 2 * hour });
    log.event("@:resume", { trigger: "t" }, { at: 4 * hour });
    router.route({ signals: log.signals, until: 4 * hour, now: 9 * hour });
    expect(router.runs.map(({ createdAt }) => createdAt)).toEqual([hour, 2 * hour]);
    expect(told(router)).toMatchObject([{ from: 3 * hour, to: 4 * hour, reason: "paused" }]);
    const skipping = new Router({
      tasks: [work],
      triggers: [trigger("t", { when: cron("0 * * * *", { missed: "skip" }), run: work })],
    });
    skipping.route({ signals: log.signals, until: 4 * hour, now: 9 * hour });
    expect(told(skipping).map(({ from, to, reason }) => [from, to, reason])).toEqual([
      [hour, 2 * hour, "missed"],
      [3 * hour, 4 * hour, "paused"],
    ]);
  });

  test("a pause at the very instant of the first that was missed comes behind that alone", () => {
    const router = new Router({
      tasks: [work],
      triggers: [trigger("t", { when: cron("0 * * * *", { missed: "skip" }), run: work })],
    });
    const log = new Log();
    log.event("@:pause", { trigger: "t" }, { at: hour });
    log.event("@:resume", { trigger: "t" }, { at: 4 * hour });
    router.route({ signals: log.signals, until: 4 * hour, now: 9 * hour });
    expect(told(router)).toMatchObject([
      { from: hour, to: hour, reason: "missed" },
      { from: 2 * hour, to: 4 * hour, reason: "paused" },
    ]);
  });

  test("a signal that answers one watch and would begin another is told of", () => {
    const when = all([
      absent(event("x"), { within: "1 s", after: event("a") }),
      absent(event("a"), { within: "1 h" }),
    ]);
    const router = new Router({
      tasks: [work],
      triggers: [trigger("t", { when, run: work, input: null })],
    });
    const log = new Log();
    log.event("@:pause", { trigger: "t" });
    log.event("a");
    router.route({ signals: log.signals });
    expect(router.skips.map(({ signal, reason }) => [signal, reason])).toEqual([["a-2", "paused"]]);
  });

  test("signals that satisfy it become skips, also delayed ones; those that don't are nothing", () => {
    const router = new Router({
      tasks: [work],
      triggers: [trigger("t", { when: event<{ n: number }>("e", { n: 1 }), run: work })],
    });
    const log = new Log();
    log.event("e", { n: 1 }, { id: "late", dueAt: 5_000 });
    log.event("@:pause", { trigger: "t" });
    log.event("e", { n: 1 }, { id: "one" });
    log.event("e", { n: 2 }, { id: "two" });
    log.event("@:resume", { trigger: "t" }, { at: 6_000 });
    log.event("e", { n: 1 }, { id: "after" });
    router.route({ signals: log.signals });
    expect(router.runs.map(({ cause }) => cause)).toEqual([["after"]]);
    expect(told(router)).toEqual([
      { of: "t", signal: "one", reason: "paused", at: 3_000 },
      { of: "t", signal: "late", reason: "paused", at: 5_000 },
    ]);
  });

  test("what waits in its joins stays there", () => {
    const router = new Router({
      tasks: [work],
      triggers: [trigger("t", { when: all([event("a"), event("b")]), run: work })],
    });
    const log = new Log();
    log.event("a", null, { id: "a" });
    log.event("@:pause", { trigger: "t" });
    log.event("b", null, { id: "paused" });
    log.event("@:resume", { trigger: "t" });
    log.event("b", null, { id: "b" });
    router.route({ signals: log.signals });
    expect(router.runs.map(({ cause }) => cause)).toEqual([["a", "b"]]);
  });

  test("is still paused for a router that reads the state anew, and others are not", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", { when: every("1 h"), run: work }),
        trigger("other", { when: every("1 h"), run: work }),
      ],
    });
    const log = new Log();
    log.event("@:pause", { trigger: "t" }, { at: 30 * minute });
    router.route({ signals: log.signals });
    router.reread();
    router.route({ until: 2 * hour });
    expect(router.runs.map((run) => run.trigger)).toEqual(["other", "other"]);
    log.event("@:resume", { trigger: "t" }, { at: 2.5 * hour });
    router.route({ signals: log.signals.slice(1) });
    expect(told(router)).toMatchObject([{ from: hour, to: 2 * hour, count: 2 }]);
  });
});

test("runs of a paused task are owed as ever", () => {
  const router = hourly();
  const log = new Log();
  log.event("@:pause", { task: "work" });
  router.route({ signals: log.signals, until: hour });
  expect(router.runs).toHaveLength(1);
  expect(router.skips).toEqual([]);
});

test("a pause without end does not count as something that is due", () => {
  const router = new Router({ tasks: [work], triggers: [] });
  const log = new Log();
  log.event("@:pause", { task: "work" });
  router.route({ signals: log.signals });
  expect(nextDueAt(router.state)).toBeUndefined();
});

test.each([
  ["@:pause", { trigger: "none" }, 'no trigger "none" is defined'],
  ["@:pause", { task: "none", until: null }, 'no task "none" is defined'],
  ["@:pause", { trigger: "t", until: 500 }, "its end has passed"],
  ["@:pause", { trigger: "t", until: "soon" }, 'until is "soon"; no instant'],
  ["@:pause", { trigger: "t", task: "work" }, "it names neither a trigger nor a task, or both"],
  ["@:resume", { trigger: "a b" }, 'the id "a b" must be 1 to 100 letters'],
  ["@:resume", null, 'the payload of "@:resume" is null; it is an object'],
  ["@:backfill", { trigger: "t", from: 0, to: 2_000 }, "it reaches into the future"],
  ["@:backfill", { trigger: "none", from: 0, to: 1 }, 'no trigger "none" is defined'],
  ["@:backfill", { trigger: "t", from: 0 }, "to is undefined; no instant"],
  ["@:backfill", { trigger: "t", from: "0", to: 1 }, 'from is "0"; no instant'],
  ["@:backfill", { trigger: "t", from: -1e15, to: 1 }, "it names 277777778 occurrences; 10000 are"],
  ["@:backfill", { trigger: "@work", from: 0, to: 1 }, 'the id "@work" must be'],
  ["@:rewind", { to: 2_000 }, "it lies ahead of the log"],
  ["@:rewind", {}, "to is undefined; no instant"],
  ["@:dance", {}, '"dance" is no command of this version'],
  ["@:toString", {}, '"toString" is no command of this version'],
])("the command %s with %j is a skip that says why, and changes nothing", (name, payload, line) => {
  const router = hourly();
  const log = new Log();
  log.event(name, payload, { id: "c" });
  const { deadlines, cursors } = router.route({ signals: log.signals });
  expect({ deadlines, cursors }).toEqual({ deadlines: { put: [], remove: [] }, cursors: [] });
  expect(router.skips).toMatchObject([{ trigger: name, signal: "c", reason: "refused" }]);
  expect(router.skips[0]?.detail).toContain(line);
});

test("each command that is refused is a skip of its own", () => {
  const router = hourly();
  const log = new Log();
  for (const id of ["one", "two"]) log.event("@:dance", {}, { id });
  router.route({ signals: log.signals });
  expect(new Set(router.skips.map(({ id }) => id)).size).toBe(2);
});

test("the end of what is not paused is nothing, and no skip", () => {
  const router = hourly();
  const log = new Log();
  log.event("@:resume", { trigger: "t" });
  expect(router.route({ signals: log.signals })).toMatchObject({ skips: [], cursors: [] });
});

describe("a backfill", () => {
  test("may owe again what it owes itself, and nothing that came before it in the piece", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", { when: cron("0 * * * *"), run: work }),
        trigger("e", { when: event("e"), run: work, input: null }),
      ],
    });
    const log = new Log();
    log.event("e", null, { at: 2.5 * hour });
    log.event("@:backfill", { trigger: "t", from: hour, to: hour }, { at: 2.5 * hour });
    const { again, runs } = router.route({ signals: log.signals });
    expect(runs.map((run) => run.trigger)).toEqual(["t", "e", "t"]);
    expect(again).toEqual([runs[2]?.id]);
  });

  test("and a rewind begin behind what is forgotten of the trigger's runs", () => {
    const forgotten = { t: 2 * hour };
    const backfilled = (from: number) => {
      const router = hourly();
      const log = new Log();
      router.route({ until: 3 * hour });
      log.event("@:backfill", { trigger: "t", from, to: 3 * hour }, { at: 3.5 * hour });
      router.route({ signals: log.signals, forgotten });
      return router.skips.map(({ reason }) => reason);
    };
    expect([2 * hour, 2 * hour + 1].map(backfilled)).toEqual([["refused"], []]);
    const router = hourly();
    const log = new Log();
    router.route({ until: 3 * hour });
    log.event("@:rewind", { to: 0.5 * hour }, { at: 3.5 * hour });
    const { again } = router.route({ signals: log.signals, forgotten });
    expect(again.length).toBe(0);
    const { again: later } = router.route({ until: 3.75 * hour, now: 3 * hour, forgotten });
    expect(later).toEqual([]);
  });

  test("owes a run for each occurrence from the first to the last, both included, that has none; ids are those of the time", () => {
    const inTime = hourly("latest");
    for (const n of [1, 2, 3, 4, 5, 6]) inTime.route({ until: n * hour });
    const router = hourly("latest");
    router.route({ until: 6 * hour });
    expect(router.runs.map(({ createdAt }) => createdAt / hour)).toEqual([5, 6]);
    const log = new Log();
    log.event("@:backfill", { trigger: "t", from: 2 * hour, to: 5 * hour }, { at: 6.5 * hour });
    const { again } = router.route({ signals: log.signals });
    expect(again).toHaveLength(3);
    expect(router.runs.map(({ id, dueAt }) => [id, dueAt / hour])).toEqual([
      [inTime.runs[4]!.id, 5],
      [inTime.runs[5]!.id, 6],
      ...[1, 2, 3].map((n) => [inTime.runs[n]!.id, 6.5]),
    ]);
  });

  test("owes nothing again that the same piece of the log has owed: by its schedule, or by another backfill", () => {
    const router = hourly();
    const log = new Log();
    log.event("@:backfill", { trigger: "t", from: hour, to: 2 * hour }, { at: 2 * hour });
    log.event("@:backfill", { trigger: "t", from: 0, to: 2 * hour }, { at: 2.5 * hour });
    router.route({ signals: log.signals, now: 2.5 * hour });
    const ids = router.runs.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(2);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("changes nothing about what is due next, and is not held by a pause", () => {
    const router = hourly();
    const log = new Log();
    log.event("@:pause", { trigger: "t" }, { at: 1_000 });
    log.event("@:backfill", { trigger: "t", from: hour, to: 2 * hour }, { at: 3.5 * hour });
    const { cursors } = router.route({ signals: log.signals.slice(0, 1) });
    expect(cursors).toHaveLength(1);
    expect(router.route({ signals: log.signals.slice(1) })).toMatchObject({
      cursors: [],
      skips: [],
    });
    expect(router.runs).toHaveLength(2);
  });

  test.each([
    ["an event", event("e")],
    ["a schedule and an event", all([cron("0 * * * *"), event("e")])],
    ["two schedules", all([cron("0 * * * *"), every("1 h")])],
  ])("of a trigger that waits for %s is refused", (_, when) => {
    const router = new Router({ tasks: [work], triggers: [trigger("t", { when, run: work })] });
    const log = new Log();
    log.event("@:backfill", { trigger: "t", from: 0, to: 1 });
    router.route({ signals: log.signals });
    expect(router.skips).toMatchObject([
      {
        reason: "refused",
        detail: 'the trigger "t" waits for more, or other things, than one schedule',
      },
    ]);
  });

  test("of a task that `settled` watches leaves the scopes of runs that are over alone", () => {
    const router = new Router({
      tasks: [work, next],
      triggers: [
        trigger("t", { when: cron("0 * * * *"), run: work }),
        trigger("after", { when: settled(work), run: next }),
      ],
    });
    router.route({ until: hour });
    const log = new Log(hour);
    log.status(router.runs[0]!, "succeeded");
    router.route({ signals: log.signals });
    log.status(router.runs[0]!, "settled");
    log.event("@:backfill", { trigger: "t", from: hour, to: hour });
    router.route({ signals: log.signals.slice(1) });
    expect([...router.state.open.keys()]).toEqual([]);
  });
});

describe("after the clock was set back", () => {
  const setBack = () => {
    const router = hourly();
    router.route({ until: 10 * hour });
    return { router, log: new Log(10 * hour - 1_000), fired: router.runs.length };
  };

  test("a rewind lets schedules fire as the clock passes their instants, before the log's own time is reached; what has run does not run again", () => {
    const { router, log, fired } = setBack();
    log.event("@:rewind", { to: 7.5 * hour });
    router.route({ signals: log.signals, until: 10 * hour, now: 7.5 * hour });
    expect(isAnythingDue(router.state, { until: 10 * hour, now: 7.9 * hour })).toBe(false);
    expect(isAnythingDue(router.state, { until: 10 * hour, now: 8 * hour })).toBe(true);
    expect(router.route({ until: 10 * hour, now: 8 * hour }).again).toEqual([]);
    router.reread();
    router.route({ until: 10 * hour, now: 9.5 * hour });
    router.route({ until: 11 * hour, now: 11 * hour });
    expect(router.runs.slice(fired).map(({ createdAt }) => createdAt / hour)).toEqual([11]);
  });

  test("a rewind and a backfill undo nothing that flow control has decided", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: cron("0 * * * *", { missed: "all" }),
          run: work,
          batch: { size: 3, within: "12 h" },
        }),
      ],
    });
    router.route({ until: 5 * hour, now: 5 * hour });
    expect(router.runs.map(({ cause }) => cause.length)).toEqual([3]);
    const log = new Log(5 * hour - 1_000);
    log.event("@:rewind", { to: 1.5 * hour });
    log.event("@:backfill", { trigger: "t", from: hour, to: 2 * hour }, { at: 5 * hour + 1 });
    router.route({ signals: log.signals, now: 1.5 * hour });
    router.route({ until: 6 * hour, now: 6 * hour });
    expect(router.skips).toMatchObject([{ reason: "refused" }]);
    const causes = router.runs.flatMap(({ cause }) => cause);
    expect([causes.length, new Set(causes).size]).toEqual([6, 6]);
  });

  test("a rewind lets an occurrence run that was skipped, and leaves schedules alone that lie behind the clock", () => {
    const router = new Router({
      tasks: [work],
      triggers: [trigger("t", { when: cron("0 * * * *", { missed: "skip" }), run: work })],
    });
    router.route({ until: 10 * hour, now: 10.5 * hour });
    const log = new Log(10 * hour - 1_000);
    log.event("@:rewind", { to: 10 * hour - 1 });
    log.event("@:rewind", { to: 7.5 * hour });
    router.route({ signals: log.signals.slice(0, 1), until: 10 * hour, now: 10 * hour - 1 });
    expect(router.decisions.at(-1)?.cursors).toHaveLength(1);
    router.route({ signals: log.signals.slice(1), until: 10 * hour, now: 7.5 * hour });
    router.route({ until: 10 * hour, now: 8 * hour });
    expect(router.runs.map(({ cause }) => cause[0]?.endsWith(`@${8 * hour}`))).toEqual([true]);
  });

  test("in a join, an occurrence that waits still is not heard twice, and one that comes back is consumed in the order of instants", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([every("1 h", { missed: "all" }), event("e")]),
          run: work,
          take: "every",
        }),
      ],
    });
    router.route({ until: 3 * hour });
    const log = new Log(3 * hour - 1_000);
    log.event("@:rewind", { to: 1.5 * hour });
    log.event("e");
    router.route({ signals: log.signals.slice(0, 1), until: 3 * hour, now: 2 * hour });
    expect([...router.state.waiting.values()][0]?.[0]).toHaveLength(3);
    router.route({ signals: log.signals.slice(1), now: 2 * hour });
    expect(router.runs.map(({ cause }) => cause.length)).toEqual([4]);
    expect(router.state.waiting.size).toBe(0);
    router.reread();
    expect(router.state.waiting.size).toBe(0);
  });

  test("what a rewind brings back too late stands as it was decided: it is in no second skip", () => {
    const router = new Router({
      tasks: [work],
      triggers: [trigger("t", { when: every("1 h"), run: work })],
    });
    for (let at = 1; at <= 10; at++) router.route({ until: at * hour });
    const log = new Log(10 * hour - 1_000);
    log.event("@:rewind", { to: 6.5 * hour });
    // Nobody has routed for two hours since.
    const { runs, skips } = router.route({ signals: log.signals, now: 8.5 * hour });
    expect([runs, skips]).toEqual([[], []]);
    router.route({ until: 10 * hour, now: 9 * hour });
    router.route({ until: 11 * hour, now: 11 * hour });
    expect(router.skips).toEqual([]);
    expect(router.runs.map(({ createdAt }) => createdAt / hour)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
  });

  test("what came at the very end of the log, or just within what is on time, is told apart to the millisecond", () => {
    const when = every("1 ms", { startAt: 5_000, missed: "skip", missedAfter: 5 });
    const router = new Router({ tasks: [work], triggers: [trigger("t", { when, run: work })] });
    router.route({ until: 5_003, now: 5_003 });
    router.route({ until: 5_010, now: 5_010 });
    const log = new Log();
    log.event("@:rewind", { to: 5_000 }, { at: 5_010 });
    router.route({ signals: log.signals, now: 5_000 });
    const [ran, skipped] = [router.runs.length, router.skips.length];
    expect([ran, skipped]).toEqual([10, 1]);
    // 5,004 and later are on time now; of them 5,004 alone was skipped before.
    router.route({ until: 5_010, now: 5_009 });
    expect(router.runs.slice(ran).map(({ createdAt }) => createdAt)).toEqual([5_004]);
    expect(router.skips.length).toBe(skipped);
    router.route({ until: 5_030, now: 5_030 });
    expect(router.skips.slice(skipped).map(({ from, to }) => [from, to])).toEqual([[5_011, 5_024]]);
    expect(router.runs.slice(ran + 1).map(({ createdAt }) => createdAt)).toEqual([
      5_025, 5_026, 5_027, 5_028, 5_029, 5_030,
    ]);
  });

  test("in a join no occurrence is heard twice, be it consumed or waiting", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", { when: all([every("1 h", { missed: "all" }), event("e")]), run: work }),
      ],
    });
    router.route({ until: 3 * hour });
    const log = new Log(3 * hour - 1_000);
    log.event("e");
    log.event("@:rewind", { to: 0.5 * hour });
    for (let count = 0; count < 3; count++) log.event("e");
    router.route({ signals: log.signals.slice(0, 2), now: hour });
    router.route({ signals: log.signals.slice(2), now: 3 * hour });
    const instants = router.runs.map(({ cause }) => Number(cause[0]?.split("@").at(-1)) / hour);
    expect(instants).toEqual([1, 2, 3]);
  });

  test("a rewind in one piece with the signals that came before the clock was set back brings back what that piece has fired", () => {
    const { router, fired } = setBack();
    const log = new Log(11 * hour - 1_000);
    log.event("e");
    log.event("@:rewind", { to: 10.5 * hour }, { at: 11 * hour });
    router.route({ signals: log.signals, now: 10.6 * hour });
    expect(router.runs).toHaveLength(fired + 1);
    expect(router.route({ until: 11 * hour, now: 11 * hour }).cursors).toHaveLength(1);
    expect(router.runs).toHaveLength(fired + 1);
  });

  test("a rewind brings back no watch that an occurrence has begun: it may have been answered, or its absence have run", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: absent(event("e"), { within: "500 ms", after: every("7 s") }),
          run: work,
        }),
      ],
    });
    const log = new Log();
    log.event("e", null, { at: 21_400 });
    router.route({ signals: log.signals });
    router.route({ until: 30_500 });
    expect(router.runs).toHaveLength(3);
    log.event("@:pause", { trigger: "t" }, { at: 30_800 });
    log.event("@:resume", { trigger: "t" }, { at: 30_900 });
    log.event("@:rewind", { to: 20_000 }, { at: 31_000 });
    const { again, runs, skips } = router.route({ signals: log.signals.slice(1) });
    expect([again, runs, skips]).toEqual([[], [], []]);
    router.route({ until: 35_500 });
    expect(router.runs).toHaveLength(4);
  });

  test("a rewind moves no schedule that has come no further, and brings a paused one back as well", () => {
    const { router, log } = setBack();
    log.event("@:rewind", { to: 10 * hour });
    log.event("@:pause", { trigger: "t" });
    log.event("@:rewind", { to: 8 * hour });
    log.event("@:resume", { trigger: "t" });
    const [first, ...others] = log.signals;
    expect(router.route({ signals: [first!] }).cursors).toEqual([]);
    router.route({ signals: others });
    expect(router.skips).toMatchObject([{ reason: "paused", from: 9 * hour, to: 10 * hour }]);
  });

  test("a run is due at once, and a delayed event after its delay, not when the clock has caught up", () => {
    const { router, log, fired } = setBack();
    const [now, at] = [5 * hour, 10 * hour];
    const listening = new Router({
      tasks: [work],
      triggers: [trigger("t", { when: event("e"), run: work })],
    });
    expect(fired).toBe(10);
    log.event("e", null, { at, id: "now" });
    log.event("e", null, { at, id: "late", dueAt: now + 5_000 });
    listening.route({ signals: log.signals, until: at, now });
    expect(listening.runs.map(({ cause, dueAt }) => [cause[0], dueAt])).toEqual([["now", now]]);
    expect(isAnythingDue(listening.state, { until: at, now: now + 4_999 })).toBe(false);
    listening.route({ until: at, now: now + 5_000 });
    expect(listening.runs[1]).toMatchObject({ cause: ["late"], dueAt: now + 5_000 });
    expect(router.state.watermark.at).toBe(at);
  });
});
