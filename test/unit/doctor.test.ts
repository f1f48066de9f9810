// Goal: the doctor finds what is wrong, says how to mend it, and calls nothing else a fault. Method: what a store would say, by hand; the command as a process.
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findingsOf, type Seen } from "../../src/cli/diagnosis.ts";
import {
  definitionsOf,
  detent,
  event,
  task,
  trigger,
  type Owner,
  type Run,
  type TriggerOptions,
} from "../../src/core/index.ts";
import { openStore } from "../../src/runtime/open-store.ts";
import { aRun } from "../contract/subject.ts";
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

const healthy: Seen = {
  generation: generationOf(appWith({}, "a", "b")),
  cursors: [{ trigger: "a", leaf: "{}#0", at: noon }],
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
      'the clock was set back: the schedule "{}#0" of trigger "a" is decided up to 2026-11-24T13:00:00.000Z and waits until then; mend the clock, or wait',
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
        findings: [
          { level: "note", message: "no generation is active: no engine has been here yet" },
          { level: "note", message: 'no engine is running; "detent start APP" starts one' },
          { level: "ok", message: "no run is overdue" },
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
