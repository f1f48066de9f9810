// Goal: the API shows what happens and what has happened: events, engines, attempts in time. Method: an app with an inline executor runs in memory behind the API; where no
// engine may interfere, a bare store does.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { describe, expect, onTestFinished, test } from "vitest";
import { memoryStore } from "../../src/core/memory-store.ts";
import { detent, event, trigger } from "../../src/index.ts";
import { seed } from "../../bench/seed.ts";
import { held, greet, run, rest, liveUntil } from "../support/dashboard-app.ts";

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
