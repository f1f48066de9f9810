// Goal: what one piece of the log makes of an app's triggers, one leaf at a time; and what becomes of what nobody defines any more. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import {
  absent,
  all,
  event,
  failure,
  result,
  status,
  task,
  trigger,
} from "../../src/core/index.ts";
import { Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const next = task({ id: "next", run: (input: unknown) => input });

describe("one leaf", () => {
  test("each of three events before one routing makes a run of its own, with its own input", () => {
    const router = new Router({
      tasks: [work],
      triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.payload })],
    });
    const log = new Log();
    for (const n of [1, 2, 3]) log.event("e", n);
    router.route({ signals: log.signals });
    expect(router.runs.map(({ input, cause }) => [input, cause])).toEqual([
      [1, ["e-1"]],
      [2, ["e-2"]],
      [3, ["e-3"]],
    ]);
  });

  test("a value filter that does not match makes no run", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: event<{ kind: string }>("e", { kind: "png" }),
          run: work,
          input: null,
        }),
      ],
    });
    const log = new Log();
    log.event("e", { kind: "jpg" });
    const { runs } = router.route({ signals: log.signals });
    expect(runs).toEqual([]);
  });

  test("a filter that throws becomes a skip of its own trigger and disturbs no other", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("bad", {
          when: event("e", () => {
            throw new RangeError("boom");
          }),
          run: work,
          input: null,
        }),
        trigger("promise", {
          when: event("e", (() => Promise.resolve(true)) as never),
          run: work,
          input: null,
        }),
        trigger("good", { when: event("e"), run: work, input: null }),
      ],
    });
    const log = new Log();
    log.event("e");
    router.route({ signals: log.signals });
    expect(router.runs.map((run) => run.trigger)).toEqual(["good"]);
    expect(router.skips.map((skip) => [skip.trigger, skip.reason, skip.detail])).toEqual([
      ["bad", "filtered-by-error", "RangeError: boom"],
      [
        "promise",
        "filtered-by-error",
        "TypeError: the predicate returned a promise, not a boolean; predicates are synchronous",
      ],
    ]);
  });

  test("an input that throws, or is not JSON, becomes a skip", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("throws", {
          when: event("e"),
          run: work,
          input: () => {
            throw new Error("no input");
          },
        }),
        trigger("bigint", { when: event("e"), run: work, input: () => ({ size: 1n }) }),
      ],
    });
    const log = new Log();
    log.event("e");
    router.route({ signals: log.signals });
    expect(router.skips.map((skip) => [skip.trigger, skip.reason, skip.detail])).toEqual([
      ["throws", "input-failed", "Error: no input"],
      ["bigint", "input-failed", "TypeError: input.size is a bigint, which is not JSON"],
    ]);
  });

  test("result, failure and status each hear their own part of a run's moves", () => {
    const router = new Router({
      tasks: [work, next],
      triggers: [
        trigger("source", { when: event("e"), run: work, input: null }),
        trigger("on-null", {
          when: result(work, { is: null as never }),
          run: next,
          input: (f) => f.result.result,
        }),
        trigger("on-big", {
          when: result(work, { where: (n) => (n as number) > 10 }),
          run: next,
          input: (f) => f.result.result,
        }),
        trigger("on-error", {
          when: failure(work, { error: ["RangeError", "TypeError"] }),
          run: next,
          input: (f) => f.failure.error.message,
        }),
        trigger("on-retry", {
          when: status(work, ["retrying", "running"]),
          run: next,
          input: (f) => f.status.state,
        }),
      ],
    });
    const log = new Log();
    for (let count = 0; count < 5; count++) log.event("e");
    router.route({ signals: log.signals });
    const [a, b, c, d, e] = router.runs.splice(0);
    const from = log.signals.length;
    log.status(a!, "succeeded", { result: null });
    log.status(b!, "succeeded", { result: 11 });
    log.status(c!, "failed", { error: { name: "RangeError", message: "r" } });
    log.status(d!, "retrying", { error: { name: "RangeError", message: "not yet" } });
    log.status(e!, "lost", { error: { name: "LostError", message: "gone" } });
    router.route({ signals: log.signals.slice(from) });
    expect(router.runs.map(({ trigger: id, input }) => [id, input])).toEqual([
      ["on-null", null],
      ["on-big", 11],
      ["on-error", "r"],
      ["on-retry", "retrying"],
    ]);
  });
});

test("a run that a person asked for, of a task that nobody defines, is a skip that says so", () => {
  const router = new Router({ tasks: [work], triggers: [] });
  const log = new Log();
  log.event("@wrok", 1, { id: "r" });
  log.event("@work", 1, { id: "r2" });
  router.route({ signals: log.signals });
  expect(router.runs.map(({ trigger: id }) => id)).toEqual(["@work"]);
  expect(
    router.skips.map(({ trigger: id, signal, reason, detail }) => [id, signal, reason, detail]),
  ).toEqual([["@wrok", "r", "retired", 'no task "wrok" is defined']]);
});

test("of a signal that only answers a watch the trigger's own key is not asked", () => {
  const when = all([absent(event("b"), { within: "1 s", by: () => "x" }), event("c")]);
  const by = (): never => {
    throw new Error("asked");
  };
  const router = new Router({
    tasks: [work],
    triggers: [trigger("t", { when, by, run: work, input: null })],
  });
  router.route({ signals: [new Log().event("b")] });
  expect(router.skips).toEqual([]);
});
