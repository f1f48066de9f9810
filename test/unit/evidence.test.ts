// Goal: what "why" and "why not" are answered from is enough, and no more than is needed: ids lead to rows where they can, and where they can't a search is bounded. Method: a
// memory store that is strict about what it is asked for and notes it; its rows are an engine's, or written by hand where there must be many.
import { afterEach, expect, test } from "vitest";
import {
  all,
  any,
  definitionsOf,
  detent,
  event,
  every,
  signalNamed,
  task,
  trigger,
  whatBecameOf,
  whyNot,
  whyNotDue,
  whyRun,
  type Batch,
  type ListRequest,
  type Run,
  type Skip,
  type StorePort,
  type Trigger,
} from "../../src/core/index.ts";
import { aRun } from "../../src/adapters/testing/subject.ts";
import { runIdOf } from "../../src/core/run-id.ts";
import { pauseIn, scheduleIn } from "../../src/runtime/control.ts";
import { start, World } from "../support/engine-world.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });
const definedBy = (...triggers: readonly Trigger[]) =>
  definitionsOf(detent({ tasks: [work, next], triggers }));
const minute = 60_000;

/** What no store need answer. */
let faults: string[] = [];
afterEach(() => {
  expect(faults).toEqual([]);
  faults = [];
});

/** The store, and what it was asked for: by ids, or searched for. */
const strict = (store: StorePort) => {
  const asked: { readonly table: string; readonly request: ListRequest }[] = [];
  const list: StorePort["list"] = (table, request) => {
    const ids = request.where?.ids;
    if (ids?.length === 0 || ids?.some((id) => typeof id !== "string"))
      faults.push(`it was asked for ${JSON.stringify(ids)}`);
    if ((ids?.length ?? 0) > 10_000 || request.limit > 10_000) faults.push("too many");
    asked.push({ table, request });
    return store.list(table, request);
  };
  const searches = () =>
    asked.flatMap(({ table, request: { where } }) =>
      where?.ids === undefined ? [[table, where?.trigger]] : [],
    );
  /** Ids that were asked for twice. */
  const repeated = () => {
    const ids = asked.flatMap(({ table, request }) =>
      (request.where?.ids ?? []).map((id) => `${table} ${id}`),
    );
    return ids.filter((id, index) => ids.indexOf(id) !== index);
  };
  return { store: { ...store, list } satisfies StorePort, searches, repeated };
};

const living = (...triggers: readonly Trigger[]) => {
  const world = new World();
  if (triggers.length > 0) world.engine({ tasks: [work, next], triggers }, "e");
  const noted = () => strict(world.store);
  const ask = (id: string, name?: string, definitions = definedBy(...triggers)) => {
    const { store, searches } = noted();
    const stored = world.run(signalNamed(store, id))!;
    const answer = world.run(whyNot(store, definitions, stored, name));
    const verdicts = Object.fromEntries(answer.answers.map((it) => [it.trigger, it.verdict._tag]));
    return { ...answer, verdicts, searches: searches() };
  };
  const askDue = (dueAt: number, name?: string, definitions = definedBy(...triggers)) => {
    const { store, searches } = noted();
    const answer = world.run(whyNotDue(store, definitions, dueAt, name))!;
    const verdicts = answer.answers.map((it) => [it.trigger, it.verdict._tag]);
    return { ...answer, verdicts, searches: searches() };
  };
  const write = (batch: Partial<Batch>) =>
    expect(world.run(world.store.commit({ checks: [], ...batch }))).toMatchObject({
      _tag: "Committed",
    });
  return { world, noted, ask, askDue, write };
};

const runRow = ({ id, ...fields }: Pick<Run, "id" | "cause"> & Partial<Run>): Run =>
  aRun(id, { trigger: "t", task: "work", createdAt: start, dueAt: start, ...fields });

const skipRow = (subject: string, fields: Partial<Skip> = {}): Skip => {
  const row = { trigger: "t", signal: subject, reason: "paused" as const, ...fields };
  return {
    id: `${row.trigger}/${subject}/${row.reason}`,
    from: null,
    to: null,
    count: 1,
    detail: null,
    at: start,
    ...row,
  };
};

