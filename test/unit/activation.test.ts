// Goal: what an activation writes, row by row: what goes on, what is retired with a record, what begins. Method: readings by hand, activations without a store.
import { describe, expect, test } from "vitest";
import {
  absent,
  activation,
  all,
  cron,
  definitionsOf,
  detent,
  event,
  every,
  task,
  trigger,
  type Trigger,
} from "../../src/core/index.ts";
import { newlyMinding } from "../../src/core/activation.ts";
import { heldRetirement } from "../../src/core/held-retirement.ts";
import type { Open, Reading, StoredState } from "../../src/core/store.ts";
import { firstWatches, withWatch, type Watch } from "../../src/core/watch.ts";
import { aRelease, aStatus, aWaiting, aWithin } from "../../src/adapters/testing/subject.ts";

const work = task({ id: "work", run: (input: unknown) => input });
const definitionsWith = (...triggers: readonly Trigger[]) =>
  definitionsOf(detent({ tasks: [work], triggers }));
type Definitions = ReturnType<typeof definitionsWith>;
const nothing: StoredState = { cursors: [], waiting: [], deadlines: [], open: [] };

const reading = (before: Definitions | null, state: Partial<StoredState> = {}): Reading => ({
  watermark: { revision: 4, seq: 9, at: 5_000 },
  generation:
    before === null
      ? null
      : {
          number: 3,
          fingerprint: before.fingerprint,
          activatedAt: 0,
          zones: null,
          triggers: Object.fromEntries(
            [...before.triggers.values()].map(({ id, fingerprint }) => [id, fingerprint]),
          ),
        },
  state: { ...nothing, ...state },
  signals: [],
  more: false,
  now: 7_000,
});
const keyOf = (definitions: Definitions, id: string, index = 0): string =>
  definitions.triggers.get(id)!.leaves[index]!.key;

const pair = (id: string, options: object = {}): Trigger =>
  trigger(id, { when: all([event("a"), event("b")]), run: work, input: null, ...options });
const hourly = trigger("hourly", { when: cron("0 * * * *"), run: work, input: null });

test("definitions that are the active ones already write nothing", () => {
  const same = definitionsWith(hourly, pair("pair"));
  expect(activation(same, reading(same))).toBeUndefined();
});

test("a schedule that goes on keeps its cursor, and a new one begins at the activation", () => {
  const before = definitionsWith(hourly);
  const after = definitionsWith(
    hourly,
    trigger("new", { when: every("1 min"), run: work, input: null }),
  );
  const cursors = [{ trigger: "hourly", leaf: keyOf(before, "hourly"), at: 1_000 }];
  expect(activation(after, reading(before, { cursors }))?.cursors).toEqual({
    put: [{ trigger: "new", leaf: keyOf(after, "new"), at: 7_000 }],
    remove: [],
  });
});

describe("a schedule that was made at run time", () => {
  const minutely = trigger("made", { when: every("1 min"), run: work, input: null });
  const defined = definitionsWith(minutely);
  const row = (made: string, at = 1_000) => ({
    trigger: "made",
    leaf: keyOf(defined, "made"),
    at,
    made: { task: made, input: null },
  });

  test("gives its very row to a definition of the same schedule, which begins at the activation", () => {
    const batch = activation(defined, reading(definitionsWith(), { cursors: [row("work")] }));
    expect(batch?.cursors).toEqual({
      put: [{ trigger: "made", leaf: keyOf(defined, "made"), at: 7_000 }],
      remove: [],
    });
    expect(batch?.skips).toMatchObject([
      { reason: "retired", from: null, to: null, count: 0, signal: null },
    ]);
  });

  test("ends with its task, and what it still owed is told", () => {
    const batch = activation(
      definitionsWith(),
      reading(null, { cursors: [row("gone", -120_000)] }),
    );
    expect(batch?.cursors?.remove).toMatchObject([{ trigger: "made" }]);
    expect(batch?.skips).toMatchObject([
      { signal: null, from: -60_000, to: 0, count: 2, at: 7_000 },
    ]);
  });

  test("goes on where its id and its task are as they were", () => {
    const batch = activation(definitionsWith(hourly), reading(null, { cursors: [row("work")] }));
    expect([batch?.cursors?.remove, batch?.skips]).toEqual([[], []]);
  });
});

test("of what waits, only that of changed triggers that keep it is looked at again; a record is made of each that is retired", () => {
  const before = definitionsWith(pair("same"), pair("kept"), pair("changed"));
  const keep = { onChange: "keep", within: "10 s" };
  const after = definitionsWith(
    pair("same"),
    pair("kept", keep),
    pair("changed", { within: "10 s" }),
  );
  const waiting = ["same", "kept", "changed"].map((id, index) =>
    aWaiting(index + 1, { trigger: id, leaf: keyOf(before, id), at: 6_000 }),
  );
  const batch = activation(after, reading(before, { waiting }));
  expect(batch?.deadlines?.put.map(({ at, due }) => [at, due])).toEqual([
    [16_000, { _tag: "Within", trigger: "kept", leaf: keyOf(after, "kept"), key: "", order: 2 }],
    [7_000, { _tag: "Join", trigger: "kept", key: "" }],
  ]);
  expect(batch?.skips).toEqual([
    {
      id: "changed/approved-3/retired",
      trigger: "changed",
      signal: "approved-3",
      from: null,
      to: null,
      count: 1,
      reason: "retired",
      detail: null,
      at: 7_000,
    },
  ]);
});

