// Goal: which waiting matches a firing takes, where several would do. Method: trees and queues by hand.
import { describe, expect, test } from "vitest";
import { joined, type Take } from "../../src/core/join.ts";
import type { Node } from "../../src/core/definitions.ts";
import type { Waiting } from "../../src/core/store.ts";
import { aWaiting } from "../../src/adapters/testing/subject.ts";

const leaf = (index: number): Node => ({ _tag: "Leaf", index });
const both = (...parts: readonly Node[]): Node => ({ _tag: "All", parts });
const either = (...parts: readonly Node[]): Node => ({ _tag: "Any", parts });

/** Queues of matches by their orders, one list a leaf. */
const queuesOf = (...leaves: readonly (readonly number[])[]): readonly (readonly Waiting[])[] =>
  leaves.map((orders) => orders.map((order) => aWaiting(order)));
const taken = (tree: Node, take: Take, ...leaves: readonly (readonly number[])[]) =>
  joined(tree, queuesOf(...leaves), take)?.taken.map(({ order }) => order);

describe("of the branches of any that are satisfied, that one is taken which was completed first", () => {
  const tree = either(both(leaf(0), leaf(1)), leaf(2));

  test("all is completed by the last of its parts, not by the first", () => {
    expect(taken(tree, "oldest", [1], [7], [5])).toEqual([5]);
    expect(taken(tree, "oldest", [7], [1], [5])).toEqual([5]);
    expect(taken(tree, "oldest", [1], [3], [5])).toEqual([1, 3]);
    expect(taken(tree, "every", [1], [7], [5, 6])).toEqual([5, 6]);
  });

  test("a leaf is completed by the match that is taken of it: the newest where the newest is taken", () => {
    expect(taken(tree, "oldest", [1, 9], [2], [5])).toEqual([1, 2]);
    expect(taken(tree, "latest", [1, 9], [2], [5])).toEqual([5]);
    expect(taken(tree, "latest", [1, 4], [2], [3, 5])).toEqual([4, 2]);
  });
});

test("where the newest is taken all that waited longer in the leaves taken is superseded, each signal once, and no other leaf's", () => {
  const tree = either(both(leaf(0), leaf(1)), leaf(2));
  const answer = joined(tree, queuesOf([1, 2, 3, 4], [2, 3, 5], [9, 10]), "latest");
  expect(answer?.taken.map(({ order }) => order)).toEqual([4, 5]);
  expect(answer?.superseded.map(({ order }) => order)).toEqual([1, 2, 3]);
  expect(joined(tree, queuesOf([1, 2], [3], []), "oldest")?.superseded).toEqual([]);
});
