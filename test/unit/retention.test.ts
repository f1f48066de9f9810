// Goal: what an app has forgotten can't come back: events, runs, occurrences; and while something is remembered nothing else changes. Method: the real engine over the memory
// store in virtual time, with a retention of an hour.
import { expect, test } from "vitest";
import {
  all,
  cron,
  detent,
  event,
  task,
  trigger,
  type AppDefinition,
} from "../../src/core/index.ts";
import { backfillIn } from "../../src/runtime/control.ts";
import { start, World } from "../support/engine-world.ts";

const hour = 3_600_000;
const work = task({ id: "work", run: (input: unknown) => input });
const app: AppDefinition = {
  tasks: [work],
  retention: "1 h",
  triggers: [
    trigger("on-e", { when: event("e"), run: work }),
    trigger("hourly", { when: cron("0 * * * *"), run: work }),
    trigger("both", { when: all([event("one"), event("other")]), run: work }),
  ],
};
const idsOf = (world: World) => world.runs().map(({ id }) => id);
const eventsOf = (world: World) =>
  world
    .run(world.store.list("signal", { limit: 1_000 }))
    .rows.flatMap(({ id, signal }) => (signal._tag === "Event" ? [id] : []));

const succeeded = (takesMillis: number) =>
  ({ takesMillis, outcome: { _tag: "Succeeded", result: 1 } }) as const;

test("the router forgets what has been over for the retention: a little at a time, and goes on while there is more", () => {
  const world = new World();
  const only = { ...app, triggers: [app.triggers![0]!] };
  world.engine(only, "a", { slots: 2_000, pretend: () => succeeded(1) });
  for (let n = 0; n < 1_200; n++) world.emit("e", n, `e${n}`);
  world.pass(hour);
  expect(world.runs()).toHaveLength(1_200);
  world.pass(1_000);
  expect([idsOf(world), eventsOf(world)]).toEqual([[], []]);
});

test("a run that takes longer than the retention stays until it has been over for so long", () => {
  const world = new World();
  world.engine({ ...app, triggers: [app.triggers![0]!] }, "a", {
    pretend: () => succeeded(3 * hour),
  });
  world.emit("e", null, "long");
  world.pass(2 * hour);
  expect([idsOf(world).length, eventsOf(world)]).toEqual([1, []]);
  world.pass(1.9 * hour);
  expect(idsOf(world)).toHaveLength(1);
  world.pass(0.5 * hour);
  expect(idsOf(world)).toEqual([]);
});

test("an event that is emitted again is a duplicate for twice the retention; its run never runs twice while it is remembered", () => {
  const world = new World();
  const { executor } = world.engine(app, "a");
  world.emit("e", null, "again");
  const [id] = idsOf(world);
  for (let n = 1; n <= 9; n++) {
    world.pass(0.2 * hour);
    world.emit("e", null, "again");
  }
  const started = () => executor.started.filter(({ run }) => run === id).length;
  expect(started()).toBe(1);
  expect(idsOf(world)).not.toContain(id);
  world.pass(0.5 * hour);
  world.emit("e", null, "again");
  world.pass(1_000);
  expect(started()).toBe(2); // a new event now, as far as anybody knows
});

test("a match that has waited for the retention is a skip, where its trigger does not say otherwise", () => {
  const world = new World();
  world.engine(app, "a");
  world.emit("one");
  world.pass(hour - 1);
  expect(world.skips()).toEqual([]);
  world.pass(1);
  expect(world.skips()).toMatchObject([{ trigger: "both", reason: "within-passed" }]);
  world.emit("other");
  world.pass(1_000);
  expect(world.runs().filter(({ trigger: id }) => id === "both")).toEqual([]);
});

test("a backfill runs nothing that has run, be it remembered by its row or its tombstone, and is refused for what is forgotten", () => {
  const world = new World();
  const { executor } = world.engine(app, "a");
  world.pass(5 * hour);
  const ran = executor.started.length;
  expect(ran).toBe(5);
  const first = Math.ceil(start / hour) * hour;
  const backfill = (from: number, to: number): void => {
    world.run(backfillIn(world.store, "hourly", { from, to }));
    world.pass(1_000);
  };
  backfill(first + 3 * hour, first + 4 * hour);
  expect(executor.started).toHaveLength(ran);
  expect(world.skips()).toEqual([]);
  backfill(first - hour, first + hour);
  expect(executor.started).toHaveLength(ran);
  expect(world.skips()).toMatchObject([{ trigger: "@:backfill", reason: "refused" }]);
  expect(world.skips()[0]?.detail).toMatch(
    /^what ran up to 2001-09-09T\d\d:00:00\.\d+Z is forgotten, and might run a second time; begin after that$/,
  );
});

test("a retention that is no duration, or too short to be meant, is a fault of the definition", () => {
  const faultOf = (retention: string | number) => () => detent({ tasks: [work], retention });
  expect(faultOf("soon")).toThrow(/^App: retention "soon" is no duration; give milliseconds/);
  expect(faultOf(30)).toThrow(
    /^App: retention is 30 ms; give at least a second, such as "30 days"$/,
  );
  expect(detent({ tasks: [work], retention: "2 days" }).retentionMillis).toBe(48 * hour);
  expect(detent({ tasks: [work] }).retentionMillis).toBe(30 * 24 * hour);
});
