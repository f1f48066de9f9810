// Goal: what a schedule does while runs of its trigger are not over, case by case. Method: logs by hand, decisions without a store; then real engines over the memory store in
// virtual time. What any lengths of runs come to is in test/property/overlap-laws.test.ts.
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import {
  absent,
  all,
  any,
  cron,
  definitionsOf,
  type DefinitionError,
  detent,
  event,
  every,
  settled,
  task,
  trigger,
  type AppDefinition,
  type Condition,
  type Overlap,
  type Run,
  type Trigger,
  type TriggerOptions,
} from "../../src/core/index.ts";
import { cancelsOf } from "../../src/core/overlap.ts";
import type { HeldFiring } from "../../src/core/store.ts";
import { explainOccurrence } from "../../src/core/explain.ts";
import { scheduleIn, unscheduleIn } from "../../src/runtime/control.ts";
import { Log, Router } from "../support/deciding.ts";
import { start, World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });
const appOf = (...triggers: Trigger[]): AppDefinition => ({ tasks: [work, next], triggers });
const triggerOf = (when: Condition, options: TriggerOptions & { input?: any } = {}): Trigger =>
  trigger("t", { when, run: work, input: null, ...options });
const everyMinute = (overlap: Overlap) => every("1 min", { overlap });
const minute = 60_000;

const dueOf = ({ cause }: Run): number => Number(cause[0]?.split("@").at(-1)) / minute;
const firedBy = ({ runs }: Pick<Router, "runs">) =>
  runs.map((run) => [dueOf(run), run.createdAt / minute]);
const skippedBy = ({ skips }: Pick<Router, "skips">) =>
  skips.map(({ signal, from, to, reason }) => [signal, from! / minute, to! / minute, reason]);
const skip = (at: number, reason = "overlap") => [null, at, at, reason];

/** A run that ended within the log, at a minute. */
const ends = (
  log: Log,
  run: Run | undefined,
  at: number,
  state: "succeeded" | "failed" = "succeeded",
) => log.status(run!, state, { at: at * minute });

describe("a run is over", () => {
  test("when it has ended for good: while it is retried it is not", () => {
    const router = new Router(appOf(triggerOf(everyMinute("skip"))));
    const log = new Log();
    router.route({ until: minute });
    const [run] = router.runs;
    log.status(run!, "retrying", { at: 1.5 * minute });
    ends(log, run, 2.5, "failed");
    router.route({ signals: log.signals, until: 3 * minute });
    expect(firedBy(router)).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect(skippedBy(router)).toEqual([skip(2)]);
    expect(router.skips[0]?.detail).toBeNull();
  });

  test("at the instant of an occurrence only after that has come", () => {
    const router = new Router(appOf(triggerOf(everyMinute("skip"))));
    const log = new Log();
    router.route({ until: minute });
    ends(log, router.runs[0], 2);
    router.route({ signals: log.signals });
    expect(skippedBy(router)).toEqual([skip(2)]);
  });

  test("for its own trigger only: runs of others and runs that people ask for are in nobody's way", () => {
    const router = new Router(
      appOf(triggerOf(everyMinute("skip")), trigger("other", { when: event("e"), run: work })),
    );
    const log = new Log();
    log.event("e", null, { at: 1 });
    log.event("@work", null, { at: 2 });
    router.route({ signals: log.signals, until: minute });
    expect(router.runs.map(({ trigger: id }) => id)).toEqual(["other", "@work", "t"]);
  });
});

