/**
 * Goal: behind a short body orders wait in the thread itself, which begins them without a word from the main thread; until then they can be taken back, and whatever becomes of
 * the thread and of the bodies before them, no run is lost, ended twice, or told as unbegun when it had begun.
 * Method: threads are puppets that the test lets begin, answer and die; time is the test's own.
 */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ExecutorEvent } from "../../src/core/executor.ts";
import { Slots } from "../../src/runtime/executor/slots.ts";
import { order, Puppet } from "../support/puppet-host.ts";

const fake = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] as const;
beforeEach(() => void vi.useFakeTimers({ toFake: [...fake] }));
afterEach(() => void vi.useRealTimers());

/** Slots that know that the bodies of `t` take 2 ms. */
const opened = (count: number, runsMax = Number.POSITIVE_INFINITY) => {
  const threads: Puppet[] = [];
  const told: ExecutorEvent[] = [];
  const limits = { bootMillis: 60_000, zombieMillis: 5_000, deafMillis: 500, graceMillis: 50 };
  const slots = new Slots(
    { slots: count, runsMax, heapBytesMax: null, ...limits },
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
  void slots.capacity;
  slots.start({ ...order, run: "teacher" });
  threads[0]?.answers(undefined, 2);
  told.length = 0;
  const [first, second] = threads as [Puppet, Puppet];
  return {
    slots,
    threads,
    first,
    second,
    told,
    give: (...runs: readonly string[]): void => {
      for (const run of runs) {
        void slots.capacity;
        slots.start({ ...order, run });
      }
    },
    ends: () =>
      told.flatMap((event) =>
        event._tag === "Ended" ? [`${event.run} ${event.outcome._tag}`] : [],
      ),
  };
};

/** The ends that are held back while there is plenty are told by then. */
const soon = (): void => void vi.advanceTimersByTime(15);

const inHand = (thread: Puppet): string[] => thread.orders.map(({ run }) => run);

describe("the order behind", () => {
  test("is in the thread before the body before it has ended, as many as last for 5 ms", () => {
    const { first, give } = opened(1);
    give("a", "b", "c", "d", "e");
    expect(inHand(first)).toEqual(["a", "b", "c", "d"]);
    first.answers(undefined, 2);
    expect(inHand(first)).toEqual(["b", "c", "d", "e"]);
  });

  test("is never behind a body that is not known to be short, nor behind one that would come after such", () => {
    const { slots, first, second, give } = opened(2);
    void slots.capacity;
    slots.start({ ...order, run: "long", task: "unknown" });
    give("a", "b");
    expect([inHand(first), inHand(second)]).toEqual([["long"], ["a", "b"]]);
    void slots.capacity;
    slots.start({ ...order, run: "longer", task: "unknown" });
    give("c");
    expect(inHand(second)).toEqual(["a", "b", "longer"]);
  });

  test("is in the thread that has fewest", () => {
    const { first, second, give } = opened(2);
    give("a", "b", "c", "d", "e");
    expect([inHand(first), inHand(second)]).toEqual([
      ["a", "c", "e"],
      ["b", "d"],
    ]);
  });

  test("may begin and end before the main thread hears of the one before it, and is told after it", () => {
    const { first, give, ends, told } = opened(1);
    give("a", "b");
    const answerA = first.finishes();
    const answerB = first.finishes({ _tag: "Threw", error: { name: "Error", message: "b" } });
    answerA();
    answerB();
    soon();
    expect(ends()).toEqual(["a Succeeded", "b Failed"]);
    const tags = told.flatMap((event) => ("run" in event ? [`${event.run} ${event._tag}`] : []));
    expect(tags).toEqual(["a Started", "a Ended", "b Started", "b Ended"]);
  });

  test("keeps what its body told while the one before it was not known to be over", () => {
    const { first, give, told } = opened(1);
    give("a", "b");
    const answerA = first.finishes();
    first.begins();
    const number = first.orders[0]?.number ?? 0;
    const note = { _tag: "Logged", level: "info", message: "of b" } as const;
    first.tell({ _tag: "Noted", note: { _tag: "Body", number, note } });
    expect(told).toEqual([]);
    answerA();
    expect(told).toContainEqual({ ...note, run: "b", token: 1 });
  });

  test("is no follower of a run in a process, nor is a run for a process one", () => {
    const { slots, first, give } = opened(1);
    give("a");
    void slots.capacity;
    slots.start({ ...order, run: "p", isolation: "process" });
    give("b");
    expect(inHand(first)).toEqual(["a"]);
    first.answers();
    give("c");
    expect(inHand(first)).toEqual([]);
  });

  test("counts among the runs that a thread may have", () => {
    const { first, threads, give } = opened(1, 3);
    give("a", "b", "c");
    expect(inHand(first)).toEqual(["a", "b"]);
    first.answers();
    first.answers();
    expect([inHand(first), first.isEnded]).toEqual([[], true]);
    first.dies();
    threads[1]?.boots();
    expect(threads[1]?.running).toBe("c");
  });

  test("that can't be sent is told so, after the one before it", () => {
    const { first, give, ends } = opened(1);
    give("a", "b");
    const { number = 0 } = first.orders[1] ?? {};
    first.tell({ _tag: "Unsendable", number, error: { name: "DataCloneError", message: "b" } });
    expect(ends()).toEqual([]);
    first.answers();
    soon();
    expect(ends()).toEqual(["a Succeeded", "b Released"]);
  });
});

describe("the order behind is taken back", () => {
  test("by a slot that is free", () => {
    const { first, second, give } = opened(2);
    give("a", "b", "c");
    expect([first.running, inHand(second)]).toEqual(["a", ["b"]]);
    second.answers();
    expect(second.running).toBe("c");
    first.answers();
    expect(first.running).toBeUndefined();
  });

  test("after 100 ms, to go back unbegun", () => {
    const { first, give, ends } = opened(1);
    give("a", "b");
    first.begins();
    vi.advanceTimersByTime(95);
    expect(ends()).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(ends()).toEqual(["b Released"]);
    first.answers();
    expect([first.running, ends()]).toEqual([undefined, ["b Released", "a Succeeded"]]);
  });

  test("when it is cancelled, wherever it stands", () => {
    const { slots, first, give, ends } = opened(1);
    give("a", "b", "c");
    slots.cancel("b");
    first.answers();
    soon();
    expect([first.running, ends()]).toEqual(["c", ["b Released", "a Succeeded"]]);
  });

  test("when the body before it is cancelled: it has a grace, and may need its thread's end", () => {
    const { slots, threads, first, give, ends } = opened(1);
    give("a", "b");
    first.begins();
    slots.cancel("a");
    vi.advanceTimersByTime(55);
    expect(first.isEnded).toBe(true);
    first.dies();
    threads[1]?.boots();
    expect([threads[1]?.running, ends()]).toEqual(["b", ["a Cancelled"]]);
  });

  test("when the body before it has left something running that threw", () => {
    const { threads, first, give, ends } = opened(1);
    give("a", "b");
    first.begins();
    first.answers({ _tag: "Strayed", error: { name: "Error", message: "stray" } });
    expect(first.isEnded).toBe(true);
    first.dies();
    threads[1]?.boots();
    expect([threads[1]?.running, ends()]).toEqual(["b", ["a Crashed"]]);
  });

  test("never behind a body that was asked to end", () => {
    const { slots, first, give } = opened(1);
    give("a");
    first.begins();
    slots.cancel("a");
    give("b");
    expect(inHand(first)).toEqual(["a"]);
  });

  test("when the executor closes", () => {
    const { slots, give, ends } = opened(1);
    give("a", "b");
    void slots.close();
    expect(ends()).toEqual(["b Released"]);
  });
});

describe("the order behind that has begun", () => {
  test("is asked to end when it is cancelled, though the one before it is not known to be over", () => {
    const { slots, first, give, ends } = opened(1);
    give("a", "b");
    const answerA = first.finishes();
    first.begins();
    slots.cancel("b");
    answerA();
    vi.advanceTimersByTime(55);
    expect(first.isEnded).toBe(true);
    first.dies();
    expect(ends()).toEqual(["a Succeeded", "b Cancelled"]);
  });

  test("is asked to end when the executor closes, though the one before it is not known to be over", () => {
    const { slots, first, give, ends } = opened(1);
    give("a", "b");
    const answerA = first.finishes();
    first.begins();
    void slots.close();
    answerA();
    vi.advanceTimersByTime(55);
    first.dies();
    expect(ends()).toEqual(["a Succeeded", "b Crashed"]);
    expect(first.isEnded).toBe(true);
  });

  test("is asked to end when the executor closes, however many ended unheard before it", () => {
    const { slots, first, give, ends } = opened(1);
    give("a", "b", "c", "d");
    const answers = [first.finishes(), first.finishes()];
    first.begins();
    void slots.close();
    for (const answer of answers) answer();
    vi.advanceTimersByTime(55);
    expect(first.isEnded).toBe(true);
    first.dies();
    soon();
    const all = ["a Succeeded", "b Succeeded", "c Crashed", "d Released"];
    expect(ends().toSorted()).toEqual(all);
  });

  test("has the shortest of the graces that it was given", () => {
    const { slots, first, give } = opened(1);
    give("a", "b");
    const answerA = first.finishes();
    first.begins();
    slots.cancel("b");
    void slots.abort();
    answerA();
    expect(first.isEnded).toBe(true);
  });

  test("ends with its thread, however many answers before it are lost with that", () => {
    const { threads, first, give, ends, slots } = opened(1);
    give("a", "b", "c");
    first.finishes();
    first.finishes();
    first.begins();
    first.dies();
    threads[1]?.boots();
    soon();
    expect(ends()).toEqual(["a Crashed", "b Crashed", "c Crashed"]);
    expect(slots.capacity).toBe(1);
  });

  test("keeps the thread from being ended for a body before it that was too slow to answer", () => {
    const { slots, first, give, ends } = opened(1);
    give("a", "b");
    first.begins();
    slots.cancel("a");
    const answerA = first.finishes();
    vi.advanceTimersByTime(55);
    answerA();
    soon();
    expect([first.isEnded, ends()]).toEqual([false, ["a Succeeded"]]);
  });

  test("ends with its thread, also where the answer of the one before it is lost with it", () => {
    const { first, give, ends } = opened(1);
    give("a", "b");
    first.finishes();
    first.begins();
    first.dies();
    expect(ends()).toEqual(["a Crashed", "b Crashed"]);
  });

  test("ends with its thread, and so does what is told of it", () => {
    const { first, give, ends } = opened(1);
    give("a", "b");
    const answerA = first.finishes();
    first.begins();
    answerA();
    first.dies();
    expect(ends()).toEqual(["a Succeeded", "b Crashed"]);
  });
});

test("however many are taken back behind one body, none begins in the name of another, and that one ends as it should", () => {
  const { slots, first, give, ends } = opened(1);
  give("a");
  first.begins();
  for (let count = 0; count < 40; count++) {
    give(`b${count}`);
    slots.cancel(`b${count}`);
  }
  give("c", "d");
  first.answers();
  expect(first.running).toBe("c");
  first.answers();
  first.answers();
  soon();
  const others = ends().filter((end) => !end.startsWith("b"));
  expect(others).toEqual(["a Succeeded", "c Succeeded", "d Succeeded"]);
});

const moves = [
  "give",
  "begin",
  "finish",
  "hear",
  "cancel",
  "tick",
  "late",
  "die",
  "boot",
  "stray",
  "close",
] as const;

test("in any order of events each run ends once, as Succeeded only if its body finished, and as Released only if it never began", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...moves), fc.nat(9)), { maxLength: 60 }),
      async (script) => {
        const it = opened(2);
        const given: string[] = [];
        const begun = new Set<string>();
        const finished = new Set<string>();
        const unheard = new Map<Puppet, (() => void)[]>();
        const alive = (nth: number): Puppet | undefined => {
          const all = it.threads.filter((thread) => !gone.has(thread));
          return all[nth % Math.max(all.length, 1)];
        };
        const gone = new Set<Puppet>();
        const booted = new Set<Puppet>(it.threads);
        const hear = (thread: Puppet, count: number): void => {
          for (const tell of (unheard.get(thread) ?? []).splice(0, count)) tell();
        };
        const begin = (thread: Puppet): string | undefined => {
          const run = thread.running;
          if (run !== undefined) begun.add(run);
          return run;
        };
        const finish = (thread: Puppet, strays: boolean): void => {
          const run = begin(thread);
          if (run === undefined) return;
          if (!strays) finished.add(run);
          const error = { name: "Error", message: "stray" };
          const tell = thread.finishes(strays ? { _tag: "Strayed", error } : undefined);
          unheard.set(thread, [...(unheard.get(thread) ?? []), tell]);
        };
        const die = (thread: Puppet): void => {
          hear(thread, Number.POSITIVE_INFINITY);
          gone.add(thread);
          thread.dies();
        };
        const play = (move: (typeof moves)[number], nth: number): void => {
          const thread = alive(nth);
          if (move === "give") {
            given.push(`r${given.length}`);
            it.give(`r${given.length - 1}`);
          } else if (move === "cancel") it.slots.cancel(`r${nth}`);
          else if (move === "tick") vi.advanceTimersByTime(5);
          else if (move === "late") vi.advanceTimersByTime(105);
          else if (move === "close") void it.slots.close();
          else if (thread === undefined) return;
          else if (move === "boot") {
            if (!booted.has(thread)) thread.boots();
            booted.add(thread);
          } else if (move === "die") die(thread);
          else if (!booted.has(thread)) return;
          else if (move === "begin") begin(thread);
          else if (move === "finish" || move === "stray") finish(thread, move === "stray");
          else hear(thread, 1);
        };
        // Closing ends all that is interesting, so most scripts never do.
        for (const [move, nth] of script) if (move !== "close" || nth === 0) play(move, nth);
        void it.slots.close();
        for (let round = 0; round < 100; round++) {
          for (const thread of it.threads) {
            if (gone.has(thread)) continue;
            hear(thread, Number.POSITIVE_INFINITY);
            if (thread.isEnded) die(thread);
          }
          vi.advanceTimersByTime(50);
        }
        const outcomes = it.told.flatMap((event) =>
          event._tag === "Ended" ? [[event.run, event.outcome._tag] as const] : [],
        );
        expect(outcomes.map(([run]) => run).toSorted()).toEqual(given.toSorted());
        for (const [run, outcome] of outcomes) {
          if (outcome === "Succeeded") expect(finished.has(run)).toBe(true);
          else expect(finished.has(run)).toBe(false);
          expect(outcome === "Released").toBe(!begun.has(run));
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
