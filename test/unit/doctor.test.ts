// Goal: the doctor finds what is wrong, says how to mend it, and calls nothing else a fault. Method: what a store would say, by hand; the command as a process.
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findingsOf, type Seen } from "../../src/cli/diagnosis.ts";
import { dueListOf } from "../../src/cli/due-list.ts";
import { detailText } from "../../src/cli/skips.ts";
import {
  definitionsOf,
  detent,
  event,
  task,
  trigger,
  type Owner,
  type Run,
  type Skip,
  type TriggerOptions,
} from "../../src/core/index.ts";
import { openStore } from "../../src/runtime/open-store.ts";
import { aRun } from "../../src/adapters/testing/subject.ts";
import { bundleCli, newPlace } from "../support/cli.ts";

const noon = Date.parse("2026-11-24T12:00:00Z");
const hour = 3_600_000;
const work = task({ id: "work", run: () => null });
const appWith = (options: TriggerOptions, ...ids: readonly string[]) =>
  definitionsOf(
    detent({
      tasks: [work],
      triggers: ids.map((id) => trigger(id, { ...options, when: event("e"), run: work })),
    }),
  );
const generationOf = (definitions: ReturnType<typeof appWith>) => ({
  number: 3,
  fingerprint: definitions.fingerprint,
  activatedAt: noon - hour,
  triggers: Object.fromEntries(
    [...definitions.triggers.values()].map(({ id, fingerprint }) => [id, fingerprint]),
  ),
  zones: "2026a",
});
const owner = (id: string, fields: Partial<Owner> = {}): Owner => ({
  id,
  host: "h",
  process: 7,
  enteredAt: noon - hour,
  closedAt: null,
  ...fields,
});
const run = (fields: Partial<Run>): Run =>
  ({ id: "r", task: "work", state: "pending", dueAt: noon, owner: null, ...fields }) as Run;

const hourly = '{"_tag":"Every","duration":"1 h"}#0';
const skip = (fields: Partial<Skip>): Skip =>
  ({ trigger: "a", signal: null, from: null, to: null, count: 1, detail: null, ...fields }) as Skip;

const healthy: Seen = {
  generation: generationOf(appWith({}, "a", "b")),
  cursors: [{ trigger: "a", leaf: hourly, at: noon }],
  deadlines: [],
  skips: [],
  failed: [],
  unrouted: { count: 0, since: null },
  here: noon - 1_999,
  owners: [owner("one"), owner("gone", { closedAt: noon })],
  dead: [],
  runs: [run({ dueAt: noon + hour }), run({ state: "running", owner: "one" })],
  now: noon,
  zones: "2026a",
  definitions: appWith({}, "a", "b"),
};
const found = (seen: Partial<Seen>, ...levels: readonly string[]) =>
  findingsOf({ ...healthy, ...seen })
    .filter(({ level }) => levels.includes(level))
    .map(({ message }) => message);

describe("findings", () => {
  test("where nothing is wrong there is neither a fault nor a note", () => {
    expect(found({}, "fault", "note")).toEqual([]);
    expect(found({}, "ok")).toEqual([
      "generation 3 is active since 2026-11-24T11:00:00.000Z, with the time zone database 2026a",
      "the app's triggers are the active ones",
      "engine one (process 7 on h, since 2026-11-24T11:00:00.000Z) is alive and holds 1 run",
      "no run is overdue",
    ]);
  });

  test("what a start would change is a note for each trigger", () => {
    const definitions = appWith({ waitingMax: 5 }, "b", "c");
    expect(found({ definitions }, "fault", "note")).toEqual([
      'trigger "a" would be retired by a start: what waits for it becomes skips; keep its id to keep what waits',
      'trigger "b" would be changed by a start: what waits for it becomes skips; onChange: "keep" keeps it',
      'trigger "c" would be new by a start: its schedules begin then',
    ]);
    const keeping = appWith({ waitingMax: 5, onChange: "keep" }, "a", "b");
    expect(found({ definitions: keeping }, "note")[0]).toBe(
      'trigger "a" would be changed by a start: what waits in leaves that are still there is kept',
    );
    expect(found({ definitions: undefined }, "fault", "note")).toEqual([]);
  });

  test("another time zone database is a note", () => {
    expect(found({ zones: "2027b" }, "fault", "note")).toEqual([
      "this Node has the time zone database 2027b, the active generation 2026a: an engine started here makes a generation of its own; run the same Node everywhere",
    ]);
  });

  test("runs of a task that nobody defines are a fault", () => {
    const runs = [run({ task: "old", dueAt: noon + 1 }), run({ task: "old", dueAt: noon + 1 })];
    expect(found({ runs }, "fault", "note")).toEqual([
      '2 runs of task "old", which the app does not define: a start cancels what waits; export a task of that id',
    ]);
  });

  test("a schedule that is decided beyond the clock is a fault that names the instant", () => {
    const cursors = [{ trigger: "a", leaf: "{}#0", at: noon + hour }];
    expect(found({ cursors }, "fault")).toEqual([
      'the clock was set back: the schedule "{}#0" of trigger "a" is decided up to 2026-11-24T13:00:00.000Z and waits until then; mend the clock, or "detent rewind"',
    ]);
  });

  test("a dead engine is a fault while it holds runs, and a note without", () => {
    const line = "engine one (process 7 on h, since 2026-11-24T11:00:00.000Z) is dead and holds ";
    const dead = [owner("one")];
    expect(found({ dead }, "fault")).toEqual([
      `${line}1 run: the next engine takes them back; start one`,
    ]);
    expect(found({ dead, runs: [] }, "note")[0]).toContain(`${line}0 runs`);
    expect(found({ dead, runs: [] }, "fault")).toEqual([]);
  });

  test("a run is overdue a minute after it was due", () => {
    const runs = [
      run({ id: "x", dueAt: noon - 60_000 }),
      run({ id: "y", dueAt: noon - 60_001 }),
      run({ id: "z", dueAt: noon - 2 * hour }),
    ];
    expect(found({ runs }, "fault")).toEqual([
      "2 runs overdue, z for 2 h 0 min: start an engine, give it more slots, or see whether the task is paused",
    ]);
  });
});

