// Goal: what became of a signal or an instant, down to the field that differs. Method: a router lives through a log made by hand; then it is asked.
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
  status,
  trigger,
  type AppDefinition,
  type Trigger,
} from "../../src/core/index.ts";
import { explainOccurrence } from "../../src/core/explain.ts";
import { hour, Log, Router } from "../support/deciding.ts";
import { work, next, lived } from "../support/lived.ts";

describe("a signal is explained as", () => {
  test("fired, with its run", () => {
    const { router, log, verdict, hear } = lived(
      trigger("t", { when: event("e"), run: work, input: null }),
    );
    hear(log.event("e"));
    const second = hear(log.event("e"));
    expect(verdict(second)).toEqual({ _tag: "Fired", run: router.runs[1]?.id });
  });

  test("unsatisfied, with the field that differs and both values; a field that it lacks has no actual value", () => {
    const when = event<{ kind?: string }>("e", { kind: "png" });
    const { log, ask, hear } = lived(trigger("t", { when, run: work, input: null }));
    const explained = (payload: unknown) => ask(hear(log.event("e", payload)))[0];
    expect(explained({ kind: "jpg" })).toEqual({
      signal: "e-1",
      trigger: "t",
      verdict: { _tag: "Unsatisfied" },
      condition: {
        _tag: "Leaf",
        path: "when",
        condition: 'event(e, {"kind":"png"})',
        verdict: { _tag: "Mismatch", path: "payload.kind", expected: "png", actual: "jpg" },
        waiting: [],
        parts: [],
      },
    });
    expect(explained({})?.condition).toMatchObject({
      verdict: { _tag: "Mismatch", path: "payload.kind", expected: "png" },
    });
    expect(explained({})?.condition).not.toHaveProperty("verdict.actual");
  });

  test("skipped, with reason and detail, and the leaf says what its predicate threw", () => {
    const when = event("e", () => {
      throw new RangeError("boom");
    });
    const { log, ask, hear } = lived(trigger("t", { when, run: work, input: null }));
    expect(ask(hear(log.event("e")))).toMatchObject([
      {
        verdict: { _tag: "Skipped", reason: "filtered-by-error", detail: "RangeError: boom" },
        condition: { verdict: { _tag: "Error", name: "RangeError", message: "boom" } },
      },
    ]);
  });

  test("waiting, for the leaves of its tree in which nothing waits: of an any for all branches, unless one is full", () => {
    const { log, ask, verdict, hear } = lived(
      trigger("t", {
        when: all([event("a"), any([event("b"), all([event("c"), event("d")])]), event("e")]),
        run: work,
        input: null,
      }),
    );
    const first = hear(log.event("a"));
    const waitingFor = (...leaves: string[]) => ({ _tag: "Waiting", for: leaves });
    const [b, c, d] = ["all.1.any.0", "all.1.any.1.all.0", "all.1.any.1.all.1"] as const;
    expect(verdict(first)).toEqual(waitingFor(b, c, d, "all.2"));
    hear(log.event("c"));
    expect(verdict(first)).toEqual(waitingFor(b, d, "all.2"));
    hear(log.event("d"));
    expect(verdict(first)).toEqual(waitingFor("all.2"));
    expect(ask(first)[0]?.condition).toMatchObject({
      _tag: "All",
      parts: [
        { path: "all.0", verdict: { _tag: "Satisfied" }, waiting: ["a-1"] },
        { _tag: "Any", parts: [{ verdict: { _tag: "Elsewhere" }, waiting: [] }, { _tag: "All" }] },
        { path: "all.2", verdict: { _tag: "Elsewhere" } },
      ],
    });
  });

  test("waiting under its own key: what waits under another is not told", () => {
    const { log, ask, verdict, hear } = lived(
      trigger("t", {
        when: all([event("a"), event("b")]),
        by: ({ payload }) => String(payload),
        run: work,
        input: null,
      }),
    );
    const one = hear(log.event("a", 1));
    const two = hear(log.event("b", 2));
    expect(verdict(one)).toEqual({ _tag: "Waiting", for: ["all.1"] });
    expect(verdict(two)).toEqual({ _tag: "Waiting", for: ["all.0"] });
    expect(ask(two)[0]?.condition).toMatchObject({
      parts: [{ waiting: [] }, { waiting: ["b-2"] }],
    });
  });

  test("watched, if it starts or answers the watch of an absent leaf", () => {
    const { log, ask, verdict, hear } = lived(
      trigger("t", {
        when: absent(event("paid", { ok: true }), { after: event("ordered"), within: "1 h" }),
        run: work,
        input: null,
      }),
    );
    expect(verdict(hear(log.event("ordered")))).toEqual({ _tag: "Watched", for: ["when"] });
    expect(verdict(hear(log.event("paid", { ok: true })))).toEqual({
      _tag: "Watched",
      for: ["when"],
    });
    const other = hear(log.event("paid", { ok: false }));
    expect(ask(other)).toMatchObject([
      {
        verdict: { _tag: "Unsatisfied" },
        condition: {
          verdict: { _tag: "Elsewhere" },
          parts: [{ verdict: { path: "payload.ok" } }, { verdict: { _tag: "Elsewhere" } }],
        },
      },
    ]);
  });

  test("not heard by a trigger that waits for other signals; without a trigger's name it is not told of", () => {
    const { log, ask, verdict, hear } = lived(
      trigger("t", { when: event("e"), run: work, input: null }),
    );
    const other = hear(log.event("other"));
    expect(ask(other)).toEqual([]);
    expect(verdict(other, "t")).toEqual({ _tag: "NotHeard" });
  });

  test("unrouted until a router has come to it, and delayed until its instant", () => {
    const { router, log, verdict, hear } = lived(
      trigger("t", { when: event("e"), run: work, input: null }),
    );
    expect(verdict(log.event("e"))).toEqual({ _tag: "Unrouted" });
    router.route({ signals: log.signals });
    const late = hear(log.event("e", null, { at: 5_000, dueAt: 60_000 }));
    expect(verdict(late)).toEqual({ _tag: "Delayed", until: 60_000 });
    router.route({ until: 60_000 });
    expect(verdict(late)).toEqual({ _tag: "Fired", run: router.runs[1]?.id });
  });

  test("kept back, by which flow control and until when", () => {
    const { router, log, verdict, hear } = lived(
      trigger("t", {
        when: event("e", (payload) => payload !== 3),
        by: () => "one",
        debounce: "1 min",
        run: work,
        input: null,
      }),
    );
    const earlier = hear(log.event("e", 1, { at: 1_000 }));
    const later = hear(log.event("e", 2, { at: 2_000 }));
    expect(verdict(earlier)).toMatchObject({ _tag: "Skipped", reason: "debounced" });
    expect(verdict(hear(log.event("e", 3, { at: 3_000 })))).toEqual({ _tag: "Unsatisfied" });
    expect(verdict(later)).toEqual({ _tag: "KeptBack", by: "debounce", until: 62_000 });
    router.route({ until: 62_000 });
    expect(verdict(later)).toEqual({ _tag: "Fired", run: router.runs[0]?.id });
  });

  test("unrecorded if it satisfies the trigger now and nothing tells of it: the trigger is newer", () => {
    const { log, hear } = lived();
    const stored = hear(log.event("e"));
    const app: AppDefinition = {
      tasks: [work],
      triggers: [trigger("newer", { when: event("e"), run: work, input: null })],
    };
    const router = new Router(app);
    router.route({ signals: [log.event("other")] });
    const told = explain(definitionsOf(detent(app)), router.state, stored, { runs: [], skips: [] });
    expect(told.map(({ verdict }) => verdict)).toEqual([{ _tag: "Unrecorded" }]);
  });

  test("what it tells each trigger: of one stored move the result, the failure or the status", () => {
    const { router, log, ask, hear } = lived(
      trigger("start", { when: event("e"), run: work, input: null }),
      trigger("result", { when: result(work, { is: 2 }), run: next, input: null }),
      trigger("failure", { when: failure(work), run: next, input: null }),
      trigger("status", { when: status(work, "succeeded"), run: next, input: null }),
    );
    hear(log.event("e"));
    const moved = hear(log.status(router.runs[0]!, "succeeded", { result: 1 }));
    expect(ask(moved)).toMatchObject([
      {
        trigger: "result",
        verdict: { _tag: "Unsatisfied" },
        condition: { verdict: { path: "result", expected: 2, actual: 1 } },
      },
      { trigger: "status", verdict: { _tag: "Fired", run: router.runs[1]?.id } },
    ]);
  });
});

