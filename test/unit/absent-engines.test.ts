// Goal: each start comes to one end, whatever the log, and whichever engine looks. Method: a property against a naive reading of the log; engines over the memory store.
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { absent, any, event, trigger, type Trigger } from "../../src/core/index.ts";
import { Log, Router } from "../support/deciding.ts";
import { start, World } from "../support/engine-world.ts";
import { work, by, alarming, reported } from "../support/absence.ts";

test("each start ends as exactly one of answered, a run and a watch that goes on, as a naive reading of the log says", () => {
  const app = alarming(
    absent(any([event("report"), event("both")]), {
      within: 5,
      after: any([event("asked"), event("both")]),
    }),
    { by },
  );
  const happening = fc.record({
    name: fc.constantFrom("asked", "asked", "report", "both"),
    key: fc.constantFrom("x", "y"),
    pause: fc.constantFrom(0, 1, 2, 5),
  });
  let [owed, answered] = [0, 0];
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 25 }), fc.nat(6), (happenings, rest) => {
      let now = 10;
      const log = new Log();
      const events = happenings.map(({ name, key, pause }) =>
        log.event(name, key, { at: (now += pause) }),
      );
      now += rest;
      const router = new Router(app);
      router.route({ signals: log.signals, until: now });
      const expected: string[] = [];
      const open: string[] = [];
      for (const [index, { at: startedAt, signal, id }] of events.entries()) {
        if (signal._tag !== "Event" || signal.name === "report") continue;
        const isAnswered = events
          .slice(index + 1)
          .some(
            ({ at: instant, signal: other }) =>
              other._tag === "Event" &&
              other.name !== "asked" &&
              other.payload === signal.payload &&
              instant < startedAt + 5,
          );
        if (isAnswered) answered++;
        else if (startedAt + 5 <= now) expected.push(`${startedAt + 5} ${id}`);
        else open.push(id);
      }
      owed += expected.length;
      const told = router.runs.map(
        ({ createdAt, cause }) =>
          `${createdAt} ${(JSON.parse(cause[0]!.slice(cause[0]!.lastIndexOf(":[") + 1)) as string[])[1]}`,
      );
      expect(told.toSorted()).toEqual(expected.toSorted());
      const waiting = router.state.deadlines
        .values()
        .flatMap(({ due }) => (due._tag === "Absent" ? (due.after?.id ?? []) : []));
      expect(waiting.toSorted()).toEqual(open.toSorted());
      expect(router.skips).toEqual([]);
    }),
    { numRuns: 500 },
  );
  expect(Math.min(owed, answered)).toBeGreaterThan(100);
});

describe("over engines", () => {
  const alive = alarming(absent(event("beat"), { within: "10 s" }));

  test("a watch outlives a restart and is heard at its instant, also when nobody ran then", () => {
    const world = new World();
    const { engine } = world.engine(alarming(reported), "a");
    world.emit("asked");
    world.pass(1_000);
    world.run(engine.drain);
    world.pass(60_000);
    world.engine(alarming(reported), "b");
    world.pass(1_000);
    expect(world.runs().map(({ createdAt, state }) => [createdAt - start, state])).toEqual([
      [10_000, "succeeded"],
    ]);
  });

  test("a watch keeps the engine from being idle; a silence that has been told does not", () => {
    const world = new World();
    const { engine } = world.engine(alive, "a");
    let idleAt: number | undefined;
    const { result } = world.time.fork(Effect.as(engine.idle, true));
    for (; idleAt === undefined && world.time.now < start + 60_000; world.pass(1_000))
      idleAt = result() === true ? world.time.now : undefined;
    expect(idleAt! - start).toBeGreaterThanOrEqual(10_000);
    expect(idleAt! - start).toBeLessThan(13_000);
  });

  test("an unchanged trigger goes on at the next activation; a removed one is retired with a record; a new one begins then", () => {
    const world = new World();
    const { engine } = world.engine(alive, "a");
    world.pass(4_000);
    world.run(engine.drain);
    const other = trigger("other", { when: absent(event("beat"), { within: "20 s" }), run: work });
    const second = world.engine({ tasks: [work], triggers: [...alive.triggers!, other] }, "b");
    world.pass(4_000);
    world.run(second.engine.drain);
    world.engine({ tasks: [work], triggers: [other] }, "c");
    world.pass(60_000);
    expect(
      world.skips().map(({ trigger: id, reason, at: instant }) => [id, reason, instant - start]),
    ).toEqual([["alarm", "retired", 8_000]]);
    expect(world.runs().map(({ trigger: id, createdAt }) => [id, createdAt - start])).toEqual([
      ["other", 24_000],
    ]);
  });
});

test("a silence that was told is not told again because of another trigger; a changed trigger's watch goes on; a changed leaf's is retired", () => {
  const world = new World();
  const when = absent(event("beat"), { within: "10 s" });
  const restart = (id: string, triggers: readonly Trigger[]) => {
    const { engine } = world.engine({ tasks: [work], triggers }, id);
    world.pass(6_000);
    world.run(engine.drain);
    world.pass(0);
  };
  const alarm = trigger("alarm", { when, run: work });
  const other = trigger("other", { when: event("e"), run: work });
  restart("a", [alarm]);
  restart("b", [trigger("alarm", { when, run: work, waitingMax: 5 })]);
  expect(world.runs().map(({ createdAt }) => createdAt - start)).toEqual([10_000]);
  restart("c", [trigger("alarm", { when, run: work, waitingMax: 5 }), other]);
  restart("d", [trigger("alarm", { when, run: work, waitingMax: 5 })]);
  world.emit("beat");
  restart("e", [trigger("alarm", { when, run: work, waitingMax: 5 })]);
  restart("f", [other]);
  world.engine({ tasks: [work], triggers: [alarm] }, "g");
  world.pass(60_000);
  expect(world.runs().map(({ createdAt }) => createdAt - start)).toEqual([10_000, 46_000]);
  expect(world.skips().map(({ reason, at: instant }) => [reason, instant - start])).toEqual([
    ["retired", 30_000],
  ]);
});
