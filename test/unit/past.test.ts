// Goal: a world that goes on from a journal is the one that the journal was of, at that moment. Method: a world lives, its log is written as a journal, and another one goes on from
// it; what they become is compared.
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { detent, event, task, trigger } from "../../src/core/index.ts";
import { runLine, signalLine, skipLine, type JournalLine } from "../../src/core/journal.ts";
import { redactOf } from "../../src/core/redact.ts";
import { simulate, world, type World, type WorldOptions } from "../../src/simulation/index.ts";
import { sabotageApp, sabotageOptions } from "../../src/simulation/sabotage-app.ts";

const whole = redactOf([]);
const linesOf = ({ store }: World): readonly JournalLine[] => {
  const { generation, watermark } = Effect.runSync(store.memory.read({ revision: null, limit: 0 }));
  const { seq, at } = watermark;
  return [
    { kind: "journal", version: 1, app: "main", generation, watermark: { seq, at }, redacted: [] },
    ...store.mirror.signals.map((stored) => signalLine(stored, whole)),
    ...store.mirror.skips.map(skipLine),
    ...store.mirror.runs.map((run) => runLine(run, whole)),
  ];
};
const textOf = (lines: readonly JournalLine[]): string =>
  lines.map((line) => JSON.stringify(line)).join("\n");
const journalOf = (w: World): string => textOf(linesOf(w));

const { tasks } = sabotageOptions;
const options: WorldOptions = { engines: 2, ...(tasks && { tasks }) };

const happen = (w: World, from: number, to: number): void => {
  for (let n = from; n < to; n++) {
    w.emit("order", n, { id: `order-${n}` });
    if (n % 3 === 0) w.emit("yes", n, { id: `yes-${n}` });
    w.advance("2 s");
  }
};
const lived = (more: WorldOptions = {}): World => {
  const w = world(sabotageApp, { ...options, ...more });
  happen(w, 0, 40);
  return w;
};

test("it has the runs, skips and matches that there were, and the clock goes on", () => {
  const w = lived();
  const again = world(sabotageApp, { ...options, journal: journalOf(w) });
  const over = new Set(
    w
      .runs()
      .filter(({ done }) => done)
      .map(({ id }) => id),
  );
  const shape = (it: World) => ({
    skips: it.skips(),
    waiting: it
      .waiting()
      .map(({ trigger, signal }) => `${trigger} ${signal}`)
      .sort(),
    events: it.events(),
    runs: it
      .runs()
      .map(({ id, input, cause, state, outcome }) =>
        over.has(id) ? { id, input, cause, state, outcome } : { id, input, cause },
      ),
  });
  expect(shape(again)).toEqual(shape(w));
  expect(over.size).toBeGreaterThan(10);
  expect(again.waiting().length).toBeGreaterThan(0);
  expect(w.now() - again.now()).toBeLessThan(2_000);
  expect(again.timeline()[0]).toContain("goes on from a journal: ");
});

test("what comes then meets what waited: the same runs are owed as if nobody had stopped", () => {
  // Fakes that take and fail by the run's own chance would come to another end.
  const w = world(sabotageApp, { ...options, engines: 1 });
  happen(w, 0, 10);
  w.runToIdle();
  const again = world(sabotageApp, { ...options, engines: 1, journal: journalOf(w) });
  for (const it of [w, again]) {
    it.emit("yes", 100, { id: "yes-100" });
    it.runToIdle();
  }
  const owed = (it: World) =>
    it
      .runs()
      .filter(({ cause }) => cause.includes("yes-100"))
      .map(({ id }) => id);
  expect(owed(again)).toEqual(owed(w));
  expect(owed(w).length).toBeGreaterThan(0);
});

