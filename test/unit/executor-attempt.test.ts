/**
 * Goal: whatever the order in which an answer, notes, wishes, the clock and the end of a host meet, an attempt ends once, with the outcome that the ledger
 * proves.
 * Method: the host is a puppet, so each race is played in the order that is asked for; time is handed in.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ExecutorEvent } from "../../src/core/executor.ts";
import { Attempt, type Ended } from "../../src/runtime/executor/attempt.ts";
import type { Host } from "../../src/runtime/executor/host.ts";
import { Ledger, Stage } from "../../src/runtime/executor/ledger.ts";
import type { Heap } from "../../src/runtime/executor/memory.ts";
import {
  Wish,
  type Answer,
  type BodyEnd,
  type SentOrder,
} from "../../src/runtime/executor/wire.ts";

const order: SentOrder = {
  run: "r",
  task: "t",
  token: 3,
  attempt: 1,
  idempotencyKey: "k",
  input: null,
  timeoutMillis: 1_000,
  memoryBytes: 100,
  isolation: "thread",
  number: 7,
};
const deafOutcome = { _tag: "Released", error: null, holdMillis: 5 } as const;
const options = { graceMillis: 100, deafMillis: 500, deafOutcome, heapBytesMax: null };

class Puppet implements Host {
  readonly ledger = new Ledger();
  readonly asked: Wish[] = [];
  ended = 0;
  #weighed = Promise.withResolvers<Heap | undefined>();
  ledgerOf(): Ledger {
    return this.ledger;
  }
  send({ number }: SentOrder): void {
    this.ledger.send(number);
  }
  ask(_: number, wish: Wish): void {
    this.asked.push(wish);
  }
  end(): void {
    this.ended += 1;
  }
  heap(): Promise<Heap | undefined> {
    return this.#weighed.promise;
  }
  async weigh(usedBytes: number): Promise<void> {
    this.#weighed.resolve({ usedBytes, limitBytes: 1_000 });
    await this.#weighed.promise;
  }
}

const play = () => {
  const host = new Puppet();
  const told: ExecutorEvent[] = [];
  const ends: Ended[] = [];
  const tell = (event: ExecutorEvent) => void told.push(event);
  const ended = (end: Ended) => void ends.push(end);
  const attempt = new Attempt(order, options, { host, tell, ended, ending: () => {} });
  attempt.begin();
  const now = performance.now();
  return {
    host,
    told,
    ends,
    attempt,
    begins: () => host.ledger.begin(order.number, 42),
    after: (millis: number) => attempt.look(now + millis),
    answers: (end: BodyEnd, fields: Partial<Answer> = {}) =>
      attempt.hear({
        _tag: "Answered",
        answer: { number: 7, end, emitted: [], millis: 1, ...fields },
      }),
    notes: (message: string, number = 7) =>
      attempt.hear({
        _tag: "Noted",
        note: { _tag: "Body", number, note: { _tag: "Logged", level: "info", message } },
      }),
    exits: () => attempt.hear({ _tag: "Gone", how: "its thread ended with code 1", error: null }),
    tags: () => told.map((event) => event._tag),
  };
};

const returned: BodyEnd = { _tag: "Returned", result: 1 };
const succeeded = { _tag: "Succeeded", result: 1 } as const;

describe("a body that has not begun", () => {
  test("is released, uncounted, when its thread dies", () => {
    const it = play();
    it.exits();
    expect(it.ends).toEqual([
      {
        outcome: { _tag: "Released", error: null, holdMillis: 0 },
        emitted: [],
        millis: null,
        host: "gone",
      },
    ]);
    expect(it.tags()).toEqual([]);
  });

  test("can't begin any more once it was cancelled", () => {
    const it = play();
    it.attempt.stop(Wish.cancel);
    expect(it.begins()).toBe(false);
    expect(it.host.asked).toEqual([]);
    it.answers({ _tag: "Withdrawn" });
    expect(it.ends[0]?.outcome._tag).toBe("Released");
    expect(it.host.ended).toBe(0);
  });

  test("is released when its thread does not listen, and the thread is ended", () => {
    const it = play();
    it.after(499);
    expect(it.host.ended).toBe(0);
    it.after(510);
    expect(it.host.ended).toBe(1);
    expect(it.begins()).toBe(false);
    expect(it.ends).toEqual([]);
    it.exits();
    expect(it.ends[0]?.outcome).toEqual(deafOutcome);
  });

  test("is waited for when its thread has come to it, though it was taken back and its answer is late", () => {
    const it = play();
    it.attempt.stop(Wish.cancel);
    expect([it.begins(), it.host.ledger.decline()]).toEqual([false, true]);
    it.after(10_000);
    expect(it.host.ended).toBe(0);
    it.answers({ _tag: "Withdrawn" });
    expect(it.ends[0]).toMatchObject({ outcome: { _tag: "Released" }, host: "ready" });
  });

  test("is not told as unsendable for the sake of another order", () => {
    const it = play();
    it.attempt.hear({
      _tag: "Unsendable",
      number: 8,
      error: { name: "DataCloneError", message: "no" },
    });
    expect(it.ends).toEqual([]);
  });
});

describe("a body that has begun", () => {
  test("counts as crashed when its thread dies, and as started", () => {
    const it = play();
    it.begins();
    it.exits();
    expect(it.ends[0]?.outcome).toMatchObject({ _tag: "Crashed", error: { name: "CrashError" } });
    expect(it.told).toEqual([{ _tag: "Started", run: "r", token: 3, at: 42 }]);
  });

  test("is told to have started at the next look, once", () => {
    const it = play();
    it.after(1);
    expect(it.told).toEqual([]);
    it.begins();
    it.after(5);
    it.after(10);
    it.notes("hello");
    expect(it.tags()).toEqual(["Started", "Logged"]);
  });

  test("has as long as its timeout from its beginning, not from its order", () => {
    const it = play();
    it.after(400);
    it.begins();
    it.after(450);
    it.after(1_449);
    expect(it.host.asked).toEqual([]);
    it.after(1_451);
    expect(it.host.asked).toEqual([Wish.timeout]);
  });

  test("is asked first, and its thread is ended only after the grace", () => {
    const it = play();
    it.begins();
    it.attempt.stop(Wish.cancel, 100);
    it.after(90);
    expect([it.host.asked, it.host.ended]).toEqual([[Wish.cancel], 0]);
    it.after(150);
    expect(it.host.ended).toBe(1);
    expect(it.host.ledger.finish()).toBe(false);
    expect(it.ends).toEqual([]);
    it.exits();
    expect(it.ends[0]?.outcome._tag).toBe("Cancelled");
  });

  test("is told as started before its thread is ended, though nobody has looked at it since it began", () => {
    const it = play();
    it.begins();
    it.attempt.stop(Wish.cancel, 0);
    expect(it.host.ended).toBe(1);
    expect(it.tags()).toEqual(["Started"]);
  });

  test("that finished before the grace was over succeeds, however late its answer arrives", () => {
    const it = play();
    it.begins();
    it.attempt.stop(Wish.cancel, 100);
    it.host.ledger.finish();
    it.after(5_000);
    expect(it.host.ended).toBe(0);
    it.answers(returned);
    expect(it.ends).toEqual([{ outcome: succeeded, emitted: [], millis: 1, host: "ready" }]);
  });

  test("keeps the outcome of the first wish when a second one shortens the grace", () => {
    const it = play();
    it.begins();
    it.attempt.stop(Wish.timeout, 100);
    it.attempt.stop(Wish.close, 0);
    expect([it.host.asked, it.host.ended]).toEqual([[Wish.timeout], 1]);
    it.exits();
    expect(it.ends[0]?.outcome._tag).toBe("TimedOut");
  });

  test("whose heap is over its limit is ended without grace", async () => {
    const it = play();
    it.begins();
    it.after(60);
    await it.host.weigh(101);
    expect(it.host.ended).toBe(1);
    it.exits();
    expect(it.ends[0]?.outcome).toMatchObject({
      _tag: "Crashed",
      error: { message: expect.stringContaining("out of memory") as string },
    });
  });

  test("whose heap is within its limit goes on", async () => {
    const it = play();
    it.begins();
    it.after(60);
    await it.host.weigh(100);
    expect(it.host.ended).toBe(0);
  });

  test("that left something running which threw is over only when its thread has exited", () => {
    const it = play();
    it.begins();
    it.answers({ _tag: "Strayed", error: { name: "Error", message: "stray" } });
    expect([it.ends, it.host.ended]).toEqual([[], 1]);
    it.exits();
    expect(it.ends[0]).toMatchObject({ outcome: { _tag: "Crashed" }, host: "gone" });
  });
});

describe("what is told", () => {
  test("is a crash, and the thread is ended, when the answer of a body that has ended does not come", () => {
    const it = play();
    it.begins();
    it.host.ledger.finish();
    it.after(1);
    it.after(500);
    expect(it.host.ended).toBe(0);
    it.after(510);
    expect(it.host.ended).toBe(1);
    it.exits();
    expect(it.ends[0]).toMatchObject({ outcome: { _tag: "Crashed" }, host: "gone" });
  });

  test("does not mix in an earlier order's notes and answers", () => {
    const it = play();
    it.begins();
    it.notes("late", 6);
    it.answers({ _tag: "Returned", result: "late" }, { number: 6 });
    expect([it.ends, it.tags()]).toEqual([[], []]);
  });

  test("is nothing after the end", () => {
    const it = play();
    it.begins();
    it.host.ledger.finish();
    it.answers(returned);
    const told = it.told.length;
    it.notes("late");
    it.answers(returned);
    it.exits();
    it.after(10_000);
    expect([it.ends.length, it.told.length]).toEqual([1, told]);
  });
});

/** What can happen to an attempt, in any order; the thread's own steps happen only when its ledger lets them. */
const steps = ["begin", "finish", "answer", "stop", "note", "tick", "late", "exit"] as const;

