// Goal: what a simulation's report says is what happened. Method: small apps with a bug that a person may well write.
import { describe, expect, test } from "vitest";
import { detent, event, task, trigger } from "../../src/core/index.ts";
import { simulate } from "../../src/simulation/index.ts";

describe("a report says", () => {
  const work = task({ id: "work", run: (input: unknown) => input });
  const app = detent({
    tasks: [work],
    triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.payload })],
  });

  test("what never happened", async () => {
    const { violations, vacuous } = await simulate(app, {
      runs: 2,
      for: "10 min",
      faults: "none",
      sometimes: {
        ran: (s) => s.running("work").length > 0,
        retried: (s) => s.runs().some(({ attempt }) => attempt > 1),
      },
    });
    expect(violations).toEqual([]);
    expect(vacuous).toEqual(["sometimes: retried never held"]);
    const silent = await simulate(app, { runs: 1, for: "1 min", world: () => undefined });
    expect(silent.vacuous).toEqual(["no run was owed in any plan; no trigger was satisfied"]);
  });

  test("the first law that broke soon: ten plans more, in which another one may", async () => {
    const { violations, runs } = await simulate(app, {
      runs: 50,
      for: "2 min",
      faults: "none",
      always: { none: (s) => s.runs().length === 0 },
    });
    expect({ laws: violations.map((it) => it.law), runs }).toEqual({ laws: ["none"], runs: 11 });
  });

  test("what did not come to hold in the end", async () => {
    const { violations } = await simulate(app, {
      runs: 1,
      for: "3 min",
      faults: "none",
      eventually: {
        done: (s) => s.runs().every(({ done }) => done),
        never: (s) => s.runs().length > 9,
      },
    });
    expect(violations.map((it) => it.law)).toEqual(["never"]);
  });

  test("that one plan went two ways, when a function keeps something", async () => {
    let count = 0;
    const kept = task({ id: "kept", run: () => count++ });
    const { violations } = await simulate(
      detent({ tasks: [kept], triggers: [trigger("t", { when: event("e"), run: kept })] }),
      { runs: 1, for: "3 min", faults: "none" },
    );
    expect(violations.map((it) => it.law)).toEqual(["deterministic"]);
    expect(violations[0]!.message).toContain("one plan went two ways");
  });

  test("how asynchronous tasks end: each is awaited once for an input", async () => {
    let calls = 0;
    const slow = task({
      id: "slow",
      run: async (n: number) => {
        calls += 1;
        await Promise.resolve();
        if (n === 1) throw new RangeError("one");
        return n * 2;
      },
    });
    const report = await simulate(
      detent({
        tasks: [slow],
        triggers: [
          trigger("t", { when: event<number>("e"), run: slow, input: (f) => f.event.payload % 3 }),
        ],
      }),
      {
        runs: 3,
        for: "3 min",
        faults: "none",
        world: (w) => w.every("10 s", (n) => w.emit("e", n)),
        sometimes: {
          doubled: (s) =>
            s
              .runs()
              .some(
                ({ outcome }) => outcome !== null && "result" in outcome && outcome.result === 4,
              ),
          failed: (s) => s.runs().some(({ state }) => state === "failed"),
        },
      },
    );
    expect(report.violations).toEqual([]);
    expect(report.vacuous).toEqual([]);
    expect(calls).toBe(3);
  });

  test.each([
    ["an option", { fro: 1 } as never, 'simulate: "fro" is no option; there are seed, runs, from'],
    ["a number of plans", { runs: 0 }, "runs is 0; give a whole number of at least 1"],
    [
      "a strategy",
      { strategy: "lifo" as never },
      'strategy: "lifo" is none; give "mixed", "random"',
    ],
    ["a next version", { next: {} as never }, "next is no app; make one with detent({ … })"],
    ["a law", { always: { a: 1 as never } }, 'always: "a" is no function of s'],
    [
      "a law that answers later",
      { always: { a: (async () => true) as never } },
      'the law "a" returned a promise; a law returns true or false, at once: leave async out',
    ],
    [
      "a law that comes to hold later",
      { eventually: { a: (async () => true) as never } },
      'the law "a" returned a promise',
    ],
    ["a kind of fault", { faults: ["crsh"] as never }, 'faults: "crsh" is no kind of fault'],
    [
      "an interval",
      { world: (w: any) => w.every(["2 s", "1 s"], () => 1) },
      "every: the interval goes from 2000 ms to 1000 ms; least first",
    ],
  ])("what can't be: %s", async (_, options, message) => {
    await expect(simulate(app, options)).rejects.toThrow(message);
  });
});
