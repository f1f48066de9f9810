// Goal: `absent` is satisfied when nothing came, once, and by nothing else. Method: logs by hand, decisions without a store; a property against a naive reading of the
// log; engines over the memory store.
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  absent,
  all,
  any,
  at,
  cron,
  detent,
  event,
  every,
  satisfies,
  task,
  trigger,
  type AppDefinition,
  type Condition,
  type Signal,
  type Trigger,
  type TriggerOptions,
} from "../../src/core/index.ts";
import { conditionText } from "../../src/core/condition-text.ts";
import { hour, Log, Router } from "../support/deciding.ts";
import { start, World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });

/** A key that the payload is. */
const by = (signal: Signal): string | undefined =>
  signal._tag === "Event" ? (signal.payload as string) : undefined;

const alarming = (when: Condition, options: TriggerOptions = {}): AppDefinition => ({
  tasks: [work],
  triggers: [
    trigger("alarm", {
      ...options,
      when,
      run: work,
      input: (f) => {
        const absence = f.absence as
          | { after: { name?: string; dueAt?: number } | null }
          | undefined;
        const { after = null } = absence ?? {};
        return after === null ? null : (after.name ?? after.dueAt ?? null);
      },
    }),
  ],
});

/** A router that has routed these events, one routing each, and then time until `until`. */
const routed = (
  app: AppDefinition,
  events: readonly (readonly [name: string, at: number, payload?: unknown])[],
  until: number,
): Router => {
  const router = new Router(app);
  const log = new Log();
  for (const [name, instant, payload] of events)
    router.route({ signals: [log.event(name, payload, { at: instant })] });
  router.route({ until });
  return router;
};

const runsOf = (router: Router) => router.runs.map(({ createdAt, input }) => [createdAt, input]);
const skipsOf = (router: Router) =>
  router.skips.map(({ reason, signal }) => [reason, signal?.slice(0, 8)]);

const reported = absent(event("report"), { within: "10 s", after: event("asked") });

describe("after a start", () => {
  test("without an answer a run is owed at the very end of the time, with what started it", () => {
    const router = routed(alarming(reported), [["asked", 1_000]], 60_000);
    expect(runsOf(router)).toEqual([[11_000, "asked"]]);
    expect(router.runs[0]?.cause).toEqual([
      'absence:absent:{"after":"event:{\\"name\\":\\"asked\\"}","answer":"event:{\\"name\\":\\"report\\"}","within":10000}#0:["","asked-1"]',
    ]);
  });

  test.each([
    ["in time", 10_999, 0],
    ["at the very end", 11_000, 1],
    ["too late", 11_001, 1],
  ])("an answer %s (%i) leaves %i run", (_, answeredAt, runs) => {
    const events = [["asked", 1_000] as const, ["report", answeredAt] as const];
    expect(routed(alarming(reported), events, 60_000).runs).toHaveLength(runs);
  });

  test("a delayed answer that is heard at the very end comes too late", () => {
    const router = new Router(alarming(reported));
    const log = new Log();
    log.event("asked", null, { at: 1_000 });
    log.event("report", null, { at: 2_000, dueAt: 11_000 });
    router.route({ signals: log.signals, until: 60_000 });
    expect(router.runs).toHaveLength(1);
  });

  test("an answer before the start answers nothing", () => {
    const events = [["report", 900] as const, ["asked", 1_000] as const];
    expect(routed(alarming(reported), events, 60_000).runs).toHaveLength(1);
  });

  test("each start has a watch of its own, and one answer ends all of them", () => {
    const asked = [["asked", 1_000] as const, ["asked", 2_000] as const];
    expect(runsOf(routed(alarming(reported), asked, 60_000))).toEqual([
      [11_000, "asked"],
      [12_000, "asked"],
    ]);
    expect(routed(alarming(reported), [...asked, ["report", 3_000]], 60_000).runs).toEqual([]);
  });

  test("a signal that is both answers first and starts then: silence after the last one", () => {
    const both = absent(event("beat"), { within: "10 s", after: event("beat") });
    const beats = [["beat", 1_000] as const, ["beat", 9_000] as const];
    expect(runsOf(routed(alarming(both), beats, 60_000))).toEqual([[19_000, "beat"]]);
  });

  test("a schedule starts a watch at its instants: no report within an hour after six", () => {
    const late = absent(any([event("report"), event("excuse")]), {
      within: "1 h",
      after: any([at("1970-01-02T00:00Z"), cron("0 6 * * *")]),
    });
    const events = [["excuse", 6.5 * hour] as const, ["report", 31 * hour] as const];
    expect(runsOf(routed(alarming(late), events, 40 * hour))).toEqual([
      [25 * hour, 24 * hour],
      [31 * hour, 30 * hour],
    ]);
  });

  test("beyond `waitingMax` the oldest watch is given up with a record", () => {
    const asked = [1_000, 2_000, 3_000].map((instant) => ["asked", instant] as const);
    const router = routed(alarming(reported, { waitingMax: 2 }), asked, 60_000);
    expect(runsOf(router).map(([owedAt]) => owedAt)).toEqual([12_000, 13_000]);
    expect(router.skips).toMatchObject([
      { reason: "waiting-full", detail: "2 watches already run in when", at: 3_000 },
    ]);
  });

  test("a predicate of a part that throws is a skip, and neither answers nor starts", () => {
    const throwing = absent(
      event("report", () => {
        throw new Error("boom");
      }),
      { within: "10 s", after: event("asked") },
    );
    const router = routed(
      alarming(throwing),
      [
        ["asked", 1_000],
        ["report", 2_000],
      ],
      60_000,
    );
    expect(router.skips).toMatchObject([
      { reason: "filtered-by-error", signal: "report-2", detail: "Error: boom" },
    ]);
    expect(router.runs).toHaveLength(1);
  });
});

