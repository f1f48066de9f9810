// Goal: the API shows the runs that the store has, does with them what the command line does, and says in one line what it can't take. Method: an app with an inline executor
// runs in memory behind the API; where no engine may interfere, a bare store does.
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/core/memory-store.ts";
import { all, detent, event, task, trigger } from "../../src/index.ts";
import { seed } from "../../bench/seed.ts";
import { serveRuntime, type Served } from "../support/dashboard.ts";
import { held, app, closing, run, rest, liveUntil } from "../support/dashboard-app.ts";

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
    ["/api/triggers/nobody/pause", {}, 400, 'there is no trigger "nobody" in the app; there are'],
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
