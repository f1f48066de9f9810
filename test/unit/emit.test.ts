// Goal: what `emit` promises about when an event happened and when it is heard. Method: the runtime's emit and the real engine over the memory store, in virtual time.
import * as Effect from "effect/Effect";
import { expect, test, vi } from "vitest";
import { event, task, trigger, type AppDefinition } from "../../src/core/index.ts";
import { emitTo, type EmitOptions } from "../../src/runtime/emit.ts";
import { newEventId } from "../../src/runtime/event-id.ts";
import { start, World } from "../support/engine-world.ts";

const note = task({ id: "note", run: (input: unknown) => input });
const app: AppDefinition = {
  tasks: [note],
  triggers: [trigger("t", { when: event("e"), run: note, input: (f) => f.event.at })],
};
const emit = (world: World, options: EmitOptions) =>
  world.run(
    Effect.match(emitTo(world.store, "e", null, options), {
      onSuccess: ({ status }) => status as string,
      onFailure: ({ message }) => message,
    }),
  );

test("an event has the instant at which it happened where one is given, and is heard in its place in the log all the same", () => {
  const world = new World();
  world.engine(app, "a");
  world.pass(1_000);
  const given: EmitOptions[] = [
    {},
    { at: start - 5_000 },
    { at: "2001-09-09T01:46:30Z" },
    { after: "2 s" },
    { at: start + 1_000 },
  ];
  given.forEach((options, n) => expect(emit(world, { id: `${n}`, ...options })).toBe("accepted"));
  world.pass(10_000);
  expect(world.runs().map(({ cause, input, createdAt }) => [cause[0], input, createdAt])).toEqual([
    ["0", start + 1_000, start + 1_000],
    ["1", start - 5_000, start + 1_000],
    ["2", start - 10_000, start + 1_000],
    ["4", start + 1_000, start + 1_000],
    ["3", start + 3_000, start + 3_000],
  ]);
});

test("the same id again is a duplicate, whatever instant it is given", () => {
  const world = new World();
  const replies = [{ at: start - 1 }, { at: start - 2 }, {}].map((options) =>
    world.run(emitTo(world.store, "e", 1, { id: "x", ...options })),
  );
  expect(replies).toEqual([
    { event: "x", status: "accepted" },
    { event: "x", status: "duplicate" },
    { event: "x", status: "duplicate" },
  ]);
});

test.each<[EmitOptions, string]>([
  [
    { at: start + 1 },
    "at is 2001-09-09T01:46:40.001Z, which lies in the future (it is 2001-09-09T01:46:40.000Z); at tells when something happened, use after for an event that is to come",
  ],
  [{ idd: "1" } as EmitOptions, 'emit: "idd" is no option; did you mean "id"?'],
  [{ at: start, after: 5 }, "give at, when it happened, or after, how long it waits; not both"],
  [{ at: "noon" }, 'at: "noon" is no instant; give'],
])("emit refuses %j with a line, and stores nothing", (options, line) => {
  const world = new World();
  expect(emit(world, options)).toContain(line);
  expect(world.run(world.store.summary).signals).toBe(0);
});

test("ids that nobody has given are UUIDs of version 7, and grow: within a millisecond, beyond 4,096 of one, and when the clock is set back", () => {
  const noon = Date.now() + 60_000;
  vi.useFakeTimers({ now: noon, toFake: ["Date"] });
  try {
    const ids = Array.from({ length: 5_000 }, newEventId);
    vi.setSystemTime(noon - 3_600_000);
    ids.push(newEventId());
    expect(ids).toEqual([...new Set(ids)].sort());
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const at = (id = ""): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    expect([at(ids[0]), at(ids[4_095]), at(ids[4_096]), at(ids.at(-1))]).toEqual([
      noon,
      noon,
      noon + 1,
      noon + 1,
    ]);
  } finally {
    vi.useRealTimers();
  }
});
