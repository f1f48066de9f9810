// Goal: what a schedule does while runs of its trigger are not over, case by case. Method: logs by hand, decisions without a store. What any lengths of runs come to is in
// test/property/overlap-laws.test.ts, and what engines do in overlap-engines.test.ts.
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
  trigger,
  type Condition,
  type Overlap,
  type TriggerOptions,
} from "../../src/core/index.ts";
import { explainOccurrence } from "../../src/core/explain.ts";
import { Log, Router } from "../support/deciding.ts";
import {
  work,
  next,
  appOf,
  triggerOf,
  everyMinute,
  minute,
  firedBy,
  skippedBy,
  skip,
  ends,
} from "../support/overlap.ts";

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