describe("a firing that waits for its turn", () => {
  /** Two firings, the second of which waits while the first one's run is open. */
  const waiting = (
    options: TriggerOptions & { input?: any } = {},
    overlap: Overlap = "bufferAll",
  ) => {
    const router = new Router(appOf(triggerOf(everyMinute(overlap), options)));
    const log = new Log();
    router.route({ until: 2 * minute });
    return { router, log };
  };

  test("outlives the router that kept it", () => {
    const { router, log } = waiting();
    router.reread();
    ends(log, router.runs[0], 2.5);
    router.route({ signals: log.signals });
    expect(firedBy(router)).toEqual([
      [1, 1],
      [2, 2.5],
    ]);
  });

  test("is explained as waiting for the end of others", () => {
    const { router } = waiting();
    const app = detent(appOf(triggerOf(everyMinute("bufferAll"))));
    const asked = { dueAt: 2 * minute, now: 2 * minute };
    const t = definitionsOf(app).triggers.get("t")!;
    const [told] = explainOccurrence(t, router.state, asked, router);
    expect(told?.verdict).toEqual({ _tag: "KeptBack", by: "overlap", until: null });
  });

  test("gives its turn on if its input can't be made", () => {
    const { router, log } = waiting({
      input: (f: { occurrence: { dueAt: number } }) => {
        if (f.occurrence.dueAt === 2 * minute) throw new RangeError("two");
        return null;
      },
    });
    router.route({ until: 3 * minute });
    ends(log, router.runs[0], 3.5);
    router.route({ signals: log.signals });
    expect(firedBy(router)).toEqual([
      [1, 1],
      [3, 3.5],
    ]);
    expect(skippedBy(router)).toEqual([skip(2, "input-failed")]);
  });

  test("becomes a skip when its turn comes in a pause", () => {
    const { router, log } = waiting();
    log.event("@:pause", { trigger: "t", until: null }, { at: 2.2 * minute });
    ends(log, router.runs[0], 2.5);
    router.route({ signals: log.signals });
    expect(skippedBy(router)).toEqual([skip(2, "paused")]);
    expect(firedBy(router)).toEqual([[1, 1]]);
    expect(router.state.deadlines.values().map(({ due }) => due._tag)).toEqual(["Paused"]);
  });

  test("is run by a backfill that names it, and then no more", () => {
    const { router, log } = waiting();
    log.event("@:backfill", { trigger: "t", from: minute, to: 2 * minute }, { at: 2.2 * minute });
    router.route({ signals: log.signals });
    expect(firedBy(router)).toEqual([
      [1, 1],
      [2, 2.2],
    ]);
    for (const run of router.runs) ends(log, run, 2.5);
    router.route({ signals: log.signals.slice(1) });
    expect(router.runs).toHaveLength(2);
    expect([...router.state.open.keys()]).toEqual([]);
  });

  test("waits on when a backfill names others", () => {
    const { router, log } = waiting();
    log.event("@:backfill", { trigger: "t", from: minute, to: minute }, { at: 2.2 * minute });
    ends(log, router.runs[0], 2.5);
    router.route({ signals: log.signals });
    expect(firedBy(router)).toEqual([
      [1, 1],
      [2, 2.5],
    ]);
  });

  test("beyond waitingMax becomes a skip that says how many wait", () => {
    const { router } = waiting({ waitingMax: 1 });
    router.route({ until: 3 * minute });
    expect(router.skips).toMatchObject([
      { from: 3 * minute, reason: "overlap", detail: "1 already wait for their turn" },
    ]);
  });

  test("is decided once: a rewind brings back neither it nor what its schedule skipped", () => {
    const router = new Router(appOf(triggerOf(every("10 s", { overlap: "bufferOne" }))));
    const log = new Log();
    router.route({ until: 30_000 });
    const decided = () => [router.runs.length, router.skips.map(({ from }) => from)];
    expect(decided()).toEqual([1, [30_000]]);
    log.event("@:rewind", { to: 0 }, { at: 35_000 });
    router.route({ signals: log.signals, until: 39_000 });
    expect(decided()).toEqual([1, [30_000]]);
  });

  test("belongs to what caused its signals: that is not settled before it has run", () => {
    const router = new Router(
      appOf(
        trigger("first", { when: event("go"), run: next }),
        // A leaf that hears the run of `next`, beside a schedule: what it fires belongs to that run.
        triggerOf(all([every("1 min", { overlap: "bufferAll" }), event("step")])),
        trigger("end", { when: settled("next"), run: next, input: "end" }),
      ),
    );
    const log = new Log();
    log.event("go", null, { at: 1 });
    router.route({ signals: log.signals });
    const [root] = router.runs;
    for (const at of [1.1, 2.1]) log.event("step", null, { at: at * minute, origin: root!.id });
    ends(log, root, 2.2);
    router.route({ signals: log.signals.slice(1) });
    const [, first] = router.runs;
    ends(log, first, 2.5);
    router.route({ signals: log.signals.slice(4) });
    expect(router.decisions.flatMap(({ signals }) => signals)).toEqual([]);
    ends(log, router.runs[2], 2.6);
    router.route({ signals: log.signals.slice(5) });
    expect(router.decisions.flatMap(({ signals }) => signals.map(({ id }) => id))).toEqual([
      `status:${root!.id}:1:settled`,
    ]);
  });
});

test("of a join, the schedule of any of its occurrences decides; a firing without one runs beside the others", () => {
  const when = any([all([every("1 min", { overlap: "skip" }), event("a")]), event("b")]);
  const router = new Router(appOf(triggerOf(when)));
  const log = new Log();
  for (const [name, at] of [
    ["a", 1],
    ["a", 2],
    ["b", 2.5],
  ] as const)
    log.event(name, null, { at: at * minute });
  router.route({ signals: log.signals });
  expect(router.runs.map(({ cause }) => cause.at(-1))).toEqual(["a-1", "b-3"]);
  expect(router.skips.map(({ signal, from, reason }) => [signal, from, reason])).toEqual([
    [null, 2 * minute, "overlap"],
    ["a-2", null, "overlap"],
  ]);
});

