// Goal: what signals together make of a trigger: each match is consumed once, in the order of instants. Method: logs by hand, decisions without a store.
import { describe, expect, test } from "vitest";
import { all, any, event, task, trigger } from "../../src/core/index.ts";
import { Log, Router } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });

describe("joins", () => {
  test("e, f, f fires an all of e and f once: one e is consumed once", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("e"), event("f")]),
          run: work,
          input: (f) => f.matches.map(({ leaf, id }) => [leaf, id]),
        }),
      ],
    });
    const log = new Log();
    log.event("e");
    log.event("f");
    log.event("f");
    for (const signal of log.signals) router.route({ signals: [signal] });
    expect(router.runs.map(({ input }) => input)).toEqual([
      [
        ["all.0", "e-1"],
        ["all.1", "f-2"],
      ],
    ]);
    expect(router.decisions.at(-1)?.waiting.put.map(({ heard }) => heard.id)).toEqual(["f-3"]);
  });

  test("a match is joined only with one of the same key", () => {
    const when = all([event<{ k: string }>("e"), event<{ k: string }>("f")]);
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when,
          run: work,
          by: (s) => (s._tag === "Event" ? s.payload.k : undefined),
          input: (f) => f.matches.map(({ id }) => id),
        }),
      ],
    });
    const log = new Log();
    log.event("e", { k: "x" });
    log.event("f", { k: "y" });
    log.event("f", { k: "x" });
    router.route({ signals: log.signals });
    expect(router.runs.map(({ input }) => input)).toEqual([["e-1", "f-3"]]);
  });

  test("take latest leaves the older ones as skips, take every hands over all of them", () => {
    const made = (take: "latest" | "every"): Router => {
      const router = new Router({
        tasks: [work],
        triggers: [
          trigger("t", {
            when: all([event("e"), event("f")]),
            take,
            run: work,
            input: (f) => f.matches.map(({ id }) => id),
          }),
        ],
      });
      const log = new Log();
      log.event("e");
      log.event("e");
      log.event("f");
      router.route({ signals: log.signals });
      return router;
    };
    const latest = made("latest");
    expect([
      latest.runs[0]?.input,
      latest.skips.map(({ signal, reason }) => [signal, reason]),
    ]).toEqual([["e-2", "f-3"], [["e-1", "superseded"]]]);
    expect(made("every").runs[0]?.input).toEqual(["e-1", "e-2", "f-3"]);
  });

  test("a match that has waited for `within` is a skip and joins nothing, even when both lie in one piece", () => {
    const app = {
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("e"), event("f")]),
          within: "10 s",
          run: work,
          input: null,
        }),
      ],
    };
    const log = new Log();
    log.event("e", null, { at: 1_000 });
    log.event("f", null, { at: 11_000 });
    const router = new Router(app);
    router.route({ signals: log.signals });
    expect(router.runs).toEqual([]);
    expect(router.skips.map(({ signal, reason, at: when }) => [signal, reason, when])).toEqual([
      ["e-1", "within-passed", 11_000],
    ]);
  });

  test("beyond waitingMax the oldest match is a skip", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("e"), event("f")]),
          waitingMax: 2,
          run: work,
          input: null,
        }),
      ],
    });
    const log = new Log();
    for (let count = 0; count < 3; count++) log.event("e");
    router.route({ signals: log.signals });
    expect(router.skips.map(({ signal, reason }) => [signal, reason])).toEqual([
      ["e-1", "waiting-full"],
    ]);
  });

  test("an any inside an all is satisfied by the branch that was complete first", () => {
    const when = all([any([event("a"), all([event("b"), event("c")])]), event("d")]);
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when,
          run: work,
          input: (f) => (f.matches as readonly { leaf: string }[]).map(({ leaf }) => leaf),
        }),
      ],
    });
    const log = new Log();
    for (const name of ["b", "c", "a", "d"]) log.event(name);
    router.route({ signals: log.signals });
    expect(router.runs[0]?.input).toEqual(["all.0.any.1.all.0", "all.0.any.1.all.1", "all.1"]);
  });

  test("one signal may fill several leaves of one firing and is named once in its cause", () => {
    const router = new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("e"), event<number>("e", (n) => n > 1)]),
          run: work,
          input: null,
        }),
      ],
    });
    const log = new Log();
    log.event("e", 2);
    router.route({ signals: log.signals });
    expect(router.runs.map(({ cause }) => cause)).toEqual([["e-1"]]);
  });
});

describe("matches wait in the order of their instants", () => {
  const pairs = (take?: "latest") =>
    new Router({
      tasks: [work],
      triggers: [
        trigger("t", {
          when: all([event("a"), event("b")]),
          run: work,
          input: null,
          ...(take && { take }),
        }),
      ],
    });

  test("also one that is heard behind a later one, because the clock was set back when it was stored", () => {
    const router = pairs();
    const log = new Log();
    log.event("a", null, { id: "delayed", at: 16_000, dueAt: 15_000 });
    log.event("a", null, { id: "later", at: 18_000 });
    router.route({ signals: log.signals, until: 20_000, now: 10_000 });
    router.route({ until: 20_000, now: 15_000 });
    for (const at of [21_000, 22_000]) log.event("b", null, { id: `b-${at}`, at });
    router.route({ signals: log.signals.slice(2), now: 22_000 });
    expect(router.runs.map(({ cause }) => cause)).toEqual([
      ["delayed", "b-21000"],
      ["later", "b-22000"],
    ]);
  });

  test("and all of them are consumed, however many they are", () => {
    for (let count = 1; count <= 9; count++) {
      const router = pairs("latest");
      const log = new Log();
      for (let index = 0; index < count; index++) log.event("a");
      log.event("b");
      router.route({ signals: log.signals });
      expect([router.runs.length, router.skips.length, router.state.waiting.size]).toEqual([
        1,
        count - 1,
        0,
      ]);
      expect(router.state.deadlines.size).toBe(0);
    }
  });
});