describe("an instant is explained as", () => {
  const due = (
    router: Router,
    app: AppDefinition,
    dueAt: number,
    now = router.state.watermark.at,
  ) => {
    const asked = definitionsOf(detent(app)).triggers.get("t")!;
    return explainOccurrence(asked, router.state, { dueAt, now }, router).map(
      ({ verdict }) => verdict,
    );
  };
  const ticking = (when: Trigger["when"]): AppDefinition => ({
    tasks: [work],
    triggers: [trigger("t", { when, run: work, input: null })],
  });

  test("fired, skipped in a range, unrouted or to come; not at all where no schedule names it", () => {
    const app = ticking(every("1 h", { missed: "skip" }));
    const router = new Router(app);
    router.route({ until: hour });
    router.route({ until: 4 * hour + 1, now: 10 * hour });
    expect(due(router, app, hour)).toEqual([{ _tag: "Fired", run: router.runs[0]?.id }]);
    for (const at of [2, 3, 4])
      expect(due(router, app, at * hour)).toEqual([
        { _tag: "Skipped", reason: "missed", detail: null },
      ]);
    expect(due(router, app, 5 * hour, 10 * hour)).toEqual([{ _tag: "Unrouted" }]);
    expect(due(router, app, 11 * hour, 10 * hour)).toEqual([{ _tag: "Delayed", until: 11 * hour }]);
    expect(due(router, app, hour + 1)).toEqual([]);
    const later = new Router(app, 5 * hour);
    expect(due(later, app, hour)).toEqual([{ _tag: "Unrecorded" }]);
  });

  test("paused while its trigger is, and then skipped; by the schedule that names it, of several", () => {
    const app = ticking(any([every("1 h"), every("90 min")]));
    const router = new Router(app);
    const log = new Log();
    const pause = log.event("@:pause", { trigger: "t", until: 4 * hour }, { at: 10 });
    router.route({ signals: [pause] });
    router.route({ until: 2 * hour });
    expect(due(router, app, hour)).toEqual([{ _tag: "Paused", until: 4 * hour }]);
    router.route({ until: 5 * hour });
    expect(due(router, app, 1.5 * hour)).toEqual([
      { _tag: "Skipped", reason: "paused", detail: null },
    ]);
    expect(due(router, app, 3 * hour)).toHaveLength(2);
    expect(due(router, app, 4 * hour)).toMatchObject([{ _tag: "Fired" }]);
  });

  test("waiting for the rest of its tree", () => {
    const app = ticking(all([every("1 h"), event("e")]));
    const router = new Router(app);
    router.route({ until: hour });
    expect(due(router, app, hour)).toEqual([{ _tag: "Waiting", for: ["all.1"] }]);
  });
});
