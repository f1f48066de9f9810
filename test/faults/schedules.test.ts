// Goal: faults 4, 6, 7, 17 and 20 of the system that detent was conceived from stay away: schedules that fire when they shouldn't, vanish, fall silent or stop the rest.
// Method: as in claims.test.ts.
import { expect, test } from "vitest";
import {
  cron,
  detent,
  every,
  memoryStore,
  nextDueAt,
  task,
  trigger,
  type AppDefinition,
  type Condition,
} from "../../src/core/index.ts";
import { formatInstant } from "../../src/core/instant.ts";
import { hour, Router } from "../support/deciding.ts";
import { start, World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const appOf = (when: Condition): AppDefinition => ({
  tasks: [work],
  triggers: [trigger("t", { when, run: work, input: null })],
});

test("fault 4: a schedule that is new, or whose engine restarts, waits for its next occurrence", () => {
  const july = Date.UTC(2026, 6, 15, 12);
  const yearly = new Router(appOf(cron("0 3 1 1 *")), july);
  expect(nextDueAt(yearly.state)).toBe(Date.UTC(2027, 0, 1, 3));
  yearly.route({ until: july + 1 });
  expect(yearly.runs).toEqual([]);

  const world = new World(); // at 01:46:40
  const daily = appOf(cron("0 3 * * *"));
  for (const id of ["a", "b", "c", "d"]) {
    const { engine } = world.engine(daily, id);
    world.pass(60_000);
    world.run(engine.drain);
    world.pass(60_000);
  }
  expect(world.runs()).toEqual([]);
  world.engine(daily, "e");
  world.pass(2 * hour);
  expect(world.runs()).toHaveLength(1);
});

test("fault 6: the run of an occurrence is named by the occurrence, not by the moment at which a router noticed it", () => {
  const idsAt = (lateMillis: number): string[] => {
    const router = new Router(appOf(every("1 min")));
    for (const at of [60_000, 120_000]) router.route({ until: at, now: at + lateMillis });
    return router.runs.map(({ id }) => id);
  };
  const prompt = idsAt(0);
  expect(new Set(prompt).size).toBe(2);
  expect(idsAt(40_000)).toEqual(prompt);
});

test("fault 7: no occurrence vanishes, however seldom a router looks: each is a run, or a skip with its reason", () => {
  const minutely = new Router(appOf(cron("* * * * *")));
  for (let now = 40_000; now <= 24 * hour; now += 40_000) minutely.route({ until: now });
  expect(minutely.runs).toHaveLength(1_440);

  const late = 24 * hour + 61_000;
  const daily = new Router(appOf(cron("0 0 * * *")));
  daily.route({ until: late });
  expect(daily.runs).toHaveLength(1);

  const skipping = new Router(appOf(cron("0 0 * * *", { missed: "skip" })));
  skipping.route({ until: late });
  expect(skipping.runs).toEqual([]);
  expect(skipping.skips.map(({ from, reason }) => [from, reason])).toEqual([[24 * hour, "missed"]]);
});

test("fault 17: a cron that names no instant is refused by name before anything runs, and one that has none left disturbs no other", () => {
  expect(() => detent(appOf(cron("0 0 30 2 *")))).toThrow(
    /Trigger "t": condition "when": cron\("0 0 30 2 \*"\): never runs/,
  );
  const router = new Router({
    tasks: [work],
    triggers: [
      trigger("ended", { when: every("1 min", { endAt: 90_000 }), run: work, input: null }),
      trigger("goes-on", { when: every("1 min"), run: work, input: null }),
    ],
  });
  for (let now = 60_000; now <= 300_000; now += 60_000) router.route({ until: now });
  expect(router.runs.map((run) => run.trigger)).toEqual(["ended", ...Array(5).fill("goes-on")]);
});

test("fault 20: a clock that is set back makes nothing fire twice and is not silent: the engine names the instant at which schedules go on, and they do", () => {
  const world = new World();
  let setBackMillis = 0;
  const store = memoryStore({ now: () => world.time.now - setBackMillis });
  world.engine(appOf(every("10 s", { anchor: start })), "a", { store });
  world.pass(25_000);
  setBackMillis = 60_000;
  world.pass(58_000);
  const dueAts = (): number[] =>
    world.notes.flatMap((note) => (note._tag === "Owed" ? [note.run.dueAt - start] : []));
  expect(dueAts()).toEqual([10_000, 20_000]);
  const warnings = world.notes.flatMap((note) => (note._tag === "Warning" ? [note.message] : []));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^the store's clock was set back; schedules go on at /);
  const goOnAt = Date.parse(warnings[0]!.slice(-24));
  expect(goOnAt - start).toBeGreaterThanOrEqual(20_000);
  expect(goOnAt - start).toBeLessThanOrEqual(25_000);
  expect(formatInstant(goOnAt)).toBe(warnings[0]!.slice(-24));
  world.pass(30_000);
  expect(dueAts()).toEqual([10_000, 20_000, 30_000, 40_000, 50_000]);
});
