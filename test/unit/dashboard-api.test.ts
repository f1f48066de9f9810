// Goal: the API shows what the store has and does what the command line does, and says in one line what it can't take. Method: an app with an inline executor runs in memory
// behind the API; where no engine may interfere, a bare store does.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { DashboardOptions } from "../../src/adapters/dashboard/index.ts";
import { StoreError } from "../../src/core/errors.ts";
import { memoryStore } from "../../src/core/memory-store.ts";
import {
  absent,
  all,
  defineEvent,
  detent,
  event,
  every,
  result,
  task,
  trigger,
} from "../../src/index.ts";
import { seed } from "../../bench/seed.ts";
import { serveRuntime, serveStore, type Served } from "../support/dashboard.ts";

const gate = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
};
let held = gate();

const greet = task({
  id: "greet",
  run: (name: string, ctx) => {
    ctx.log(`hello ${name}`);
    return { greeted: name };
  },
});
const fail = task({
  id: "fail",
  run: () => {
    throw new RangeError("too far");
  },
});
const hold = task({
  id: "hold",
  run: async (_: unknown, ctx) => {
    ctx.progress(0.25, "a quarter");
    ctx.log("holding");
    await held.opened;
    return null;
  },
});
const typed = defineEvent<{ n: number }>("typed", {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value: unknown) =>
      typeof (value as { n?: unknown } | null)?.n === "number"
        ? { value: value as { n: number } }
        : { issues: [{ message: "n is no number", path: ["n"] }] },
  },
});

const app = detent({
  tasks: [greet, fail, hold],
  triggers: [
    trigger("greeting", {
      when: event<{ name: string }>("came"),
      run: greet,
      input: (f) => f.event.payload.name,
    }),
    trigger("both", {
      when: all([result(greet), event("seen")]),
      by: () => "one",
      within: "1 day",
      run: hold,
      input: { fixed: true },
    }),
    trigger("yearly", {
      when: every("365 days", { anchor: "2020-01-01T00:00Z" }),
      run: fail,
      input: null,
    }),
    trigger("typing", { when: event(typed), run: greet, input: "typed" }),
  ],
});

const closing: (() => Promise<void>)[] = [];
const run = async (options?: DashboardOptions) => {
  const served = await serveRuntime(app, options);
  closing.push(served.stop);
  return served;
};
const rest = async (options?: Parameters<typeof serveStore>[0]): Promise<Served> => {
  const served = await serveStore(options);
  closing.push(served.close);
  return served;
};
afterEach(async () => {
  held.open();
  held = gate();
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A clock that stands still; sleeps are real. */
const clockAt = (now: number): Clock.Clock => {
  const live = Effect.runSync(Effect.clockWith((current) => Effect.succeed(current)));
  const nanos = BigInt(now) * 1_000_000n;
  return {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.succeed(now),
    currentTimeNanosUnsafe: () => nanos,
    currentTimeNanos: Effect.succeed(nanos),
    monotonicTimeNanosUnsafe: () => live.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: live.monotonicTimeNanos,
    sleep: (duration) => live.sleep(duration),
  };
};

/** The first live overview that fits. */
const liveUntil = (url: string, fits: (overview: any) => boolean): Promise<any> =>
  new Promise((resolve, reject) => {
    const request = http.get(new URL("/api/live", url), (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        const messages = `${text}${piece}`.split("\n\n");
        text = messages.pop() ?? "";
        for (const message of messages) {
          const data = /^data: (.*)$/m.exec(message)?.[1];
          const overview = data === undefined ? undefined : JSON.parse(data);
          if (overview === undefined || !fits(overview)) continue;
          request.destroy();
          resolve(overview);
        }
      });
    });
    request.on("error", reject);
  });

