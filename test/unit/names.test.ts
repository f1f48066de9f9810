// Goal: the names and shapes that scripts outside rely on are there, whatever else is. Method: each is used once, as a script would, and what it gives is looked at.
import { describe, expect, test } from "vitest";
import * as detentNames from "../../src/index.ts";
import * as core from "../../src/core/index.ts";
import { fake, simulate, world } from "../../src/simulation/index.ts";

const { all, any, cron, detent, every, event, failure, result, status, task, trigger } =
  detentNames;
const hour = 3_600_000;

test("detent has everything that apps are made of", () => {
  const names =
    "detent task trigger cron every at event status result failure settled all any absent defineEvent start";
  for (const name of names.split(" ")) expect([name, name in detentNames]).toEqual([name, true]);
});

describe("detent/core", () => {
  test("gives instants in milliseconds: the first excluded, the last included", () => {
    const schedule = core.every("1 h");
    expect(core.occurrencesBetween(schedule, { after: 0, until: 2 * hour, limit: 9 })).toEqual({
      occurrences: [hour, 2 * hour],
      more: false,
    });
    expect(core.occurrencesBetween(schedule, { after: 0, until: 2 * hour, limit: 1 }).more).toBe(
      true,
    );
    expect(core.nextOccurrence(core.cron("0 * * * *"), hour)).toBe(2 * hour);
    expect(core.previousOccurrence(core.at(hour), hour)).toBeUndefined();
  });

  test("says of plain data whether it satisfies a condition", () => {
    const move = { task: "work", run: "r", attempt: 1, input: { n: 1 }, at: 5 };
    const schedule = core.every("1 h");
    const pairs: readonly [core.Condition, core.Signal][] = [
      [schedule, { _tag: "Occurrence", schedule, dueAt: hour }],
      [
        core.event("e", { n: 1 }),
        { _tag: "Event", id: "e-1", name: "e", payload: { n: 1 }, at: 5 },
      ],
      [core.status("work", "running"), { _tag: "Status", ...move, state: "running" }],
      [core.result("work", { is: 7 }), { _tag: "Result", ...move, result: 7 }],
      [
        core.failure("work", { error: "E" }),
        { _tag: "Failure", ...move, error: { name: "E", message: "" } },
      ],
    ];
    for (const [condition] of pairs)
      expect(pairs.map(([, signal]) => core.satisfies(condition, signal))).toEqual(
        pairs.map(([other]) => other === condition),
      );
  });

  test("names a run by its trigger and 26 characters", () => {
    expect(core.runIdOf("t", ["a", "b"])).toMatch(/^t~[0-9A-HJKMNP-TV-Z]{26}$/);
  });
});

const tasks = {
  slow: task({ id: "slow", run: (input: { n: number }) => input.n }),
  failing: task({
    id: "failing",
    run: (): null => {
      throw new RangeError("no");
    },
  }),
  note: task({ id: "note", run: (input: unknown) => input }),
};
const app = detent({
  tasks: Object.values(tasks),
  triggers: [
    trigger("on-e", {
      when: event<{ n: number }>("e"),
      run: tasks.slow,
      input: (f) => f.event.payload,
    }),
    trigger("on-failing", { when: event("fail"), run: tasks.failing }),
    trigger("pair", {
      when: all([event("a"), event("never")]),
      run: tasks.note,
      input: null,
    }),
    trigger("each", {
      when: any([
        result(tasks.slow),
        failure(tasks.failing),
        status(tasks.slow, "running"),
        every("1 h", { missed: "skip" }),
      ]),
      run: tasks.note,
      input: ({ matches, event: e, result: r, failure: f, status: s, occurrence }) => ({
        leaves: matches.map(({ leaf }) => leaf),
        tags: matches.map(({ signal }) => signal._tag),
        filled: [e, r, f, s, occurrence].map((one) => one?._tag ?? null),
      }),
    }),
  ],
});