test("what ran at an instant within it is taken back, as after the death of its engine", () => {
  const w = lived();
  const at = w.now() - 31_000;
  const again = world(sabotageApp, { ...options, journal: journalOf(w), at });
  expect(again.now()).toBe(at);
  expect(again.events().every((event) => event.at <= at)).toBe(true);
  expect(again.timeline().join("\n")).toMatch(
    /engine the recorded engine .* died; took back \d+ of its runs/,
  );
  again.runToIdle();
  expect(again.runs().every(({ done }) => done)).toBe(true);
  const lost = again
    .runs()
    .filter(
      ({ outcome }) => outcome !== null && "error" in outcome && outcome.error.name === "LostError",
    );
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.every(({ task }) => task === "pay")).toBe(true); // onLost: "fail"
});

test("all laws hold from there on, whatever happened before, and whatever happens", async () => {
  for (const seed of [1, 2]) {
    const w = lived({ seed, faults: "chaos" });
    // oxlint-disable-next-line no-await-in-loop
    const { violations, unmodelled, runs } = await simulate(sabotageApp, {
      ...sabotageOptions,
      journal: journalOf(w),
      runs: 4,
      for: "1 min",
    });
    expect({ violations, unmodelled, runs }).toEqual({ violations: [], unmodelled: [], runs: 4 });
  }
});

test("runs of the journal are none that a simulation owed", async () => {
  const note = task({ id: "note", run: (input: unknown) => input });
  const app = detent({
    tasks: [note],
    triggers: [trigger("each", { when: event("e"), run: note })],
  });
  const w = world(app);
  w.emit("e");
  w.runToIdle();
  const settings = { journal: journalOf(w), runs: 1, for: "1 s", world: () => undefined };
  const { vacuous, violations } = await simulate(app, settings);
  expect({ vacuous, violations }).toEqual({
    vacuous: ["no run was owed in any plan; no trigger was satisfied"],
    violations: [],
  });
});

describe("what can't be is told in one line", () => {
  const lines = linesOf(lived());
  const signals = lines.filter(({ kind }) => kind === "signal");
  test.each([
    ["no journal", { journal: "[]" }, "the journal can't be read: line 1 is no head of a journal"],
    [
      "a gap",
      { journal: textOf(lines.filter((line) => line !== signals[5])) },
      "the journal has a gap before signal 7 of 2026-01-01T",
    ],
    [
      "an instant behind its end",
      { journal: textOf(lines), at: "2027-01-01T00:00Z" },
      "at: 2027-01-01T00:00:00.000Z lies behind the end of the journal, 2026-01-01T",
    ],
    [
      "an instant before its beginning",
      { journal: textOf(lines), at: "2025-12-31T00:00Z" },
      /^at: 2025-12-31T00:00:00.000Z lies before the beginning of the journal, 2026-01-01T00:00:00.000Z; it goes on until 2026-01-01T/,
    ],
    [
      "an instant before what is forgotten of it",
      {
        journal: textOf(lines.filter((line) => !signals.slice(0, 9).includes(line))),
        at: "2026-01-01T00:00Z",
      },
      /^at: 2026-01-01T00:00:00.000Z lies before the beginning of the journal, 2026-01-01T/,
    ],
    [
      "a signal behind a later one",
      { journal: textOf([...lines.slice(0, 3), ...lines.slice(2)]) },
      "the journal can't be read: line 4: signal 2 stands behind a later one of the log",
    ],
    [
      "a signal that is none",
      {
        journal: textOf(
          lines.map((it) => (it === signals[3] ? { ...it, signal: {} } : it) as JournalLine),
        ),
      },
      "line 5 has a signal of the kind undefined, which a log has not",
    ],
    [
      "no end",
      { journal: textOf([{ ...lines[0], watermark: null } as unknown as JournalLine]) },
      "line 1 has no watermark",
    ],
    [
      "an instant without one",
      { at: 0 },
      "at is an instant within a journal; give journal, too, or from",
    ],
    ["another beginning", { journal: "", from: 0 }, "from and journal: "],
  ])("%s", async (_, more, message) => {
    expect(() => world(sabotageApp, { ...options, ...more })).toThrow(message);
    await expect(simulate(sabotageApp, { runs: 1, ...more })).rejects.toThrow(message);
  });
});
