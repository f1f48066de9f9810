// Goal: `absent` is satisfied when nothing came, once, and by nothing else. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import { absent, all, any, at, cron, event, every, trigger } from "../../src/core/index.ts";
import { hour, Log, Router } from "../support/deciding.ts";
import { work, by, alarming, routed, runsOf, skipsOf, reported } from "../support/absence.ts";

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
      { reason: "waiting-full", detail: "no more than 2 watches may run in when", at: 3_000 },
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