describe("without a start", () => {
  const alive = absent(event("beat"), { within: "10 s" });

  test("it fires once for each silence: after the activation, and after an answer", () => {
    expect(runsOf(routed(alarming(alive), [["beat", 30_000]], 100_000))).toEqual([
      [10_000, null],
      [40_000, "beat"],
    ]);
  });

  test("answers in time keep it silent", () => {
    const beats = [9_000, 18_000, 27_000].map((instant) => ["beat", instant] as const);
    expect(routed(alarming(alive), beats, 36_999).runs).toEqual([]);
  });

  test("with a key, the first answer of each key arms it", () => {
    const beats = [
      ["beat", 20_000, "a"] as const,
      ["beat", 25_000, "b"] as const,
      ["beat", 29_000, "a"] as const,
    ];
    expect(runsOf(routed(alarming(alive, { by }), beats, 60_000))).toEqual([
      [35_000, "beat"],
      [39_000, "beat"],
    ]);
  });
});

describe("in trees", () => {
  test("an absence joins what waits under its key, and nothing under another", () => {
    const router = routed(
      alarming(all([event("paid"), any([event("never"), reported])]), { by }),
      [
        ["paid", 1_000, "x"],
        ["asked", 2_000, "y"],
        ["asked", 3_000, "x"],
      ],
      60_000,
    );
    expect(router.runs.map(({ createdAt, cause }) => [createdAt, cause.length])).toEqual([
      [13_000, 2],
    ]);
    expect([...router.state.waiting.keys()]).toEqual(["alarm y"]);
  });

  test("its own `by` correlates where the trigger's does not", () => {
    const own = absent(event("report"), { within: "10 s", after: event("asked"), by });
    const events = [["asked", 1_000, "x"] as const, ["report", 2_000, "y"] as const];
    expect(routed(alarming(own), events, 60_000).runs).toHaveLength(1);
  });

  test("while its trigger is paused starts and what comes due are skips, and answers count", () => {
    const router = routed(
      alarming(any([reported, absent(event("beat"), { within: "20 s" })])),
      [
        ["asked", 1_000],
        ["@:pause", 2_000, { trigger: "alarm", until: 50_000 }],
        ["asked", 12_000],
        ["beat", 13_000],
        ["beat", 45_000],
      ],
      100_000,
    );
    expect(skipsOf(router)).toEqual([
      ["paused", "absence:"],
      ["paused", "asked-3"],
      ["paused", "absence:"],
    ]);
    expect(runsOf(router)).toEqual([[65_000, "beat"]]);
  });

  test("a schedule inside holds still while its trigger is paused", () => {
    const late = absent(event("report"), { within: "1 s", after: every("10 s") });
    const router = routed(
      alarming(late),
      [["@:pause", 12_000, { trigger: "alarm", until: 45_000 }]],
      52_000,
    );
    expect(router.skips).toMatchObject([
      { reason: "paused", signal: null, from: 20_000, to: 40_000, count: 3 },
    ]);
    expect(runsOf(router).map(([owedAt]) => owedAt)).toEqual([11_000, 51_000]);
  });
});