test("in any order of events an attempt ends at most once, says Succeeded only of a body that finished, and Released only of one that never began", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 30 }), (script) => {
      const it = play();
      const thread = { alive: true, begun: false, finished: false };
      let clock = 0;
      const moves: Record<(typeof steps)[number], () => void> = {
        begin: () => void (thread.begun ||= it.begins()),
        finish: () => void (thread.finished ||= it.host.ledger.finish()),
        answer: () => {
          if (thread.finished) it.answers(returned);
          else if (it.host.ledger.stage === Stage.withdrawn) it.answers({ _tag: "Withdrawn" });
        },
        stop: () => it.attempt.stop(Wish.cancel),
        note: () => {
          if (thread.begun && !thread.finished) it.notes("n");
        },
        tick: () => it.after((clock += 10)),
        late: () => it.after((clock += 400)),
        exit: () => {
          thread.alive = false;
          it.exits();
        },
      };
      for (const step of script) if (thread.alive) moves[step]();
      if (thread.alive) moves.exit();
      expect(it.ends).toHaveLength(1);
      const outcome = it.ends[0]?.outcome;
      if (outcome?._tag === "Succeeded") expect(thread.finished).toBe(true);
      if (outcome?._tag === "Cancelled" || outcome?._tag === "TimedOut")
        expect(thread.finished).toBe(false);
      if (outcome?._tag === "Released") expect(thread.begun).toBe(false);
      else expect(thread.begun).toBe(true);
      if (thread.begun) expect(it.tags()[0]).toBe("Started");
      else expect(it.tags()).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});