const eventRow = (id: string, origin: string | null = null) => ({
  id,
  signal: { _tag: "Event", id, name: "e", payload: null } as const,
  origin,
  dueAt: null,
});

test("a chain is followed through 100 runs unless another number is given; what lies further back is missing", () => {
  const { world, write } = living();
  const chain = Array.from({ length: 102 }, (_, n) => n);
  write({
    signals: chain.map((n) => eventRow(`e-${n}`, n === 0 ? null : `run-${n - 1}`)),
    runs: chain.map((n) => runRow({ id: `run-${n}`, cause: [`e-${n}`] })),
  });
  const missing = (runsMax?: number) =>
    world.run(whyRun(world.store, "run-101", runsMax === undefined ? {} : { runsMax }))?.why.missing
      .runs;
  expect(missing()).toEqual(["run-1"]);
  expect(missing(101)).toEqual(["run-0"]);
  expect(missing(102)).toEqual([]);
  expect(missing(1)).toEqual(["run-100"]);
});

test("the bound on a chain holds where a run came of several", () => {
  const { world, write } = living();
  const names = ["a", "b", "c"];
  write({
    signals: names.map((name) => eventRow(`of-${name}`, name)),
    runs: [
      ...names.map((name) => runRow({ id: name, cause: ["first"] })),
      runRow({ id: "last", cause: names.map((name) => `of-${name}`) }),
    ],
  });
  const found = world.run(whyRun(world.store, "last", { runsMax: 3 }))!;
  expect(found.why.missing).toEqual({ runs: ["a"], signals: ["first"] });
});

test("nothing of a chain is read twice, and of what the log does not have nothing is asked", () => {
  const { world, noted, write } = living();
  const occurrence = '{"_tag":"Every","duration":"1 min"}#0@0';
  const told = ["result", "status"].map((kind) => `${kind}:one:1:succeeded`);
  const status = { _tag: "Status", task: "work", run: "one", attempt: 1, token: 1 } as const;
  write({
    signals: [
      eventRow("x", "zero"),
      eventRow("x2", "zero"),
      eventRow("outside"),
      {
        id: "status:one:1:succeeded",
        signal: { ...status, state: "succeeded", input: null, result: 1 },
        origin: "one",
        dueAt: null,
      },
    ],
    runs: [
      runRow({ id: "clock", cause: [occurrence] }),
      runRow({ id: "zero", cause: ["y", "outside"] }),
      runRow({ id: "one", cause: ["x", "x2", occurrence] }),
      runRow({ id: "last", cause: ["x", ...told] }),
    ],
  });
  const { store, repeated, searches } = noted();
  expect(world.run(whyRun(store, "last"))?.why).toMatchObject({
    missing: { runs: [], signals: ["y"] },
    reason: {
      causes: [
        { signal: "x", from: { run: "zero" } },
        {
          result: 1,
          from: {
            causes: [{ signal: "x" }, { signal: "x2" }, { _tag: "Occurrence", dueAt: 0 }],
          },
        },
        { _tag: "Move", from: { _tag: "ToldBefore" } },
      ],
    },
  });
  expect(world.run(whyRun(store, "clock"))?.why.missing).toEqual({ runs: [], signals: [] });
  expect([repeated(), searches()]).toEqual([[], []]);
  expect(world.run(signalNamed(store, occurrence))).toBeUndefined();
});

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

test.each([
  [1_000, []],
  [
    1_001,
    [
      ["skip", undefined],
      ["run", undefined],
    ],
  ],
])("of %i triggers that are active each is found once", (count, expected) => {
  const { world, noted, write } = living();
  const names = Array.from({ length: count }, (_, n) => `t-${n}`);
  write({
    generation: {
      number: 1,
      fingerprint: "",
      activatedAt: start,
      triggers: Object.fromEntries(names.map((name) => [name, ""])),
      zones: null,
    },
    signals: [eventRow("x")],
    runs: names
      .slice(0, 10)
      .map((name) => runRow({ id: runIdOf(name, ["x"]), trigger: name, cause: ["x"] })),
    skips: names.slice(10).map((name) => skipRow("x", { trigger: name })),
  });
  const { store, searches } = noted();
  const stored = world.run(signalNamed(store, "x"))!;
  const told = world.run(whatBecameOf(store, stored)).map((each) => each.trigger);
  expect(searches()).toEqual(expected);
  expect(told.sort()).toEqual(names.toSorted());
});

