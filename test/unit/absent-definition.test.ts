// Goal: an `absent` that can't mean anything is a fault of its definition. Method: definitions by hand.
import { describe, expect, test } from "vitest";
import {
  absent,
  all,
  any,
  cron,
  detent,
  event,
  every,
  satisfies,
  type Condition,
  type Signal,
} from "../../src/core/index.ts";
import { conditionText } from "../../src/core/condition-text.ts";
import { alarming, routed, reported } from "../support/absence.ts";

describe("as a definition", () => {
  test("all its faults are told at once, each with its place and mend", () => {
    const wrong = (condition: unknown) => () =>
      detent(alarming(all([event("e"), condition as Condition])));
    expect(wrong(absent(all([event("a")]) as never, {} as never))).toThrow(
      'condition "all.1": within is missing; say how long nothing must come, such as "1 hour"',
    );
    const many = absent(
      any([all([event("a")]), every("1 s"), absent(event("b"), { within: 1 })]) as never,
      {
        within: 0,
        after: any([absent(event("b"), { within: 1 })]) as never,
        by: 1 as never,
        wihtin: 2,
      } as never,
    );
    let message = "";
    try {
      wrong(many)();
    } catch (thrown) {
      ({ message } = thrown as Error);
    }
    expect(
      message.split("\n").map((line) => line.replace(/^[- ]*Trigger "alarm": condition /, "")),
    ).toEqual([
      expect.anything(),
      '"all.1": "wihtin" is no option; did you mean "within"?',
      '"all.1": within is no time at all; give at least 1 ms',
      '"all.1": by is no function',
      '"all.1.absent.any.0": the absence of several together is none; give any([…]), or one absent for each in all([…])',
      '"all.1.absent.any.1": a schedule is never absent; give what should come, and the schedule as after',
      '"all.1.absent.any.2": an absence is no answer of another; put both in all([…]) or any([…])',
      '"all.1.after.any.0": an absence is no start of another; put both in all([…]) or any([…])',
    ]);
  });

  test("its parts are checked like any condition, and so are the tasks that they name", () => {
    expect(() => detent(alarming(absent(event(""), { within: 1, after: cron("x") })))).toThrow(
      /condition "when.absent": the event name[\s\S]*condition "when.after"/,
    );
    expect(() =>
      routed(alarming(absent({ _tag: "Settled", task: "wrok" }, { within: 1 })), [], 1),
    ).toThrow('condition "when.absent" names the task "wrok"');
  });

  test("satisfies: an absence of its own start and time, and no other signal", () => {
    const asked: Signal = { _tag: "Event", id: "1", name: "asked", payload: null, at: 1 };
    const report: Signal = { ...asked, name: "report" };
    const absence = (after: Signal | null, dueAt = 10_001): Signal => ({
      _tag: "Absence",
      after,
      since: 1,
      at: dueAt,
    });
    expect(satisfies(reported, absence(asked))).toBe(true);
    expect(satisfies(any([event("x"), reported]), absence(asked))).toBe(true);
    for (const signal of [absence(report), absence(null), absence(asked, 10_000), asked, report])
      expect(satisfies(reported, signal)).toBe(false);
    const alive = absent(event("report"), { within: "10 s" });
    expect(
      [absence(null), absence(report), absence(asked)].map((s) => satisfies(alive, s)),
    ).toEqual([true, true, false]);
  });

  test("is shown on one line", () => {
    expect(conditionText(reported)).toBe("absent(event(report), within 10 s, after event(asked))");
    expect(conditionText(absent(event("report"), { within: 5 }))).toBe(
      "absent(event(report), within 5 ms)",
    );
  });
});