describe("runs", () => {
  test("an event that is posted runs, and the run tells its input, result, attempts, log and causes", async () => {
    const { post, get, runtime } = await run();
    const reply = await post("/api/events", { name: "came", payload: { name: "Ada" }, id: "e1" });
    expect([reply.status, reply.json]).toEqual([200, { event: "e1", status: "accepted" }]);
    await runtime.idle();
    const { runs, next } = await get("/api/runs");
    expect(next).toBeNull();
    expect(runs).toMatchObject([
      { trigger: "greeting", task: "greet", state: "succeeded", outcome: '{"greeted":"Ada"}' },
    ]);
    const detail = await get(`/api/runs/${encodeURIComponent(runs[0].id)}`);
    expect(detail.run).toMatchObject({ input: "Ada", outcome: { result: { greeted: "Ada" } } });
    expect(detail.attempts).toMatchObject([{ attempt: 1, outcome: { kind: "succeeded" } }]);
    expect(detail.logs).toMatchObject([{ level: "info", message: "hello Ada", attempt: 1 }]);
    expect(detail.signals.map(({ kind }: { kind: string }) => kind)).toEqual([
      "running",
      "succeeded",
    ]);
    expect(detail.why.map(({ text }: { text: string }) => text)).toEqual([
      "greet succeeded, owed by greeting",
      'event came {"name":"Ada"}',
    ]);
    expect([detail.canCancel, detail.canRetry]).toEqual([false, true]);
  });

  test("filters, pages and a search find the runs that they name", async () => {
    const { post, get, runtime } = await run();
    for (const name of ["a", "b", "c"]) await runtime.emit("came", { name });
    await runtime.run("fail");
    await runtime.idle();
    expect((await get("/api/runs?state=failed")).runs).toMatchObject([{ task: "fail" }]);
    expect((await get("/api/runs?task=greet&state=succeeded,failed")).runs).toHaveLength(3);
    expect((await get("/api/runs?trigger=%40fail")).runs).toHaveLength(1);
    const first = await get("/api/runs?limit=3");
    const second = await get(`/api/runs?limit=3&after=${encodeURIComponent(first.next)}`);
    expect([first.runs.length, second.runs.length, second.next]).toEqual([3, 1, null]);
    const found = await get("/api/runs?search=TOO%20far");
    expect(found).toMatchObject({ searched: 4, runs: [{ task: "fail" }] });
    const whole = await get(`/api/runs?search=${encodeURIComponent(found.runs[0].id)}`);
    expect(whole).toMatchObject({ searched: 1, runs: [{ id: found.runs[0].id }] });
    expect((await get("/api/runs?search=nowhere")).runs).toEqual([]);
    expect((await post("/api/events", { name: "came" })).status).toBe(200);
  });

  test("a search looks for so long and no longer, and says how far; the answers together have looked at all", async () => {
    const store = memoryStore();
    await Effect.runPromise(seed(store, 1_700));
    /** Each answer until there is no more. */
    const answers = async ({ get }: Served, words: string): Promise<any[]> => {
      const told = [];
      for (let after: string | null = ""; after !== null; after = told.at(-1).next) {
        const query = new URLSearchParams({ search: words, after });
        told.push(await get(`/api/runs?${query.toString()}`));
      }
      return told;
    };
    const all = await answers(await rest({ store }), "/17.BIN");
    expect(all.reduce((sum, { searched }) => sum + searched, 0)).toBe(1_700);
    expect(all.flatMap(({ runs }) => runs)).toMatchObject([{ task: "bill" }]);
    const { rows } = await Effect.runPromise(store.list("run", { limit: 1, order: "oldest" }));
    expect(Date.parse(all.at(-1).searchedTo)).toBe(rows[0]!.createdAt);

    const slow: typeof store = {
      ...store,
      list: (table, request) =>
        Effect.tap(store.list(table, request), () =>
          Effect.sync(() => {
            for (const from = performance.now(); performance.now() < from + 50;);
          }),
        ),
    };
    const served = await rest({ store: slow });
    const none = await answers(served, "nowhere");
    expect(none.map(({ searched }) => searched)).toEqual([500, 500, 500, 200]);
    expect(none.flatMap(({ runs }) => runs)).toEqual([]);
    // What an event has caused alone needs no looking.
    const [first, ...others] = await answers(served, "event-17");
    expect(first).toMatchObject({ searched: 500, runs: [{ task: "bill" }] });
    expect(others.flatMap(({ runs }) => runs)).toHaveLength(10);
  });

  test("a search for an event finds its runs, wherever they lie: what it has caused alone first, then what it has caused with others", async () => {
    const { get, runtime } = await run();
    await runtime.emit("came", { name: "Ada" }, { id: "Came-1" });
    await runtime.idle();
    await runtime.emit("seen", null, { id: "Seen-1" });
    held.open();
    await runtime.idle();
    const found = async (words: string) =>
      (await get(`/api/runs?search=${encodeURIComponent(words)}`)).runs.map(
        (it: any) => it.trigger,
      );
    expect(await found("Came-1")).toEqual(["greeting"]);
    expect(await found("came-1")).toEqual(["greeting"]);
    expect(await found("Seen-1")).toEqual(["both"]);
    expect((await get("/api/runs?search=Came-1&state=failed")).runs).toEqual([]);
  });

  test("a search for an event that has caused more than a page alone finds what it has caused with others, too", async () => {
    const work = task({ id: "work", run: () => null });
    const on = (id: string) => trigger(id, { when: event("e"), run: work });
    const both = trigger("both", { when: all([event("e"), event("other")]), run: work });
    const many = Array.from({ length: 60 }, (_, index) => on(`t${index}`));
    const served = await serveRuntime(detent({ tasks: [work], triggers: [both, ...many] }));
    closing.push(served.stop);
    const { get, runtime } = served;
    await runtime.emit("e", null, { id: "e-1" });
    await runtime.emit("other");
    await runtime.idle();
    const { runs, searched } = await get("/api/runs?search=e-1");
    expect(runs.map((it: any) => it.trigger)).toContain("both");
    expect({ count: runs.length, searched }).toEqual({ count: 61, searched: 61 });
  });

  test("a run is asked for, cancelled, and run again", async () => {
    const { post, get } = await rest({ app });
    const asked = await post("/api/runs", { task: "greet", input: "Bo", id: "mine" });
    expect(asked.json.status).toBe("accepted");
    const again = await post("/api/runs", { task: "greet", input: "Bo", id: "mine" });
    expect(again.json).toEqual({ run: asked.json.run, status: "duplicate" });
    expect((await get("/api/counts")).unrouted).toBe(1);
  });

  test("a held run is asked to end, and what is over can be run again, by one or by many", async () => {
    const { post, get, runtime, url } = await run();
    const { run: id } = await runtime.run("hold");
    const overview = await liveUntil(url, ({ running }) => running[0]?.state === "running");
    expect(overview.running).toMatchObject([{ id, message: "a quarter", fraction: 0.25 }]);
    expect(await get(`/api/runs/${id}`)).toMatchObject({
      fraction: 0.25,
      logs: [{ message: "holding" }],
      canCancel: true,
    });
    const path = `/api/runs/${encodeURIComponent(id)}`;
    const early = await post(`${path}/retry`);
    expect([early.status, early.json.error.message]).toEqual([
      409,
      `run ${id} is not over; cancel it first, or wait until it is`,
    ]);
    expect((await post(`${path}/cancel`)).json).toEqual({ run: id, status: "requested" });
    held.open();
    await runtime.idle();
    const late = await post(`${path}/cancel`);
    expect([late.status, late.json.error.message]).toEqual([409, `run ${id} is over already`]);
    expect((await post(`${path}/retry`)).json.status).toBe("accepted");
    await runtime.idle();
    const many = await post("/api/retry", { where: { task: "hold" } });
    expect(many.json).toEqual({ done: 2, refused: [], more: false });
    await runtime.idle();
    const named = await post("/api/cancel", { runs: [id, "nobody~1"] });
    expect(named.json).toMatchObject({
      done: 0,
      refused: [
        { run: id, reason: `run ${id} is over already` },
        { run: "nobody~1", reason: 'there is no run "nobody~1"; the page Runs lists them' },
      ],
    });
  });

  test.each([
    ["/api/runs?state=done", 400, 'state: "done" is no state; there are pending, claimed,'],
    ["/api/runs?limit=0", 400, 'limit is "0"; give a whole number from 1 to 500'],
    ["/api/runs?after=x", 400, 'after is "x"; give the "next" of an earlier page'],
    ["/api/runs/nobody~1", 404, 'there is no run "nobody~1" in memory:'],
    ["/api/events/nobody", 404, 'there is no event "nobody" in memory:'],
    ["/api/triggers/nobody", 404, 'there is no trigger "nobody"'],
    ["/api/timeline?minutes=x", 400, 'minutes is "x"; give a whole number from 1 to 10080'],
    ["/api/timeline?until=x", 400, 'until is "x"; give an ISO instant'],
    ["/api/nowhere", 404, "there is no GET /api/nowhere; /openapi.json lists what there is"],
  ])("%s is refused with %i and one line", async (path, status, line) => {
    const { ask } = await rest({ app });
    const answer = await ask(path);
    expect([answer.status, answer.json.error.message]).toEqual([
      status,
      expect.stringContaining(line),
    ]);
    expect(answer.json.error.message).not.toContain("\n");
  });

  test.each([
    ["/api/events", { nam: "x" }, 400, 'payload: Missing key at ["name"]'],
    ["/api/events", { name: "x", afer: 3 }, 400, 'there is no field "afer"; there are name,'],
    ["/api/events", { name: "" }, 400, 'the event name "" must be 1 to 200 characters of text'],
    ["/api/events", { name: "x", id: "status:1" }, 400, "begins like those that detent makes"],
    ["/api/events", { name: "x", at: "2999-01-01T00:00Z" }, 400, "which lies in the future"],
    ["/api/events", { name: "x", after: "soon" }, 400, '"soon"'],
    ["/api/events", { name: "typed", payload: { n: "1" } }, 400, "n is no number"],
    ["/api/runs", { task: "nobody" }, 404, 'there is no task "nobody"; the app has "greet",'],
    ["/api/runs/nobody~1/cancel", {}, 404, 'there is no run "nobody~1"'],
    ["/api/runs/nobody~1/retry", {}, 404, 'there is no run "nobody~1"'],
    ["/api/cancel", {}, 400, 'give either "runs", a list of ids, or "where", a filter'],
    ["/api/cancel", { where: { states: ["failed"] } }, 400, "no run in these states can be"],
    ["/api/cancel", { where: { stat: [] } }, 400, 'there is no field "stat"'],
    ["/api/triggers/nobody/pause", {}, 400, 'there is no trigger "nobody"; the app has'],
    ["/api/triggers/greeting/pause", { until: "2001-01-01T00:00Z" }, 400, "which has passed"],
    ["/api/tasks/nobody/pause", {}, 400, 'there is no task "nobody"'],
    ["/api/triggers/yearly/backfill", { from: 2, to: 1 }, 400, "exchange them"],
    ["/api/triggers/greeting/backfill", { from: 1, to: 2 }, 400, "a backfill is for schedules"],
  ])("%s with %j is refused with %i and one line", async (path, body, status, line) => {
    const { post, get } = await rest({ app });
    const answer = await post(path, body);
    expect([answer.status, answer.json.error.message]).toEqual([
      status,
      expect.stringContaining(line),
    ]);
    expect((await get("/api/counts")).signals).toBe(0);
  });

  test("what is no JSON is told as such", async () => {
    const { ask } = await rest();
    const headers = { "content-type": "application/json" };
    const answer = await ask("/api/events", { method: "POST", headers, body: "{" });
    expect([answer.status, answer.json.error.message]).toEqual([
      400,
      "payload: Expected a valid JSON body; /openapi.json says what it takes",
    ]);
  });
});

