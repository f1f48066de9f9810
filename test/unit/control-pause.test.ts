// Goal: a pause has its place in the log, keeps back what it says, and no more. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import { absent, all, cron, event, every, nextDueAt, task, trigger } from "../../src/core/index.ts";
import { hour, Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
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