describe("of the last day", () => {
  test("what is paused is a note that says how to resume it", () => {
    const paused = (subject: object, at: number) => ({
      id: "p",
      at,
      due: { _tag: "Paused", subject } as never,
    });
    const deadlines = [
      paused({ trigger: "a" }, noon + hour),
      paused({ task: "work" }, 8_640_000_000_000_000),
    ];
    expect(found({ deadlines }, "fault", "note")).toEqual([
      'trigger "a" is paused until 2026-11-24T13:00:00.000Z: what would have fired it becomes skips; "detent resume a" ends that',
      'task "work" is paused until somebody resumes it: its runs wait; "detent resume --task work" ends that',
    ]);
    const late = [{ trigger: "a", leaf: hourly, at: noon - 3 * hour }];
    expect(found({ deadlines: [deadlines[0]!], cursors: late }, "fault")).toEqual([]);
  });

  test("a schedule that nobody has come to is a fault while an engine lives, and a note without", () => {
    const cursors = [{ trigger: "a", leaf: hourly, at: noon - 2 * hour }];
    const line = 'trigger "a" has been due since 2026-11-24T11:00:00.000Z, and no engine has ';
    expect(found({ cursors }, "fault")).toEqual([
      `${line}come to it: engines with the active definitions route; start one with them`,
    ]);
    expect(found({ cursors, owners: [] }, "fault")).toEqual([]);
    expect(found({ cursors, owners: [] }, "note")[1]).toBe(
      `${line}been there: after the next start its "missed" decides what still runs`,
    );
    const soon = [
      { trigger: "a", leaf: '{"_tag":"Every","duration":"1 min"}#0', at: noon - 60_000 },
    ];
    expect(found({ cursors: soon }, "fault")).toEqual([]);
  });

  test("signals that nobody has routed are a fault after a minute while an engine lives, and a note without", () => {
    const unrouted = { count: 2, since: noon - 60_000 };
    const text = "2 signals stored and not routed yet, since 2026-11-24T11:59:00.000Z";
    expect(found({ unrouted }, "fault")[0]).toContain(`${text}, although an engine lives`);
    expect(found({ unrouted: { ...unrouted, since: noon - 59_999 } }, "fault")).toEqual([]);
    const dead = [owner("one")];
    expect(found({ unrouted, dead, runs: [] }, "note")).toContain(
      `${text}: the next engine routes them`,
    );
  });

  test("skips are told by trigger and reason, but for those that a join or flow control asked for", () => {
    const skips = [
      skip({ reason: "missed", to: noon - hour, count: 3 }),
      skip({ reason: "missed", to: noon - 5 * hour, count: 2 }),
      skip({ reason: "filtered-by-error", signal: "e-1", detail: "Error: boom" }),
      skip({ reason: "debounced", signal: "e-2" }),
      skip({ reason: "waiting-full", signal: "e-3" }),
    ];
    expect(found({ skips }, "fault", "note")).toEqual([
      'trigger "a": 5 skips within a day, missed, no engine came to them in time, the last of "2026-11-24T11:00:00.000Z"',
      'trigger "a": 1 skip within a day, filtered-by-error, a filter or by failed, the last of "e-1": Error: boom',
      'trigger "a": 1 skip within a day, waiting-full, more waited than its waitingMax, the last of "e-3"',
    ]);
  });

  test("runs that failed are told by task, with the newest", () => {
    const error = { name: "RangeError", message: "boom" };
    const failed = [
      run({ id: "x", state: "failed", outcome: { error } }),
      run({ id: "y", state: "failed", outcome: { error } }),
      run({ id: "z", state: "lost", outcome: { error } }),
    ];
    expect(found({ failed }, "fault", "note")).toEqual([
      'task "work": 2 runs failed within a day, the last x: RangeError: boom',
      'task "work": 1 run lost within a day, the last z: RangeError: boom',
    ]);
  });
});