describe("triggers", () => {
  test("are listed with condition, next occurrences, pause and what waits", async () => {
    const { get, runtime } = await run();
    await runtime.emit("seen", { at: "noon" });
    await runtime.pause({ trigger: "greeting" });
    await runtime.pause({ task: "fail" });
    await runtime.idle();
    const page = await get("/api/triggers");
    const line = (id: string) => page.triggers.find((it: { id: string }) => it.id === id);
    expect(line("greeting")).toMatchObject({
      task: "greet",
      when: "event(came)",
      next: [],
      paused: { until: null },
      isSchedule: false,
    });
    expect(line("both")).toMatchObject({
      when: "all(result(greet), event(seen))",
      waiting: 1,
      paused: null,
    });
    expect(line("yearly")).toMatchObject({ isSchedule: true, when: 'every("365 days")' });
    expect(line("yearly").next).toHaveLength(3);
    expect(page.tasks).toEqual([
      { id: "greet", paused: null },
      { id: "fail", paused: { until: null } },
      { id: "hold", paused: null },
    ]);
  });

  test("one shows its tree with what waits in each leaf, its options, its input and its last runs", async () => {
    const { get, runtime } = await run();
    await runtime.emit("seen", { at: "noon" }, { id: "s1" });
    await runtime.idle();
    const detail = await get("/api/triggers/both");
    expect(detail.condition).toMatchObject({
      kind: "all",
      parts: [
        { path: "all.0", text: "result(greet)", waitingCount: 0 },
        {
          path: "all.1",
          text: "event(seen)",
          waitingCount: 1,
          waiting: [{ signal: "s1", key: "one", text: 'event seen {"at":"noon"}' }],
        },
      ],
    });
    expect(detail).toMatchObject({ input: { fixed: true }, hasInput: true, runs: [], skips: [] });
    expect(detail.options).toEqual([
      "by a correlation key",
      "take oldest",
      "at most 10,000 wait in a leaf",
      "within 1 day",
    ]);
  });

  test("one tells what will act by itself: watches of absent leaves and firings that are kept back", async () => {
    const late = detent({
      tasks: [greet],
      triggers: [
        trigger("missing", {
          when: absent(event("answer"), { within: "1 hour", after: event("question") }),
          run: greet,
          input: "missing",
        }),
        trigger("calm", { when: event("noise"), debounce: "1 hour", run: greet, input: "calm" }),
      ],
    });
    const served = await serveRuntime(late);
    closing.push(served.stop);
    await served.runtime.emit("question");
    await served.runtime.emit("noise");
    const deadlines = async (id: string) => (await served.get(`/api/triggers/${id}`)).deadlines;
    for (let rows = []; rows.length === 0;) rows = await deadlines("calm");
    expect(await deadlines("calm")).toMatchObject([
      { text: "a firing of one match is kept back; runs then", at: expect.stringMatching(/Z$/) },
    ]);
    expect(await deadlines("missing")).toMatchObject([
      {
        text: expect.stringMatching(
          /^absent\(event\(answer\), .*: watched since 2.*; satisfied then$/,
        ),
      },
    ]);
  });

  test("are paused, resumed and backfilled", async () => {
    const { get, post, runtime } = await run();
    expect((await post("/api/triggers/yearly/pause", { id: "p1" })).json).toEqual({
      command: "p1",
      status: "accepted",
    });
    await post("/api/tasks/fail/pause", { until: Date.now() + 3_600_000 });
    await runtime.idle();
    const { trigger } = await get("/api/triggers/yearly");
    expect(trigger.paused).toEqual({ until: null });
    const { tasks } = await get("/api/triggers");
    expect(tasks[1].paused.until).toMatch(/^2\d{3}-/);
    await post("/api/triggers/yearly/resume");
    await post("/api/tasks/fail/resume");
    const range = { from: "2020-06-01T00:00Z", to: "2022-06-01T00:00Z" };
    expect((await post("/api/triggers/yearly/backfill", range)).json.count).toBe(2);
    await runtime.idle();
    const detail = await get("/api/triggers/yearly");
    expect(detail.trigger.paused).toBeNull();
    expect(detail.runs.map(({ state }: { state: string }) => state)).toEqual(["failed", "failed"]);
  });

  test("without definitions, the store tells which there are", async () => {
    const store = memoryStore();
    await Effect.runPromise(
      store.commit({
        checks: [],
        generation: {
          number: 1,
          fingerprint: "f",
          activatedAt: 1,
          triggers: { greeting: "g", "@greet": "h" },
          zones: null,
        },
      }),
    );
    const { get } = await rest({ store });
    expect(await get("/api/triggers")).toEqual({
      hasDefinitions: false,
      tasks: [{ id: "greet", paused: null }],
      triggers: [
        {
          id: "greeting",
          task: null,
          when: "",
          next: [],
          made: false,
          paused: null,
          isSchedule: false,
          waiting: 0,
        },
      ],
    });
  });
});

describe("events, engines, timeline and now", () => {
  test("events are listed with the runs that they alone have caused, commands among them", async () => {
    const { get, post, runtime } = await run();
    await post("/api/events", { name: "came", payload: { name: "Ada" }, id: "e1" });
    await post("/api/events", { name: "later", id: "e2", after: "1 hour" });
    await runtime.pause({ trigger: "yearly" }, { id: "p1" });
    await post("/api/runs", { task: "greet", input: "Bo", id: "r1" });
    const seen = async () => (await get("/api/events")).events;
    for (let events = await seen(); events.at(-1).runs.length === 0;) events = await seen();
    expect(await seen()).toMatchObject([
      { id: "r1", name: "@greet", isCommand: true, runs: [{ task: "greet" }] },
      { id: "p1", name: "@:pause", isCommand: true, runs: [] },
      { id: "e2", name: "later", runs: [], dueAt: expect.stringMatching(/Z$/) },
      { id: "e1", name: "came", payload: { name: "Ada" }, runs: [{ trigger: "greeting" }] },
    ]);
    held.open();
    await post("/api/events", { name: "seen", id: "s1" });
    for (let events = await seen(); events[0].runs.length === 0;) events = await seen();
    expect((await seen())[0]).toMatchObject({ id: "s1", runs: [{ trigger: "both" }] });
    const named = await get("/api/events?name=came&limit=1");
    expect(named.events).toMatchObject([{ id: "e1" }]);
  });

  test("an event has the runs of a trigger that waits for others by now", async () => {
    const store = memoryStore();
    await Effect.runPromise(seed(store, 6));
    const changed = trigger("on-resize", { when: event("other"), run: greet, input: "x" });
    const { get } = await rest({ store, app: detent({ tasks: [greet], triggers: [changed] }) });
    const { events } = await get("/api/events?name=resize.wanted");
    expect(events).toMatchObject([{ id: "event-0", runs: [{ trigger: "on-resize" }] }]);
    const { verdicts } = await get("/api/events/event-0");
    expect(verdicts).toMatchObject([{ trigger: "on-resize", kind: "fired" }]);
  });

  test("an event tells what each trigger made of it: what fired, what waits, and which field differs", async () => {
    const { get, runtime } = await run();
    held.open();
    await runtime.emit("came", { name: "Ada" }, { id: "e/1" });
    await runtime.emit("seen", null, { id: "s1" });
    await runtime.emit("cam", null, { id: "n1" });
    await runtime.idle();
    const came = await get(`/api/events/${encodeURIComponent("e/1")}`);
    expect(came.event).toMatchObject({ id: "e/1", kind: "event", name: "came" });
    expect(came.verdicts).toMatchObject([
      { trigger: "greeting", kind: "fired", run: expect.stringMatching(/^greeting~/) },
    ]);
    const [joined] = (await get("/api/runs?task=hold")).runs;
    expect((await get(`/api/runs/${joined.id}`)).fired).toMatchObject({
      kind: "all",
      parts: [
        {
          path: "all.0",
          text: "result(greet)",
          waiting: [
            {
              text: 'greet succeeded: {"greeted":"Ada"}',
              run: expect.stringMatching(/^greeting~/),
            },
          ],
        },
        {
          path: "all.1",
          text: "event(seen)",
          waiting: [{ signal: "s1", text: "event seen null" }],
        },
      ],
    });
    expect((await get("/api/events/s1")).verdicts).toMatchObject([
      {
        trigger: "both",
        kind: "fired",
        leaves: [{ kind: "elsewhere" }, { path: "all.1", kind: "satisfied" }],
      },
    ]);
    expect(await get("/api/events/n1")).toMatchObject({ verdicts: [], near: ["came"] });
  });

  test("engines are listed with what they hold, and how far the log is routed", async () => {
    const { get, runtime, url } = await run();
    const { run: id } = await runtime.run("hold");
    await liveUntil(url, ({ running }) => running.length === 1);
    const page = await get("/api/engines");
    expect(page.engines).toMatchObject([
      { state: "alive", process: process.pid, held: [{ id }], closedAt: null },
    ]);
    expect(page.generation).toMatchObject({ number: 1, triggers: 4 });
    expect(page.watermark.unrouted).toBe(0);
  });

  test("plans that a simulation has saved are listed, the newest first; what is none says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "detent-plans-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { get } = await rest({ plans: folder });
    expect(await get("/api/simulations")).toEqual({ folder, plans: [], more: 0 });
    mkdirSync(join(folder, "app.ts"));
    const timeline = ["00:00:01.000  0  emit order", "▶ 00:00:02.000  1  bills it again"];
    const plan = { seed: 7, engines: 2, from: 0, forMillis: 1, steps: "", faults: [{}, {}] };
    const saved = { law: "billed once", message: "order 1 was billed twice", timeline, plan };
    writeFileSync(join(folder, "app.ts", "billed-once.json"), JSON.stringify(saved));
    writeFileSync(join(folder, "notes.json"), `{"law":1}`);
    writeFileSync(join(folder, "large.json"), " ".repeat(1_048_577));
    writeFileSync(join(folder, "readme.txt"), "no plan");
    utimesSync(join(folder, "notes.json"), 5, 5);
    utimesSync(join(folder, "large.json"), 4, 4);
    const page = await get("/api/simulations");
    expect(page).toMatchObject({
      more: 0,
      plans: [
        {
          app: "app.ts",
          file: join(folder, "app.ts", "billed-once.json"),
          fault: null,
          plan: {
            law: saved.law,
            message: saved.message,
            timeline,
            seed: 7,
            engines: 2,
            faults: 2,
          },
        },
        { app: "", savedAt: "1970-01-01T00:00:05.000Z", plan: null, fault: /no plan/ },
        { plan: null, fault: /1048577 bytes/ },
      ].map(({ fault, ...row }) => ({
        ...row,
        fault: fault && (expect.stringMatching(fault) as string),
      })),
    });
  });

  test("attempts lie in lanes, of which there are as many as were busy at once", async () => {
    const { get, runtime, url } = await run();
    await runtime.emit("came", { name: "Ada" });
    await runtime.idle();
    await Promise.all([runtime.run("hold"), runtime.run("hold")]);
    await liveUntil(
      url,
      ({ running }) =>
        running.filter(({ state }: { state: string }) => state === "running").length === 2,
    );
    const { bars, lanes, isCut } = await get("/api/timeline?minutes=5");
    expect([lanes.length, isCut]).toEqual([2, false]);
    const going = bars.filter(({ to }: { to: number | null }) => to === null);
    expect(new Set(going.map(({ lane }: { lane: number }) => lane)).size).toBe(2);
    expect(bars.find(({ task }: { task: string }) => task === "greet")).toMatchObject({
      kind: "succeeded",
      attempt: 1,
    });
  });

  test("the version of an overview grows with what changes, and with nothing else", async () => {
    const { get, runtime } = await run();
    const versions: number[] = [];
    const look = async (): Promise<void> =>
      void versions.push((await get("/api/overview")).version);
    await look();
    await look();
    await runtime.emit("unheard");
    await runtime.idle();
    await look();
    const [first = 0, second, third] = versions;
    expect([second, (third ?? 0) > first]).toEqual([first, true]);
  });

  test("a window of time long ago shows what ran then, however much has run since", async () => {
    const store = memoryStore();
    const { count, now } = { count: 4_000, now: 1_795_000_000_000 };
    await Effect.runPromise(Effect.provideService(seed(store, count), Clock.Clock, clockAt(now)));
    const { get } = await rest({ store });
    const first = now - 24 * 3_600_000;
    const until = new Date(first + 20 * 60_000).toISOString();
    const { bars, isCut, to } = await get(`/api/timeline?minutes=10&until=${until}`);
    // 4,000 runs a day are 28 in ten minutes.
    expect([bars.length, isCut, to]).toEqual([28, false, Date.parse(until)]);
    for (const { from, task } of bars) {
      expect(from).toBeGreaterThan(first + 10 * 60_000 - 2_000);
      expect(from).toBeLessThanOrEqual(to);
      expect(task).toMatch(/^(resize|index|publish|report|sync|bill)$/);
    }
    expect(
      (await get(`/api/timeline?minutes=10&until=${new Date(first - 60_000).toISOString()}`)).bars,
    ).toEqual([]);
  });

  test("a watcher is told what changes, with counts, what is next, and what ended of late", async () => {
    const { url, runtime } = await run();
    const told = liveUntil(url, ({ counts }) => counts.runs.failed === 1);
    await runtime.run("fail");
    const overview = await told;
    expect(overview).toMatchObject({
      app: "main",
      hasEngine: true,
      isReadOnly: false,
      engines: { open: 1, dead: 0 },
      next: [{ trigger: "yearly", task: "fail" }],
    });
    const { beats } = overview as { beats: { failed: number }[] };
    expect(beats.reduce((sum, { failed }) => sum + failed, 0)).toBe(1);
  });
});

