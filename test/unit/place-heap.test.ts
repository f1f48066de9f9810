// Goal: a heap of places gives them in order, whatever was taken out or moved before. Method: a sorted list beside it.
import fc from "fast-check";
import { expect, test } from "vitest";
import { isBefore, PlaceHeap, type Place } from "../../src/core/place-heap.ts";

/** By instant, then by ordinal. */
const sorted = (places: readonly Place<string>[]): readonly string[] =>
  places
    .toSorted((one, other) => one.at - other.at || one.ordinal - other.ordinal)
    .map(({ item }) => item);

/** Takes all out, from the top. */
const drained = (heap: PlaceHeap<string>): readonly string[] => {
  const items: string[] = [];
  for (let top = heap.top; top !== undefined; top = heap.top) {
    items.push(top.item);
    heap.remove(top);
  }
  return items;
};

const arbitraryChange = fc.record({ of: fc.nat(), to: fc.option(fc.nat(50)) });

test("what was added, moved and taken out comes in order of instant and ordinal, however much was taken out", () => {
  const law = fc.property(
    fc.array(fc.nat(50), { minLength: 1, maxLength: 300, size: "max" }),
    fc.array(arbitraryChange, { maxLength: 300, size: "max" }),
    (ats, changes) => {
      const heap = new PlaceHeap<string>();
      const places = ats.map((at, ordinal) => heap.add(`${ordinal}`, at, ordinal));
      let ordinal = places.length;
      for (const [count, { of, to }] of changes.entries()) {
        const index = of % ats.length;
        const place = places[index] as Place<string>;
        if (to === null) heap.remove(place);
        else if (place.live) places[index] = heap.move(place, to, ordinal++);
        if (count % 10 === 0)
          expect(heap.top?.item).toBe(sorted(places.filter(({ live }) => live))[0]);
      }
      const left = places.filter(({ live }) => live);
      expect(drained(heap)).toEqual(sorted(left));
    },
  );
  fc.assert(law, { numRuns: 60 });
});

test("what is seen up to an instant is as many as are asked for, with the place after them, and stays there", () => {
  const heap = new PlaceHeap<string>();
  const ats = [3, 1, 2, 2, 5];
  const places = ats.map((at, ordinal) => heap.add(`${at}.${ordinal}`, at, ordinal));
  heap.remove(places[1] as Place<string>);
  const upTo = (at: number, limit: number) => {
    const { items, next } = heap.upTo(at, limit);
    return [items, next?.item];
  };
  expect(upTo(1, 9)).toEqual([[], "2.2"]);
  expect(upTo(2, 1)).toEqual([["2.2"], "2.3"]);
  expect(upTo(3, 9)).toEqual([["2.2", "2.3", "3.0"], "5.4"]);
  expect(upTo(9, 9)).toEqual([["2.2", "2.3", "3.0", "5.4"], undefined]);
  expect(upTo(9, 0)).toEqual([[], "2.2"]);
  expect(drained(heap)).toEqual(["2.2", "2.3", "3.0", "5.4"]);
});

test("a place is before another by its instant, then by its ordinal", () => {
  const place = (at: number, ordinal: number) => ({ item: "", at, ordinal, live: true });
  expect(isBefore(place(1, 9), place(2, 0))).toBe(true);
  expect(isBefore(place(2, 0), place(1, 9))).toBe(false);
  expect([isBefore(place(1, 0), place(1, 1)), isBefore(place(1, 1), place(1, 0))]).toEqual([
    true,
    false,
  ]);
});
