/**
 * Goal: behind short bodies the next runs are at hand, so that no thread waits for the engine; none waits for long, none is lost, and one that is cancelled never begins.
 * Method: threads are puppets that the test lets boot and answer; time is the test's own.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ExecutorEvent } from "../../src/core/executor.ts";
import { Slots } from "../../src/runtime/executor/slots.ts";
import { order, Puppet } from "../support/puppet-host.ts";

beforeEach(
  () =>
    void vi.useFakeTimers({
      toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
    }),
);
afterEach(() => void vi.useRealTimers());

/** Slots whose threads are ready. */
const opened = (count: number) => {
  const threads: Puppet[] = [];
  const told: ExecutorEvent[] = [];
  const slots = new Slots(
    {
      slots: count,
      runsMax: Number.POSITIVE_INFINITY,
      bootMillis: 60_000,
      zombieMillis: 5_000,
      graceMillis: 0,
      deafMillis: 500,
      heapBytesMax: null,
    },
    {
      openThread: (tell) => {
        const thread = new Puppet(tell);
        threads.push(thread);
        return thread;
      },
      openProcess: (_, tell) => new Puppet(tell),
      tell: (event) => told.push(event),
    },
  );
  for (const thread of threads) thread.boots();
  /** As an engine does: asks how many are taken, starts the first, asks again, and starts the others. */
  const give = ([first = "", ...others]: readonly string[], task = "t"): void => {
    void slots.capacity;
    slots.start({ ...order, run: first, task });
    void slots.capacity;
    for (const run of others) slots.start({ ...order, run, task });
  };
  const start = (run: string, task = "t"): void => give([run], task);
  return {
    slots,
    threads,
    start,
    give,
    /** Runs a body that takes so long, so that its task's next ones are expected to. */
    teach: (millis: number, task = "t"): void => {
      start("teacher", task);
      threads[0]?.answers(undefined, millis);
      told.length = 0;
    },
    /** The runs whose end was told, with how. */
    ends: () =>
      told.flatMap((event) =>
        event._tag === "Ended" ? [`${event.run} ${event.outcome._tag}`] : [],
      ),
  };
};

describe("more runs than there are slots are taken", () => {
  test("not behind a task that has not run yet", () => {
    const { slots, start } = opened(1);
    expect(slots.capacity).toBe(1);
    start("a");
    expect(slots.capacity).toBe(0);
  });

  test.each([
    { millis: 1, most: 16 },
    { millis: 2, most: 10 },
    { millis: 10, most: 2 },
    { millis: 20, most: 1 },
    { millis: 21, most: 0 },
  ])("for about 20 ms of work: $most behind a task of $millis ms", ({ millis, most }) => {
    const { slots, start, teach } = opened(1);
    teach(millis);
    start("a");
    expect(slots.capacity).toBe(most);
  });

  test("by what a task took lately, more than by what it took at first", () => {
    const { slots, start, teach } = opened(1);
    teach(1_000);
    for (let count = 0; count < 40; count++) teach(5);
    start("a");
    expect(slots.capacity).toBe(4);
  });

  test("behind each slot whose body is short", () => {
    const { slots, start, teach } = opened(3);
    teach(10);
    teach(1_000, "long");
    start("a");
    start("b", "long");
    start("c");
    expect(slots.capacity).toBe(4);
  });

  test("no more of them, until half of those are gone", () => {
    const { slots, threads, teach, give } = opened(1);
    teach(5);
    give(["a", "b", "c", "d", "e"]);
    expect(slots.capacity).toBe(0);
    threads[0]?.answers(undefined, 5);
    expect(slots.capacity).toBe(0);
    threads[0]?.answers(undefined, 5);
    expect(slots.capacity).toBe(2);
  });

  test("not while a short body takes long", () => {
    const { slots, start, teach } = opened(1);
    teach(10);
    start("a");
    vi.advanceTimersByTime(99);
    expect(slots.capacity).toBe(2);
    vi.advanceTimersByTime(1);
    expect(slots.capacity).toBe(0);
  });
});

test("more than was offered goes back unbegun", () => {
  const { slots, give, teach, ends } = opened(1);
  teach(20);
  give(["a", "b", "c"]);
  expect(slots.capacity).toBe(0);
  vi.advanceTimersByTime(15);
  expect(ends()).toEqual(["c Released"]);
});

describe("a run that waits", () => {
  test("begins the moment that a slot is free, before the engine hears of it, in its turn", () => {
    const { threads, teach, ends, give } = opened(1);
    teach(10);
    give(["a", "b", "c"]);
    threads[0]?.answers(undefined, 10);
    expect(threads[0]?.running).toBe("b");
    threads[0]?.answers(undefined, 10);
    expect(threads[0]?.running).toBe("c");
    expect(ends()).toEqual(["a Succeeded", "b Succeeded"]);
  });

  test("begins on a thread that replaces one which died", () => {
    const { threads, teach, ends, give } = opened(1);
    teach(10);
    give(["a", "b"]);
    threads[0]?.dies();
    expect(ends()).toEqual(["a Released"]);
    threads[1]?.boots();
    expect(threads[1]?.running).toBe("b");
  });

  test("goes back unbegun after 100 ms, so that another engine can have it", () => {
    const { teach, ends, give } = opened(1);
    teach(10);
    give(["a", "b"]);
    vi.advanceTimersByTime(95);
    expect(ends()).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(ends()).toEqual(["b Released"]);
  });

  test("never begins once it is cancelled", () => {
    const { slots, threads, teach, ends, give } = opened(1);
    teach(10);
    give(["a", "b", "c"]);
    slots.cancel("b");
    threads[0]?.answers(undefined, 10);
    expect(threads[0]?.running).toBe("c");
    expect(ends()).toEqual(["b Released", "a Succeeded"]);
  });

  test("goes back when the executor closes", () => {
    const { slots, teach, ends, give } = opened(1);
    teach(10);
    give(["a", "b"]);
    void slots.close();
    expect(ends()).toEqual(["b Released"]);
    expect(slots.capacity).toBe(0);
  });
});

describe("while there is plenty to do, ends are told together", () => {
  const busy = () => {
    const it = opened(1);
    it.teach(5);
    it.give(["a", "b", "c", "d", "e"]);
    return it;
  };

  test("when half of what waited is gone", () => {
    const { threads, ends } = busy();
    threads[0]?.answers(undefined, 5);
    expect(ends()).toEqual([]);
    threads[0]?.answers(undefined, 5);
    expect(ends()).toEqual(["a Succeeded", "b Succeeded"]);
  });

  test("or after 10 ms", () => {
    const { threads, ends } = busy();
    threads[0]?.answers(undefined, 5);
    vi.advanceTimersByTime(5);
    expect(ends()).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(ends()).toEqual(["a Succeeded"]);
  });

  test("or when the executor closes", () => {
    const { slots, threads, ends } = busy();
    threads[0]?.answers(undefined, 5);
    void slots.close();
    expect(ends().toSorted()).toEqual(["a Succeeded", "c Released", "d Released", "e Released"]);
  });
});
