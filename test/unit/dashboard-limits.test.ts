// Goal: each line of docs/security.md on what is too much for the dashboard is kept. Method: a dashboard over a store in memory is asked for too much, too often, and for what
// is not there.
import * as http from "node:http";
import { describe, expect, test, vi } from "vitest";
import { json, event, serve } from "../support/dashboard-attack.ts";

describe("too much, and too often", () => {
  test("a body of more than four mebibytes is refused before it is read to its end", async () => {
    const { ask, get } = await serve();
    const body = Buffer.alloc(5 * 1_048_576, 32);
    body.write(event);
    const answer = await ask("/api/events", {
      method: "POST",
      headers: { ...json, "content-length": String(body.length) },
    }).catch((error: unknown) => error);
    expect((answer as { status: number }).status).toBe(413);
    const untold = await ask("/api/events", {
      method: "POST",
      headers: { ...json, "transfer-encoding": "chunked" },
      body,
    }).catch(({ code }: { code: string }) => ({ status: code }));
    expect([413, "EPIPE", "ECONNRESET"]).toContain(untold.status);
    expect((await get("/api/counts")).signals).toBe(0);
  });

  test("an address that asks without end is told to wait", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const { ask } = await serve();
      const statuses: number[] = [];
      for (let round = 0; round < 20; round++) {
        // oxlint-disable-next-line no-await-in-loop
        const answers = await Promise.all(Array.from({ length: 101 }, () => ask("/healthz")));
        statuses.push(...answers.map(({ status }) => status));
      }
      expect(statuses.filter((status) => status === 200)).toHaveLength(2_000);
      expect(statuses.filter((status) => status === 429)).toHaveLength(20);
      vi.setSystemTime(Date.now() + 100);
      expect((await ask("/healthz")).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  test("sixty-four may watch at once, and the next one when one of them has gone", async () => {
    const { url, get } = await serve();
    const watch = () =>
      new Promise<http.IncomingMessage>((resolve, reject) => {
        http.get(new URL("/api/live", url), { agent: false }, resolve).on("error", reject);
      });
    const watchers = await Promise.all(Array.from({ length: 70 }, watch));
    const statuses = watchers.map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 200)).toHaveLength(64);
    expect(statuses.filter((status) => status === 503)).toHaveLength(6);
    watchers.find(({ statusCode }) => statusCode === 200)?.destroy();
    await vi.waitFor(async () => {
      const next = await watch();
      watchers.push(next);
      expect(next.statusCode).toBe(200);
    });
    for (const watcher of watchers) watcher.destroy();
    expect((await get("/api/counts")).signals).toBe(0);
  });

  test("a list has at most 500 rows, and an act is on at most 1,000 runs", async () => {
    const { ask, post } = await serve();
    for (const list of ["runs", "events"]) {
      expect((await ask(`/api/${list}?limit=500`)).status).toBe(200);
      const { status, json: reply } = await ask(`/api/${list}?limit=501`);
      expect([status, reply.error.message]).toEqual([
        400,
        'limit is "501"; give a whole number from 1 to 500',
      ]);
    }
    const runs = Array.from({ length: 1_001 }, (_, index) => `r~${index}`);
    for (const act of ["cancel", "retry"]) {
      const { status, json: reply } = await post(`/api/${act}`, { runs });
      expect([status, reply.error.message]).toEqual([
        400,
        '"runs" has 1001 ids; at most 1000 at once',
      ]);
      expect((await post(`/api/${act}`, { runs: runs.slice(1) })).status).toBe(200);
    }
  });

  test("read-only, nothing can be changed by any path", async () => {
    const { ask, get } = await serve({ readOnly: true });
    const paths = (await get("/openapi.json")).paths as { [path: string]: { post?: object } };
    const posts = Object.keys(paths).filter((path) => paths[path]?.post !== undefined);
    expect(posts.length).toBeGreaterThan(8);
    for (const path of posts) {
      const to = path.replaceAll(/\{\w+\}/g, "x");
      const { status, json: reply } = await ask(to, { method: "POST", headers: json, body: "{}" });
      expect([path, status]).toEqual([path, 403]);
      expect(reply.error.message).toBe(
        "the dashboard is read-only; start it without --read-only to act",
      );
    }
    expect((await get("/api/counts")).signals).toBe(0);
  });

  test.each(["PUT", "PATCH", "OPTIONS", "TRACE"])("%s is not used", async (method) => {
    const { ask } = await serve();
    expect((await ask("/api/counts", { method })).status).toBe(405);
  });

  test.each(["/../package.json", "/assets/../../../package.json", "/%2e%2e/package.json"])(
    "no file beside the pages is served: %s",
    async (path) => {
      const { ask } = await serve();
      const { status, text } = await ask(path);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(text).not.toContain("devDependencies");
    },
  );
});
