// Goal: why and why not are answered from a store, whatever it takes to find the rows, and tell how the triggers stand. Method: the real engine over the memory store, in virtual
// time; then it is asked.
import { expect, test } from "vitest";
import {
  all,
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

test("an event that no trigger waits for is told with names that are near; commands are for the router", () => {
  const lived = appOf(
    trigger("t", { when: event("file.arrived"), run: work, input: null }),
    trigger("u", { when: event("order"), run: work, input: null }),
  );
  const { world, ask } = living(lived);
  world.emit("file.arived", null, "x");
  world.emit("zzz", null, "y");
  world.emit("@:pause", { trigger: "order" }, "p");
  world.pass(10);
  expect(ask("x")).toMatchObject({ answers: [], recorded: [], near: ["file.arrived"] });
  expect(ask("y")).toMatchObject({ answers: [], recorded: [], near: [] });
  expect(ask("p")).toMatchObject({
    answers: [],
    near: [],
    recorded: [{ trigger: "@:pause", _tag: "Skipped", reason: "refused" }],
  });
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
