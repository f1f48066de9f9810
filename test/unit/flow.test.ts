// Goal: what flow control makes of firings, case by case. Method: logs by hand, decisions without a store; activation on a reading by hand.
import { describe, expect, test } from "vitest";
import {
  activation,
  all,
  cron,
  definitionsOf,
  type DefinitionError,
  detent,
  event,
  settled,
  task,
  trigger,
  type AppDefinition,
  type FlowOptions,
  type Trigger,
} from "../../src/core/index.ts";
import type { StoredState } from "../../src/core/store.ts";
import { Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });

const onE = (options: FlowOptions & { waitingMax?: number }): Trigger =>
  trigger("t", {
    when: event<string>("e"),
    by: (signal) => signal.payload,
    run: work,
    input: (f) => f.matches.map(({ leaf, id }) => `${leaf} ${id}`),
    ...options,
  });
const appOf = (...triggers: Trigger[]): AppDefinition => ({ tasks: [work, next], triggers });

const runsOf = ({ runs }: Router) => runs.map(({ cause, createdAt }) => [createdAt, ...cause]);
const skipsOf = ({ skips }: Router) => skips.map(({ signal, reason, at }) => [at, signal, reason]);

describe("debounce", () => {
  test("of three events within the wait the last runs, the wait after it; the others are skips of the instants that replaced them", () => {
    const router = new Router(appOf(onE({ debounce: "2 s" })));
    const log = new Log();
    for (const at of [0, 1_000, 2_000]) log.event("e", "k", { at });
    router.route({ signals: log.signals, until: 3_999 });
    expect(runsOf(router)).toEqual([]);
    router.route({ until: 10_000 });
    expect(runsOf(router)).toEqual([[4_000, "e-3"]]);
    expect(router.runs[0]?.input).toEqual(["when e-3"]);
    expect(skipsOf(router)).toEqual([
      [1_000, "e-1", "debounced"],
      [2_000, "e-2", "debounced"],
    ]);
  });

  test("an event at the very instant of the deadline begins anew", () => {
    const router = new Router(appOf(onE({ debounce: "2 s" })));
    const log = new Log();
    for (const at of [0, 2_000]) log.event("e", "k", { at });
    router.route({ signals: log.signals, until: 10_000 });
    expect(runsOf(router)).toEqual([
      [2_000, "e-1"],
      [4_000, "e-2"],
    ]);
  });

  test("max bounds the wait, counted from the first", () => {
    const router = new Router(appOf(onE({ debounce: { wait: "2 s", max: "3 s" } })));
    const log = new Log();
    for (const at of [0, 1_000, 2_000, 3_000]) log.event("e", "k", { at });
    router.route({ signals: log.signals, until: 10_000 });
    expect(runsOf(router)).toEqual([
      [3_000, "e-3"],
      [5_000, "e-4"],
    ]);
  });

  test("without a correlation key all firings are of one key; of a join the key is the join's", () => {
    const when = all([event("a"), event("b")]);
    const router = new Router(appOf(trigger("t", { when, run: work, debounce: 1_000 })));
    const log = new Log();
    for (const name of ["a", "b", "a", "b"]) log.event(name, null, { at: 0 });
    router.route({ signals: log.signals, until: 1_000 });
    expect(runsOf(router)).toEqual([[1_000, "a-3", "b-4"]]);
    expect(skipsOf(router)).toEqual([
      [0, "a-1", "debounced"],
      [0, "b-2", "debounced"],
    ]);
  });
});

describe("throttle", () => {
  test("the first runs at once; the newest of those that come meanwhile when the time is over, which counts anew from there", () => {
    const router = new Router(appOf(onE({ throttle: "5 s" })));
    const log = new Log();
    for (const at of [0, 1_000, 2_000, 5_500, 10_000]) log.event("e", "k", { at });
    router.route({ signals: log.signals, until: 20_000 });
    expect(runsOf(router)).toEqual([
      [0, "e-1"],
      [5_000, "e-3"],
      [10_000, "e-4"],
      [15_000, "e-5"],
    ]);
    expect(skipsOf(router)).toEqual([[2_000, "e-2", "throttled"]]);
  });

  test("each key has its own gate, and one that has opened costs nothing any more", () => {
    const router = new Router(appOf(onE({ throttle: "5 s" })));
    const log = new Log();
    for (const key of ["x", "y"]) log.event("e", key, { at: 0 });
    router.route({ signals: log.signals });
    expect(runsOf(router)).toEqual([
      [0, "e-1"],
      [0, "e-2"],
    ]);
    router.route({ until: 5_000 });
    expect(router.state.deadlines.values()).toEqual([]);
    expect(router.state.firings.size).toBe(0);
  });

  test("a `by` that throws spoils only its signal", () => {
    const by = (): string => {
      throw new Error("no key");
    };
    const router = new Router(
      appOf(trigger("t", { when: event("e"), run: work, by, throttle: 1 })),
    );
    const log = new Log();
    log.event("e");
    router.route({ signals: log.signals });
    expect(router.skips.map(({ reason, detail }) => [reason, detail])).toEqual([
      ["filtered-by-error", "Error: no key"],
    ]);
  });
});

