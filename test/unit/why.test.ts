// Goal: why and why not are answered from a store, whatever it takes to find the rows, and tell how the triggers stand. Method: the real engine over the memory store, in virtual
// time; then it is asked.
import { expect, test } from "vitest";
import {
  all,
  at,
  definitionsOf,
  detent,
  event,
  every,
  firedOf,
  result,
  signalNamed,
  task,
  trigger,
  whatBecameOf,
  whyNot,
  whyNotDue,
  whyRun,
  type AppDefinition,
  type Trigger,
} from "../../src/core/index.ts";
import { pauseIn, scheduleIn } from "../../src/runtime/control.ts";
import { start, World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });
const appOf = (...triggers: readonly Trigger[]): AppDefinition => ({
  tasks: [work, next],
  triggers,
});
const app = appOf(
  trigger("one", { when: event("a", { n: 1 }), run: work, input: (f) => f.event.payload }),
  trigger("both", { when: all([event("a"), result(work)]), run: next, input: null }),
  trigger("calm", { when: event("a"), throttle: "1 h", run: next, input: null }),
);
const living = (lived = app) => {
  const world = new World();
  world.engine(lived, "e");
  const ask = (id: string, name?: string, by = lived) => {
    const stored = world.run(signalNamed(world.store, id))!;
    return world.run(whyNot(world.store, definitionsOf(detent(by)), stored, name));
  };
  const verdicts = (id: string, name?: string, by = lived) =>
    Object.fromEntries(ask(id, name, by).answers.map((it) => [it.trigger, it.verdict]));
  return { world, ask, verdicts };
};

test("a signal's run is found by its id, and among those since for joins and flow control", () => {
  const { world, verdicts } = living();
  world.emit("a", { n: 1 }, "first");
  world.pass(1_000);
  for (let n = 0; n < 30; n++) world.emit("a", { n: 2 }, `later-${n}`);
  world.pass(1_000);
  const runOf = (id: string) => world.runs().find(({ trigger: of }) => of === id)?.id;
  expect(verdicts("first")).toEqual({
    one: { _tag: "Fired", run: runOf("one") },
    both: { _tag: "Fired", run: runOf("both") },
    calm: { _tag: "Fired", run: runOf("calm") },
  });
  expect(verdicts("later-0")).toEqual({
    one: { _tag: "Unsatisfied" },
    both: { _tag: "Waiting", for: ["all.1"] },
    calm: { _tag: "Skipped", reason: "throttled", detail: null },
  });
  expect(verdicts("later-29", "calm")).toEqual({
    calm: { _tag: "KeptBack", by: "throttle", until: start + 3_600_000 },
  });
  const told = `result:${runOf("one")}:1:succeeded`;
  expect(verdicts(told)).toEqual({ both: { _tag: "Fired", run: runOf("both") } });
});

test("an answer says whether the trigger is paused now, and whether the definition is the active one", () => {
  const { world, ask } = living();
  world.emit("a", { n: 2 }, "x");
  world.run(pauseIn(world.store, { trigger: "one" }, { until: start + 60_000 }));
  world.pass(10);
  const other = appOf(
    trigger("one", { when: event("a", { n: 1 }), run: next, input: null }),
    trigger("added", { when: event("a"), run: work, input: null }),
  );
  const standing = (by: AppDefinition) =>
    ask("x", undefined, by).answers.map(({ trigger: id, paused, definition }) => [
      id,
      paused,
      definition,
    ]);
  expect(standing(app)).toEqual([
    ["one", { until: start + 60_000 }, "active"],
    ["both", null, "active"],
    ["calm", null, "active"],
  ]);
  expect(standing(other)).toEqual([
    ["one", { until: start + 60_000 }, "changed"],
    ["added", null, "new"],
  ]);
});

test("a pause without an end says so, and the last signal that was routed is routed", () => {
  const { world, ask } = living();
  world.run(pauseIn(world.store, { trigger: "one" }));
  world.pass(10);
  world.emit("b", null, "x");
  world.pass(10);
  expect(ask("x", "one")).toMatchObject({ isRouted: true, answers: [{ paused: { until: null } }] });
});

test("what triggers made of it that are gone is told from the records, and so is all to those without definitions", () => {
  const { world, ask } = living();
  world.emit("a", { n: 2 }, "x");
  world.pass(10);
  world.engine(appOf(trigger("new", { when: event("b"), run: work, input: null })), "later");
  world.pass(10);
  const retired = { trigger: "both", _tag: "Skipped", reason: "retired", detail: null };
  const stored = world.run(signalNamed(world.store, "x"))!;
  const gone = ask("x", undefined, appOf());
  expect(gone.answers).toEqual([]);
  expect(gone.recorded).toContainEqual(retired);
  expect(ask("x", "both", appOf()).recorded).toEqual([retired]);
  expect(ask("x", "both", app)).toMatchObject({
    recorded: [],
    answers: [{ verdict: { _tag: "Skipped", reason: "retired" }, definition: "new" }],
  });
  expect(world.run(whatBecameOf(world.store, stored, "both"))).toEqual([retired]);
  world.emit("b", null, "y");
  world.pass(500);
  const fired = world.run(signalNamed(world.store, "y"))!;
  expect(world.run(whatBecameOf(world.store, fired))).toEqual([
    { trigger: "new", _tag: "Fired", run: world.runs().at(-1)?.id },
  ]);
});

