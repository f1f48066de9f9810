// Goal: what one piece of the log makes of an app's triggers. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import {
  absent,
  type AppDefinition,
  all,
  any,
  at,
  cron,
  event,
  every,
  failure,
  result,
  settled,
  status,
  task,
  trigger,
} from "../../src/core/index.ts";
import { hour, Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });

describe("one leaf", () => {
  test("each of three events before one routing makes a run of its own, with its own input", () => {
    const router = new Router({
      tasks: [work],
      triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.payload })],
    });
    const log = new Log();
    for (const n of [1, 2, 3]) log.event("e", n);
    router.route({ signals: log.signals });
    expect(router.runs.map(({ input, cause }) => [input, cause])).toEqual([
      [1, ["e-1"]],
      [2, ["e-2"]],
      [3, ["e-3"]],
    ]);
  });

  test("a value filter that does not match makes no run", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: event<{ kind: string }>("e", { kind: "png" }),
          run: work,
          input: null,
        }),
      ],
    });
    const log = new Log();
    log.event("e", { kind: "jpg" });
    const { runs } = router.route({ signals: log.signals });
    expect(runs).toEqual([]);
  });

  test("a filter that throws becomes a skip of its own trigger and disturbs no other", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("bad", {
          when: event("e", () => {
            throw new RangeError("boom");
          }),
          run: work,
          input: null,
        }),
        trigger("promise", {
          when: event("e", (() => Promise.resolve(true)) as never),
          run: work,
          input: null,
        }),
        trigger("good", { when: event("e"), run: work, input: null }),
      ],
    });
    const log = new Log();
    log.event("e");
    router.route({ signals: log.signals });
    expect(router.runs.map((run) => run.trigger)).toEqual(["good"]);
    expect(router.skips.map((skip) => [skip.trigger, skip.reason, skip.detail])).toEqual([
      ["bad", "filtered-by-error", "RangeError: boom"],
      [
        "promise",
        "filtered-by-error",
        "TypeError: the predicate returned a promise, not a boolean; predicates are synchronous",
      ],
    ]);
  });

  test("an input that throws, or is not JSON, becomes a skip", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("throws", {
          when: event("e"),
          run: work,
          input: () => {
            throw new Error("no input");
          },
        }),
        trigger("bigint", { when: event("e"), run: work, input: () => ({ size: 1n }) }),
      ],
    });
    const log = new Log();
    log.event("e");
    router.route({ signals: log.signals });
    expect(router.skips.map((skip) => [skip.trigger, skip.reason, skip.detail])).toEqual([
      ["throws", "input-failed", "Error: no input"],
      ["bigint", "input-failed", "TypeError: input.size is a bigint, which is not JSON"],
    ]);
  });

  test("result, failure and status each hear their own part of a run's moves", () => {
    const router = new Router({
      tasks: [work, next],
      triggers: [
        trigger("source", { when: event("e"), run: work, input: null }),
        trigger("on-null", {
          when: result(work, { is: null as never }),
          run: next,
          input: (f) => f.result.result,
        }),
        trigger("on-big", {
          when: result(work, { where: (n) => (n as number) > 10 }),
          run: next,
          input: (f) => f.result.result,
        }),
        trigger("on-error", {
          when: failure(work, { error: ["RangeError", "TypeError"] }),
          run: next,
          input: (f) => f.failure.error.message,
        }),
        trigger("on-retry", {
          when: status(work, ["retrying", "running"]),
          run: next,
          input: (f) => f.status.state,
        }),
      ],
    });
    const log = new Log();
    for (let count = 0; count < 5; count++) log.event("e");
    router.route({ signals: log.signals });
    const [a, b, c, d, e] = router.runs.splice(0);
    const from = log.signals.length;
    log.status(a!, "succeeded", { result: null });
    log.status(b!, "succeeded", { result: 11 });
    log.status(c!, "failed", { error: { name: "RangeError", message: "r" } });
    log.status(d!, "retrying", { error: { name: "RangeError", message: "not yet" } });
    log.status(e!, "lost", { error: { name: "LostError", message: "gone" } });
    router.route({ signals: log.signals.slice(from) });
    expect(router.runs.map(({ trigger: id, input }) => [id, input])).toEqual([
      ["on-null", null],
      ["on-big", 11],
      ["on-error", "r"],
      ["on-retry", "retrying"],
    ]);
  });
});