describe("batch", () => {
  test("a full batch runs at once with the matches of all, in the order in which they came", () => {
    const router = new Router(appOf(onE({ batch: { size: 2, within: "1 min" } })));
    const log = new Log();
    for (const [index, at] of [0, 1_000, 2_000].entries())
      log.event("e", "k", { at, id: `id-${9 - index}` });
    router.route({ signals: log.signals });
    expect(runsOf(router)).toEqual([[1_000, "id-9", "id-8"]]);
    expect(router.runs[0]?.input).toEqual(["when id-9", "when id-8"]);
    router.route({ until: 62_000 });
    expect(runsOf(router).at(-1)).toEqual([62_000, "id-7"]);
    expect(skipsOf(router)).toEqual([]);
  });

  test("all that waits for one batch waits until the same instant, its time after the first", () => {
    const router = new Router(appOf(onE({ batch: { size: 9, within: "1 min" } })));
    const log = new Log();
    for (const at of [1_000, 2_000, 3_000]) log.event("e", "k", { at });
    router.route({ signals: log.signals });
    expect(router.state.deadlines.values().map(({ at }) => at)).toEqual([61_000, 61_000, 61_000]);
  });

  test("what is kept back of a join goes by the name of the signal that completed it", () => {
    const router = new Router(
      appOf(
        trigger("t", {
          when: all([event("a"), event("b")]),
          run: work,
          input: null,
          debounce: "1 min",
        }),
      ),
    );
    const log = new Log();
    router.route({ signals: [log.event("b"), log.event("a")] });
    expect(router.state.deadlines.values().map(({ id }) => id)).toEqual(["release/t/a-2"]);
  });

  test("a debounce may wait exactly as long as it waits at most", () => {
    expect(() => detent(appOf(onE({ debounce: { wait: "1 s", max: "1 s" } })))).not.toThrow();
  });

  test("a batch of what a join fires has the matches of each firing together", () => {
    const when = all([event("a"), event("b")]);
    const batch = { size: 2, within: 1_000 };
    const router = new Router(
      appOf(
        trigger("t", { when, run: work, batch, input: (f) => f.matches.map(({ leaf }) => leaf) }),
      ),
    );
    const log = new Log();
    for (const name of ["b", "a", "a", "b"]) log.event(name, null, { at: 0 });
    router.route({ signals: log.signals });
    expect(router.runs.map(({ cause, input }) => [cause, input])).toEqual([
      [
        ["a-2", "b-1", "a-3", "b-4"],
        ["all.0", "all.1", "all.0", "all.1"],
      ],
    ]);
  });

  test("occurrences are batched at the instants that they name, however late they are noticed", () => {
    const router = new Router(
      appOf(
        trigger("t", {
          when: cron("* * * * *", { missed: "all" }),
          run: work,
          batch: { size: 3, within: "1 h" },
          input: (f) => f.matches.map(({ signal }) => signal.dueAt),
        }),
      ),
    );
    router.route({ until: 200_000, now: 10_000_000 });
    expect(router.runs.map(({ createdAt, input }) => [createdAt, input])).toEqual([
      [180_000, [60_000, 120_000, 180_000]],
    ]);
  });
});

test("a firing that is kept back while its trigger is paused becomes a skip when its time comes, and shuts no gate", () => {
  const router = new Router(appOf(onE({ throttle: "5 s" })));
  const log = new Log();
  log.event("e", "k", { at: 0 });
  log.event("e", "k", { at: 1_000 });
  log.event("@:pause", { trigger: "t" }, { at: 2_000 });
  log.event("@:resume", { trigger: "t" }, { at: 6_000 });
  log.event("e", "k", { at: 6_500 });
  router.route({ signals: log.signals });
  expect(runsOf(router)).toEqual([
    [0, "e-1"],
    [6_500, "e-5"],
  ]);
  expect(skipsOf(router)).toEqual([[5_000, "e-2", "paused"]]);
});

