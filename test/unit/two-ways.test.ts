// Goal: what is left to chance, a clock or memory in a simulation is told of with the place it is in: `world`, a law, or the app. Method: simulations whose functions do so, in the
// plans that are played twice and in those that break a law.
import { describe, expect, test } from "vitest";
import { detent, event, task, trigger } from "../../src/core/index.ts";
import { simulate, type SimulateOptions } from "../../src/simulation/index.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const app = detent({
  tasks: [work],
  triggers: [trigger("t", { when: event("e"), run: work, input: (f) => f.event.payload })],
});
const calm: SimulateOptions = {
  runs: 1,
  faults: "none",
  for: "1 min",
  world: (w) => w.every("10 s", (n) => w.emit("e", n)),
};
const told = async (more: SimulateOptions): Promise<string> => {
  const { violations } = await simulate(app, { ...calm, ...more });
  const [violation] = violations;
  expect(violation?.law).toBe("deterministic");
  return violation?.message ?? "";
};
/** Another number whenever it is asked for, like a clock. */
const counter = (): (() => number) => {
  let count = 0;
  return () => count++;
};

describe("`world` is named where", () => {
  const next = counter();
  test.each<[string, NonNullable<SimulateOptions["world"]>, RegExp]>([
    [
      "a payload is another one",
      (w) => w.every("10 s", () => w.emit("e", next())),
      /because of "world": first it emits e \d+ at 2026-01-01T00:00:10.000Z \(in w.every number 1, n = 0\), then it emits e \d+ at .*; let it take chance from w.pick and time from w.now/,
    ],
    [
      "an id is",
      (w) => void w.emit("e", 1, { id: `id-${next()}` }),
      /first it emits e 1 with {"id":"id-\d+"} at 2026-01-01T00:00:00.000Z \(at once\), then/,
    ],
    [
      "an interval is",
      (w) => w.every(10_000 + next(), (n) => w.emit("e", n)),
      /first it emits e 0 at 2026-01-01T00:00:10.\d+Z \(in w.every number 1, n = 0\), then/,
    ],
    [
      "something is done now and then",
      (w) => {
        w.at("1 s", () => void w.emit("e", 1));
        w.at("2 s", () => next() % 2 === 0 && w.emit("e", 2));
      },
      /emits e 2 at 2026-01-01T00:00:02.000Z \(in w.at number 2\)/,
    ],
    [
      "a run is asked for, and cancelled, now and then",
      (w) => w.at("1 s", () => void w.cancel(w.run("work", 1, { id: `${next()}` }))),
      /first it asks for a run of work with 1, {"id":"\d+"} at/,
    ],
  ])("%s", async (_, world, message) => {
    expect(await told({ world })).toMatch(message);
  });
});

describe("a law is named that does not answer as before", () => {
  test.each(["eventually", "sometimes"] as const)("in %s", async (kind) => {
    const next = counter();
    // Holds at its fourth question in the first play, and at once in the second.
    const law = { [kind]: { odd: (s: { now: () => number }) => s.now() > 0 && next() > 2 } };
    expect(
      await told({ ...law, eventually: { never: () => true, ...law["eventually"] } }),
    ).toContain('the law "odd" does not answer the same again');
  });

  test("in always, in a plan that breaks it", async () => {
    let plays = 0;
    const { violations } = await simulate(app, {
      ...calm,
      runs: 2,
      world: (w) => {
        plays++;
        w.every("10 s", (n) => w.emit("e", n));
      },
      // The first plan is played twice; this is the second plan, and not when it is played again.
      always: { odd: (s) => plays !== 3 || s.runs().length < 2 },
    });
    expect(violations.map(({ law }) => law)).toEqual(["deterministic", "odd"]);
    expect(violations[0]?.message).toContain('the law "odd" does not answer the same again');
  });
});

test("a task that keeps something is not taken for `world` or a law, although both see it", async () => {
  const next = counter();
  const kept = task({ id: "kept", run: () => next() });
  const { violations } = await simulate(
    detent({ tasks: [kept], triggers: [trigger("t", { when: event("e"), run: kept })] }),
    {
      ...calm,
      world: (w) =>
        w.every("10 s", () => {
          w.emit("e");
          if (next() > 100) w.emit("e");
        }),
      eventually: { some: (s) => s.runs().some(({ done }) => done) },
    },
  );
  expect(violations[0]?.message).toContain("does a task, filter or input function read a clock");
});

test("what goes the same way twice is not blamed, whatever law it breaks", async () => {
  const { violations } = await simulate(app, {
    ...calm,
    runs: 3,
    faults: "chaos",
    always: { few: (s) => s.runs().length < 3 },
  });
  expect(violations.map(({ law }) => law)).toEqual(["few"]);
});
