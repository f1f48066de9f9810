// Goal: a heap of things that come due says what a plain list would. Method: random additions, moves and removals, against a map that is searched from end to end.
import fc from "fast-check";
import { expect, test } from "vitest";
import { DueHeap } from "../../src/core/due-heap.ts";

const change = fc.record({
  key: fc.nat(15).map(String),
  at: fc.option(fc.nat(20)),
});

test("whatever is added, moved and removed, the heap names the next instant, what is due by any instant, and what there is", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), fc.nat(22), (changes, until) => {
      const heap = new DueHeap<string>();
      const plain = new Map<string, number>();
      for (const { key, at } of changes) {
        if (at === null) {
          heap.delete(key);
          plain.delete(key);
        } else {
          heap.set(key, at, `${key}@${at}`);
          plain.set(key, at);
        }
        const all = [...plain].map(([name, instant]) => `${name}@${instant}`);
        expect(heap.nextAt).toBe(plain.size === 0 ? undefined : Math.min(...plain.values()));
        expect([heap.size, heap.values().toSorted()]).toEqual([plain.size, all.toSorted()]);
        expect(heap.get(key)).toBe(at === null ? undefined : `${key}@${at}`);
        expect(heap.upTo(until).toSorted()).toEqual(
          all.filter((name) => Number(name.split("@")[1]) <= until).toSorted(),
        );
      }
    }),
    { numRuns: 300 },
  );
});