test("the store's clock may be two seconds from this machine's; more is a note, a minute a fault", () => {
  expect(found({ here: noon - 2_000 }, "note")).toEqual([
    "the store's clock is 2.0 s ahead of this machine's",
  ]);
  expect(found({ here: noon + 60_000 }, "fault")).toEqual([
    "the store's clock is 1 min 0 s behind this machine's: set both by a time server",
  ]);
});

test.each([
  [null, "when", ""],
  [null, "any.0.all.1", "condition any.0.all.1"],
  [null, hourly, 'every("1 h")'],
  [null, "1 already wait for their turn", "1 already wait for their turn"],
  ["e-1", "when", "when"],
  ["e-1", "Error: boom\n  at x", "Error: boom"],
  ["e-1", null, ""],
])("the detail of a skip of signal %j, %j, is shown as %j", (signal, detail, text) => {
  expect(detailText({ signal, detail })).toBe(text);
});

test("what is due next is a list in the order of time, with what is overdue first", () => {
  const deadlines = [
    { id: "e", at: noon + 9, due: { _tag: "Gate", trigger: "g", key: "other" } as const },
    { id: "d", at: noon + 3, due: { _tag: "Gate", trigger: "g", key: "" } as const },
    {
      id: "p",
      at: 8_640_000_000_000_000,
      due: { _tag: "Paused", subject: { task: "t" } } as const,
    },
  ];
  const cursors = [
    { trigger: "a", leaf: hourly, at: noon },
    { trigger: "odd", leaf: "nonsense", at: noon },
    { trigger: "held", leaf: hourly, at: noon },
  ];
  deadlines.push({
    id: "w",
    at: noon + 5,
    due: { _tag: "Within", trigger: "joined" },
  } as never);
  deadlines.push({
    id: "q",
    at: 8_640_000_000_000_000,
    due: { _tag: "Paused", subject: { trigger: "held" } },
  } as never);
  const runs = [run({ id: "r", dueAt: noon - 5 }), run({ id: "s", state: "running" })];
  expect(dueListOf({ cursors, deadlines, runs })).toEqual([
    { at: noon - 5, kind: "run", id: "r", what: "task work" },
    { at: noon + 3, kind: "deadline", id: "g", what: "it is throttled no more" },
    { at: noon + 5, kind: "deadline", id: "joined", what: "a match that still waits is given up" },
    { at: noon + hour, kind: "schedule", id: "a", what: 'every("1 h")' },
  ]);
  expect(dueListOf({ cursors, deadlines, runs }, 1)).toHaveLength(1);
});

describe("the command", () => {
  const place = newPlace();
  beforeAll(bundleCli, 60_000);
  afterAll(() => place.remove());

  test("exits with 0 without a fault and with 1 with one, and tells both in JSON", async () => {
    await place.detent(["emit", "e"]);
    const sound = await place.detent(["doctor", "--json"]);
    expect([sound.code, JSON.parse(sound.stdout)]).toEqual([
      0,
      {
        store: expect.stringContaining("detent.db"),
        app: "main",
        due: [],
        config: expect.arrayContaining([
          { name: "store", value: "sqlite:detent.db", source: "default" },
        ]),
        findings: [
          {
            level: "ok",
            message: expect.stringMatching(
              /^SQLite 3\.\d+\.\d+, tables of version \d+, the file is whole$/,
            ),
          },
          { level: "note", message: "no generation is active: no engine has been here yet" },
          { level: "note", message: 'no engine is running; "detent start APP" starts one' },
          { level: "ok", message: "no run is overdue" },
          {
            level: "note",
            message: expect.stringMatching(/^1 signal stored and not routed yet, since /),
          },
        ],
      },
    ]);
    const url = `sqlite:${place.folder}/detent.db`;
    const batch = { checks: [], runs: [aRun("late", { dueAt: 0 })] };
    await Effect.runPromise(
      Effect.scoped(Effect.flatMap(openStore(url, { app: "main" }), (port) => port.commit(batch))),
    );
    const faulty = await place.detent(["doctor"]);
    expect(faulty.code).toBe(1);
    expect(faulty.stdout).toMatch(/^fault {2}1 run overdue, late for /m);
  });
});