describe("joins", () => {
  test("e, f, f fires an all of e and f once: one e is consumed once", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("e"), event("f")]),
          run: work,
          input: (f) => f.matches.map(({ leaf, id }) => [leaf, id]),
        }),
      ],
    });
    const log = new Log();
    log.event("e");
    log.event("f");
    log.event("f");
    for (const signal of log.signals) router.route({ signals: [signal] });
    expect(router.runs.map(({ input }) => input)).toEqual([
      [
        ["all.0", "e-1"],
        ["all.1", "f-2"],
      ],
    ]);
    expect(router.decisions.at(-1)?.waiting.put.map(({ heard }) => heard.id)).toEqual(["f-3"]);
  });

  test("a match is joined only with one of the same key", () => {
    const when = all([event<{ k: string }>("e"), event<{ k: string }>("f")]);
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when,
          run: work,
          by: (s) => (s._tag === "Event" ? s.payload.k : undefined),
          input: (f) => f.matches.map(({ id }) => id),
        }),
      ],
    });
    const log = new Log();
    log.event("e", { k: "x" });
    log.event("f", { k: "y" });
    log.event("f", { k: "x" });
    router.route({ signals: log.signals });
    expect(router.runs.map(({ input }) => input)).toEqual([["e-1", "f-3"]]);
  });

  test("take latest leaves the older ones as skips, take every hands over all of them", () => {
    const made = (take: "latest" | "every"): Router => {
      const router = new Router({
        tasks: [work],
        triggers: [
          trigger("t", {
            when: all([event("e"), event("f")]),
            take,
            run: work,
            input: (f) => f.matches.map(({ id }) => id),
          }),
        ],
      });
      const log = new Log();
      log.event("e");
      log.event("e");
      log.event("f");
      router.route({ signals: log.signals });
      return router;
    };
    const latest = made("latest");
    expect([
      latest.runs[0]?.input,
      latest.skips.map(({ signal, reason }) => [signal, reason]),
    ]).toEqual([["e-2", "f-3"], [["e-1", "superseded"]]]);
    expect(made("every").runs[0]?.input).toEqual(["e-1", "e-2", "f-3"]);
  });

  test("a match that has waited for `within` is a skip and joins nothing, even when both lie in one piece", () => {
    const app = {
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("e"), event("f")]),
          within: "10 s",
          run: work,
          input: null,
        }),
      ],
    };
    const log = new Log();
    log.event("e", null, { at: 1_000 });
    log.event("f", null, { at: 11_000 });
    const router = new Router(app);
    router.route({ signals: log.signals });
    expect(router.runs).toEqual([]);
    expect(router.skips.map(({ signal, reason, at: when }) => [signal, reason, when])).toEqual([
      ["e-1", "within-passed", 11_000],
    ]);
  });

  test("beyond waitingMax the oldest match is a skip", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("e"), event("f")]),
          waitingMax: 2,
          run: work,
          input: null,
        }),
      ],
    });
    const log = new Log();
    for (let count = 0; count < 3; count++) log.event("e");
    router.route({ signals: log.signals });
    expect(router.skips.map(({ signal, reason }) => [signal, reason])).toEqual([
      ["e-1", "waiting-full"],
    ]);
  });

  test("an any inside an all is satisfied by the branch that was complete first", () => {
    const when = all([any([event("a"), all([event("b"), event("c")])]), event("d")]);
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when,
          run: work,
          input: (f) => (f.matches as readonly { leaf: string }[]).map(({ leaf }) => leaf),
        }),
      ],
    });
    const log = new Log();
    for (const name of ["b", "c", "a", "d"]) log.event(name);
    router.route({ signals: log.signals });
    expect(router.runs[0]?.input).toEqual(["all.0.any.1.all.0", "all.0.any.1.all.1", "all.1"]);
  });

  test("one signal may fill several leaves of one firing and is named once in its cause", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("e"), event<number>("e", (n) => n > 1)]),
          run: work,
          input: null,
        }),
      ],
    });
    const log = new Log();
    log.event("e", 2);
    router.route({ signals: log.signals });
    expect(router.runs.map(({ cause }) => cause)).toEqual([["e-1"]]);
  });
});

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

test("a run that a person asked for, of a task that nobody defines, is a skip that says so", () => {
  const router = new Router({ tasks: [work], triggers: [] });
  const log = new Log();
  log.event("@wrok", 1, { id: "r" });
  log.event("@work", 1, { id: "r2" });
  router.route({ signals: log.signals });
  expect(router.runs.map(({ trigger: id }) => id)).toEqual(["@work"]);
  expect(
    router.skips.map(({ trigger: id, signal, reason, detail }) => [id, signal, reason, detail]),
  ).toEqual([["@wrok", "r", "retired", 'no task "wrok" is defined']]);
});

