// Goal: what people tell a running system holds for every engine, across restarts, and is checked before it is stored. Method: the runtime's commands and the real engine over
// the memory store, a pretending executor and virtual time.
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import {
  cron,
  definitionsOf,
  detent,
  event,
  task,
  trigger,
  type AppDefinition,
} from "../../src/core/index.ts";
import { backfillIn, pauseIn, resumeIn, rewindIn } from "../../src/runtime/control.ts";
import { start, World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const other = task({ id: "other", run: (input: unknown) => input });
const app: AppDefinition = {
  tasks: [work, other],
  triggers: [
    trigger("on-e", { when: event("e"), run: work, input: (f) => f.event.payload }),
    trigger("on-o", { when: event("o"), run: other }),
    trigger("minutely", { when: cron("* * * * *"), run: other }),
  ],
};
const hour = 3_600_000;
const statesOf = (world: World, of: string) =>
  world.runs().flatMap(({ trigger: id, state }) => (id === of ? [state] : []));

/** What an effect that should fail with a line fails with. */
const refused = (world: World, effect: Effect.Effect<unknown, { readonly message: string }>) =>
  world.run(Effect.match(effect, { onSuccess: () => "", onFailure: ({ message }) => message }));

test("the runs of a paused task wait, for every engine, until it is resumed; what runs goes on", () => {
  const world = new World();
  const engines = [world.engine(app, "a"), world.engine(app, "b")];
  world.emit("e", 1, "before");
  world.run(pauseIn(world.store, { task: "work" }));
  world.pass(10);
  world.emit("e", 2, "held");
  world.emit("o", null, "free");
  world.pass(30_000);
  expect(statesOf(world, "on-e")).toEqual(["succeeded", "pending"]);
  expect(statesOf(world, "on-o")).toEqual(["succeeded"]);
  world.run(resumeIn(world.store, { task: "work" }));
  world.pass(200);
  expect(statesOf(world, "on-e")).toEqual(["succeeded", "succeeded"]);
  const started = engines.flatMap(({ executor }) => executor.started.map(({ task: id }) => id));
  expect(started.filter((id) => id === "work")).toHaveLength(2);
});

test("a pause of a task ends by itself at its end, and its runs begin then, even if no store hints at it", () => {
  const world = new World();
  world.run(pauseIn(world.store, { task: "work" }, { until: start + 10_000 }));
  world.emit("e");
  const deaf = { ...world.store, changes: () => () => undefined };
  const { executor } = world.engine(app, "a", { store: deaf });
  world.pass(9_999);
  expect(executor.started).toEqual([]);
  world.pass(102);
  expect(statesOf(world, "on-e")).toEqual(["succeeded"]);
});

test("an engine that starts anew, and one that only executes, heed a pause that was told before", () => {
  const world = new World();
  const { engine } = world.engine(app, "a");
  for (const subject of [{ task: "work" }, { trigger: "minutely" }])
    world.run(pauseIn(world.store, subject));
  world.pass(10);
  world.run(engine.drain);
  world.pass(10);
  world.engine(app, "b");
  world.engine({ ...app, triggers: [...app.triggers!].reverse() }, "c");
  world.emit("e");
  world.pass(hour);
  expect(world.runs().map(({ trigger: id, state }) => [id, state])).toEqual([["on-e", "pending"]]);
  world.run(resumeIn(world.store, { trigger: "minutely" }));
  world.pass(60_000);
  expect(statesOf(world, "minutely")).toHaveLength(1);
  expect(world.skips()).toMatchObject([{ trigger: "minutely", reason: "paused", count: 60 }]);
});

test("a command that is stored while no engine runs is obeyed by the first", () => {
  const world = new World();
  world.run(pauseIn(world.store, { trigger: "on-e" }));
  world.emit("e", null, "e");
  world.engine(app, "a");
  world.pass(1_000);
  expect(world.runs()).toEqual([]);
  expect(world.skips()).toMatchObject([{ trigger: "on-e", signal: "e", reason: "paused" }]);
});

test("a pause is nothing that an idle engine waits for; the run that it holds is", () => {
  const world = new World();
  const quiet: AppDefinition = { ...app, triggers: app.triggers!.slice(0, 2) };
  const { engine } = world.engine(quiet, "a");
  world.run(pauseIn(world.store, { trigger: "on-o" }));
  world.run(pauseIn(world.store, { task: "work" }, { until: start + hour }));
  const idleAt: number[] = [];
  const idle = Effect.map(engine.idle, () => void idleAt.push(world.time.now - start));
  world.time.fork(idle);
  world.pass(1_000);
  expect(idleAt).toHaveLength(1);
  world.emit("e");
  world.pass(10);
  world.time.fork(idle);
  world.pass(2 * hour);
  expect(idleAt.slice(1)).toEqual([hour + 100]);
});

test("the same command id again changes nothing, and an id that another signal has is refused", () => {
  const world = new World();
  world.engine(app, "a");
  const tell = () => world.run(pauseIn(world.store, { trigger: "on-e" }, { id: "p" }));
  expect([tell(), tell()]).toEqual([
    { command: "p", status: "accepted" },
    { command: "p", status: "duplicate" },
  ]);
  expect(refused(world, resumeIn(world.store, { trigger: "on-e" }, { id: "p" }))).toBe(
    'the id "p" is taken by another signal; give another',
  );
});

test("what is not there, or no subject, or has passed, is refused with a line, and nothing is stored", () => {
  const world = new World();
  world.engine(app, "a");
  const { store } = world;
  const lines = [
    pauseIn(store, { trigger: "nope" }),
    pauseIn(store, { task: "nope" }),
    resumeIn(store, { task: "nope" }),
    pauseIn(store, { trigger: "a b" }),
    pauseIn(store, {} as never),
    pauseIn(store, { trigger: "on-e", task: "work" }),
    pauseIn(store, { trigger: "on-e" }, { until: start - 1 }),
    pauseIn(store, { trigger: "on-e" }, { until: "soon" }),
    pauseIn(store, { trigger: "on-e", until: start + 1 } as never),
    pauseIn(store, { trigger: "on-e" }, { untli: start + 1 } as never),
  ].map((effect) => refused(world, effect));
  expect(lines).toEqual([
    'there is no trigger "nope" among the active definitions in memory:; there are "on-e", "on-o", "minutely"',
    'there is no task "nope" among the active definitions in memory:; there are "work", "other"',
    'there is no task "nope" among the active definitions in memory:; there are "work", "other"',
    'trigger: the id "a b" must be 1 to 100 letters, digits, dots, underscores or hyphens',
    "an object names neither; give { trigger } or { task }",
    "an object names both; give { trigger } or { task }",
    "until is 2001-09-09T01:46:39.999Z, which has passed (it is 2001-09-09T01:46:40.000Z); give an instant in the future",
    expect.stringMatching(/^until: "soon" is no instant/),
    'what is named: "until" is no option; there are trigger, task',
    'pause: "untli" is no option; did you mean "until"?',
  ]);
  expect(world.run(store.summary).signals).toBe(0);
});

test("a pause outlives its trigger, and can be ended while that is gone", () => {
  const world = new World();
  world.run(pauseIn(world.store, { trigger: "on-e" }));
  world.engine(app, "a");
  world.pass(10);
  world.engine({ ...app, triggers: app.triggers!.slice(1) }, "b");
  world.run(resumeIn(world.store, { trigger: "on-e" }));
  world.pass(10);
  world.engine(app, "c");
  world.emit("e");
  world.pass(1_000);
  expect(statesOf(world, "on-e")).toEqual(["succeeded"]);
});

test("a backfill says how many occurrences it names, and runs those that have not run", () => {
  const world = new World();
  const { engine } = world.engine(app, "a");
  world.pass(5 * 60_000);
  world.run(engine.drain);
  world.pass(4 * 60_000);
  world.engine(app, "b");
  world.pass(1_000);
  const before = statesOf(world, "minutely").length;
  const range = { from: start, to: start + 9 * 60_000 };
  expect(world.run(backfillIn(world.store, "minutely", { ...range, id: "b" }))).toEqual({
    command: "b",
    status: "accepted",
    count: 9,
  });
  world.pass(1_000);
  expect([before, statesOf(world, "minutely").length]).toEqual([7, 9]);
  expect(world.notes.filter(({ _tag }) => _tag === "Owed")).toHaveLength(9);
});

test("a backfill of what can't be backfilled is refused with a line, by definitions and without", () => {
  const world = new World();
  world.engine(app, "a");
  const { store } = world;
  const now = start - 1;
  const of = (trigger: string, from: number | string, to: number | string) =>
    backfillIn(store, trigger, { from, to });
  const lines = [
    of("nope", 0, now),
    of("on-e", 0, now),
    backfillIn(store, "on-e", { from: 0, to: now }, definitionsOf(detent(app))),
    of("minutely", now, now - 1_000),
    of("minutely", now, start + 1),
    of("minutely", 0, now),
    of("minutely", "x", now),
    of("minutely", 0, "y"),
  ].map((effect) => refused(world, effect));
  expect(lines).toEqual([
    'there is no trigger "nope" among the active definitions in memory:; there are "on-e", "on-o", "minutely"',
    'the trigger "on-e" waits for more, or other things, than one schedule; a backfill is for schedules',
    'the trigger "on-e" waits for more, or other things, than one schedule; a backfill is for schedules',
    "from 2001-09-09T01:46:39.999Z lies after to 2001-09-09T01:46:38.999Z; exchange them",
    "to is 2001-09-09T01:46:40.001Z, which lies in the future (it is 2001-09-09T01:46:40.000Z); a backfill is for the past",
    "the range names 16666667 occurrences; 10000 are the most at once: narrow it",
    expect.stringMatching(/^from: "x" is no instant/),
    expect.stringMatching(/^to: "y" is no instant/),
  ]);
  expect(world.run(store.summary).signals).toBe(0);
});

test("after the clock was set back, schedules wait, which is told once; after a rewind they go on, and nothing runs twice", () => {
  const world = new World();
  world.engine(app, "a");
  world.pass(hour);
  const before = statesOf(world, "minutely").length;
  world.time.now -= 30 * 60_000;
  world.emit("e"); // wakes the engine, whose sleep does not go by this clock
  world.pass(5 * 60_000);
  expect(statesOf(world, "minutely")).toHaveLength(before);
  const warnings = () =>
    world.notes.flatMap((note) => (note._tag === "Warning" ? [note.message] : []));
  expect(warnings()).toEqual([
    expect.stringMatching(
      /^the store's clock was set back; schedules go on .* by themselves at 2001-09-09T02:46/,
    ),
  ]);
  expect(statesOf(world, "on-e")).toEqual(["succeeded"]);
  world.run(rewindIn(world.store));
  const commits = world.run(world.store.read({ revision: null, limit: 0 })).watermark.revision;
  world.pass(40 * 60_000);
  expect(statesOf(world, "minutely").length).toBeGreaterThan(before + 10);
  expect(new Set(world.runs().flatMap(({ cause }) => cause)).size).toBe(world.runs().length);
  const { revision } = world.run(world.store.read({ revision: null, limit: 0 })).watermark;
  expect(revision - commits).toBeLessThan(200);
  expect(warnings()).toHaveLength(1);
});

test("a clock that was set back is nothing to warn of where no schedule waits for it", () => {
  const world = new World();
  const quiet = { ...app, triggers: app.triggers!.slice(0, 2) };
  world.engine(quiet, "a");
  world.pass(hour);
  world.emit("o");
  world.pass(1_000);
  world.time.now -= hour / 2;
  world.emit("e");
  world.pass(1_000);
  expect(statesOf(world, "on-e")).toEqual(["succeeded"]);
  expect(world.notes.filter(({ _tag }) => _tag === "Warning")).toEqual([]);
});
