// Goal: where the clock was set back, a rewind brings back what it says, and undoes nothing that was decided. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import { absent, all, cron, event, every, task, trigger } from "../../src/core/index.ts";
import { isAnythingDue } from "../../src/core/agenda.ts";
import { hour, Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });

const hourly = (missed: "latest" | "all" = "all") =>
  new Router({
    tasks: [work],
    triggers: [trigger("t", { when: cron("0 * * * *", { missed }), run: work })],
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
