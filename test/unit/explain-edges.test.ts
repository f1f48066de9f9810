// Goal: explanations keep to the signal that is asked for: what became of others of its trigger, its schedule or its move is not told of it. Method: as in explain.test.ts.
import { describe, expect, test } from "vitest";
import {
  absent,
  all,
  any,
  definitionsOf,
  detent,
  event,
  every,
  explain,
  failure,
  result,
  task,
  trigger,
  type Trigger,
} from "../../src/core/index.ts";
import { readAbsenceId, whyOf } from "../../src/core/cause.ts";
import { explainOccurrence, schedulesOf, type Records } from "../../src/core/explain.ts";
import { hour, Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const nothing: Records = { runs: [], skips: [] };

const lived = (when: Trigger["when"], options: object = {}) => {
  const app = {
    tasks: [work],
    triggers: [trigger("t", { when, run: work, input: null, ...options })],
  };
  const [router, log] = [new Router(app), new Log()];
  const compiled = definitionsOf(detent(app)).triggers.get("t")!;
  const ask = (index: number, records: Records = router) =>
    explain(definitionsOf(detent(app)), router.state, log.signals[index]!, records, "t")[0]!;
  const due = (dueAt: number, records: Records = router, now = router.state.watermark.at) =>
    explainOccurrence(compiled, router.state, { dueAt, now }, records).map(
      ({ verdict }) => verdict,
    );
  return { router, log, ask, due, compiled };
};

describe("an event", () => {
  test("that a join consumed has fired, each of those that came together; kept back, too", () => {
    const pair = all([event("a"), event("b")]);
    const { router, log, ask } = lived(pair);
    router.route({ signals: [log.event("a"), log.event("b")] });
    const fired = { _tag: "Fired", run: router.runs[0]?.id };
    expect([ask(0).verdict, ask(1).verdict]).toEqual([fired, fired]);
    const held = lived(pair, { debounce: "1 h" });
    held.router.route({ signals: [held.log.event("a"), held.log.event("b")] });
    for (const index of [0, 1])
      expect(held.ask(index).verdict).toMatchObject({ _tag: "KeptBack", by: "debounce" });
  });

  test("waits beside others, and what waits is shown to one that does not wait itself", () => {
    const { router, log, ask } = lived(all([event("a", { n: 1 }), event("b")]));
    for (const n of [1, 1, 2]) log.event("a", { n });
    router.route({ signals: log.signals });
    const [first, second] = log.signals.map(({ id }) => id);
    for (const index of [0, 1])
      expect(ask(index).verdict).toEqual({ _tag: "Waiting", for: ["all.1"] });
    expect(ask(2)).toMatchObject({
      verdict: { _tag: "Unsatisfied" },
      condition: { parts: [{ waiting: [first, second] }, { waiting: [] }] },
    });
  });

  test("is in no range of occurrences, whatever its id", () => {
    const { router, log, ask, compiled } = lived(any([every("10 s"), event("e", { n: 1 })]));
    const leaf = compiled.leaves[0]!.key;
    router.route({ signals: [log.event("e", { n: 2 }, { id: `${leaf}@5` })] });
    const range = {
      id: `t/${leaf}@0-10000/missed`,
      trigger: "t",
      signal: null,
      from: 0,
      to: 10_000,
    };
    const skips = [{ ...range, reason: "missed" as const, detail: null }];
    expect(ask(0, { runs: [], skips }).verdict).toEqual({ _tag: "Unsatisfied" });
  });

  test("is not skipped because a schedule of its trigger missed a range", () => {
    const { router, log, ask } = lived(
      any([every("10 s", { missed: "skip" }), event("e", { n: 1 })]),
    );
    router.route({ signals: [log.event("e", { n: 2 }, { at: 15_000 })], now: hour });
    expect(router.skips).toHaveLength(1);
    expect(ask(0).verdict).toEqual({ _tag: "Unsatisfied" });
  });

  test("whose delay is over is told of as any other, at that very instant already", () => {
    const { router, log, ask } = lived(event("e", { n: 1 }));
    router.route({ signals: [log.event("e", { n: 2 }, { at: 1_000, dueAt: 2_000 })] });
    expect(ask(0).verdict).toEqual({ _tag: "Delayed", until: 2_000 });
    router.route({ until: 2_000 });
    expect(ask(0).verdict).toEqual({ _tag: "Unsatisfied" });
    router.route({ until: 3_000 });
    expect(ask(0).verdict).toEqual({ _tag: "Unsatisfied" });
  });

  test("that satisfies one leaf of several, of which nothing tells, is unrecorded", () => {
    const { router, log, ask } = lived(any([event("e", { n: 1 }), event("e", { n: 2 })]));
    router.route({ signals: [log.event("e", { n: 2 })] });
    expect(ask(0, nothing).verdict).toEqual({ _tag: "Unrecorded" });
  });

  test("has in each leaf that watches only the parts of that leaf", () => {
    const watching = (name: string) => absent(event(name), { within: "1 h" });
    const { router, log, ask } = lived(all([watching("a"), watching("b")]));
    router.route({ signals: [log.event("a")] });
    expect(ask(0)).toMatchObject({
      verdict: { _tag: "Watched", for: ["all.0"] },
      condition: {
        parts: [{ parts: [{ path: "all.0.absent" }] }, { parts: [{ path: "all.1.absent" }] }],
      },
    });
  });
});

describe("a run's move", () => {
  const by = (signal: { readonly _tag: string }): string =>
    signal._tag === "Event" ? "status" : signal._tag.toLowerCase();

  test("waits where its trigger hears it, not under the key that another telling of it would have", () => {
    const { router, log, ask } = lived(all([result(work, { is: 2 }), event("b")]), { by });
    router.route({ signals: [log.event("@work", null, { id: "go" })] });
    router.route({ signals: [log.event("b")] });
    router.route({ signals: [log.status(router.runs[0]!, "succeeded", { result: 1 })] });
    expect(ask(2)).toMatchObject({
      verdict: { _tag: "Unsatisfied" },
      condition: { parts: [{ waiting: [] }, { waiting: [] }] },
    });
  });

  test("whose failure was skipped is skipped, though its status is told of nowhere", () => {
    const when = failure(work, {
      error: () => {
        throw new RangeError("boom");
      },
    });
    const { router, log, ask } = lived(when);
    router.route({ signals: [log.event("@work", null, { id: "go" })] });
    const error = { name: "E", message: "" };
    router.route({ signals: [log.status(router.runs[0]!, "failed", { error })] });
    expect(ask(1).verdict).toMatchObject({ _tag: "Skipped", reason: "filtered-by-error" });
  });
});

describe("an instant", () => {
  test("is one of its schedule, however near the next ones are", () => {
    const { router, due } = lived(every("1 ms", { startAt: 3, endAt: 6 }));
    router.route({ until: 10 });
    expect(due(4)).toMatchObject([{ _tag: "Fired" }]);
    expect(due(7)).toEqual([]);
  });

  test("that is now is not to come; the next is", () => {
    const { due } = lived(every("1 h"));
    expect(due(hour, nothing, hour)).toEqual([{ _tag: "Unrouted" }]);
    expect(due(hour, nothing, hour - 1)).toEqual([{ _tag: "Delayed", until: hour }]);
  });

  test("waits for its turn where its schedule minds runs that are not over", () => {
    const { router, due } = lived(every("1 h", { overlap: "bufferAll" }));
    for (const until of [hour, 2 * hour]) router.route({ until });
    expect(due(2 * hour)).toEqual([{ _tag: "KeptBack", by: "overlap", until: null }]);
  });

  test("is in no record that tells no instants", () => {
    const { due, compiled } = lived(every("1 h"));
    const id = `t/${compiled.leaves[0]!.key}@null-null/retired`;
    const record = { id, trigger: "t", signal: null, reason: "retired" as const, detail: null };
    for (const range of [
      { from: null, to: null },
      { from: 0, to: null },
      { from: null, to: 0 },
    ])
      expect(due(0, { runs: [], skips: [{ ...record, ...range }] })).toEqual([
        { _tag: "Unrecorded" },
      ]);
  });

  test("is held by a pause if it came after it began, until somebody ends it where it has no end", () => {
    const { router, log, due } = lived(every("1 h"));
    router.route({ signals: [log.event("@:pause", { trigger: "t" }, { at: 2 * hour })] });
    router.route({ until: 4 * hour });
    expect(due(3 * hour, nothing)).toEqual([{ _tag: "Paused", until: null }]);
    for (const at of [hour, 2 * hour]) expect(due(at, nothing)).toEqual([{ _tag: "Unrecorded" }]);
  });
});

test("the schedules of a trigger are its leaves that are some, and those that start its watches", () => {
  const watch = absent(event("e"), { within: "1 s", after: every("1 h") });
  const { compiled } = lived(all([every("1 min"), event("e"), watch]));
  expect(schedulesOf(compiled).map(({ path }) => path)).toEqual(["all.0", "all.2.after"]);
});

describe("a run that came of a move", () => {
  /** Why a run is there whose cause is the end of the run "first", heard as `kind`. */
  const causeOf = (
    kind: "result" | "failure" | "status",
    state: "succeeded" | "failed",
    more: object,
  ) => {
    const log = new Log();
    const { router } = lived(event("e"));
    router.route({ signals: [log.event("e")] });
    const first = router.runs[0]!;
    const stored = log.status(first, state, more);
    const second = { ...first, id: "second", cause: [stored.id.replace("status", kind)] };
    const runs = new Map([first, second].map((run) => [run.id, run]));
    const { reason } = whyOf("second", { runs, signals: new Map([[stored.id, stored]]) });
    return reason._tag === "Run" ? reason.causes[0] : undefined;
  };
  const error = { name: "E", message: "no", data: { n: 1 } };

  test("is told its result or its error where it heard that, and neither where it heard the status", () => {
    expect(causeOf("result", "succeeded", { result: 7 })).toMatchObject({ result: 7 });
    expect(causeOf("result", "succeeded", {})).toMatchObject({ result: null });
    expect(causeOf("failure", "failed", { error })).toMatchObject({
      error: { name: "E", message: "no" },
    });
    expect(causeOf("failure", "failed", {})).not.toHaveProperty("error");
    for (const state of ["succeeded", "failed"] as const)
      expect(Object.keys(causeOf("status", state, { result: 7, error }) ?? {}).sort()).toEqual([
        "_tag",
        "at",
        "from",
        "signal",
        "state",
        "task",
      ]);
  });
});

test("only the id of an absence is read as one: it begins as one and ends with a pair", () => {
  expect(readAbsenceId('absence:leaf#0:["k",5]')).toEqual({ leaf: "leaf#0", since: 5 });
  expect(readAbsenceId('absence:odd#1:[1]#0:["k","e-1"]')).toEqual({
    leaf: "odd#1:[1]#0",
    since: "e-1",
  });
  expect(readAbsenceId('{"leaf"}#0:["k",5]')).toBeUndefined();
  expect(readAbsenceId('absence:leaf#0:["k"]')).toBeUndefined();
});
