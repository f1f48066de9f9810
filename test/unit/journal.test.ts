// Goal: a journal is read or refused with the line that is wrong, hides what it shall, shows any instant, and tells what other definitions would have made of it. Method: journals
// made by hand of a router's life; the command line as a process, over a store that an engine has filled.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  all,
  any,
  cron,
  definitionsOf,
  detent,
  event,
  every,
  result,
  task,
  trigger,
  type Json,
  type Trigger,
} from "../../src/core/index.ts";
import { readJournal, signalLine, type Journal } from "../../src/core/journal.ts";
import { momentOf } from "../../src/core/moment.ts";
import { redactOf } from "../../src/core/redact.ts";
import { differencesOf, shiftsOf } from "../../src/core/replay-difference.ts";
import { replay } from "../../src/core/replay.ts";
import { bundleCli, newPlace } from "../support/cli.ts";
import { hour, Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });
const appOf = (...triggers: readonly Trigger[]) => ({ tasks: [work, next], triggers });
const definitionsFor = (...triggers: readonly Trigger[]) =>
  definitionsOf(detent(appOf(...triggers)));

const journalOf = (
  { runs, skips, state }: Router,
  log: Log,
  generation: object = { number: 1, activatedAt: 0 },
): Journal => ({
  head: {
    kind: "journal",
    version: 1,
    app: "main",
    generation: { fingerprint: "", triggers: {}, zones: null, ...generation } as never,
    watermark: state.watermark,
    redacted: [],
  },
  signals: log.signals,
  runs,
  skips,
});

describe("values at some paths are hidden", () => {
  const value: Json = {
    card: { number: "1", cvc: "2" },
    list: [{ pin: 3 }, { pin: 4, name: "n" }],
  };
  test.each([
    [["payload.card.number"], { ...value, card: { number: "[redacted]", cvc: "2" } }],
    [
      ["payload.list.*.pin"],
      { ...value, list: [{ pin: "[redacted]" }, { pin: "[redacted]", name: "n" }] },
    ],
    [["**.pin"], { ...value, list: [{ pin: "[redacted]" }, { pin: "[redacted]", name: "n" }] }],
    [["payload.list.1"], { ...value, list: [{ pin: 3 }, "[redacted]"] }],
    [["payload.card", "payload.list"], { card: "[redacted]", list: "[redacted]" }],
    [["payload.card.**"], { ...value, card: "[redacted]" }],
    [["payload"], "[redacted]"],
    [["payload.**.name"], { ...value, list: [{ pin: 3 }, { pin: 4, name: "[redacted]" }] }],
  ])("%j", (paths, shown) => {
    expect(redactOf(paths)("payload", value)).toEqual(shown);
  });

  test("the input of a run that a person asked for is hidden as an input, although its event carries it", () => {
    const log = new Log();
    const hide = redactOf(["input.card"]);
    const shown = (name: string, payload: Json) =>
      (signalLine(log.event(name, payload), hide) as unknown as { signal: { payload: Json } })
        .signal;
    expect(shown("@work", { card: 1, n: 2 }).payload).toEqual({ card: "[redacted]", n: 2 });
    expect(shown("@:schedule", { input: { card: 1 } }).payload).toEqual({
      input: { card: "[redacted]" },
    });
    expect(shown("e", { card: 1 }).payload).toEqual({ card: 1 });
  });

  test("and others are the very same", () => {
    for (const path of ["input.card", "payload.none", "card", "*.pin", "payload.card.number.x"])
      expect(redactOf([path])("payload", value)).toBe(value);
  });
});

describe("a journal is refused with the line that is wrong", () => {
  const head = `{"kind":"journal","version":1,"app":"main","watermark":{"seq":0,"at":0}}`;
  const signal = (seq: number, told = '{"_tag":"Event","name":"e"}') =>
    `{"kind":"signal","seq":${seq},"at":0,"id":"a","signal":${told}}`;
  test.each([
    [[], "it is empty"],
    [["{"], "line 1 is no JSON object"],
    [[signal(1)], "line 1 is no head of a journal"],
    [[head.replace("1,", "9,")], "line 1: it is a journal of version 9; this version reads 1"],
    [[head.replace('"at":0', '"at":"0"')], "line 1 has no watermark"],
    [[head, "", "3"], "line 3 is no JSON object"],
    [[head, `{"kind":"x"}`], 'line 2 has the kind "x", which a journal has not'],
    [[head, `{"kind":"run","id":"a"}`], "line 2 has no trigger"],
    [[head, signal(2), signal(2)], "line 3: signal 2 stands behind a later one of the log"],
    [[head, signal(1, "null")], "line 2 has no signal"],
    [[head, signal(1, "{}")], "line 2 has a signal of the kind undefined, which a log has not"],
    [[head, signal(1, '{"_tag":"Event"}')], "line 2 has a signal without name"],
    [[head, signal(1, '{"_tag":"Status","run":"r"}')], "line 2 has a signal without task"],
  ])("%j", (lines, message) => {
    expect(readJournal(lines)).toEqual({ ok: false, message });
  });
});

