// Goal: what "why" and "why not" are answered from is enough, and no more than is needed: ids lead to rows where they can. Method: a memory store that is strict about what it
// is asked for and notes it; its rows are an engine's.
import { expect, test } from "vitest";
import {
  all,
  any,
  event,
  every,
  signalNamed,
  trigger,
  whatBecameOf,
} from "../../src/core/index.ts";
import { start } from "../support/engine-world.ts";
import { work, next, definedBy, living } from "../support/evidence.ts";

test("before any engine has come to it, a signal is not routed, and an instant is to come", () => {
  const { world, ask, askDue } = living();
  world.emit("a", null, "x");
  const definitions = definedBy(
    trigger("t", { when: event("a"), run: work, input: null }),
    trigger("quick", { when: every("1 ms"), run: work, input: null }),
  );
  expect(ask("x", undefined, definitions)).toMatchObject({
    isRouted: false,
    verdicts: { t: "Unrouted" },
    recorded: [],
  });
  expect(askDue(start + 5, "quick", definitions).verdicts).toEqual([["quick", "Delayed"]]);
  expect(askDue(start, undefined, definedBy())).toEqual({
    dueAt: start,
    answers: [],
    others: [],
    verdicts: [],
    searches: [],
  });
});

test("only what joins and flow control made of a signal is searched for, among their own runs, and only where nothing else tells of it", () => {
  const { world, ask } = living(
    trigger("one", { when: event("a"), run: work, input: null }),
    trigger("none", { when: event("a", { n: 2 }), run: next, input: null }),
    trigger("either", { when: any([event("a"), event("c")]), run: next, input: null }),
    trigger("waits", { when: all([event("a"), event("c")]), run: next, input: null }),
    trigger("joined", { when: all([event("a"), event("b")]), run: next, input: null }),
    trigger("batched", {
      when: event("a"),
      batch: { size: 2, within: "1 h" },
      run: next,
      input: null,
    }),
  );
  world.emit("a", null, "x");
  world.emit("b", null, "y");
  world.pass(1_000);
  expect(ask("x")).toMatchObject({
    verdicts: {
      one: "Fired",
      none: "Unsatisfied",
      either: "Fired",
      waits: "Waiting",
      joined: "Fired",
      batched: "KeptBack",
    },
    searches: [
      ["run", "joined"],
      ["run", "batched"],
    ],
  });
  world.emit("a", null, "x2");
  world.pass(1_000);
  expect(ask("x", "batched")).toMatchObject({ verdicts: { batched: "Fired" } });
  expect(ask("x2", "one")).toMatchObject({ verdicts: { one: "Fired" }, searches: [] });
  expect(ask("x2", "joined")).toMatchObject({ verdicts: { joined: "Waiting" }, searches: [] });
});

test("who is named is told of, and nobody else: with definitions and without them", () => {
  const { world, ask } = living(
    trigger("one", { when: event("a"), run: work, input: null }),
    trigger("joined", { when: all([event("a"), event("b")]), run: next, input: null }),
  );
  world.emit("a", null, "x");
  world.pass(1_000);
  const stored = world.run(signalNamed(world.store, "x"))!;
  const recorded = (name?: string) =>
    world.run(whatBecameOf(world.store, stored, name)).map((it) => [it.trigger, it._tag]);
  const one = ["one", "Fired"];
  const joined = ["joined", "Waiting"];
  expect(recorded()).toEqual([one, joined]);
  expect([recorded("one"), recorded("joined"), recorded("zzz")]).toEqual([[one], [joined], []]);
  const gone = (name?: string) =>
    ask("x", name, definedBy()).recorded.map((it) => [it.trigger, it._tag]);
  expect(gone()).toEqual([one, joined]);
  expect([gone("one"), gone("joined"), gone("zzz")]).toEqual([[one], [joined], []]);
});

test("what a trigger made of it that waits for other signals by now is told from the records", () => {
  const one = (name: string) => trigger("one", { when: event(name), run: work, input: null });
  const { world, ask } = living(one("a"));
  world.emit("a", null, "x");
  world.pass(10);
  expect(ask("x").recorded).toEqual([]);
  expect(ask("x", undefined, definedBy(one("b")))).toMatchObject({
    answers: [],
    recorded: [{ trigger: "one", _tag: "Fired" }],
  });
  expect(ask("x", "one", definedBy(one("b"))).recorded).toEqual([]);
});

test("a command that was refused is found by its name", () => {
  const { world, ask } = living(trigger("t", { when: event("a"), run: work, input: null }));
  world.emit("@:pause", { trigger: "none" }, "p");
  world.pass(10);
  expect(ask("p")).toMatchObject({ recorded: [{ _tag: "Skipped" }], searches: [] });
});