/** What is told of "x", where so many skips of other signals came later, and sooner. */
const toldBefore = (later: number, fields: Partial<Skip> = {}, sooner = 0) => {
  const { world, noted, write } = living();
  const others = (count: number, name: string) =>
    Array.from({ length: count }, (_, n) => skipRow(`${name}-${n}`));
  write({
    signals: [eventRow("x")],
    skips: [...others(sooner, "sooner"), skipRow("x", fields), ...others(later, "later")],
  });
  const { store, searches } = noted();
  const stored = world.run(signalNamed(store, "x"))!;
  const told = world.run(whatBecameOf(store, stored)).map((each) => each.trigger);
  return { told, searches: searches().length };
};

test("a search goes through 20,000 rows, and not through those that are older than the signal", () => {
  expect(toldBefore(19_999)).toEqual({ told: ["t"], searches: 20 + 1 });
  expect(toldBefore(20_000)).toEqual({ told: [], searches: 20 + 1 });
  expect(toldBefore(1_000)).toEqual({ told: ["t"], searches: 2 + 1 });
  expect(toldBefore(0, {}, 3_000)).toEqual({ told: ["t"], searches: 1 + 1 });
  expect(toldBefore(999, { at: start - 1 })).toEqual({ told: [], searches: 1 + 1 });
  expect(toldBefore(1_001, { at: start - 1 })).toEqual({ told: [], searches: 2 + 1 });
});

test("a trigger's run for an instant is searched for where its id does not follow from it, and a skip where there is none", () => {
  const { world, askDue } = living(
    trigger("alone", { when: every("1 min"), run: work, input: null }),
    trigger("late", { when: every("1 min"), run: next, input: null }),
    trigger("joined", { when: all([every("1 min"), event("b")]), run: next, input: null }),
    trigger("batched", {
      when: every("1 min"),
      batch: { size: 2, within: "1 h" },
      run: next,
      input: null,
    }),
    trigger("odd", {
      when: every("7 min"),
      batch: { size: 2, within: "1 h" },
      run: next,
      input: null,
    }),
  );
  const first = Math.ceil((start + 1) / minute) * minute;
  world.run(pauseIn(world.store, { trigger: "late" }, { until: first + 10 }));
  world.emit("b");
  world.pass(2 * minute + 100);
  expect(askDue(first)).toMatchObject({
    verdicts: [
      ["alone", "Fired"],
      ["late", "Skipped"],
      ["joined", "Fired"],
      ["batched", "Fired"],
    ],
    others: [{ trigger: "odd" }],
    searches: [
      ["skip", "late"],
      ["run", "joined"],
      ["skip", "joined"],
      ["run", "batched"],
      ["skip", "batched"],
    ],
  });
  expect(askDue(first, "alone").searches).toEqual([]);
});

test("an instant of two schedules of a trigger is told by each, and a skip found that is of one of them", () => {
  const { world, askDue } = living(
    trigger("t", {
      when: any([every("1 min", { anchor: start }), every("2 min", { anchor: start })]),
      run: work,
      input: null,
    }),
  );
  world.run(pauseIn(world.store, { trigger: "t" }, { until: start + 3 * minute }));
  world.pass(4 * minute);
  expect(askDue(start + 2 * minute).answers).toMatchObject([
    { verdict: { _tag: "Skipped", reason: "paused" } },
    { verdict: { _tag: "Skipped", reason: "paused" } },
  ]);
});

test("a schedule that was made at run time is asked once, also where a file now defines a trigger of its name", () => {
  const { world, askDue } = living(trigger("t", { when: event("a"), run: work, input: null }));
  const when = every("1 min", { anchor: start });
  world.run(scheduleIn(world.store, "made", { when, run: "next", input: null }));
  world.pass(minute + 100);
  const now = definedBy(trigger("made", { when, run: work, input: null }));
  expect(askDue(start + minute).answers).toMatchObject([
    { trigger: "made", verdict: { _tag: "Fired" }, definition: "active" },
  ]);
  expect(askDue(start + minute, undefined, now).answers).toMatchObject([
    { trigger: "made", verdict: { _tag: "Fired" }, definition: "new" },
  ]);
});
