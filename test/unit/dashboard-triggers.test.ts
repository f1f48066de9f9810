// Goal: the API shows and does with triggers what the command line does. Method: an app with an inline executor runs in memory behind the API; where no engine may interfere, a
// bare store does.
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/core/memory-store.ts";
import { absent, detent, event, trigger } from "../../src/index.ts";
import { serveRuntime } from "../support/dashboard.ts";
import { greet, closing, run, rest } from "../support/dashboard-app.ts";

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