test("an event that no trigger waits for is told with names that are near, of its own kind", () => {
  const lived = appOf(
    trigger("t", { when: event("file.arrived"), run: work, input: null }),
    trigger("u", { when: event("order"), run: work, input: null }),
    trigger("v", { when: event("orders"), run: work, input: null }),
    trigger("w", { when: result(work), run: next, input: null }),
  );
  const pausing = task({ id: "pause", run: () => null });
  const { world, ask } = living({ ...lived, tasks: [work, next, pausing] });
  const nearOf = {
    "file.arived": ["file.arrived"],
    zzz: [],
    order: [],
    work: [],
    ":work": [],
    "@order": [],
    "@wrk": ["@work"],
    // A command is for the router.
    "@:pause": [],
  };
  for (const name of Object.keys(nearOf)) world.emit(name, { trigger: "none" }, name);
  world.pass(1_000);
  const found = Object.keys(nearOf).map((name) => [name, ask(name).near]);
  expect(Object.fromEntries(found)).toEqual(nearOf);
  expect(ask("zzz")).toMatchObject({ answers: [], recorded: [] });
  expect(ask("zzz", "u")).toMatchObject({ answers: [{ verdict: { _tag: "NotHeard" } }] });
  expect(ask("@:pause")).toMatchObject({
    answers: [],
    recorded: [{ trigger: "@:pause", _tag: "Skipped", reason: "refused" }],
  });
  expect(ask(`status:${world.runs()[0]?.id}:1:running`)).toMatchObject({ answers: [], near: [] });
});

test("an instant is told by each schedule that names it, also those made at run time, and with its neighbours by the others", () => {
  const lived = appOf(
    trigger("hourly", { when: every("1 h", { anchor: start }), run: work, input: null }),
    trigger("odd", { when: every("7 min", { anchor: start }), run: work, input: null }),
    trigger("e", { when: event("e"), run: work, input: null }),
  );
  const { world } = living(lived);
  const hourly = every("1 h", { anchor: start });
  world.run(scheduleIn(world.store, "made", { when: hourly, run: "next", input: null }));
  world.run(pauseIn(world.store, { trigger: "odd" }, { until: start + 600_000 }));
  world.pass(3_700_000);
  const definitions = definitionsOf(detent(lived));
  const due = (dueAt: number, name?: string) =>
    world.run(whyNotDue(world.store, definitions, dueAt, name));
  const hour = start + 3_600_000;
  const minutes = (n: number) => start + n * 60_000;
  expect(due(hour)).toMatchObject({
    answers: [
      { trigger: "hourly", verdict: { _tag: "Fired" }, definition: "active" },
      { trigger: "made", verdict: { _tag: "Fired" }, definition: "active" },
    ],
    others: [{ trigger: "odd", leaf: "when", previous: minutes(56), next: minutes(63) }],
  });
  expect(due(hour, "odd")).toMatchObject({ answers: [], others: [{ trigger: "odd" }] });
  expect(due(minutes(7))).toMatchObject({
    answers: [{ trigger: "odd", verdict: { _tag: "Skipped", reason: "paused" } }],
  });
  expect(due(hour, "none")).toBeUndefined();
  const once = appOf(trigger("once", { when: at(hour), run: work, input: null }));
  const others = (dueAt: number) =>
    world.run(whyNotDue(world.store, definitionsOf(detent(once)), dueAt, "once"))?.others;
  const other = { trigger: "once", leaf: "when" };
  expect(others(hour - 1)).toEqual([{ ...other, previous: null, next: hour }]);
  expect(others(hour + 1)).toEqual([{ ...other, previous: hour, next: null }]);
  expect(due(hour, "e")).toEqual({ dueAt: hour, answers: [], others: [] });
});

test("a run's chain is read back as far as is asked for, with the tree that its signals satisfied", () => {
  const { world } = living();
  world.emit("a", { n: 1 }, "first");
  world.pass(1_000);
  const run = world.runs().find(({ trigger: of }) => of === "both")!;
  const found = world.run(whyRun(world.store, run.id))!;
  expect(found.why).toMatchObject({
    missing: { runs: [], signals: [] },
    reason: { causes: [{ name: "a" }, { result: { n: 1 }, from: { causes: [{ name: "a" }] } }] },
  });
  const tree = firedOf(definitionsOf(detent(app)).triggers.get("both")!, run, found.signals);
  expect(tree).toEqual({
    condition: {
      _tag: "All",
      parts: [
        { _tag: "Leaf", path: "all.0", condition: "event(a)", signals: ["first"] },
        { _tag: "Leaf", path: "all.1", condition: "result(work)", signals: [run.cause[1]] },
      ],
    },
    elsewhere: [],
  });
  const changed = appOf(trigger("both", { when: event("b"), run: next, input: null }));
  expect(
    firedOf(definitionsOf(detent(changed)).triggers.get("both")!, run, found.signals).elsewhere,
  ).toEqual(run.cause);
  const short = world.run(whyRun(world.store, run.id, { runsMax: 1 }))!;
  expect(short.why.missing.runs).toHaveLength(1);
  expect(world.run(whyRun(world.store, "nope"))).toBeUndefined();
});
