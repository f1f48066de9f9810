// Goal: what an occurrence makes of a trigger, noticed in time or too late. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import { at, cron, every, task, trigger } from "../../src/core/index.ts";
import { hour, Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });

describe("schedules", () => {
  test("the first occurrence is the first after the activation, and its cursor moves with the run", () => {
    const router = new Router(
      {
        tasks: [work],
        triggers: [
          trigger("t", { when: cron("0 * * * *"), run: work, input: (f) => f.occurrence.dueAt }),
        ],
      },
      hour / 2,
    );
    expect(router.route({ until: hour - 1 }).runs).toEqual([]);
    const { runs, cursors } = router.route({ until: hour });
    expect(runs.map(({ input, dueAt }) => [input, dueAt])).toEqual([[hour, hour]]);
    expect(cursors.map(({ at: cursor, nextAt }) => [cursor, nextAt])).toEqual([[hour, 2 * hour]]);
  });

  test("of what was missed the latest runs, and the rest is one skipped range", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: cron("0 * * * *"),
          run: work,
          input: (f) => f.occurrence.dueAt / hour,
        }),
      ],
    });
    router.route({ until: 5.5 * hour, now: 5.5 * hour });
    expect(router.runs.map(({ input }) => input)).toEqual([5]);
    expect(
      router.skips.map(({ from, to, count, reason }) => [from! / hour, to! / hour, count, reason]),
    ).toEqual([[1, 4, 4, "missed"]]);
  });

  test("an occurrence that is noticed just within missedAfter is on time, a millisecond later it is missed", () => {
    const late = (now: number) => {
      const when = every("10 s", { missed: "skip", missedAfter: "5 s" });
      const router = new Router({ tasks: [work], triggers: [trigger("t", { when, run: work })] });
      router.route({ until: now, now });
      return [router.runs.length, router.skips.length];
    };
    expect([late(15_000), late(15_001)]).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test("signals among what was missed do not part its range", () => {
    const when = every("10 s", { missed: "skip" });
    const router = new Router({ tasks: [work], triggers: [trigger("t", { when, run: work })] });
    const log = new Log();
    log.event("e", null, { at: 25_000 });
    log.event("e", null, { at: 45_000 });
    router.route({ signals: log.signals, until: 70_000, now: hour });
    expect(router.skips.map(({ from, to, count }) => [from, to, count])).toEqual([
      [10_000, 70_000, 7],
    ]);
  });

  test("the missed policy sees all that was missed, however small the pieces in which the log is read", () => {
    const app = {
      tasks: [work],
      triggers: [
        trigger("t", {
          when: cron("0 * * * *"),
          run: work,
          input: (f) => f.occurrence.dueAt / hour,
        }),
      ],
    };
    const router = new Router(app);
    for (const until of [1.5, 3.5, 5.5]) router.route({ until: until * hour, now: 5.5 * hour });
    expect(router.runs.map(({ input }) => input)).toEqual([5]);
    expect(router.skips.reduce((sum, { count }) => sum + count, 0)).toBe(4);
  });

  test.each([
    ["skip", {}, [], [[1, 5, 5, "missed"]]],
    ["all", {}, [1, 2, 3, 4, 5], []],
    ["all", { missedMax: 2 }, [4, 5], [[1, 3, 3, "missed"]]],
    ["all", { missedWithin: "2 h" }, [4, 5], [[1, 3, 3, "missed-too-old"]]],
    ["latest", { missedWithin: "20 min" }, [], [[1, 5, 5, "missed-too-old"]]],
  ] as const)("missed %s with %j", (missed, more, fired, skipped) => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: cron("0 * * * *", { missed, ...more }),
          run: work,
          input: (f) => f.occurrence.dueAt / hour,
        }),
      ],
    });
    router.route({ until: 5.5 * hour, now: 5.5 * hour });
    expect(router.runs.map(({ input }) => input)).toEqual(fired);
    expect(
      router.skips.map(({ from, to, count, reason }) => [from! / hour, to! / hour, count, reason]),
    ).toEqual(skipped);
  });

  test("at fires once, every from its anchor", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("once", { when: at(90_000), run: work }),
        trigger("often", { when: every("1 min", { anchor: 30_000 }), run: work }),
      ],
    });
    router.route({ until: 100_000 });
    router.route({ until: 200_000 });
    expect(router.runs.map(({ trigger: id, dueAt }) => [id, dueAt])).toEqual(
      [
        ["often", 30_000],
        ["often", 90_000],
        ["once", 90_000],
        ["often", 150_000],
      ].sort((one, other) => (one[1] as number) - (other[1] as number)),
    );
  });

  test("jitter makes each run wait a while of its own below the bound, the same whenever it is decided", () => {
    const when = cron("0 * * * *", { jitter: "10 min", missed: "all" });
    const delays = (): number[] => {
      const router = new Router({ tasks: [work], triggers: [trigger("t", { when, run: work })] });
      for (let count = 1; count <= 50; count++) router.route({ until: count * hour });
      return router.runs.map(({ dueAt, createdAt }) => dueAt - createdAt);
    };
    expect(new Set(delays()).size).toBeGreaterThan(40);
    expect(delays().every((delay) => delay >= 0 && delay < hour / 6)).toBe(true);
    expect(delays()).toEqual(delays());
  });
});

describe("what was decided of missed occurrences is not decided again by a router that reads the state anew", () => {
  test.each([
    ["one range", {}, 1],
    ["a range that is too old and one that is not", { missedWithin: "3 h" }, 2],
  ] as const)("%s", (_, options, ranges) => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", { when: cron("0 * * * *", { missed: "skip", ...options }), run: work }),
      ],
    });
    router.route({ until: 9.5 * hour });
    expect(router.skips).toHaveLength(ranges);
    router.reread();
    router.route({ until: 9.75 * hour });
    expect(router.skips).toHaveLength(ranges);
  });
});