test("a schedule that was missed is skipped again, and what was stored meanwhile is heard", () => {
  const triggers = [
    trigger("half", { when: every("30 min", { missed: "skip" }), run: next, input: 1 }),
    trigger("all", { when: every("1 h", { missed: "all", missedMax: 2 }), run: work, input: 1 }),
    trigger("e", {
      when: all([event("e"), every("1 h", { missed: "skip" })]),
      run: next,
      input: 1,
    }),
  ];
  const router = new Router(appOf(...triggers));
  const log = new Log();
  router.route({ until: hour });
  const stored = [log.event("e", 1, { at: 2.5 * hour }), log.event("e", 2, { at: 5.5 * hour })];
  router.route({ signals: stored, until: 5.7 * hour });
  router.route({ until: 7 * hour });
  const journal = journalOf(router, log);
  expect(journal.skips.filter(({ reason }) => reason === "missed")).toHaveLength(6);
  const again = replay(definitionsFor(...triggers), journal);
  expect(differencesOf(journal, again)).toEqual([]);
  const unrouted = log.event("e", 3, { at: 5.6 * hour });
  const { heard } = replay(definitionsFor(...triggers), {
    ...journal,
    signals: [...stored, unrouted],
  });
  expect(heard).toBe(2);
});

test("what former definitions decided is not compared", () => {
  const now = trigger("t", { when: event("e"), run: next, input: 1 });
  const router = new Router(appOf(trigger("t", { when: event("e"), run: work, input: 1 })));
  const log = new Log();
  router.route({ signals: [log.event("e", 1, { at: 1_000 })] });
  const later = new Router(appOf(now));
  later.route({ signals: [log.event("e", 1, { at: 3_000 })] });
  const { head, ...journal } = journalOf(later, log, { number: 2, activatedAt: 2_000 });
  const whole = { head, ...journal, runs: [...router.runs, ...later.runs] };
  const again = replay(definitionsFor(now), whole);
  expect(again).toMatchObject({ since: 2_000, heard: 2 });
  expect(differencesOf(whole, again)).toEqual([]);
  const first = { ...whole, head: { ...head, generation: { ...head.generation!, number: 1 } } };
  expect(
    differencesOf(first, again).concat(differencesOf(first, replay(definitionsFor(now), first))),
  ).toMatchObject([{ kind: "run-changed", fields: ["task"], at: 1_000 }]);
});

test("of a log that was forgotten in part, what came after the last gap is compared", () => {
  const tick = trigger("t", { when: all([event("a"), event("b")]), run: work, input: 1 });
  const router = new Router(appOf(tick));
  const log = new Log();
  for (const name of ["a", "b", "a", "b", "a", "b"]) router.route({ signals: [log.event(name)] });
  const { signals, ...journal } = journalOf(router, log);
  const cut = { ...journal, signals: signals.filter(({ seq }) => seq !== 1 && seq !== 4) };
  const again = replay(definitionsFor(tick), cut);
  expect(again.since).toBe(signals[4]!.at);
  expect(differencesOf(cut, again)).toEqual([]);
});

