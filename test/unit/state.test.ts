// Goal: the router's state is what a store's rows tell, whatever else is among them, and stays so without being read again. Method: rows by hand, and a router beside a store.
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import {
  activation,
  advance,
  all,
  at,
  batchOf,
  cron,
  definitionsOf,
  detent,
  event,
  memoryStore,
  stateOf,
  step,
  task,
  trigger,
  type State,
  type Trigger,
} from "../../src/core/index.ts";
import { nextDueAt, waitsForClock } from "../../src/core/state.ts";
import type { StoredState } from "../../src/core/store.ts";
import { aPause, aRelease, aWaiting, anEvent, writes } from "../../src/adapters/testing/subject.ts";
import { tellOtherGeneration, tellSetBack } from "../../src/core/warnings.ts";
import { hour } from "../support/deciding.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const definitionsWith = (...triggers: readonly Trigger[]) =>
  definitionsOf(detent({ tasks: [work], triggers }));
const nothing: StoredState = { cursors: [], waiting: [], deadlines: [], open: [] };
const watermark = { revision: 0, seq: 0, at: 0 };

describe("read from rows", () => {
  const definitions = definitionsWith(
    trigger("pair", { when: all([event("a"), event("b")]), run: work, input: null }),
    trigger("hourly", { when: cron("0 * * * *"), run: work, input: null }),
  );
  const [a] = definitions.triggers.get("pair")!.leaves;

  test("a schedule that the store has no cursor of is not due", () => {
    expect(nextDueAt(stateOf(definitions, watermark, nothing))).toBeUndefined();
  });

  test("rows of triggers and leaves that are not defined are left alone, and those beside them count", () => {
    const known = aWaiting(3, { trigger: "pair", leaf: a!.key });
    const absent = (trigger_: string, leaf: string) => ({
      id: `absent/${trigger_}`,
      at: 5,
      due: {
        _tag: "Absent" as const,
        trigger: trigger_,
        leaf,
        key: "",
        order: 1,
        since: 0,
        after: null,
        scopes: [],
      },
    });
    const state = stateOf(definitions, watermark, {
      ...nothing,
      waiting: [
        aWaiting(1, { trigger: "gone" }),
        aWaiting(2, { trigger: "pair", leaf: "gone#0" }),
        known,
      ],
      deadlines: [absent("gone", "x"), absent("pair", a!.key)],
    });
    expect([...state.waiting.values()]).toEqual([[[known], []]]);
    expect(state.watches.size).toBe(0);
  });
});

test("what one signal has fired twice is kept back in one order, however the rows lie", () => {
  const held = ["result", "status"].map((id) => aRelease(`release/${id}`, 9));
  for (const deadlines of [held, held.toReversed()]) {
    const { firings } = stateOf(definitionsWith(), watermark, { ...nothing, deadlines });
    expect([...firings.values()]).toEqual([held]);
  }
});

test("a router that commits knows the revision that it has made, so that it reads nothing again", () => {
  const definitions = definitionsWith(
    trigger("t", { when: event("arrived"), run: work, input: null }),
  );
  const store = memoryStore({ now: () => 0 });
  const reading = (revision: number | null) =>
    Effect.runSync(store.read({ revision, limit: 1_000 }));
  Effect.runSync(store.commit(activation(definitions, reading(null))!));
  const first = reading(null);
  let state: State = stateOf(definitions, first.watermark, first.state!);
  for (const id of ["e1", "e2"]) {
    Effect.runSync(store.commit(writes({ signals: [anEvent(id)] })));
    const { signals, state: changed, now } = reading(state.watermark.revision);
    expect([changed, signals.length]).toEqual([null, 1]);
    const decision = step(definitions, state, { signals, until: now, now });
    Effect.runSync(store.commit(batchOf(decision, state.watermark.revision)));
    state = advance(state, decision);
  }
});

describe("schedules wait for the clock", () => {
  const cursorsAt = (definitions: ReturnType<typeof definitionsWith>, instant: number) =>
    definitions.schedules.map((leaf) => ({
      trigger: leaf.trigger.id,
      leaf: leaf.key,
      at: instant,
    }));
  const waits = (
    when: ReturnType<typeof cron> | ReturnType<typeof at>,
    now: number,
    paused = false,
  ) => {
    const definitions = definitionsWith(trigger("t", { when, run: work, input: null }));
    const state = stateOf(definitions, watermark, {
      ...nothing,
      cursors: cursorsAt(definitions, 10 * hour),
      deadlines: paused ? [aPause({ trigger: "t" })] : [],
    });
    return waitsForClock(definitions, state, now);
  };

  test("that lies behind what they have decided, and not otherwise", () => {
    expect(waits(cron("0 * * * *"), 9 * hour)).toBe(true);
    expect(waits(cron("0 * * * *"), 10 * hour)).toBe(false);
    expect(waits(cron("0 * * * *"), 10.5 * hour)).toBe(false);
  });

  test("also those whose last occurrence is decided, and none that are over", () => {
    expect(waits(at(9.5 * hour), 9 * hour)).toBe(true);
    expect(waits(at(9.5 * hour), 10 * hour)).toBe(false);
  });

  test("but not while they are paused", () => {
    expect(waits(cron("0 * * * *"), 9 * hour, true)).toBe(false);
  });
});

describe("a router tells", () => {
  const definitions = definitionsWith(
    trigger("hourly", { when: cron("0 * * * *"), run: work, input: null }),
  );
  const listening = (zones: string | null = null) => {
    const messages: string[] = [];
    const note = ({ message }: { message: string }) => messages.push(message);
    return { self: { definitions, note, zones, isSetBack: false, toldGeneration: null }, messages };
  };
  const state = stateOf(
    definitions,
    { revision: 0, seq: 0, at: 10 * hour },
    {
      ...nothing,
      cursors: [{ trigger: "hourly", leaf: definitions.schedules[0]!.key, at: 10 * hour }],
    },
  );

  test("that schedules wait for a clock that was set back by more than a second, once", () => {
    const { self, messages } = listening();
    tellSetBack(self as never, state, 10 * hour - 1_000);
    expect(messages).toEqual([]);
    tellSetBack(self as never, state, 10 * hour - 1_001);
    expect(messages).toHaveLength(1);
    tellSetBack(self as never, state, 9 * hour);
    expect(messages).toEqual([
      'the store\'s clock was set back; schedules go on at once after "detent rewind", or by themselves at 1970-01-01T10:00:00.000Z',
    ]);
    tellSetBack(self as never, state, 10 * hour);
    tellSetBack(self as never, state, 9 * hour);
    expect(messages).toHaveLength(2);
  });

  test("which time zone database another engine with the same definitions has, if that is known", () => {
    const { self, messages } = listening("2026b");
    const generation = {
      number: 3,
      fingerprint: definitions.fingerprint,
      activatedAt: 0,
      triggers: {},
    };
    tellOtherGeneration(self as never, { ...generation, zones: null });
    tellOtherGeneration(self as never, { ...generation, zones: "2025a" });
    tellOtherGeneration(self as never, { ...generation, zones: "2025a", number: 4 });
    expect(messages.map((message) => message.split(": ")[0])).toEqual([
      "generation 3, which is active now, computes with the time zone database of an engine that didn't say, this engine with 2026b",
      "generation 4, which is active now, computes with the time zone database 2025a, this engine with 2026b",
    ]);
  });
});
