// Goal: a backfill owes what has no run yet, and no more. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import { all, cron, event, every, settled, task, trigger } from "../../src/core/index.ts";
import { hour, Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });

const hourly = (missed: "latest" | "all" = "all") =>
  new Router({
    tasks: [work],
    triggers: [trigger("t", { when: cron("0 * * * *", { missed }), run: work })],
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