test("each start ends as exactly one of answered, a run and a watch that goes on, as a naive reading of the log says", () => {
  const app = alarming(
    absent(any([event("report"), event("both")]), {
      within: 5,
      after: any([event("asked"), event("both")]),
    }),
    { by },
  );
  const happening = fc.record({
    name: fc.constantFrom("asked", "asked", "report", "both"),
    key: fc.constantFrom("x", "y"),
    pause: fc.constantFrom(0, 1, 2, 5),
  });
  let [owed, answered] = [0, 0];
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 25 }), fc.nat(6), (happenings, rest) => {
      let now = 10;
      const log = new Log();
      const events = happenings.map(({ name, key, pause }) =>
        log.event(name, key, { at: (now += pause) }),
      );
      now += rest;
      const router = new Router(app);
      router.route({ signals: log.signals, until: now });
      const expected: string[] = [];
      const open: string[] = [];
      for (const [index, { at: startedAt, signal, id }] of events.entries()) {
        if (signal._tag !== "Event" || signal.name === "report") continue;
        const isAnswered = events
          .slice(index + 1)
          .some(
            ({ at: instant, signal: other }) =>
              other._tag === "Event" &&
              other.name !== "asked" &&
              other.payload === signal.payload &&
              instant < startedAt + 5,
          );
        if (isAnswered) answered++;
        else if (startedAt + 5 <= now) expected.push(`${startedAt + 5} ${id}`);
        else open.push(id);
      }
      owed += expected.length;
      const told = router.runs.map(
        ({ createdAt, cause }) =>
          `${createdAt} ${(JSON.parse(cause[0]!.slice(cause[0]!.lastIndexOf(":[") + 1)) as string[])[1]}`,
      );
      expect(told.toSorted()).toEqual(expected.toSorted());
      const waiting = router.state.deadlines
        .values()
        .flatMap(({ due }) => (due._tag === "Absent" ? (due.after?.id ?? []) : []));
      expect(waiting.toSorted()).toEqual(open.toSorted());
      expect(router.skips).toEqual([]);
    }),
    { numRuns: 500 },
  );
  expect(Math.min(owed, answered)).toBeGreaterThan(100);
});

test("a signal that answers a watch in two ways begins none; one that starts a watch in two ways begins one", () => {
  const answers = any([event("b"), event("b", () => true)]);
  const starts = any([event("a"), event("a", () => true)]);
  const app = alarming(absent(answers, { within: 2_000, after: starts }));
  expect(routed(app, [["b", 1_000]], 10_000).runs).toEqual([]);
  const router = routed(app, [["a", 1_000]], 2_000);
  expect([...router.state.watches.values()].flat()).toHaveLength(1);
});

test("an absence after no signal says so: what it came after is null", () => {
  const router = new Router({
    tasks: [work],
    triggers: [
      trigger("t", {
        when: absent(event("e"), { within: "1 s" }),
        run: work,
        input: (f) => f.absence as never,
      }),
    ],
  });
  router.route({ until: 2_000 });
  expect(router.runs[0]?.input).toStrictEqual({
    _tag: "Absence",
    after: null,
    since: 0,
    at: 1_000,
  });
});

describe("over engines", () => {
  const alive = alarming(absent(event("beat"), { within: "10 s" }));

  test("a watch outlives a restart and is heard at its instant, also when nobody ran then", () => {
    const world = new World();
    const { engine } = world.engine(alarming(reported), "a");
    world.emit("asked");
    world.pass(1_000);
    world.run(engine.drain);
    world.pass(60_000);
    world.engine(alarming(reported), "b");
    world.pass(1_000);
    expect(world.runs().map(({ createdAt, state }) => [createdAt - start, state])).toEqual([
      [10_000, "succeeded"],
    ]);
  });

  test("a watch keeps the engine from being idle; a silence that has been told does not", () => {
    const world = new World();
    const { engine } = world.engine(alive, "a");
    let idleAt: number | undefined;
    const { result } = world.time.fork(Effect.as(engine.idle, true));
    for (; idleAt === undefined && world.time.now < start + 60_000; world.pass(1_000))
      idleAt = result() === true ? world.time.now : undefined;
    expect(idleAt! - start).toBeGreaterThanOrEqual(10_000);
    expect(idleAt! - start).toBeLessThan(13_000);
  });

  test("an unchanged trigger goes on at the next activation; a removed one is retired with a record; a new one begins then", () => {
    const world = new World();
    const { engine } = world.engine(alive, "a");
    world.pass(4_000);
    world.run(engine.drain);
    const other = trigger("other", { when: absent(event("beat"), { within: "20 s" }), run: work });
    const second = world.engine({ tasks: [work], triggers: [...alive.triggers!, other] }, "b");
    world.pass(4_000);
    world.run(second.engine.drain);
    world.engine({ tasks: [work], triggers: [other] }, "c");
    world.pass(60_000);
    expect(
      world.skips().map(({ trigger: id, reason, at: instant }) => [id, reason, instant - start]),
    ).toEqual([["alarm", "retired", 8_000]]);
    expect(world.runs().map(({ trigger: id, createdAt }) => [id, createdAt - start])).toEqual([
      ["other", 24_000],
    ]);
  });
});