describe("what nobody is to see", () => {
  const secret = "4111-1111";

  test("is redacted in every answer, while conditions and retries use the whole value", async () => {
    const served = await serveRuntime(app, { redact: ["**.card", "input", "result.greeted"] });
    closing.push(served.stop);
    const { post, get, runtime } = served;
    await post("/api/events", { name: "came", payload: { name: secret, card: secret }, id: "e1" });
    await post("/api/events", { name: "paid", payload: { card: secret, kind: "gold" }, id: "e2" });
    await runtime.idle();
    const { run: id } = await runtime.run("greet", secret);
    await runtime.idle();
    const paths = [
      "/api/runs",
      `/api/runs/${encodeURIComponent(id)}`,
      "/api/events/e2",
      "/api/overview",
      "/api/triggers/both",
      "/api/timeline",
    ];
    // Log lines are text, and shown whole.
    const told = async (path: string) => JSON.stringify({ ...(await get(path)), logs: [] });
    for (const path of paths)
      expect([path, await told(path)]).toEqual([path, expect.not.stringContaining(secret)]);
    expect((await get("/api/events?name=paid")).events[0].payload).toEqual({
      card: "[redacted]",
      kind: "gold",
    });
    expect((await get("/api/events/e2")).event.payload.card).toBe("[redacted]");
    expect((await get(`/api/runs?search=${secret}`)).runs).toEqual([]);
    await post(`/api/runs/${encodeURIComponent(id)}/retry`);
    await runtime.idle();
    expect((await runtime.result((await get("/api/runs?limit=1")).runs[0].id)).input).toBe(secret);
  });

  test("is redacted where it tells why a condition is not satisfied", async () => {
    const picky = detent({
      tasks: [greet],
      triggers: [
        trigger("gold", {
          when: event("paid", { card: "4000", kind: "gold" } as never),
          run: greet,
          input: "gold",
        }),
      ],
    });
    const served = await serveRuntime(picky, { redact: ["payload.card"] });
    closing.push(served.stop);
    await served.runtime.emit("paid", { card: secret, kind: "gold" }, { id: "p1" });
    await served.runtime.idle();
    const { verdicts } = await served.get("/api/events/p1");
    expect(verdicts[0].leaves[0].text).toBe('payload.card is "[redacted]", not "[redacted]"');
  });
});