test("the runs of new and changed triggers are looked for where their schedules mind them, and nobody else's", () => {
  const each = (id: string, overlap: "skip" | "allow", input: unknown = null) =>
    trigger(id, {
      when: every(input === null ? "1 h" : "2 h", { overlap }),
      run: work,
      input: null,
    });
  const before = definitionsWith(
    each("same", "skip"),
    each("changed", "skip"),
    each("calm", "allow"),
  );
  const after = definitionsWith(
    each("same", "skip"),
    each("changed", "skip", "other"),
    each("calm", "allow", "other"),
    each("new", "skip"),
    each("idle", "allow"),
  );
  expect(newlyMinding(after, reading(before))).toEqual(["changed", "new"]);
  expect(newlyMinding(after, reading(null))).toEqual(["same", "changed", "new"]);
});

test("what waits under a trigger that neither generation knows is retired with its deadline", () => {
  const row = aWaiting(1, { trigger: "ghost", leaf: "e#0" });
  const deadline = aWithin("within/ghost/e#0/1", 9_000);
  const due = { ...deadline.due, trigger: "ghost", leaf: "e#0" } as typeof deadline.due;
  const batch = activation(
    definitionsWith(hourly),
    reading(definitionsWith(), { waiting: [row], deadlines: [{ ...deadline, due }] }),
  );
  expect(batch?.waiting?.remove).toEqual([row]);
  expect(batch?.deadlines?.remove).toEqual([deadline.id]);
});

test("a watch begins with its trigger, under an order that no signal has, unless it waits for a start or has keys", () => {
  const within = { within: "1 s" } as const;
  const { triggers } = definitionsWith(
    trigger("alone", { when: absent(event("e"), within), run: work, input: null }),
    trigger("started", {
      when: absent(event("e"), { ...within, after: event("s") }),
      run: work,
      input: null,
    }),
    trigger("keyed", { when: absent(event("e"), within), by: () => "k", run: work, input: null }),
  );
  const watches = firstWatches(
    [...triggers.values()].flatMap(({ leaves }) => leaves),
    50,
  );
  expect(watches.map(({ at, due }) => [at, due.trigger, due.order, due.since])).toEqual([
    [1_050, "alone", 0, 50],
  ]);
});

test("what is kept back is retired with its trigger and no other's; a run that waited for it alone is settled, and only that", () => {
  const ended = (run: string) => ({ ...aStatus(run, "succeeded").signal }) as Open["ended"];
  const open: readonly Open[] = [
    // Its root is over, and nothing else is open.
    { scope: "settled:alone", run: "alone", ended: ended("alone") },
    { scope: "settled:alone", run: "f-gone", ended: null },
    { scope: "settled:busy", run: "busy", ended: ended("busy") },
    { scope: "settled:busy", run: "child", ended: null },
    { scope: "settled:busy", run: "f-gone", ended: null },
    { scope: "settled:running", run: "running", ended: null },
    { scope: "settled:running", run: "f-gone", ended: null },
    // A root of its own scope that is over in this one too.
    { scope: "settled:other", run: "inner", ended: ended("inner") },
    { scope: "settled:other", run: "f-gone", ended: null },
    { scope: "settled:kept", run: "kept", ended: ended("kept") },
    { scope: "settled:kept", run: "f-kept", ended: null },
    { scope: "settled:lone", run: "lone", ended: ended("lone") },
  ];
  const release = (id: string, name: string) => {
    const deadline = aRelease(id, 9_000);
    return { ...deadline, due: { ...deadline.due, trigger: name } } as typeof deadline;
  };
  const gate = (id: string, name: string) =>
    ({ id, at: 9_000, due: { _tag: "Gate", trigger: name, key: "" } }) as const;
  const retired = heldRetirement(
    {
      ...nothing,
      open,
      deadlines: [
        release("f-gone", "gone"),
        release("f-kept", "stays"),
        gate("g-gone", "gone"),
        gate("g-kept", "stays"),
      ],
    },
    (name) => name === "gone",
  );
  expect(retired.matches.map(({ trigger: name, match }) => [name, match.id])).toEqual([
    ["gone", "e1"],
  ]);
  expect(retired.deadlines).toEqual(["f-gone", "g-gone"]);
  expect(retired.open.map(({ scope, run }) => `${scope} ${run}`)).toEqual([
    "settled:alone f-gone",
    "settled:busy f-gone",
    "settled:running f-gone",
    "settled:other f-gone",
    "settled:alone alone",
  ]);
  expect(
    retired.signals.map(({ signal }) => "state" in signal && [signal.run, signal.state]),
  ).toEqual([["alone", "settled"]]);
});

test("what a trigger keeps back is retired when it changes, and not when it stays", () => {
  const held = trigger("held", { when: event("e"), run: work, input: null, debounce: "10 s" });
  const changed = { ...held, debounce: "20 s" } as Trigger;
  const deadline = aRelease("f", 9_000);
  const deadlines = [{ ...deadline, due: { ...deadline.due, trigger: "held" } } as typeof deadline];
  const before = definitionsWith(held);
  const removed = (after: Definitions) =>
    activation(after, reading(before, { deadlines }))?.deadlines?.remove;
  expect(removed(definitionsWith(held, hourly))).toEqual([]);
  expect(removed(definitionsWith(changed))).toEqual(["f"]);
  expect(removed(definitionsWith())).toEqual(["f"]);
});

test("of a watch that is begun twice there is one, with its newest end, behind those that began before", () => {
  const watchAt = (id: string, at: number): Watch => ({
    id,
    at,
    due: {
      _tag: "Absent",
      trigger: "t",
      leaf: "l",
      key: "",
      order: at,
      since: 0,
      after: null,
      scopes: [],
    },
  });
  const [first, second, again] = [watchAt("a", 1), watchAt("b", 2), watchAt("a", 3)];
  expect(withWatch([first, second], again)).toEqual([second, again]);
  expect(withWatch([second], first)).toEqual([first, second]);
});