test("an instant shows what waited, what was to come and which runs were not over", () => {
  const triggers = [
    trigger("tick", { when: every("1 h"), run: work, input: 1 }),
    trigger("both", { when: all([event("a"), event("b")]), run: next, input: 1 }),
    trigger("calm", { when: event("c"), debounce: "1 h", run: next, input: 1 }),
  ];
  const router = new Router(appOf(...triggers));
  const log = new Log();
  const route = (...signals: readonly ReturnType<Log["event"]>[]) => router.route({ signals });
  route(log.event("a", 1, { at: 1_000 }), log.event("c", 1, { at: 2_000 }));
  route(log.event("@:pause", { task: "next" }, { at: 3_000 }));
  route(log.event("d", 1, { at: 4_000, dueAt: 5 * hour }));
  router.route({ until: hour });
  route(log.status(router.runs[0]!, "running", { at: hour + 1 }));
  route(log.event("b", 1, { at: hour + 2 }));
  const end = log.status(router.runs[0]!, "succeeded", { at: hour + 3_000 });
  route(end);
  const journal = journalOf(router, log);
  const shown = (at: number) => momentOf(definitionsFor(...triggers), journal, at);
  expect(shown(5_000)).toEqual({
    at: 5_000,
    seq: 4,
    owed: 0,
    skipped: 0,
    runs: [],
    waiting: [{ trigger: "both", leaf: "all.0", key: "", signal: "a-1", since: 1_000 }],
    deadlines: [
      { kind: "kept-back", of: "calm", until: hour + 2_000 },
      { kind: "delayed", of: "d-4", until: 5 * hour },
      { kind: "within", of: "both", until: 1_000 + 30 * 86_400_000 },
      { kind: "pause", of: "@next", until: null },
    ],
    schedules: [{ trigger: "tick", leaf: "when", nextAt: hour }],
  });
  expect(shown(hour).runs).toMatchObject([{ trigger: "tick", state: "pending", since: hour }]);
  expect(shown(hour + 2).runs).toMatchObject([
    { trigger: "tick", state: "running", since: hour + 1 },
    { trigger: "both", state: "pending" },
  ]);
  expect(shown(hour + 3_000)).toMatchObject({ seq: 7, owed: 3, runs: [{}, {}], waiting: [] });
});

describe("other definitions would let runs", () => {
  const lived = (...triggers: readonly Trigger[]) => {
    const router = new Router(appOf(...triggers));
    const log = new Log();
    router.route({ signals: [log.event("a", { n: 1 }, { at: 1_000 })] });
    router.route({ signals: [log.event("a", { n: 2 }, { at: 2_000 })] });
    for (const at of [1, 2, 3]) router.route({ until: at * hour });
    for (const run of router.runs.slice())
      router.route({ signals: [log.status(run, "succeeded", { result: 1, at: 3 * hour + 1 })] });
    const journal = journalOf(router, log);
    return (...others: readonly Trigger[]) => {
      const after = replay(definitionsFor(...others), journal, { orphans: "dropped" });
      const before = replay(definitionsFor(...triggers), journal);
      return shiftsOf(before.runs, after.runs).map((shift) =>
        "run" in shift
          ? [shift.kind, shift.run.trigger, shift.run.createdAt]
          : [shift.kind, shift.from.trigger, shift.from.createdAt, shift.to.createdAt],
      );
    };
  };
  const one = trigger("one", { when: event("a", { n: 1 }), run: work, input: 1 });
  const then = trigger("then", { when: result(work), run: next, input: 1 });

  test("appear and vanish, also those that runs which vanish led to", () => {
    const changed = lived(one, then);
    expect(changed(one, then)).toEqual([]);
    expect(changed({ ...one, when: event("a", { n: 2 }) }, then)).toEqual([
      ["vanishes", "one", 1_000],
      ["appears", "one", 2_000],
      ["vanishes", "then", 3 * hour + 1],
    ]);
  });

  test("change, where the same signals owe another task or input", () => {
    expect(lived(one)({ ...one, input: 2 })).toEqual([["changes", "one", 1_000, 1_000]]);
  });

  test("move, where the same signals owe them at another time or in another run, or a schedule names another instant", () => {
    const both = trigger("one", { when: event("a"), run: work, input: 1 });
    expect(lived(both)({ ...both, batch: { size: 2, within: "1 h" } })).toEqual([
      ["moves", "one", 1_000, 2_000],
      ["vanishes", "one", 2_000],
    ]);
    expect(lived(one)({ ...one, debounce: "1 min" })).toEqual([["moves", "one", 1_000, 61_000]]);
    const tick = trigger("tick", { when: cron("0 * * * *"), run: work, input: 1 });
    expect(lived(tick)({ ...tick, when: cron("10 1,2 * * *") })).toEqual([
      ["moves", "tick", hour, hour + 600_000],
      ["moves", "tick", 2 * hour, 2 * hour + 600_000],
      ["vanishes", "tick", 3 * hour],
    ]);
    const two = trigger("tick", { when: cron("0 2 * * *"), run: work, input: 1 });
    const around = any([cron("40 1 * * *"), cron("10 2 * * *")]);
    expect(lived(two)({ ...two, when: around })).toEqual([
      ["appears", "tick", 1 * hour + 40 * 60_000],
      ["moves", "tick", 2 * hour, 2 * hour + 600_000],
    ]);
  });
});