describe("for machines", () => {
  test("/openapi.json describes each path", async () => {
    const { get } = await rest();
    const { openapi, paths } = await get("/openapi.json");
    expect(openapi).toMatch(/^3\.1/);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/api/runs", "/api/runs/{run}/cancel", "/api/events", "/api/live"]),
    );
  });

  test("/metrics tells counts of the store and what this engine has ended, by task", async () => {
    const { ask, runtime } = await run();
    await runtime.run("fail");
    await runtime.emit("came", { name: "Ada" });
    await runtime.idle();
    const { text } = await ask("/metrics");
    expect(text).toContain('detent_runs{app="main",state="failed"} 1\n');
    expect(text).toContain('detent_run_ended_total{app="main",task="fail",state="failed"} 1\n');
    expect(text).toMatch(/^detent_run_duration_seconds_count\{app="main",task="greet"\} 1$/m);
    expect(text).toMatch(/^# TYPE detent_run_wait_seconds histogram$/m);
    for (const line of text.trimEnd().split("\n"))
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) detent_\w+ .+|detent_\w+\{.*\} [\d.e+-]+)$/);
  });

  test("docs/dashboard.md and docs/grafana.json name the metrics that there are, and no others", async () => {
    const { ask, runtime } = await run();
    await runtime.run("fail");
    await runtime.idle();
    const { text } = await ask("/metrics");
    const there = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    const doc = readFileSync("docs/dashboard.md", "utf8");
    const told = [...doc.matchAll(/^\| `(detent_\w+)`\s+\| (\w+)/gm)];
    expect(told.map(([, name, type]) => `${name} ${type}`).sort()).toEqual(there.sort());
    const names = new Set(told.map(([, name]) => name));
    const grafana = readFileSync("docs/grafana.json", "utf8");
    const asked = [...grafana.matchAll(/detent_\w+/g)].map(([name]) =>
      name.replace(/_bucket$/, ""),
    );
    expect(asked.length).toBeGreaterThan(15);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
    expect([...names].filter((name) => !asked.includes(name ?? ""))).toEqual([]);
  });

  test("a store that is away makes it unready and its answers 503, in one line, and health stays", async () => {
    const store = memoryStore();
    const away = new StoreError({ operation: "summary", message: "disk gone\nfor good" });
    const { ask } = await rest({ store: { ...store, summary: Effect.fail(away) } });
    expect(await ask("/readyz")).toMatchObject({
      status: 503,
      text: "the store is away: disk gone for good\n",
    });
    expect((await ask("/healthz")).status).toBe(200);
    const answer = await ask("/api/counts");
    expect([answer.status, answer.json]).toEqual([
      503,
      { error: { name: "StoreError", message: "disk gone for good" } },
    ]);
  });

  test("an event loop that stood still makes it unready for ten seconds, and says for how long", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval"], now: 1_000_000 });
    try {
      const { ask } = await rest();
      vi.advanceTimersByTime(1_000);
      expect((await ask("/readyz")).status).toBe(200);
      // The clock goes on, and nothing rings.
      vi.setSystemTime(Date.now() + 7_500);
      expect(await ask("/readyz")).toMatchObject({
        status: 503,
        text: "the event loop stood still for 7.0 s within the last ten; something blocks the main thread\n",
      });
      vi.advanceTimersByTime(500);
      expect((await ask("/readyz")).status).toBe(503);
      vi.advanceTimersByTime(11_000);
      expect((await ask("/readyz")).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  test("an engine is seen however many have worked before it", async () => {
    const store = memoryStore();
    const many = Array.from({ length: 1_200 }, (_, index) => ({
      id: `e${index}`,
      host: "h",
      process: 1,
    }));
    await Effect.runPromise(
      Effect.gen(function* () {
        for (const owner of many) {
          yield* store.enter(owner);
          yield* store.leave(owner.id);
        }
        yield* store.enter({ id: "last", host: "h", process: 2 });
      }),
    );
    const { get, ask } = await rest({ store });
    expect((await get("/api/overview")).engines).toEqual({ open: 1, dead: 0 });
    expect((await get("/api/engines")).engines[0]).toMatchObject({ id: "last", state: "alive" });
    expect((await ask("/metrics")).text).toContain('detent_engines_open{app="main"} 1\n');
  });

  test("a bug is told as one line without its insides, and to whoever watches over the dashboard", async () => {
    const faults: unknown[] = [];
    const store = memoryStore();
    const { ask } = await rest({
      store: { ...store, summary: Effect.die(new Error("inside")) },
      onFault: (fault) => faults.push(fault),
    });
    const answer = await ask("/api/counts");
    expect([answer.status, answer.json.error.message]).toEqual([
      500,
      "the dashboard failed to answer; its log says why",
    ]);
    expect(faults.map(String)).toContain("Error: inside");
  });
});
