// Goal: a world's engines can be killed, stopped, deployed anew, and lose power, and its clocks can be wrong. Method: small apps by hand.
import { describe, expect, test } from "vitest";
import { detent, event, trigger } from "../../src/core/index.ts";
import { NotIdleError, world } from "../../src/simulation/index.ts";
import { from, start, work, slow, app, tasks } from "../support/world-app.ts";

describe("an engine that is killed", () => {
  test("leaves its run to another, and its own body is never heard of again", () => {
    const w = world(app, { from, engines: 2, tasks });
    w.emit("s", 1, { id: "one" });
    w.advance("1 s");
    const [holder] = [...w.running];
    w.crash(holder!.engine);
    expect(w.running.size).toBe(0);
    w.advance("700 ms");
    expect([...w.running]).toMatchObject([{ engine: 1 - holder!.engine, attempt: 2 }]);
    w.advance("40 s");
    expect(w.runs()[0]).toMatchObject({ state: "succeeded", attempt: 2 });
    expect(w.timeline().filter((line) => line.includes("ends slowly"))).toHaveLength(1);
  });

  test("leaves its run to its own next life, when it was alone", () => {
    const w = world(app, { from, tasks });
    w.emit("s", 1, { id: "one" });
    w.advance("1 s");
    w.crash(0);
    w.advance("50 s");
    expect(w.runs()[0]).toMatchObject({ state: "running", attempt: 1 });
    w.restart(0);
    w.advance("40 s");
    expect(w.runs()[0]).toMatchObject({ state: "succeeded", attempt: 2 });
  });

  test("is not alone in the store: others go on", () => {
    const w = world(app, { from, engines: 3, tasks });
    w.crash(0);
    w.crash(2);
    w.advance("301 s");
    expect(w.runs().map(({ state }) => state)).toEqual(Array(5).fill("succeeded"));
  });

  test("is missed when it was the only one", () => {
    const w = world(app, { from, tasks });
    w.crash(0);
    w.emit("e", 1);
    expect(() => w.runToIdle()).toThrow(NotIdleError);
    expect(() => w.runToIdle()).toThrow("1 signals are not routed");
  });
});

test("an engine that is asked to stop ends what it holds first", () => {
  const w = world(app, { from, tasks });
  w.emit("s", 1);
  w.advance("1 s");
  w.stop(0);
  w.advance("1 min");
  expect(w.runs()[0]).toMatchObject({ trigger: "slowly", state: "succeeded" });
  w.emit("e", 1);
  w.advance("1 min");
  expect(w.runs().filter(({ trigger }) => trigger === "each")).toEqual([]);
  w.restart(0);
  w.advance("1 min");
  expect(w.runs().filter(({ trigger }) => trigger === "each")).toHaveLength(1);
});

test("an engine that is deployed anew ends what it holds, and goes on with the next version", () => {
  const next = detent({
    tasks: [work, slow],
    triggers: [trigger("other", { when: event<number>("s"), run: work, input: 7 })],
  });
  const w = world(app, { from, tasks, next });
  w.emit("s", 1);
  w.advance("1 s");
  w.deploy(0);
  w.advance("1 min");
  w.emit("s", 2);
  w.advance("1 min");
  const owed = () => w.runs().map(({ trigger, state }) => `${trigger} ${state}`);
  expect(owed()).toEqual(["slowly succeeded", "other succeeded"]);
  expect(w.skips().map(({ trigger, reason }) => [trigger, reason])).toEqual([["join", "retired"]]);
  w.deploy(0);
  w.emit("s", 3);
  w.advance("1 min");
  expect(owed()).toContain("slowly succeeded");
  expect(owed().filter((it) => it.startsWith("slowly"))).toHaveLength(2);
});

test("after the machine has slept, what was missed is made up by its policy, and a clock set back fires nothing again", () => {
  const w = world(app, { from, tasks });
  w.advance("10 min");
  w.suspend("1 h");
  w.advance("1 min");
  const minutes = () => w.runs().filter(({ trigger }) => trigger === "minute");
  // Ten before; missed: "latest" makes up for one of the hour; the last two are on time.
  expect(minutes()).toHaveLength(13);
  expect(w.skips()).toMatchObject([
    { trigger: "minute", signal: null, reason: "missed", count: 58 },
  ]);
  w.setClock(w.now() - 600_000);
  w.advance("10 min");
  expect(minutes()).toHaveLength(13);
  w.advance("1 min");
  expect(minutes()).toHaveLength(14);
});

test("a clock that drifts makes occurrences come sooner or later by the time that passes, and none is lost or early", () => {
  for (const gain of [-600, 600]) {
    const w = world(app, { from, tasks });
    w.driftClock(gain);
    w.advance("100 min");
    expect(w.now() - start).toBe(6_000_000 + 100 * gain);
    w.advance("1 s");
    const minutes = w.runs().map(({ trigger, dueAt }) => [trigger, dueAt]);
    expect(minutes).toHaveLength(gain < 0 ? 99 : 101);
    const begun = w.runs().filter(({ startedAt }) => startedAt !== null);
    expect(begun.length).toBeGreaterThan(97);
    const late = begun.map(({ dueAt, startedAt }) => startedAt! - dueAt);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThan(700);
  }
  expect(() => world(app, { tasks }).driftClock(Number.NaN)).toThrow(
    "driftClock: NaN ms a minute is no drift; give less than 60000",
  );
});

test("an engine that stands still does nothing, and goes on as if nothing had been", () => {
  const w = world(app, { from, tasks });
  w.freeze(0, "2 min");
  w.emit("e", 1);
  w.advance("119 s");
  expect(w.runs()).toEqual([]);
  w.advance("2 s");
  expect(w.runs().map(({ trigger, state }) => [trigger, state])).toContainEqual([
    "each",
    "succeeded",
  ]);
});

describe("when the power fails", () => {
  const failing = (durability: "power" | "process") => {
    const w = world(app, { from, engines: 2, tasks, durability });
    w.emit("s", 1, { id: "first" });
    w.advance("5 s");
    w.emit("s", 2, { id: "second" });
    w.advance("1 s");
    w.failPower("2 s");
    expect(w.running.size).toBe(0);
    return w;
  };
  const end = (w: ReturnType<typeof failing>) => {
    w.restart(1);
    w.advance("2 min");
    return w
      .runs()
      .filter(({ trigger }) => trigger === "slowly")
      .map(({ state, input, attempt }) => [state, input, attempt]);
  };

  test("all engines die, and what was acknowledged is there", () => {
    const w = failing("power");
    expect(w.events().map(({ id }) => id)).toEqual(["first", "second"]);
    expect(end(w)).toEqual([
      ["succeeded", 1, 2],
      ["succeeded", 2, 2],
    ]);
  });

  test("a store that survives processes only loses what it was told last, and goes on from before", () => {
    const w = failing("process");
    expect(w.events().map(({ id }) => id)).toEqual(["first"]);
    expect(w.runs().map(({ state, cause }) => [state, cause])).toEqual([["running", ["first"]]]);
    expect(w.acknowledged.has("second")).toBe(false);
    // What is lost has never been: it can be emitted again.
    expect(w.emit("s", 3, { id: "second" })).toMatchObject({ status: "accepted" });
    expect(end(w)).toEqual([
      ["succeeded", 1, 2],
      ["succeeded", 3, 1],
    ]);
  });

  test("a fork of the world has lost the same", () => {
    const w = failing("process");
    expect(w.fork().traceHash()).toBe(w.traceHash());
  });
});
