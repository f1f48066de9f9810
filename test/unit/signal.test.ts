// Goal: what conditions hear of a stored signal, and which names and ids an emitter may give. Method: stored signals and names by hand.
import { expect, test } from "vitest";
import {
  eventNameFault,
  happenedAt,
  heardOf,
  signalIdFault,
  type StoredSignal,
} from "../../src/core/signal.ts";
import { firingOf } from "../../src/core/trigger.ts";
import { anEvent, aStatus } from "../../src/adapters/testing/subject.ts";

const stored = (signal: StoredSignal["signal"], id = "s"): StoredSignal => ({
  seq: 1,
  at: 5,
  id,
  signal,
  origin: null,
  dueAt: null,
});
const status = (state: "succeeded" | "failed" | "lost" | "running", more: object = {}) =>
  stored({ ...aStatus("r", state).signal, at: 5, ...more });

test("of a run's end its result or failure is heard, complete even where the row says little, and then its status", () => {
  const tags = (it: StoredSignal) => heardOf(it).map(({ signal }) => signal._tag);
  expect(tags(status("running"))).toEqual(["Status"]);
  expect(tags(status("succeeded"))).toEqual(["Result", "Status"]);
  expect(tags(status("failed"))).toEqual(["Failure", "Status"]);
  expect(heardOf(status("succeeded"))[0]?.signal).toMatchObject({ result: null });
  expect(heardOf(status("succeeded", { result: 7 }))[0]?.signal).toMatchObject({ result: 7 });
  expect(heardOf(status("lost"))[0]?.signal).toMatchObject({
    error: { name: "Error", message: "lost" },
  });
  expect(heardOf(status("lost", { error: { name: "LostError", message: "m" } }))[0]).toMatchObject({
    id: "failure:r:1:lost",
    signal: { error: { name: "LostError" } },
  });
});

test("an event is heard as it is, and nobody can change it", () => {
  const signal = { ...anEvent("e").signal, at: 5 } as StoredSignal["signal"];
  const heard = heardOf(stored(signal, "e"));
  expect(heard).toEqual([{ id: "e", signal }]);
  expect(heard[0]?.signal).toBe(signal);
  expect(Object.isFrozen(heard[0]?.signal)).toBe(true);
});

test("only an event can say when it happened", () => {
  expect(happenedAt(anEvent("e", { at: 3 }).signal)).toBe(3);
  expect(happenedAt(anEvent("e").signal)).toBeUndefined();
  expect(happenedAt({ ...aStatus("r", "running").signal, at: 3 } as never)).toBeUndefined();
});

test("an event's name has 1 to 200 characters that any store keeps, an id 1 to 500", () => {
  const names = ["", "x", "x".repeat(200), "x".repeat(201), "\ud800", "@x", 7];
  expect(names.map((name) => eventNameFault(name) === undefined)).toEqual([
    false,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  const ids = ["", "x", "x".repeat(500), "x".repeat(501), "\ud800", "status:x"];
  expect(ids.map((id) => signalIdFault(id) === undefined)).toEqual([
    false,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("a firing has a shortcut to the signal of a kind where there is exactly one of it", () => {
  const match = (id: string, signal: object) => ({ leaf: id, id, signal }) as never;
  const event = { _tag: "Event", name: "e" };
  const result = { _tag: "Result" };
  const firing = firingOf("t", [match("a", event), match("b", result), match("c", event)]);
  expect([firing.event, firing.result, firing.status]).toEqual([undefined, result, undefined]);
  expect(firingOf("t", [match("b", result), match("a", event)]).event).toEqual(event);
});