test("of several schedules in a firing, one that has a policy decides", () => {
  const when = all([every("1 min"), every("1 min", { overlap: "skip" })]);
  const router = new Router(appOf(triggerOf(when)));
  router.route({ until: minute });
  router.route({ until: 2 * minute });
  expect(router.runs).toHaveLength(1);
  expect(skippedBy(router)).toEqual([skip(2), skip(2)]);
});

test("firings of one instant have their turns in the order in which they came, whoever reads them back", () => {
  const overlap = "bufferAll";
  const when = any([
    every("1 min", { overlap }),
    every("1 min", { overlap, anchor: minute }),
    every("1 min", { overlap, anchor: 2 * minute }),
    every("1 min", { overlap, anchor: 3 * minute }),
  ]);
  const lived = (isRead: boolean) => {
    const router = new Router(appOf(triggerOf(when)));
    const log = new Log();
    for (const at of [1, 2, 3]) {
      router.route({ until: at * minute });
      if (isRead) router.reread();
    }
    for (let index = 0; index < 12; index++) {
      ends(log, router.runs[index], 3.1 + index / 100);
      router.route({ signals: log.signals.slice(-1) });
    }
    return router.runs.map(({ cause }) => cause);
  };
  expect(lived(true)).toHaveLength(12);
  expect(lived(true)).toEqual(lived(false));
});

test("flow control comes first: what it lets go minds the runs that are open then", () => {
  const router = new Router(
    appOf(triggerOf(everyMinute("skip"), { batch: { size: 2, within: "1 h" } })),
  );
  for (const at of [1, 2, 3, 4]) router.route({ until: at * minute });
  expect(router.runs.map(({ cause }) => cause.length)).toEqual([2]);
  expect(skippedBy(router)).toEqual([skip(3), skip(4)]);
});

test("a policy that is none is a fault of the definition, and so is one where nothing runs", () => {
  const faultsOf = (when: Condition): readonly string[] => {
    try {
      detent(appOf(triggerOf(when)));
      return [];
    } catch (thrown) {
      return (thrown as DefinitionError).faults;
    }
  };
  expect(faultsOf(cron("* * * * *", { overlap: "queue" as Overlap }))).toEqual([
    'Trigger "t": condition "when": cron("* * * * *"): overlap is "queue"; give "allow" or "skip" or "bufferOne" or "bufferAll" or "cancelOther"',
  ]);
  expect(
    faultsOf(absent(event("e"), { within: "1 s", after: every("1 min", { overlap: "skip" }) })),
  ).toEqual([
    'Trigger "t": condition "when.after": overlap does nothing here, where an occurrence starts a watch and no run; leave it out',
  ]);
});

