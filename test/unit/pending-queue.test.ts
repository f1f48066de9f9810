// Goal: pending runs are claimed by priority, instant and creation, also across keys, and a full key hides no other. Method: queues by hand.
import { expect, test } from "vitest";
import { PendingQueue, type Entry } from "../../src/core/pending-queue.ts";

type Row = readonly [id: string, key: string | null, dueAt: number, priority?: number];

/** A queue of one task's runs, in the order of their creation, and what is claimed of it one after the other. */
const queueOf = (rows: readonly Row[]) => {
  const queue = new PendingQueue<string>();
  const entries = new Map<string, Entry<string>>();
  const keys = new Map<string, string | null>();
  rows.forEach(([id, key, dueAt, priority = 0], ordinal) => {
    entries.set(id, queue.add(id, { task: "t", priority, concurrencyKey: key, dueAt }, ordinal));
    keys.set(id, key);
  });
  const claim = (limit: number, now = 100): string | undefined => {
    const id = queue.firstDue(queue.claimable(["t"], { t: limit }), now);
    if (id === undefined) return undefined;
    queue.remove(entries.get(id) as Entry<string>);
    const key = keys.get(id) ?? null;
    if (key !== null) queue.hold("t", key);
    return id;
  };
  const claimAll = (limit: number, now?: number): readonly string[] => {
    const ids: string[] = [];
    for (let id = claim(limit, now); id !== undefined; id = claim(limit, now)) ids.push(id);
    return ids;
  };
  return { queue, claim, claimAll };
};

test("runs that are due at one instant are claimed as they were created, whatever their keys", () => {
  const rows: readonly Row[] = [
    ["a1", "a", 5],
    ["b1", "b", 5],
    ["b2", "b", 5],
    ["a2", "a", 5],
    ["n", null, 5],
    ["a0", "a", 4],
  ];
  expect(queueOf(rows).claimAll(9)).toEqual(["a0", "a1", "b1", "b2", "a2", "n"]);
});

test("higher priorities go first, each by instants, and what is not due is not claimed", () => {
  const rows: readonly Row[] = [
    ["low", null, 1],
    ["late", null, 9, 1],
    ["soon", "a", 3, 1],
    ["first", null, 2, 1],
    ["future", null, 101, 2],
  ];
  const { queue, claimAll } = queueOf(rows);
  expect(claimAll(1)).toEqual(["first", "soon", "late", "low"]);
  expect(queue.earliest(queue.claimable(["t"]))).toBe("future");
  expect(queue.earliest(queue.claimable(["u"]))).toBeUndefined();
});

test("one run of a key is claimed where one is the limit; the next when that is over, or by whoever allows more", () => {
  const rows: readonly Row[] = [
    ["a1", "a", 1],
    ["a2", "a", 2],
    ["a3", "a", 3],
    ["b1", "b", 4],
  ];
  const { queue, claim, claimAll } = queueOf(rows);
  expect(claimAll(1)).toEqual(["a1", "b1"]);
  queue.free("t", "a");
  expect([claim(1), claim(1)]).toEqual(["a2", undefined]);
  expect(claimAll(2)).toEqual(["a3"]);
});
