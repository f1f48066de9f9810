// Goal: an app's definitions change while its state goes on. Method: engines with different definitions, one after the other or side by side, over one memory store.
import { expect, test } from "vitest";
import {
  all,
  any,
  cron,
  detent,
  event,
  task,
  trigger,
  type AppDefinition,
  type Condition,
  type TriggerOptions,
} from "../../src/core/index.ts";
import { start, World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });

const joining = (options: TriggerOptions, ...names: readonly string[]): AppDefinition =>
  appOf(all(names.map((name) => event(name))), options);

const appOf = (when: Condition, options: TriggerOptions = {}): AppDefinition => ({
  tasks: [work],
  triggers: [trigger("t", { ...options, when, run: work, input: null })],
});

/** One engine after the other, each with its own definitions and the events that come in its time, two seconds apart. */
const generations = (...lives: readonly (readonly [AppDefinition, ...string[]])[]): World => {
  const world = new World();
  lives.forEach(([app, ...names], index) => {
    const { engine } = world.engine(app, `engine-${index}`);
    for (const name of names) {
      world.emit(name, null, name);
      world.pass(2_000);
    }
    world.pass(2_000);
    world.run(engine.drain);
    world.pass(1);
  });
  return world;
};

const causes = (world: World) => world.runs().map(({ cause }) => cause.join(" + "));
const skipped = (world: World) => world.skips().map(({ reason, signal }) => `${reason} ${signal}`);

test("what waits for a changed trigger becomes skips, and for an unchanged one it goes on", () => {
  const other = trigger("other", { when: event("x"), run: work });
  const first = joining({}, "a", "b");
  const same = { ...first, triggers: [...first.triggers!, other] };
  expect(causes(generations([first, "a"], [same, "b"]))).toEqual(["a + b"]);
  const changed = generations([first, "a"], [joining({}, "a", "b", "c"), "b", "c"]);
  expect([causes(changed), skipped(changed)]).toEqual([[], ["retired a"]]);
});

test("with onChange keep, matches wait on in the leaves that are still there, and the others become skips", () => {
  const keep = { onChange: "keep" } as const;
  const world = generations(
    [joining({}, "a", "b", "d"), "a", "b"],
    [joining(keep, "c", "a", "d"), "c", "d"],
  );
  expect([causes(world), skipped(world)]).toEqual([["c + a + d"], ["retired b"]]);
});

test("what was kept fires at the activation if it satisfies the new tree already, as often as it does", () => {
  const world = generations(
    [joining({}, "a", "b"), "a"],
    [appOf(any([event("a"), event("b")]), { onChange: "keep" })],
  );
  expect([causes(world), skipped(world)]).toEqual([["a"], []]);
  const twice = new World();
  const { engine } = twice.engine(joining({}, "a", "b"), "a");
  twice.emit("a", null, "a1");
  twice.emit("a", null, "a2");
  twice.pass(1_000);
  twice.run(engine.drain);
  twice.engine(appOf(any([event("a"), event("b")]), { onChange: "keep" }), "b");
  twice.pass(1_000);
  expect(causes(twice)).toEqual(["a1", "a2"]);
});

test("what was kept fires not while its trigger is paused, but with the next arrival after that", () => {
  const world = new World();
  const { engine } = world.engine(joining({}, "a", "b"), "a");
  world.emit("a", null, "a1");
  world.pass(1_000);
  world.emit("@:pause", { trigger: "t" }, "p");
  world.pass(1_000);
  world.run(engine.drain);
  world.engine(appOf(any([event("a"), event("b")]), { onChange: "keep" }), "b");
  world.pass(1_000);
  expect(causes(world)).toEqual([]);
  world.emit("@:resume", { trigger: "t" }, "r");
  world.pass(1_000);
  expect(causes(world)).toEqual([]);
  world.emit("b", null, "b1");
  world.pass(1_000);
  expect(causes(world)).toEqual(["a1"]);
});

test("what was kept waits as long, and as many of it, as the new definition says", () => {
  const keep = { onChange: "keep" } as const;
  const shorter = generations(
    [joining({ within: "1 h" }, "a", "b"), "a"],
    [joining({ ...keep, within: "10 s" }, "a", "b"), "x", "x2", "x3", "x4", "b"],
  );
  expect([causes(shorter), skipped(shorter)]).toEqual([[], ["within-passed a"]]);
  expect(shorter.skips().map(({ at }) => at - start)).toEqual([10_000]);
  const endless = generations(
    [joining({ within: "5 s" }, "a", "b"), "a"],
    [joining(keep, "a", "b"), "x", "x2", "b"],
  );
  expect(causes(endless)).toEqual(["a + b"]);
  const world = new World();
  const { engine } = world.engine(joining({}, "a", "b"), "a");
  for (const id of ["a1", "a2", "a3"]) world.emit("a", null, id);
  world.pass(1_000);
  world.run(engine.drain);
  world.engine(joining({ ...keep, waitingMax: 2 }, "a", "b"), "b");
  world.emit("a", null, "a4");
  world.pass(1_000);
  expect(skipped(world)).toEqual(["waiting-full a1", "waiting-full a2"]);
});

test("onChange is retire or keep", () => {
  expect(() => detent(appOf(event("a"), { onChange: "drop" as never }))).toThrow(
    'Trigger "t": onChange is "drop"; give "retire" or "keep"',
  );
});