describe("a world", () => {
  const from = "2026-03-28T00:00[Europe/Paris]";
  const w = world(app, {
    seed: 1,
    engines: 2,
    from,
    faults: "none",
    tasks: { slow: fake({ takes: "1 s", fails: 0, returns: 7 }) },
  });
  const start = w.now();
  w.emit("e", { n: 1 }, { id: "e-1" });
  w.emit("fail", null);
  w.emit("a", 1);
  w.advance("5 s");
  w.runToIdle();
  w.crash(0);
  w.crash(1);
  w.advance("3 h");
  w.restart(0);
  w.restart(1);
  w.advance("1 min");

  test("is moved on by hand, in its own time", () => {
    expect(start).toBe(Date.UTC(2026, 2, 27, 23));
    expect(w.now()).toBeGreaterThanOrEqual(start + 3 * hour);
    expect(w.events()).toMatchObject([{ name: "e" }, { name: "fail" }, { name: "a" }]);
    expect(w.waiting()).toHaveLength(1);
    expect(w.timeline().every((line) => typeof line === "string")).toBe(true);
    expect(w.traceHash()).toMatch(/^\S+$/);
  });

  test("tells its runs and its skips", () => {
    const [run] = w.runs().filter((one) => one.trigger === "on-e");
    expect(run).toMatchObject({
      id: core.runIdOf("on-e", ["e-1"]),
      trigger: "on-e",
      task: "slow",
      state: "succeeded",
      attempt: 1,
      dueAt: start,
      input: { n: 1 },
      outcome: { result: 7 },
      cause: ["e-1"],
    });
    const [failed] = w.runs().filter((one) => one.trigger === "on-failing");
    expect(failed).toMatchObject({
      state: "failed",
      outcome: { error: { name: "RangeError", message: "no" } },
    });
    expect(w.skips()).toMatchObject([
      {
        trigger: "each",
        signal: null,
        reason: "missed",
        from: start + hour,
        to: start + 2 * hour,
        count: 2,
      },
    ]);
  });

  test("hands a firing its matches, and the signal that is the only one of its kind", () => {
    const filled = (tag: string) =>
      ["Event", "Result", "Failure", "Status", "Occurrence"].map((one) =>
        one === tag ? tag : null,
      );
    const inputs = w
      .runs()
      .filter((one) => one.trigger === "each")
      .map(({ input }) => input);
    for (const [index, tag] of ["Result", "Failure", "Status"].entries())
      expect(inputs).toContainEqual({ leaves: [`any.${index}`], tags: [tag], filled: filled(tag) });
  });
});

test("a simulation describes what happens, keeps laws, and tells what it has found", async () => {
  const seen = { picked: new Set<string>(), at: 0, n: [] as number[] };
  const report = await simulate(app, {
    seed: 3,
    runs: 2,
    from: 0,
    for: "10 min",
    engines: 1,
    faults: "none",
    tasks: { slow: fake({ takes: ["1 s", "2 s"] }) },
    world: (w) => {
      w.every(["30 s", "1 min"], (n) => {
        seen.n.push(n);
        seen.picked.add(w.pick(["x", "y"]));
        w.emit("e", { n }, { id: `e-${n}` });
      });
      w.at("2 min", () => {
        seen.at = w.now();
        w.emit("fail", null);
      });
    },
    always: { fewRun: (s) => s.running("slow").length <= 50 && s.now() >= 0 },
    eventually: { allDone: (s) => s.runs().every((run) => run.done) && s.events().length > 0 },
    sometimes: { never: (s) => s.skips().length > 1_000 },
  });
  expect(Object.keys(report)).toEqual(
    expect.arrayContaining([
      "seed",
      "runs",
      "distinct",
      "steps",
      "violations",
      "vacuous",
      "traceHash",
    ]),
  );
  expect(report).toMatchObject({ seed: 3, runs: 2, violations: [] });
  expect(report.vacuous.join()).toContain("never");
  expect([seen.n[0], seen.at, [...seen.picked].sort()]).toEqual([0, 120_000, ["x", "y"]]);
  const { violations } = await simulate(app, {
    seed: 1,
    runs: 1,
    for: "5 min",
    faults: "none",
    always: { nothing: (s) => s.events().length === 0 },
  });
  expect(Object.keys(violations[0] ?? {})).toEqual(
    expect.arrayContaining(["law", "message", "plan", "timeline"]),
  );
});

test("durations and instants are read in every spelling", () => {
  for (const duration of [90_000, "90 s", "90 seconds", "1.5 min", "90000 ms", "0.025 h"])
    expect(core.nextOccurrence(core.every(duration), 0)).toBe(90_000);
  for (const instant of [0, "1970-01-01T01:00+01:00", "1970-01-01T01:00[Europe/Paris]"])
    expect(core.nextOccurrence(cron("0 * * * *"), instant)).toBe(hour);
});
