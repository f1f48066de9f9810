/**
 * Goal: a slot always comes to a fresh thread when its own is worn, can't be trusted or has died, never while a run needs it, and never in a loop without a rest.
 * Method: threads are puppets that the test lets boot, answer and die; time is the test's own.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ExecutorEvent } from "../../src/core/executor.ts";
import type { HostEvent } from "../../src/runtime/executor/host.ts";
import { Slot } from "../../src/runtime/executor/slot.ts";
import { order, Puppet } from "../support/puppet-host.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const play = ({ runsMax = Number.POSITIVE_INFINITY, bootMillis = 60_000 } = {}) => {
  const threads: Puppet[] = [];
  const told: ExecutorEvent[] = [];
  const open = (tell: (event: HostEvent) => void): Puppet => {
    const thread = new Puppet(tell);
    threads.push(thread);
    return thread;
  };
  const slot = new Slot(
    {
      runsMax,
      bootMillis,
      zombieMillis: 5_000,
      graceMillis: 0,
      deafMillis: 500,
      heapBytesMax: null,
    },
    {
      openThread: open,
      openProcess: (_, tell) => open(tell),
      tell: (event) => told.push(event),
      weigh: () => {},
      freed: () => {},
      retracted: () => {},
      time: () => {},
    },
  );
  return {
    slot,
    threads,
    last: () => threads.at(-1) as Puppet,
    ends: () => told.filter(({ _tag }) => _tag === "Ended").length,
    warnings: () =>
      told.flatMap((event) => (event._tag === "Capacity" ? (event.warning ?? []) : [])),
    look: () => slot.look(performance.now()),
  };
};

/** A slot whose first thread is ready. */
const ready = (options?: Parameters<typeof play>[0]) => {
  const it = play(options);
  it.last().boots();
  return it;
};

describe("a thread is replaced", () => {
  test("after as many runs as it may have, and its slot is not free meanwhile", () => {
    const it = ready({ runsMax: 2 });
    for (let run = 0; run < 2; run++) {
      expect([it.threads.length, it.last().isEnded]).toEqual([1, false]);
      it.slot.take(order);
      it.last().answers();
    }
    expect([it.last().isEnded, it.slot.free]).toEqual([true, false]);
    it.last().dies();
    expect([it.threads.length, it.slot.free]).toEqual([2, false]);
    it.last().boots();
    expect([it.slot.free, it.ends(), it.warnings()]).toEqual([true, 2, []]);
  });

  test("when a run before has left something that threw, as soon as it is idle", () => {
    const it = ready();
    it.last().leaves("before");
    expect([it.last().isEnded, it.slot.free]).toEqual([true, false]);
    expect(it.warnings()).toEqual([
      "Run before has left something behind that threw: Error: late. Its thread is being replaced",
    ]);
    it.last().dies();
    it.last().boots();
    expect([it.threads.length, it.slot.free]).toEqual([2, true]);
  });

  test("for a leftover only after the innocent run that it has now, which ends as if nothing were", () => {
    const it = ready();
    it.slot.take(order);
    it.last().begins();
    it.last().leaves("before");
    it.last().leaves("before");
    expect([it.last().isEnded, it.warnings().length]).toEqual([false, 1]);
    it.last().answers();
    expect([it.ends(), it.last().isEnded, it.slot.free]).toEqual([1, true, false]);
  });

  test("when its heap is more than half full after a run, and not when it is just half full", async () => {
    const it = ready();
    const run = async (usedBytes: number): Promise<void> => {
      vi.advanceTimersByTime(1_000);
      it.last().usedBytes = usedBytes;
      it.slot.take(order);
      it.last().answers();
      await Promise.resolve();
      await Promise.resolve();
    };
    await run(500);
    expect([it.last().isEnded, it.slot.free]).toEqual([false, true]);
    await run(501);
    expect([it.last().isEnded, it.slot.free, it.ends()]).toEqual([true, false, 2]);
  });

  test("for its heap only after a run that it was given while the heap was looked at", async () => {
    const it = ready();
    vi.advanceTimersByTime(1_000);
    it.last().usedBytes = 900;
    it.slot.take(order);
    it.last().answers();
    it.slot.take({ ...order, run: "next" });
    await Promise.resolve();
    await Promise.resolve();
    expect(it.last().isEnded).toBe(false);
    it.last().answers();
    expect([it.last().isEnded, it.ends()]).toEqual([true, 2]);
  });

  test("when it can't load a task that it is asked for: the next one may", () => {
    const it = ready();
    it.slot.take(order);
    const error = { name: "Error", message: "no module" };
    it.last().tell({
      _tag: "Answered",
      answer: { number: 1, end: { _tag: "Refused", error }, emitted: [], millis: null },
    });
    expect([it.ends(), it.last().isEnded]).toEqual([1, true]);
  });
});

describe("a thread that fails to start", () => {
  test("is followed by a new one, which takes orders", () => {
    const it = play();
    it.last().dies();
    expect([it.threads.length, it.slot.free]).toEqual([2, false]);
    expect(it.warnings()).toEqual([
      "a worker thread has died while it started: its thread ended with code 1",
    ]);
    it.last().boots();
    it.slot.take(order);
    it.last().answers();
    expect([it.ends(), it.slot.free]).toEqual([1, true]);
  });

  test("is ended when it takes too long, and followed by a new one", () => {
    const it = play({ bootMillis: 100 });
    vi.advanceTimersByTime(99);
    it.look();
    expect(it.last().isEnded).toBe(false);
    vi.advanceTimersByTime(1);
    it.look();
    expect(it.last().isEnded).toBe(true);
    it.last().dies();
    it.last().boots();
    expect([it.threads.length, it.slot.free, it.warnings().length]).toEqual([2, true, 1]);
  });

  test("again and again rests longer each time, half a minute at most", () => {
    const it = play();
    const rests: number[] = [];
    for (let failures = 0; failures < 10; failures++) {
      const known = it.threads.length;
      it.last().dies();
      const from = performance.now();
      while (it.threads.length === known && performance.now() - from < 60_000)
        vi.advanceTimersByTime(1);
      rests.push(performance.now() - from);
    }
    expect(rests.map(Math.round)).toEqual([
      0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });

  test("leaves no thread behind when the slot is closed during its rest", async () => {
    const it = play();
    it.last().dies();
    it.last().dies();
    it.slot.close(0);
    await it.slot.closed;
    vi.advanceTimersByTime(60_000);
    expect([it.threads.length, it.slot.isGone]).toEqual([2, true]);
  });
});

describe("threads that die under their runs", () => {
  const crash = (it: ReturnType<typeof play>): number => {
    it.slot.take(order);
    it.last().begins();
    const known = it.threads.length;
    it.last().dies();
    const from = performance.now();
    while (it.threads.length === known && performance.now() - from < 60_000)
      vi.advanceTimersByTime(1);
    it.last().boots();
    return Math.round(performance.now() - from);
  };

  test("are replaced ever more slowly, until a run ends well on one", () => {
    const it = ready();
    expect([crash(it), crash(it), crash(it)]).toEqual([0, 100, 200]);
    it.slot.take(order);
    it.last().answers();
    expect([crash(it), crash(it)]).toEqual([0, 100]);
    expect(it.ends()).toBe(6);
  });
});
