// Goal: machines learn from the API what it takes, how things are and whether it is well; and nobody learns what nobody is to see. Method: an app with an inline executor runs
// in memory behind the API; where no engine may interfere, a bare store does.
import { readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import { describe, expect, test, vi } from "vitest";
import { StoreError } from "../../src/core/errors.ts";
import { memoryStore } from "../../src/core/memory-store.ts";
import { detent, event, trigger } from "../../src/index.ts";
import { serveRuntime } from "../support/dashboard.ts";
import { greet, app, closing, run, rest } from "../support/dashboard-app.ts";

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