describe("the command line", () => {
  const place = newPlace();
  const app = (where: string): string =>
    `import { detent, event, task, trigger } from "detent";
     const work = task({ id: "work", run: () => ({ token: "t" }) });
     export default detent({ tasks: [work], triggers: [
       trigger("t", { when: event("e", ${where}), run: work, input: (f) => f.event.payload }) ] });`;
  const said = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await place.detent(args);
    return { code, told: stdout + stderr };
  };
  beforeAll(async () => {
    bundleCli();
    place.write("app.js", app("{ kind: 1 }"));
    place.write("new.js", app("{ kind: 2 }"));
    for (const kind of [1, 2, 1])
      await place.detent(["emit", "e", JSON.stringify({ kind, password: "secret" })]);
    await place.detent(["start", "app.js", "--until-idle", "--json"]);
    await place.detent(["export", "--out", "journal.jsonl"]);
  }, 60_000);
  afterAll(() => place.remove());

  test("export writes what replay decides the same, and says so with exit code 0", async () => {
    const { told, code } = await said("export");
    expect(code).toBe(0);
    const kinds = told
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds[0]).toBe("journal");
    expect(kinds.filter((kind) => kind === "run")).toHaveLength(2);
    expect(kinds.filter((kind) => kind === "signal")).toHaveLength(7);
    expect(await said("replay", "journal.jsonl", "app.js")).toEqual({
      code: 0,
      told: "7 signals, 2 runs, 0 skips: decided the same\n",
    });
  });

  test("replay by another file is exit code 1, and --defs says what it would have made of it", async () => {
    const other = await said("replay", "journal.jsonl", "new.js", "--json");
    expect(other.code).toBe(1);
    expect(JSON.parse(other.told)).toMatchObject({
      same: false,
      differences: [{ kind: "run-missing" }, { kind: "run-added" }, { kind: "run-missing" }],
    });
    const shown = await said("replay", "journal.jsonl", "app.js", "--defs", "new.js", "--diff");
    expect(shown.code).toBe(0);
    expect(shown.told).toMatch(
      /^vanishes {2}t~.*\nappears {3}t~.*\nvanishes {2}t~.*\n2 runs before, 1 after: 1 would appear, 2 vanish, 0 move, 0 change\n4 signals of runs that vanish were not heard\n$/,
    );
  });

  test("what is redacted is in no line, and the rest decides the same", async () => {
    const { told } = await said("export", "--redact", "**.password,result.token");
    expect(told).not.toMatch(/secret|"t"}/);
    expect(told).toContain('"kind":2,"password":"[redacted]"');
    place.write("redacted.jsonl", told);
    expect(await said("replay", "redacted.jsonl", "app.js")).toMatchObject({ code: 0 });
  });

  test("an instant is shown, and what is wrong is one line", async () => {
    const lines = (await said("export")).told.split("\n");
    const { at } = JSON.parse(lines[1]!) as { at: number };
    const shown = await said("replay", "journal.jsonl", "app.js", "--at", String(at));
    expect(shown.told).toMatch(
      /: 1 signal routed, 1 run owed, 0 skips\n\nruns that were not over\n {2}t~\w+ {2}pending/,
    );
    for (const [args, line] of [
      [["journal.jsonl", "app.js", "--at", "2100-01-01T00:00Z"], /lies behind the end of the jou/],
      [["app.js", "app.js"], /^detent: app.js is no journal: line 1 is no JSON object/],
      [["none", "app.js"], /^detent: the journal none can't be read/],
      [["journal.jsonl", "app.js", "--diff"], /^detent: --diff is for --defs FILE/],
    ] as const)
      expect(await said("replay", ...args)).toEqual({ code: 2, told: expect.stringMatching(line) });
    expect(await said("export", "--redact", "a..b")).toMatchObject({ code: 2 });
  });
});