test("a silence that was told is not told again because of another trigger; a changed trigger's watch goes on; a changed leaf's is retired", () => {
  const world = new World();
  const when = absent(event("beat"), { within: "10 s" });
  const restart = (id: string, triggers: readonly Trigger[]) => {
    const { engine } = world.engine({ tasks: [work], triggers }, id);
    world.pass(6_000);
    world.run(engine.drain);
    world.pass(0);
  };
  const alarm = trigger("alarm", { when, run: work });
  const other = trigger("other", { when: event("e"), run: work });
  restart("a", [alarm]);
  restart("b", [trigger("alarm", { when, run: work, waitingMax: 5 })]);
  expect(world.runs().map(({ createdAt }) => createdAt - start)).toEqual([10_000]);
  restart("c", [trigger("alarm", { when, run: work, waitingMax: 5 }), other]);
  restart("d", [trigger("alarm", { when, run: work, waitingMax: 5 })]);
  world.emit("beat");
  restart("e", [trigger("alarm", { when, run: work, waitingMax: 5 })]);
  restart("f", [other]);
  world.engine({ tasks: [work], triggers: [alarm] }, "g");
  world.pass(60_000);
  expect(world.runs().map(({ createdAt }) => createdAt - start)).toEqual([10_000, 46_000]);
  expect(world.skips().map(({ reason, at: instant }) => [reason, instant - start])).toEqual([
    ["retired", 30_000],
  ]);
});

describe("as a definition", () => {
  test("all its faults are told at once, each with its place and mend", () => {
    const wrong = (condition: unknown) => () =>
      detent(alarming(all([event("e"), condition as Condition])));
    expect(wrong(absent(all([event("a")]) as never, {} as never))).toThrow(
      'condition "all.1": within is missing; say how long nothing must come, such as "1 hour"',
    );
    const many = absent(
      any([all([event("a")]), every("1 s"), absent(event("b"), { within: 1 })]) as never,
      {
        within: 0,
        after: any([absent(event("b"), { within: 1 })]) as never,
        by: 1 as never,
        wihtin: 2,
      } as never,
    );
    let message = "";
    try {
      wrong(many)();
    } catch (thrown) {
      ({ message } = thrown as Error);
    }
    expect(
      message.split("\n").map((line) => line.replace(/^[- ]*Trigger "alarm": condition /, "")),
    ).toEqual([
      expect.anything(),
      '"all.1": "wihtin" is no option; there are within, after and by',
      '"all.1": within is no time at all; give at least 1 ms',
      '"all.1": by is no function',
      '"all.1.absent.any.0": the absence of several together is none; give any([…]), or one absent for each in all([…])',
      '"all.1.absent.any.1": a schedule is never absent; give what should come, and the schedule as after',
      '"all.1.absent.any.2": an absence is no answer of another; put both in all([…]) or any([…])',
      '"all.1.after.any.0": an absence is no start of another; put both in all([…]) or any([…])',
    ]);
  });

  test("its parts are checked like any condition, and so are the tasks that they name", () => {
    expect(() => detent(alarming(absent(event(""), { within: 1, after: cron("x") })))).toThrow(
      /condition "when.absent": the event name[\s\S]*condition "when.after"/,
    );
    expect(() =>
      routed(alarming(absent({ _tag: "Settled", task: "wrok" }, { within: 1 })), [], 1),
    ).toThrow('condition "when.absent" names the task "wrok"');
  });

  test("satisfies: an absence of its own start and time, and no other signal", () => {
    const asked: Signal = { _tag: "Event", id: "1", name: "asked", payload: null, at: 1 };
    const report: Signal = { ...asked, name: "report" };
    const absence = (after: Signal | null, dueAt = 10_001): Signal => ({
      _tag: "Absence",
      after,
      since: 1,
      at: dueAt,
    });
    expect(satisfies(reported, absence(asked))).toBe(true);
    expect(satisfies(any([event("x"), reported]), absence(asked))).toBe(true);
    for (const signal of [absence(report), absence(null), absence(asked, 10_000), asked, report])
      expect(satisfies(reported, signal)).toBe(false);
    const alive = absent(event("report"), { within: "10 s" });
    expect(
      [absence(null), absence(report), absence(asked)].map((s) => satisfies(alive, s)),
    ).toEqual([true, true, false]);
  });

  test("is shown on one line", () => {
    expect(conditionText(reported)).toBe("absent(event(report), within 10 s, after event(asked))");
    expect(conditionText(absent(event("report"), { within: 5 }))).toBe(
      "absent(event(report), within 5 ms)",
    );
  });
});
