// Goal: what comes due at one instant is heard in one order, whatever it was put down as, and nothing is due that waits for the clock. Method: agendas and states by hand.
import { describe, expect, test } from "vitest";
import {
  Agenda,
  isAnythingDue,
  isDeadlineDue,
  upcomingDeadline,
  upcomingOccurrence,
} from "../../src/core/agenda.ts";
import {
  cron,
  definitionsOf,
  detent,
  stateOf,
  task,
  trigger,
  type State,
} from "../../src/core/index.ts";
import type { Deadline } from "../../src/core/store.ts";
import { aDelay, aWithin } from "../../src/adapters/testing/subject.ts";
import { hour } from "../support/deciding.ts";

const absence = (order: number): Deadline => ({
  id: `absent/${order}`,
  at: 9,
  due: {
    _tag: "Absent",
    trigger: "t",
    leaf: "absent",
    key: "",
    order,
    since: 0,
    after: null,
    scopes: [],
  },
});
const delayed = (seq: number, more: { at?: number; storedAt?: number } = {}): Deadline => {
  const deadline = aDelay(`delay-${seq}`, more.at ?? 9);
  const due = deadline.due as Deadline["due"] & { _tag: "Hear" };
  return { ...deadline, due: { ...due, stored: { ...due.stored, seq, at: more.storedAt ?? 0 } } };
};

const definitions = definitionsOf(
  detent({
    tasks: [task({ id: "work", run: () => 1 })],
    triggers: [trigger("hourly", { when: cron("0 * * * *"), run: "work", input: null })],
  }),
);
const [leaf] = definitions.schedules;
const waited = aWithin("zz-within", 9);
const within = { ...waited, due: { ...waited.due, trigger: "zz" } } as Deadline;

test("at one instant come what has waited too long, absences by their orders, delayed events as they were stored, occurrences, however they were put down", () => {
  const inOrder = [
    upcomingDeadline(within),
    ...[-Number.MAX_SAFE_INTEGER + 2, -30, -4, 0, 3, 20].map((order) =>
      upcomingDeadline(absence(order)),
    ),
    ...[2, 10, 100].map((seq) => upcomingDeadline(delayed(seq))),
    upcomingOccurrence(leaf!, 9, -Infinity),
  ];
  for (let first = 0; first < inOrder.length; first++) {
    const agenda = new Agenda();
    for (const it of [...inOrder.slice(first), ...inOrder.slice(0, first)].toReversed())
      agenda.add(it);
    expect(agenda.take(8)).toEqual([]);
    expect(agenda.take(9)).toEqual(inOrder);
    expect([agenda.isEmpty, agenda.take(9)]).toEqual([true, []]);
  }
});

test("a delay that ends when its event is stored, or later, ends by the log's time; one that ended before waits for the clock", () => {
  const until = 20;
  expect(isDeadlineDue(delayed(1, { at: 15, storedAt: 15 }), { until, now: 10 })).toBe(true);
  expect(isDeadlineDue(delayed(1, { at: 15, storedAt: 14 }), { until, now: 10 })).toBe(true);
  expect(isDeadlineDue(delayed(1, { at: 15, storedAt: 16 }), { until, now: 10 })).toBe(false);
  expect(isDeadlineDue(delayed(1, { at: 15, storedAt: 16 }), { until, now: 15 })).toBe(true);
});

describe("something is due", () => {
  const after = (at: number, watermarkAt = 0): State =>
    stateOf(
      definitions,
      { revision: 0, seq: 0, at: watermarkAt },
      {
        cursors: [{ trigger: "hourly", leaf: leaf!.key, at }],
        waiting: [],
        deadlines: [],
        open: [],
      },
    );

  test("from its instant on", () => {
    expect(isAnythingDue(after(0), { until: hour - 1, now: hour - 1 })).toBe(false);
    expect(isAnythingDue(after(0), { until: hour, now: hour })).toBe(true);
    expect(isAnythingDue(after(0), { until: hour + 1, now: hour + 1 })).toBe(true);
  });

  test("never where nothing is", () => {
    const none = definitionsOf(detent({ tasks: [], triggers: [] }));
    const empty = stateOf(
      none,
      { revision: 0, seq: 0, at: 0 },
      { cursors: [], waiting: [], deadlines: [], open: [] },
    );
    expect(isAnythingDue(empty, { until: hour, now: hour })).toBe(false);
  });

  test("by the clock where a rewind has brought it back, by the log's time otherwise", () => {
    const horizon = { until: 3 * hour, now: 1.5 * hour };
    expect(isAnythingDue(after(hour, 3 * hour), horizon)).toBe(false);
    expect(isAnythingDue(after(0, 3 * hour), horizon)).toBe(true);
    expect(isAnythingDue(after(hour), horizon)).toBe(true);
  });
});