test("while a deploy rolls, the older engine executes runs of its tasks, routes nothing, and says so once", () => {
  const world = new World();
  const older = world.engine(appOf(event("old")), "older");
  world.pass(1_000);
  world.engine(appOf(event("new")), "newer", { slots: 0 });
  world.emit("old");
  world.emit("new");
  world.pass(1_000);
  world.emit("new");
  world.pass(1_000);
  expect(world.runs().map(({ cause, state }) => [cause[0]?.slice(0, 3), state])).toEqual([
    ["new", "succeeded"],
    ["new", "succeeded"],
  ]);
  expect(older.executor.started).toHaveLength(2);
  expect(told(world, "Warning")).toEqual([
    expect.stringMatching(/^generation 2 of the definitions changes the trigger "t"/),
    "generation 2, which is active now, has other definitions: this engine executes runs of its tasks and routes nothing; start it anew to make its own the active ones",
  ]);
});

const appWith = (triggers: { readonly [id: string]: Condition }): AppDefinition => ({
  tasks: [work],
  triggers: Object.entries(triggers).map(([id, when]) => trigger(id, { when, run: work })),
});

const told = (world: World, level: "Info" | "Warning"): readonly string[] =>
  world.notes.flatMap((note) => (note._tag === level ? [note.message] : []));

test("a start that retires or changes triggers which a living engine has warns of it, and says how to mend that, once", () => {
  const world = new World();
  const e = event("e");
  world.engine(appWith({ a: e, b: e, c: e, d: e, e, f: e }), "first");
  world.pass(1_000);
  expect(told(world, "Warning")).toEqual([]);
  const other = appWith({ f: event("other"), g: e });
  world.engine(other, "second");
  const expected =
    'generation 2 of the definitions retires the triggers "a", "b", "c" and 2 more and changes the trigger "f" in memory:, where engine first (process 1 on h) has not left, and routes nothing any more; if this is not a new version of the same app, stop this engine, give it a store or an app\'s name of its own, and start the other one anew';
  expect(told(world, "Warning")[0]).toBe(expected);
  world.engine(other, "third");
  world.pass(60_000);
  expect(told(world, "Warning").filter((message) => /retires/.test(message))).toEqual([expected]);
  world.engine(appWith({ g: e }), "fourth");
  expect(told(world, "Warning").at(-1)).toMatch(
    /^generation 3 of the definitions retires the trigger "f" in memory:, where engine \w+ \(process 1 on h\) and 2 more have not left, and route nothing any more; /,
  );
  expect(told(world, "Info")).toEqual([]);
});

test("a start that retires triggers which nobody runs any more says which, and warns of nothing; one that adds triggers says nothing", () => {
  const world = new World();
  const x = event("x");
  for (const app of [appWith({ a: x }), appWith({ a: x, b: x }), appWith({ b: x })]) {
    const { engine } = world.engine(app, `engine-${world.time.now}`);
    world.pass(1_000);
    world.run(engine.drain);
    world.run(world.store.leave(engine.owner()));
  }
  expect(told(world, "Info")).toEqual([
    'generation 3 of the definitions retires the trigger "a" in memory:',
  ]);
  expect(told(world, "Warning")).toEqual([]);
});

test("when the newer engine is gone the older one still routes nothing, and loses nothing: a restart makes its definitions the active ones again", () => {
  const world = new World();
  const first = world.engine(appOf(event("e")), "first");
  const second = world.engine(appOf(event("e", { n: 1 })), "second");
  world.run(second.engine.drain);
  world.emit("e", 7);
  world.pass(60_000);
  expect(world.runs()).toEqual([]);
  world.run(first.engine.drain);
  world.engine(appOf(event("e")), "again");
  world.pass(1_000);
  expect(world.runs().map(({ state }) => state)).toEqual(["succeeded"]);
});

test("a pending run whose task nobody defines any more is cancelled, with a message", () => {
  const world = new World();
  const { engine } = world.engine(appOf(event("e")), "a", { slots: 0 });
  world.emit("e");
  world.pass(1_000);
  world.run(engine.drain);
  world.engine({ tasks: [task({ id: "renamed", run: () => null })], triggers: [] }, "b");
  world.pass(1_000);
  const [run] = world.runs();
  expect(run?.state).toBe("cancelled");
  expect(world.notes).toContainEqual({
    _tag: "Warning",
    message: `run ${run?.id} is cancelled: no task "work" is defined any more`,
  });
});

test("another time zone database is another generation: its schedules go on from their cursors, and an engine with the older one routes nothing", () => {
  const world = new World();
  const minutely = appOf(cron("* * * * *"));
  const older = world.engine(minutely, "older", { zones: "2025a" });
  world.pass(90_000);
  world.engine(minutely, "newer", { zones: "2026b", slots: 0 });
  world.pass(60_000);
  world.run(older.engine.drain);
  world.pass(60_000);
  expect(new Set(world.runs().map(({ dueAt }) => dueAt)).size).toBe(world.runs().length);
  expect(world.runs().filter(({ createdAt }) => createdAt > start + 90_000)).toHaveLength(2);
  expect(
    world.notes.flatMap((note) => (note._tag === "Warning" ? note.message.split(":")[0] : [])),
  ).toEqual([
    "the time zone database is 2026b now, it was 2025a",
    "generation 2, which is active now, computes with the time zone database 2026b, this engine with 2025a",
  ]);
  expect(world.run(world.store.read({ revision: null, limit: 0 })).generation).toMatchObject({
    number: 2,
    zones: "2026b",
  });
});