describe("delayed events and scopes", () => {
  test("a delayed event is heard at its instant, before what is stored then", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: event("e"),
          run: work,
          input: (f) => [f.event.payload as string, f.event.at],
        }),
      ],
    });
    const log = new Log();
    log.event("e", "late", { at: 1_000, dueAt: 5_000 });
    log.event("e", "now", { at: 5_000 });
    router.route({ signals: log.signals });
    expect(router.runs.map(({ input }) => input)).toEqual([
      ["late", 5_000],
      ["now", 5_000],
    ]);
  });

  test("of a log that is routed again in one piece, what runs caused belongs to them as it did", () => {
    const app: AppDefinition = {
      tasks: [work, next],
      triggers: [
        trigger("root", { when: event("go"), run: work, input: null }),
        trigger("child", { when: event("found"), run: next, input: null }),
        trigger("grandchild", { when: failure(next), run: next, input: null }),
        trigger("done", { when: settled(work), run: next, input: (f) => f.status.run }),
      ],
    };
    const router = new Router(app);
    const log = new Log();
    const told = ({ decisions, runs, state }: Router): unknown => ({
      runs: runs.map(({ id }) => id),
      signals: decisions.flatMap(({ signals }) => signals.map(({ id }) => id)),
      open: Object.fromEntries(
        [...state.open].map(([scope, rows]) => [scope, new Set(rows.keys())]),
      ),
    });
    const goOn = (): void => {
      router.route({ signals: log.signals.slice(router.state.watermark.seq) });
      const again = new Router(app);
      again.route({ signals: log.signals });
      expect(told(again)).toEqual(told(router));
    };
    log.event("go");
    goOn();
    const root = router.runs[0]!;
    log.event("found", 1, { origin: root.id });
    goOn();
    log.status(root, "succeeded", { result: null });
    goOn();
    log.status(router.runs[1]!, "failed", { error: { name: "Error", message: "" } });
    goOn();
    log.status(router.runs[2]!, "succeeded", { result: null });
    goOn();
    expect(router.decisions.at(-1)?.signals).toHaveLength(1);
  });

  test("settled is heard when the run and all that it caused are over, and not before", () => {
    const router = new Router({
      tasks: [work, next],
      triggers: [
        trigger("root", { when: event("go"), run: work, input: null }),
        trigger("child", { when: event("found"), run: next, input: null }),
        trigger("grandchild", { when: failure(next), run: next, input: null }),
        trigger("done", { when: settled(work), run: next, input: (f) => f.status.run }),
      ],
    });
    const log = new Log();
    const route = (): void =>
      void router.route({ signals: log.signals.slice(router.state.watermark.seq) });
    log.event("go");
    route();
    const root = router.runs[0]!;
    log.event("found", 1, { origin: root.id });
    log.event("found", 2, { origin: root.id });
    log.status(root, "succeeded", { result: null });
    route();
    const [, first, second] = router.runs;
    log.status(first!, "succeeded", { result: null });
    log.status(second!, "failed", { error: { name: "Error", message: "" } });
    route();
    const grandchild = router.runs[3]!;
    expect(grandchild.trigger).toBe("grandchild");
    expect(router.decisions.flatMap(({ signals }) => signals)).toEqual([]);
    log.status(grandchild, "succeeded", { result: null });
    route();
    const caused = router.decisions.flatMap(({ signals }) => signals);
    expect(caused.map(({ id }) => id)).toEqual([`status:${root.id}:1:settled`]);
    expect(router.state.open.size).toBe(0);
    log.status(root, "settled");
    route();
    expect(router.runs.at(-1)?.trigger).toBe("done");
    expect(router.runs.at(-1)?.input).toBe(root.id);
  });
});

test("an event that is stored after its delay is over happened when it was stored", () => {
  const router = new Router({
    tasks: [work],
    triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.at })],
  });
  router.route({ signals: [new Log().event("e", null, { at: 5_000, dueAt: 3_000 })] });
  expect(router.runs.map(({ input, createdAt }) => [input, createdAt])).toEqual([[5_000, 5_000]]);
});

test("of a signal that only answers a watch the trigger's own key is not asked", () => {
  const when = all([absent(event("b"), { within: "1 s", by: () => "x" }), event("c")]);
  const by = (): never => {
    throw new Error("asked");
  };
  const router = new Router({
    tasks: [work],
    triggers: [trigger("t", { when, by, run: work, input: null })],
  });
  router.route({ signals: [new Log().event("b")] });
  expect(router.skips).toEqual([]);
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

describe("matches wait in the order of their instants", () => {
  const pairs = (take?: "latest") =>
    new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("a"), event("b")]),
          run: work,
          input: null,
          ...(take && { take }),
        }),
      ],
    });

  test("also one that is heard behind a later one, because the clock was set back when it was stored", () => {
    const router = pairs();
    const log = new Log();
    log.event("a", null, { id: "delayed", at: 16_000, dueAt: 15_000 });
    log.event("a", null, { id: "later", at: 18_000 });
    router.route({ signals: log.signals, until: 20_000, now: 10_000 });
    router.route({ until: 20_000, now: 15_000 });
    for (const at of [21_000, 22_000]) log.event("b", null, { id: `b-${at}`, at });
    router.route({ signals: log.signals.slice(2), now: 22_000 });
    expect(router.runs.map(({ cause }) => cause)).toEqual([
      ["delayed", "b-21000"],
      ["later", "b-22000"],
    ]);
  });

  test("and all of them are consumed, however many they are", () => {
    for (let count = 1; count <= 9; count++) {
      const router = pairs("latest");
      const log = new Log();
      for (let index = 0; index < count; index++) log.event("a");
      log.event("b");
      router.route({ signals: log.signals });
      expect([router.runs.length, router.skips.length, router.state.waiting.size]).toEqual([
        1,
        count - 1,
        0,
      ]);
      expect(router.state.deadlines.size).toBe(0);
    }
  });
});
