// Goal: what a store keeps is what JSON would have made of it, can't be changed by anybody, and is copied once. Method: values that JSON keeps and values that it changes,
// beside JSON itself.
import fc from "fast-check";
import { expect, test } from "vitest";
import { kept, keptOf } from "../../src/core/kept.ts";
import { keptBatch } from "../../src/core/kept-batch.ts";
import type { Batch } from "../../src/core/store.ts";
import {
  aCursor,
  aGeneration,
  anAttempt,
  anEvent,
  anOpen,
  aRun,
  aSkip,
  aStatus,
  aWaiting,
  aWithin,
  writes,
} from "../../src/adapters/testing/subject.ts";

const awkward = fc.constantFrom<unknown>(-0, NaN, Infinity, undefined, () => 1, new Date(5), {
  toJSON: () => ({ shown: -0 }),
});
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
    awkward,
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ maxLength: 3 }).filter((key) => key !== "__proto__"),
      tie("any"),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
  ),
})).any;

const frozenThrough = (it: unknown): boolean =>
  typeof it !== "object" ||
  it === null ||
  (Object.isFrozen(it) && Object.values(it).every(frozenThrough));
const parts = (it: unknown): readonly object[] =>
  typeof it === "object" && it !== null ? [it, ...Object.values(it).flatMap(parts)] : [];

test("any value is kept as JSON makes it, frozen through and through, with nothing in common with what was given", () => {
  fc.assert(
    fc.property(value, (given) => {
      const text = JSON.stringify(given);
      fc.pre(text !== undefined);
      const copy = kept(given);
      expect(copy).toStrictEqual(JSON.parse(text));
      expect(frozenThrough(copy)).toBe(true);
      const own = new Set(parts(given));
      expect(parts(copy).filter((part) => own.has(part))).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test("what is kept is shared as it is the next time, alone or within another value", () => {
  fc.assert(
    fc.property(fc.array(value), (given) => {
      const copy = kept(given);
      expect(kept(copy)).toBe(copy);
      expect(kept({ copy }).copy).toBe(copy);
      expect(kept([copy])[0]).toBe(copy);
    }),
  );
});

test("a stored text becomes a kept value: frozen, and shared from then on", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (given) => {
      const read = keptOf(JSON.stringify(given));
      expect(read).toStrictEqual(JSON.parse(JSON.stringify(given)));
      expect(frozenThrough(read)).toBe(true);
      expect(kept(read)).toBe(read);
    }),
  );
});

const payload = (): { readonly list: readonly unknown[] } => ({ list: [{ n: -0 }] });
const whole: Batch = writes({
  signals: [
    anEvent("e", { payload: payload() as never }),
    aStatus("r", "succeeded", { input: payload() as never, result: payload() as never }),
    {
      ...aStatus("r", "failed"),
      signal: {
        ...aStatus("r", "failed").signal,
        error: { name: "E", message: "", data: payload() } as never,
      } as never,
    },
  ],
  runs: [aRun("r", { input: payload() as never, outcome: { result: payload() as never } })],
  patches: [
    { run: "r", patch: { input: payload() as never } },
    { run: "r", patch: { cause: ["a"] } },
    { run: "r", patch: { outcome: { result: payload() as never } } },
    { run: "r", patch: { state: "running" } },
  ],
  attempts: [anAttempt("r", 1, { outcome: { _tag: "Succeeded", result: payload() as never } })],
  close: { owner: "o", at: 1 },
  watermark: { seq: 1, at: 1 },
  skips: [aSkip("s")],
  waiting: { put: [aWaiting(1)], remove: [] },
  cursors: { put: [aCursor("t")], remove: [] },
  deadlines: { put: [aWithin("w", 1)], remove: [] },
  open: { put: [anOpen("s", "r")], remove: [] },
  generation: aGeneration(1),
});

test("of a batch, whole or any one part of it, every part is kept and none is added; what users made is tied to nobody any more", () => {
  const fields = Object.keys(whole).filter((field) => field !== "checks") as (keyof Batch)[];
  const batches = [whole, ...fields.map((field) => ({ checks: [], [field]: whole[field] }))];
  for (const batch of batches) {
    const copy = keptBatch(batch);
    expect(copy).toStrictEqual(JSON.parse(JSON.stringify(batch)));
    const given = new Set(parts({ ...batch, checks: [], close: null, watermark: null }));
    const shared = parts(copy).filter((part) => given.has(part) && !Object.isFrozen(part));
    expect(shared).toEqual([]);
  }
});
