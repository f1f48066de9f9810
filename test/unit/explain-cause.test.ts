// Goal: what a run came of, back to what came from outside. Method: a router lives through a log made by hand; then it is asked.
import { describe, expect, test } from "vitest";
import {
  absent,
  all,
  definitionsOf,
  detent,
  event,
  every,
  failure,
  result,
  storedIdOf,
  trigger,
  whyOf,
} from "../../src/core/index.ts";
import { rowIdOf } from "../../src/core/cause.ts";
import { firedOf } from "../../src/core/fired.ts";
import { work, next, lived } from "../support/lived.ts";

describe("a run is there because of", () => {
  test("its signals, the runs that they came from, and so on to what came from outside; nothing is told twice", () => {
    const { router, log, hear } = lived(
      trigger("tick", { when: every("1 s"), run: work, input: null }),
      trigger("start", { when: event("e"), run: work, input: null }),
      trigger("both", { when: all([result(work), event("made")]), run: next, input: null }),
    );
    hear(log.event("e", { n: 1 }, { at: 500 }));
    const [first] = router.runs;
    hear(log.event("made", 2, { at: 600, origin: first!.id }));
    hear(log.status(first!, "succeeded", { result: 1, at: 700 }));
    router.route({ until: 1_000 });
    const [, second, third] = router.runs;
    const signals = new Map(log.signals.map((stored) => [stored.id, stored]));
    const runs = new Map(router.runs.map((run) => [run.id, run]));
    const { reason, missing } = whyOf(second!.id, { runs, signals });
    expect(missing).toEqual({ runs: [], signals: [] });
    const result1 = `result:${first!.id}:1:succeeded`;
    expect(reason).toEqual({
      _tag: "Run",
      run: second!.id,
      trigger: "both",
      task: "next",
      state: "pending",
      createdAt: 700,
      causes: [
        {
          _tag: "Move",
          signal: result1,
          task: "work",
          state: "succeeded",
          at: 700,
          result: 1,
          from: {
            _tag: "Run",
            run: first!.id,
            trigger: "start",
            task: "work",
            state: "pending",
            createdAt: 500,
            causes: [
              { _tag: "Event", signal: "e-1", name: "e", payload: { n: 1 }, at: 500, from: null },
            ],
          },
        },
        {
          _tag: "Event",
          signal: "made-2",
          name: "made",
          payload: 2,
          at: 600,
          from: { _tag: "ToldBefore", run: first!.id },
        },
      ],
    });
    expect(whyOf(third!.id, { runs, signals }).reason).toMatchObject({
      causes: [{ _tag: "Occurrence", dueAt: 1_000 }],
    });
    expect(JSON.parse(JSON.stringify(reason))).toStrictEqual(reason);
  });

  test("an absence, and what started its watch", () => {
    const triggers = [
      trigger("after", {
        when: absent(event("paid"), { after: event("ordered"), within: "1 s" }),
        run: work,
        input: null,
      }),
      trigger("silent", {
        when: absent(event("beat", { "#0:[": 1 }), { within: "5 s" }),
        run: work,
        input: null,
      }),
    ];
    const { router, log, hear } = lived(...triggers);
    hear(log.event("ordered", 7, { at: 500 }));
    router.route({ until: 5_000 });
    const signals = new Map(log.signals.map((stored) => [stored.id, stored]));
    const runs = new Map(router.runs.map((run) => [run.id, run]));
    const [after, silent] = router.runs.map(({ id }) => whyOf(id, { runs, signals }));
    expect(after!.reason).toMatchObject({
      causes: [{ _tag: "Absence", since: null, after: { _tag: "Event", payload: 7 } }],
    });
    expect(silent!.reason).toMatchObject({
      causes: [{ _tag: "Absence", since: 0, after: null }],
    });
    expect([...after!.missing.signals, ...silent!.missing.signals]).toEqual([]);
    expect(rowIdOf(router.runs[0]!.cause[0]!)).toBe("ordered-1");
    const asked = definitionsOf(detent({ tasks: [work], triggers: [triggers[0]!] }));
    const { cause } = router.runs[0]!;
    expect(firedOf(asked.triggers.get("after")!, { cause }, signals)).toMatchObject({
      condition: { signals: cause },
      elsewhere: [],
    });
  });

  test("what is unknown, and says which rows would tell more", () => {
    const { router, log, hear } = lived(
      trigger("start", { when: event("e"), run: work, input: null }),
      trigger("then", { when: failure(work), run: next, input: null }),
    );
    hear(log.event("e"));
    const [first] = router.runs;
    const moved = hear(log.status(first!, "failed", { error: { name: "E", message: "" } }));
    const second = router.runs[1]!;
    const none = { runs: new Map(), signals: new Map() };
    expect(whyOf(second.id, none)).toEqual({
      reason: { _tag: "Unknown", run: second.id },
      missing: { runs: [second.id], signals: [] },
    });
    const runs = new Map([[second.id, second]]);
    const heard = `failure:${first!.id}:1:failed`;
    expect(whyOf(second.id, { ...none, runs })).toMatchObject({
      reason: { causes: [{ _tag: "Unknown", signal: heard }] },
      missing: { runs: [], signals: [moved.id] },
    });
    expect(whyOf(second.id, { runs, signals: new Map([[moved.id, moved]]) })).toMatchObject({
      reason: { causes: [{ _tag: "Move", from: { _tag: "Unknown", run: first!.id } }] },
      missing: { runs: [first!.id], signals: [] },
    });
    expect(storedIdOf(heard)).toBe(moved.id);
  });
});
