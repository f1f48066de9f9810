// Goal: schedules made at run time obey the rules of defined ones, survive restarts, and give way to definitions. Method: logs by hand, then the real engine in virtual time.
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { cron, definitionsOf, detent, every, task, trigger } from "../../src/core/index.ts";
import type { AppDefinition, Schedule } from "../../src/core/index.ts";
import {
  backfillIn,
  pauseIn,
  scheduleIn,
  unscheduleIn,
  type MadeSchedule,
} from "../../src/runtime/control.ts";
import { hour, Log, Router } from "../support/deciding.ts";
import { start, World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const other = task({ id: "other", run: (input: unknown) => input });
const app: AppDefinition = {
  tasks: [work],
  triggers: [trigger("defined", { when: cron("0 0 1 1 *"), run: work })],
};
const making = (when: Schedule, input: unknown = null, id = "m") => ({
  id,
  when,
  task: "work",
  input,
});
const firedBy = ({ runs }: Router) => runs.map(({ createdAt, input }) => [createdAt / hour, input]);

describe("a schedule that is made", () => {
  test("fires from its making on, with its input, until it is ended", () => {
    const router = new Router(app);
    const log = new Log();
    log.event("@:schedule", making(every("1 h"), { a: 1 }), { at: 2 * hour });
    log.event("@:unschedule", { id: "m" }, { at: 4.5 * hour });
    router.route({ signals: log.signals.slice(0, 1) });
    router.route({ until: 3 * hour });
    router.reread();
    router.route({ until: 4 * hour });
    router.route({ signals: log.signals.slice(1), until: 9 * hour });
    expect(firedBy(router)).toEqual([
      [3, { a: 1 }],
      [4, { a: 1 }],
    ]);
    expect(router.state.schedules.size).toBe(1);
    router.reread();
    expect(router.state.made.size).toBe(0);
  });

  test("takes the place of the one that was made under its id: by another rule, or by the same with another input", () => {
    for (const when of [every("1 h"), every("30 min")]) {
      const router = new Router(app);
      const log = new Log();
      log.event("@:schedule", making(every("1 h"), "old"), { at: 0.25 * hour });
      log.event("@:schedule", making(when, "new"), { at: 1.25 * hour });
      for (const signal of log.signals) router.route({ signals: [signal] });
      router.reread();
      router.route({ until: 2 * hour });
      const then = when.duration === "1 h" ? [2] : [1.5, 2];
      expect(firedBy(router)).toEqual([[1, "old"], ...then.map((at) => [at, "new"])]);
      expect(router.state.schedules.size).toBe(2);
    }
  });

  test("takes that place within one piece as well", () => {
    const router = new Router(app);
    const log = new Log();
    log.event("@:schedule", making(every("1 h"), "old"), { at: 0.25 * hour });
    log.event("@:schedule", making(every("30 min"), "new"), { at: 1.25 * hour });
    log.event("@:schedule", making(every("1 h"), "newest"), { at: 1.75 * hour });
    const { cursorsRemoved } = router.route({ signals: log.signals, until: 2 * hour });
    expect(firedBy(router)).toEqual([
      [1, "old"],
      [1.5, "new"],
      [2, "newest"],
    ]);
    expect(cursorsRemoved).toHaveLength(1);
    router.reread();
    expect(router.state.schedules.size).toBe(2);
  });

  test.each([
    ["one piece", true],
    ["several pieces", false],
  ])(
    "can be paused; what it named meanwhile is recorded when it is ended or replaced: in %s",
    (_, together) => {
      const router = new Router(app);
      const log = new Log();
      log.event("@:schedule", making(every("1 h")), { at: 0.5 * hour });
      log.event("@:pause", { trigger: "m" }, { at: 0.6 * hour });
      log.event("@:schedule", making(every("1 h"), 2), { at: 2.5 * hour });
      log.event("@:unschedule", { id: "m" }, { at: 3.5 * hour });
      for (const signal of together ? [] : log.signals) router.route({ signals: [signal] });
      router.route({ signals: together ? log.signals : [], until: 9 * hour });
      expect(router.runs).toEqual([]);
      expect(router.state.held.size).toBe(0);
      expect(router.skips).toMatchObject([
        { trigger: "m", reason: "paused", from: hour, to: 2 * hour, count: 2 },
        { trigger: "m", reason: "paused", from: 3 * hour, to: 3 * hour, count: 1 },
      ]);
    },
  );

  test("can be rewound and backfilled", () => {
    const router = new Router(app);
    const log = new Log();
    log.event("@:schedule", making(every("1 h", { missed: "skip" })), { at: 1_000 });
    router.route({ signals: log.signals });
    router.route({ until: 5 * hour });
    log.event("@:backfill", { trigger: "m", from: hour, to: 2 * hour }, { at: 5.5 * hour });
    log.event("@:rewind", { to: 3.5 * hour }, { at: 5.5 * hour });
    router.route({ signals: log.signals.slice(1), now: 4 * hour });
    expect(router.runs.map(({ cause }) => Number(cause[0]?.split("@").at(-1)) / hour)).toEqual([
      5, 1, 2, 4,
    ]);
  });
});

test.each([
  ["@:schedule", { ...making(every("1 h")), id: "defined" }, 'the trigger "defined" is defined'],
  ["@:schedule", { ...making(every("1 h")), task: "no" }, 'no task "no" is defined'],
  ["@:schedule", { ...making(every("1 h")), id: "a b" }, 'the id "a b" must be'],
  ["@:schedule", { ...making(every("1 h")), task: 7 }, "the id 7 must be"],
  ["@:schedule", { ...making(every("1 h")), when: null }, "null is no schedule"],
  ["@:schedule", making(cron("61 * * * *")), 'minute "61" is out of range'],
  ["@:unschedule", { id: "m" }, 'no schedule was made under the id "m"'],
  ["@:unschedule", {}, "the id undefined must be"],
])("the command %s with %j is a skip that says why, and changes nothing", (name, payload, line) => {
  const router = new Router(app);
  const log = new Log();
  log.event(name, payload, { id: "c" });
  const { made, cursors, cursorsRemoved } = router.route({ signals: log.signals });
  expect({ made, cursors, cursorsRemoved }).toEqual({
    made: { put: [], remove: [] },
    cursors: [],
    cursorsRemoved: [],
  });
  expect(router.skips).toMatchObject([{ trigger: name, signal: "c", reason: "refused" }]);
  expect(router.skips[0]?.detail).toContain(line);
});

test("one that has ended is rewound no more, in the same piece of the log either", () => {
  const router = new Router(app);
  const log = new Log();
  log.event("@:schedule", making(every("1 h")), { at: 1_000 });
  router.route({ signals: log.signals, until: 1_000 });
  log.event("@:unschedule", { id: "m" }, { at: 2_000 });
  log.event("@:rewind", { to: 0 }, { at: 3_000 });
  router.route({ signals: log.signals.slice(1), until: 2 * hour });
  expect([router.runs, router.skips]).toEqual([[], []]);
});

test.each([
  ["is known to be over", ["first"]],
  ["is not over", []],
])(
  "one that minds runs and takes the place of one that did not minds those that go on: the first %s",
  (_, over) => {
    const router = new Router(app);
    const log = new Log();
    log.event("@:schedule", making(every("1 h")), { at: 1_000 });
    log.event("@:schedule", making(every("1 h", { overlap: "skip" })), { at: 1.25 * hour });
    router.route({ signals: log.signals.slice(0, 1), until: hour });
    if (over.length > 0) log.status(router.runs[0]!, "succeeded", { at: 1.5 * hour });
    router.reread();
    router.route({ signals: log.signals.slice(1), until: 2 * hour });
    expect(router.runs).toHaveLength(over.length > 0 ? 2 : 1);
    expect(router.skips.map(({ reason, from }) => [reason, from])).toEqual(
      over.length > 0 ? [] : [["overlap", 2 * hour]],
    );
  },
);

test("what waits for its turn is retired where nobody can read its schedule any more, and its scope is settled", () => {
  const router = new Router(app);
  const log = new Log();
  log.event("@:schedule", making(every("1 h", { overlap: "bufferAll" })), { at: 1_000 });
  router.route({ signals: log.signals });
  for (const until of [1, 2, 3]) router.route({ until: until * hour });
  expect([router.runs.length, router.skips]).toEqual([1, []]);
  router.state.made.delete("m"); // as it is where another version has written the row
  const ended = log.status(router.runs[0]!, "succeeded", { at: 3.5 * hour });
  router.route({ signals: [ended] });
  expect(router.skips.map(({ reason, from }) => [reason, from])).toEqual([
    ["retired", 2 * hour],
    ["retired", 3 * hour],
  ]);
  expect([router.state.deadlines.size, router.state.firings.size]).toEqual([0, 0]);
});

describe("with engines", () => {
  const known = definitionsOf(detent(app));
  const make = (world: World, id: string, made: MadeSchedule<any>) =>
    world.run(
      Effect.match(scheduleIn(world.store, id, made, {}, known), {
        onSuccess: ({ status }) => status as string,
        onFailure: ({ message }) => message,
      }),
    );
  const inputs = (world: World) => world.runs().map(({ input }) => input);

  test("it survives a restart, is missed by the rules, and a pause and a backfill know it", () => {
    const world = new World();
    const { engine } = world.engine(app, "a");
    expect(make(world, "m", { when: every("1 min"), run: work, input: 7 })).toBe("accepted");
    world.pass(2 * 60_000);
    world.run(engine.drain);
    world.pass(hour);
    world.engine(app, "b");
    world.pass(1_000);
    expect(inputs(world)).toEqual([7, 7, 7, 7]);
    expect(world.skips()).toMatchObject([{ trigger: "m", reason: "missed", count: 58 }]);
    expect(world.run(pauseIn(world.store, { trigger: "m" }, {}, known)).status).toBe("accepted");
    const range = { from: start, to: start + 5 * 60_000 };
    expect(world.run(backfillIn(world.store, "m", range, known)).count).toBe(5);
    world.pass(hour);
    expect(inputs(world)).toHaveLength(7);
    world.run(unscheduleIn(world.store, "m"));
    world.pass(1_000);
    expect(world.run(world.store.list("cursor", { limit: 9 })).rows).toMatchObject([
      { trigger: "defined" },
    ]);
  });

  test("a definition of its id takes its place, with a record; so does the end of its task", () => {
    const world = new World();
    world.engine(app, "a");
    make(world, "taken", { when: every("1 min"), run: work, input: "made" });
    make(world, "gone", { when: every("1 min"), run: work, input: "made" });
    make(world, "stays", { when: every("1 min"), run: work, input: "stays" });
    world.pass(30_000);
    const when = every("1 min");
    world.engine(
      { tasks: [work], triggers: [trigger("taken", { when, run: work, input: "defined" })] },
      "b",
    );
    world.pass(60_000);
    const count = (input: string) => inputs(world).filter((it) => it === input).length;
    expect(["defined", "made", "stays"].map(count)).toEqual([1, 3, 2]);
    world.engine({ tasks: [other], triggers: [] }, "c");
    world.pass(60_000);
    expect(world.skips().map(({ trigger: id, detail }) => [id, detail])).toEqual([
      ["taken", "made at run time; a definition has its id now"],
      ["gone", 'made at run time; no task "work" is defined any more'],
      ["stays", 'made at run time; no task "work" is defined any more'],
    ]);
    expect(world.run(world.store.list("cursor", { limit: 9 })).rows).toEqual([]);
  });

  test("what can't be made is refused with a line, and nothing is stored", () => {
    const world = new World();
    const when = every("1 h");
    expect([
      make(world, "defined", { when, run: work }),
      make(world, "a b", { when, run: work }),
      make(world, "m", { when, run: "nope" }),
      make(world, "m", { when: cron("61 * * * *"), run: work }),
      make(world, "m", { when: undefined as never, run: work }),
      make(world, "m", { when, run: work, input: { f: () => 1 } }),
    ]).toEqual([
      'the trigger "defined" is defined; give another id',
      expect.stringMatching(/^trigger: the id "a b" must be/),
      'there is no task "nope" in the app; there is "work"',
      expect.stringContaining('minute "61" is out of range'),
      "undefined is no schedule; make one with cron(), every() or at()",
      expect.stringMatching(/^input\.f is a function/),
    ]);
    expect(world.run(world.store.summary).signals).toBe(0);
  });
});
