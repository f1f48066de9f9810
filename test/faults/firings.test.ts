// Goal: faults 8 to 10 and 12 to 15 of the system that detent was conceived from stay away: firings that collapse, repeat, mix up their inputs or never come.
// Method: as in claims.test.ts.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  all,
  any,
  cron,
  definitionsOf,
  detent,
  event,
  every,
  failure,
  result,
  runIdOf,
  task,
  trigger,
  type AppDefinition,
  type Condition,
} from "../../src/core/index.ts";
import { Log, Router } from "../support/deciding.ts";
import { World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });
const appOf = (when: Condition): AppDefinition => ({
  tasks: [work, next],
  triggers: [trigger("t", { when, run: next, input: null })],
});

test("fault 8: each of several events before one routing makes a run of its own", () => {
  const world = new World();
  for (const id of ["e-1", "e-2", "e-3"]) world.emit("e", null, id);
  world.engine(appOf(event("e")), "a");
  world.pass(1_000);
  expect(world.runs().map(({ cause }) => cause)).toEqual([["e-1"], ["e-2"], ["e-3"]]);
});

test("fault 9: each run is given the input of its own firing", () => {
  const router = new Router({
    tasks: [work],
    triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.payload })],
  });
  const log = new Log();
  for (let n = 0; n < 300; n++) log.event("e", n);
  router.route({ signals: log.signals });
  expect(router.runs.map(({ input }) => input)).toEqual(log.signals.map((_, n) => n));
});

test("fault 10: what a firing has consumed satisfies nothing more: three a's and three b's make three runs in whatever order and batches", () => {
  const once = new Router(appOf(all([event("e"), event("f")])));
  const log = new Log();
  for (const name of ["e", "f", "f"]) log.event(name);
  once.route({ signals: log.signals });
  expect(once.runs.map(({ cause }) => cause)).toEqual([["e-1", "f-2"]]);

  fc.assert(
    fc.property(
      fc.shuffledSubarray(["a", "a", "a", "b", "b", "b"], { minLength: 6 }),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      (names, cuts) => {
        const router = new Router(appOf(all([event("a"), event("b")])));
        const { signals } = names.reduce((made, name) => (made.event(name), made), new Log());
        for (let from = 0; from < 6;) {
          let to = from + 1;
          while (to < 6 && cuts[to] === true) to++;
          router.route({ signals: signals.slice(from, to) });
          from = to;
        }
        expect(router.runs).toHaveLength(3);
        expect(new Set(router.runs.flatMap(({ cause }) => cause)).size).toBe(6);
      },
    ),
  );
});

test("fault 12: each failure is told apart by its run, also of one task, with one error and one input", () => {
  const router = new Router({
    tasks: [work, next],
    triggers: [
      trigger("start", { when: event("e"), run: work, input: null }),
      trigger("alarm", { when: failure(work), run: next, input: null }),
    ],
  });
  const log = new Log();
  for (let n = 0; n < 11; n++) log.event("e");
  router.route({ signals: log.signals });
  const error = { name: "Error", message: "the same" };
  for (const run of router.runs) log.status(run, "failed", { error });
  router.route({ signals: log.signals.slice(11) });
  const alarms = router.runs.filter((run) => run.trigger === "alarm");
  expect(new Set(alarms.map(({ id }) => id)).size).toBe(11);
});

test("fault 13: ids are given, unique and unambiguous: no definition overwrites another, no two lists of signals make one run id, and a schedule's options belong to its key", () => {
  const double = trigger("t", { when: event("e"), run: work, input: () => "other" });
  expect(() => detent({ ...appOf(event("e")), triggers: [double, double] })).toThrow(
    'Trigger "t" is defined more than once',
  );
  expect(runIdOf("t", ["A_B"])).not.toBe(runIdOf("t", ["A", "B"]));
  expect(runIdOf("t", ['A","B'])).not.toBe(runIdOf("t", ["A", "B"]));
  const keyOf = (missed: "all" | "skip"): string | undefined =>
    definitionsOf(detent(appOf(cron("0 3 * * *", { missed })))).schedules[0]?.key;
  expect(keyOf("all")).not.toBe(keyOf("skip"));
});

test("fault 14: trees over several kinds of signals fire, nested to any depth", () => {
  const router = new Router({
    tasks: [work, next],
    triggers: [
      trigger("start", { when: event("e"), run: work, input: null }),
      trigger("t", {
        when: all([every("1 min"), any([all([result(work), event("ok")]), event("forced")])]),
        run: next,
        input: null,
      }),
    ],
  });
  const log = new Log();
  router.route({ signals: [log.event("e")] });
  router.route({ signals: [log.status(router.runs[0]!, "succeeded", { result: 1 })] });
  router.route({ until: 60_000 });
  expect(router.runs).toHaveLength(1);
  router.route({ signals: [log.event("ok", null, { at: 61_000 })] });
  expect(router.runs.slice(1)).toMatchObject([{ trigger: "t", cause: { length: 3 } }]);
});

test("fault 15: matches and their deadlines are gone once they are consumed or too old, from the store and from memory", () => {
  const app = (within?: string): AppDefinition => ({
    tasks: [work],
    triggers: [
      trigger("t", {
        when: all([event("e"), event("f")]),
        by: (signal) => (signal._tag === "Event" ? String(signal.payload) : undefined),
        ...(within !== undefined && { within }),
        run: work,
        input: null,
      }),
    ],
  });
  const world = new World();
  world.engine(app("10 s"), "a");
  for (let n = 0; n < 50; n++) {
    world.emit("e", n, `e-${n}`);
    world.pass(100);
    if (n % 2 === 0) world.emit("f", n, `f-${n}`);
    world.pass(100);
  }
  world.pass(20_000);
  expect(world.runs()).toHaveLength(25);
  expect(world.skips().map(({ reason }) => reason)).toEqual(Array(25).fill("within-passed"));
  const { waiting, deadlines } = world.run(world.store.summary);
  expect({ waiting, deadlines }).toEqual({ waiting: 0, deadlines: 0 });
  expect(world.run(world.store.list("deadline", { limit: 10 })).rows).toEqual([]);

  const router = new Router(app());
  const log = new Log();
  for (let n = 0; n < 50; n++) router.route({ signals: [log.event("e", n), log.event("f", n)] });
  for (let n = 0; n < 50; n++) {
    router.route({ signals: [log.event("e", n)] });
    router.route({ signals: [log.event("f", n)] });
  }
  expect(router.runs).toHaveLength(100);
  expect(router.state.waiting.size).toBe(0);
});