describe("what a run caused is not over while a firing of it is kept back", () => {
  const app = appOf(
    trigger("root", { when: event("go"), run: next }),
    onE({ debounce: "10 s" }),
    trigger("fan-in", { when: settled(next), run: work, input: "in" }),
  );

  const begun = () => {
    const router = new Router(app);
    const log = new Log();
    log.event("go", null, { at: 0 });
    router.route({ signals: log.signals });
    const [root] = router.runs;
    log.event("e", "k", { at: 1_000, origin: root!.id });
    log.status(root!, "succeeded", { at: 1_000 });
    router.route({ signals: log.signals.slice(1) });
    return { router, log, root: root! };
  };

  test("it is settled when the run that the firing became has ended", () => {
    const { router, log } = begun();
    expect(router.decisions.flatMap(({ signals }) => signals)).toEqual([]);
    router.route({ until: 11_000 });
    expect(router.decisions.flatMap(({ signals }) => signals)).toEqual([]);
    const status = log.status(router.runs[1]!, "succeeded", { at: 12_000 });
    const { signals } = router.route({ signals: [status] });
    expect(signals.map(({ id }) => id.split(":").at(-1))).toEqual(["settled"]);
    expect(router.state.open.size).toBe(0);
  });

  test("or when it has become a skip", () => {
    const { router, log } = begun();
    log.event("e", "k", { at: 5_000 });
    const { signals } = router.route({ signals: log.signals.slice(-1) });
    expect(signals.map(({ id }) => id.split(":").at(-1))).toEqual(["settled"]);
  });

  test("or when its trigger is gone: activation settles it", () => {
    const { router, root } = begun();
    const definitions = definitionsOf(detent(appOf(...app.triggers!.slice(0, 1))));
    const { waiting, deadlines, open, watermark } = router.state;
    const state: StoredState = {
      cursors: [],
      waiting: [...waiting.values()].flat(2),
      deadlines: deadlines.values(),
      open: [...open.values()].flatMap((rows) => [...rows.values()]),
    };
    const old = definitionsOf(detent(app));
    const generation = {
      number: 1,
      fingerprint: old.fingerprint,
      zones: null,
      activatedAt: 0,
      triggers: Object.fromEntries(
        [...old.triggers.values()].map(({ id, fingerprint }) => [id, fingerprint]),
      ),
    };
    const batch = activation(definitions, {
      watermark,
      generation,
      state,
      signals: [],
      more: false,
      now: 20_000,
    })!;
    expect(batch.skips?.map(({ trigger: id, signal, reason }) => [id, signal, reason])).toEqual([
      ["t", "e-2", "retired"],
    ]);
    expect(batch.deadlines?.remove).toEqual(["release/t/e-2"]);
    expect(batch.signals?.map(({ signal }) => signal)).toMatchObject([
      { run: root.id, state: "settled" },
    ]);
    expect(batch.open?.remove.map(({ run }) => run).sort()).toEqual(["release/t/e-2", root.id]);
  });
});

test("a changed time is another trigger: what the old one keeps back is retired", () => {
  const [one, other] = ["1 s", "2 s"].map((debounce) =>
    definitionsOf(detent(appOf(onE({ debounce })))),
  );
  const same = definitionsOf(detent(appOf(onE({ debounce: 1_000 }))));
  expect(one!.fingerprint).not.toBe(other!.fingerprint);
  expect(one!.fingerprint).toBe(same.fingerprint);
});

test.each<[FlowOptions, string[]]>([
  [{ debounce: "soon" }, ['debounce "soon" is no duration; give milliseconds as a number']],
  [{ debounce: 0 }, ["debounce is 0; give at least 1 ms"]],
  [{ debounce: { wait: "2 s", max: "1 s" } }, ["debounce.max is shorter than debounce.wait"]],
  [
    { debounce: { max: 0, longest: 1 } as never },
    [
      "debounce.longest is no option; there are wait, max",
      "debounce.wait undefined is no duration",
      "debounce.max is 0; give at least 1 ms",
    ],
  ],
  [{ throttle: -1 }, ["throttle -1 is negative"]],
  [{ batch: 3 as never }, ['batch is 3; give { size: 100, within: "5 s" }']],
  [
    { batch: { size: 0, within: 0 } },
    ["batch.size is 0; give a whole number from 1 to waitingMax, 5", "batch.within is 0; give"],
  ],
  [{ batch: { size: 6, within: 1 } }, ["batch.size is 6; give a whole number from 1 to"]],
  [
    { debounce: 1, throttle: 1 },
    ["debounce and throttle are given together; a trigger has at most one of them"],
  ],
])("the flow control %j is a fault with its mend", (options, expected) => {
  let faults: readonly string[] = [];
  try {
    detent(appOf(onE({ ...options, waitingMax: 5 })));
  } catch (error) {
    faults = (error as DefinitionError).faults;
  }
  expect(faults.map((fault, index) => fault.slice(0, 13 + (expected[index] ?? "").length))).toEqual(
    expected.map((line) => `Trigger "t": ${line}`),
  );
});