describe("with engines", () => {
  const takes = (takesMillis: number) => ({
    pretend: () => ({ takesMillis, outcome: { _tag: "Succeeded" as const, result: null } }),
  });
  const told = (world: World) =>
    world
      .runs()
      .map(({ createdAt, settledAt, state }) => [
        Math.floor((createdAt - start) / 1_000),
        settledAt && Math.floor((settledAt - start) / 1_000),
        state,
      ]);
  // The world begins 40 seconds before a full minute.
  const app = (overlap: Overlap) => appOf(triggerOf(everyMinute(overlap)));

  test("cancelOther asks for the end of the run that is in the way, and runs once that is over", () => {
    const world = new World();
    world.engine(app("cancelOther"), "a", takes(90_000));
    world.pass(3 * minute);
    const [first, second] = told(world);
    expect(first?.[2]).toBe("cancelled");
    expect(second?.[2]).toBe("cancelled");
    // It was asked within a second of the next occurrence, and that ran when it had ended.
    expect((first?.[1] as number) - (first?.[0] as number)).toBe(minute / 1_000);
    expect(second?.[0]).toBe(first?.[1]);
  });

  test("cancelOther is for schedules made at run time, too", () => {
    const world = new World();
    world.engine(appOf(), "a", takes(90_000));
    world.run(scheduleIn(world.store, "m", { when: everyMinute("cancelOther"), run: "work" }));
    world.pass(2 * minute);
    expect(told(world).map(([, , state]) => state)).toEqual(["cancelled", "running"]);
  });

  test("cancelOther needs no hint of a store: a run that nobody held gives its turn on at once", () => {
    const world = new World();
    const silent = { ...world.store, changes: () => () => {} };
    const beside = trigger("beside", { when: event("e"), run: next, input: null });
    world.emit("e");
    const defined = appOf(beside, triggerOf(everyMinute("cancelOther")));
    world.engine(defined, "a", { ...takes(10 * minute), slots: 1, store: silent });
    world.pass(minute + 40_001);
    expect(told(world)).toEqual([
      [0, null, "running"],
      [20, 80, "cancelled"],
      [80, null, "pending"],
    ]);
  });

  test("an engine that finds a firing waiting asks for the end of what is in its way: whoever kept it may not have come to that", () => {
    const world = new World();
    // What this one asks for never gets there.
    const deaf = {
      ...world.store,
      commit: ((batch) =>
        batch.patches?.some(({ patch }) => patch.cancelRequested)
          ? world.store.commit({ checks: [] })
          : world.store.commit(batch)) as typeof world.store.commit,
    };
    world.engine(app("cancelOther"), "a", { ...takes(10 * minute), store: deaf });
    world.pass(2 * minute);
    expect(told(world)).toMatchObject([[expect.anything(), null, "running"]]);
    world.engine(app("cancelOther"), "b", takes(1_000));
    world.pass(15_000);
    expect(told(world).map(([, , state]) => state)).toEqual(["cancelled", "running"]);
  });

  test.each([
    ["by the engine that kept it", false],
    ["by an engine that finds it waiting", true],
  ])(
    "cancelOther does not ask for the end of a run that came while its firing waited: %s",
    (_, isFound) => {
      const world = new World();
      const when = any([everyMinute("cancelOther"), event("beside")]);
      const slow = { ...takes(10 * minute), slots: 2 };
      const { executor } = world.engine(appOf(triggerOf(when)), "a", slow);
      Object.assign(executor, { cancel: () => Effect.void }); // a body that does not listen
      world.pass(1.5 * minute);
      world.emit("beside");
      world.pass(1_000);
      if (isFound) world.engine(appOf(triggerOf(when)), "b", slow);
      world.pass(5_000);
      const asked = () => world.runs().map(({ cancelRequested }) => cancelRequested);
      expect(asked()).toEqual([true, false]);
      world.pass(minute); // the next occurrence comes after it
      expect(asked()).toEqual([true, true]);
    },
  );

  test("a definition that begins to mind its runs minds those that it finds", () => {
    const world = new World();
    const { engine } = world.engine(app("allow"), "a", takes(3 * minute));
    world.pass(minute);
    world.run(engine.drain);
    world.engine(app("skip"), "b", takes(1_000));
    world.pass(2 * minute);
    expect(told(world)).toHaveLength(1);
    expect(world.skips().map(({ reason }) => reason)).toEqual(["overlap", "overlap"]);
    world.pass(2 * minute);
    expect(told(world).length).toBeGreaterThan(1);
  });

  test("what waits for a trigger that has changed becomes a skip", () => {
    const world = new World();
    const { engine } = world.engine(app("bufferAll"), "a", takes(3 * minute));
    world.pass(2 * minute);
    world.run(engine.drain);
    world.engine(app("bufferOne"), "b", takes(1_000));
    expect(world.skips().map(({ signal, reason, count }) => [signal, reason, count])).toEqual([
      [null, "retired", 1],
    ]);
  });

  test("of a schedule made at run time, it waits through a new generation, and becomes a skip when the schedule ends", () => {
    const world = new World();
    const bare = appOf();
    const { engine } = world.engine(bare, "a", takes(10 * minute));
    world.run(
      scheduleIn(world.store, "m", { when: everyMinute("bufferOne"), run: "work", input: 1 }),
    );
    world.pass(2 * minute);
    world.run(engine.drain);
    world.engine(appOf(trigger("new", { when: event("e"), run: work })), "b");
    expect(world.skips()).toEqual([]);
    expect(told(world)).toHaveLength(1);
    world.run(unscheduleIn(world.store, "m"));
    world.pass(1_000);
    expect(world.skips().map(({ signal, reason, count }) => [signal, reason, count])).toEqual([
      [null, "retired", 1],
    ]);
  });
});

test("of the runs in whose place a firing waits, those are cancelled that are not over", () => {
  const firing = (id: string, instead: readonly string[]) =>
    ({ id, due: { _tag: "Turn", instead } }) as unknown as HeldFiring;
  const open = new Map([
    [
      "overlap:t",
      new Map([
        ["r2", {}],
        ["r3", {}],
      ]),
    ],
  ]) as never;
  const firings = new Map([
    ["overlap:t", [firing("a", ["r1", "r2"])]],
    ["t k", []],
  ]);
  expect(cancelsOf({ firings, open }, ["overlap:t", "t k", "gone"])).toEqual(["r2"]);
});
