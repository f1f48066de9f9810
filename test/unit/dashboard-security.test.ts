// Goal: each line of docs/security.md on who reaches the dashboard, and what browsers do with its pages, is kept. Method: a dashboard over a store in memory is asked as an
// attacker would ask: by other names, from other pages.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { serveDashboard, type DashboardOptions } from "../../src/adapters/dashboard/index.ts";
import { operationsOf } from "../../src/cli/operations.ts";
import { memoryStore } from "../../src/core/memory-store.ts";
import { token, json, event, serve } from "../support/dashboard-attack.ts";

const refusedStart = (options: DashboardOptions): Promise<unknown> => {
  const store = memoryStore();
  const operations = operationsOf(store, undefined);
  return serveDashboard({ app: "main", store, operations }, { port: 0, ...options });
};

describe("who can reach it", () => {
  test("by default only this machine can connect", async () => {
    const { url } = await serve();
    expect(new URL(url).hostname).toBe("127.0.0.1");
  });

  test("an address that others reach is refused without a token, in a line that says how to mend it", async () => {
    await expect(refusedStart({ host: "0.0.0.0" })).rejects.toThrow(
      "others can reach 0.0.0.0: set DETENT_TOKEN to a secret of at least 16 characters, or listen on 127.0.0.1",
    );
  });

  test("a token that can be guessed is refused", async () => {
    await expect(refusedStart({ token: "secret" })).rejects.toThrow(
      'the token (DETENT_TOKEN) has 6 characters; give at least 16, such as "openssl rand -hex 16" prints',
    );
  });

  test("a port that is taken is told in one line", async () => {
    const { url } = await serve();
    const port = Number(new URL(url).port);
    await expect(refusedStart({ port })).rejects.toThrow(
      `port ${port} of 127.0.0.1 is taken; give another, or 0 for any`,
    );
  });
});

describe("DNS rebinding and other sites", () => {
  test.each(["evil.example", "evil.example:4747", "127.0.0.1.evil.example", "10.0.0.7", "a@b"])(
    "a request for the host %j is refused",
    async (host) => {
      const { ask } = await serve();
      const answer = await ask("/api/counts", { headers: { host } });
      expect([answer.status, answer.json.error.name]).toEqual([421, "ForbiddenError"]);
    },
  );

  test.each(["localhost", "localhost:9", "127.0.0.1", "[::1]:80"])(
    "a request for the host %j is answered",
    async (host) => {
      const { ask } = await serve();
      expect((await ask("/api/counts", { headers: { host } })).status).toBe(200);
    },
  );

  test("a name that was allowed is answered, and no other", async () => {
    const { ask } = await serve({ allowHosts: ["detent.example"] });
    expect((await ask("/api/counts", { headers: { host: "detent.example" } })).status).toBe(200);
    expect((await ask("/api/counts", { headers: { host: "xdetent.example" } })).status).toBe(421);
  });

  test("an address may be any that reaches it, where others may connect", async () => {
    const { ask } = await serve({ host: "0.0.0.0", token });
    const authorization = `Bearer ${token}`;
    const by = (host: string) => ask("/api/counts", { headers: { host, authorization } });
    expect((await by("192.168.1.5:4747")).status).toBe(200);
    expect((await by("rebound.example:4747")).status).toBe(421);
  });

  test.each([
    "http://evil.example",
    "null",
    "http://127.0.0.1:1",
    "https://localhost.evil.example",
  ])("a page of %j can neither read nor post", async (origin) => {
    const { ask, get } = await serve();
    expect((await ask("/api/counts", { headers: { origin } })).status).toBe(403);
    const posted = await ask("/api/events", {
      method: "POST",
      headers: { ...json, origin },
      body: event,
    });
    expect(posted.status).toBe(403);
    expect((await get("/api/counts")).signals).toBe(0);
  });

  test("a form or a simple request of another site is refused, since only JSON is taken", async () => {
    const { ask, get } = await serve();
    const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""];
    // Also where no body is looked at.
    for (const path of ["/api/events", "/api/runs/x/cancel"])
      for (const type of types) {
        const headers = type === "" ? {} : { "content-type": type };
        const answer = await ask(path, { method: "POST", headers, body: event });
        expect([answer.status, answer.json.error.message]).toEqual([
          415,
          `the content type is "${type}"; send JSON as application/json`,
        ]);
      }
    expect((await get("/api/counts")).signals).toBe(0);
  });

  test("what a browser says comes from another site, or from another port of this machine, is refused", async () => {
    const { ask } = await serve();
    for (const site of ["cross-site", "same-site"])
      for (const asking of [
        { headers: { "sec-fetch-site": site } },
        { method: "POST", headers: { ...json, "sec-fetch-site": site }, body: event },
      ])
        expect((await ask("/api/events", asking)).status).toBe(403);
  });

  test("a link of another site may lead to the page", async () => {
    const { ask } = await serve();
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect((await ask("/healthz", { headers })).status).toBe(200);
  });

  test("a page of the dashboard itself may post, also through a proxy that speaks TLS", async () => {
    const { ask, url } = await serve({ allowHosts: ["detent.example"] });
    const post = (headers: { readonly [name: string]: string }) =>
      ask("/api/events", { method: "POST", headers: { ...json, ...headers }, body: event });
    expect((await post({ origin: new URL(url).origin })).status).toBe(200);
    const proxied = { origin: "https://detent.example", host: "detent.example" };
    expect((await post(proxied)).status).toBe(200);
  });

  test("no answer lets another origin read it", async () => {
    const { ask } = await serve();
    const { headers } = await ask("/api/counts");
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

describe("what a browser may do with the pages", () => {
  test("no script or style stands in a page, nothing is asked of another host, and nobody may frame it", async () => {
    const { ask } = await serve();
    const { headers } = await ask("/");
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers["x-frame-options"]).toBe("DENY");
  });

  test("every answer, refusals too, forbids sniffing, referrers, caching and use by other origins", async () => {
    const { ask } = await serve();
    for (const path of ["/api/counts", "/api/nothing", "/healthz", "/none"]) {
      const { headers } = await ask(path);
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["referrer-policy"]).toBe("no-referrer");
      expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
      expect(headers["cache-control"]).toBe("no-store");
    }
  });
});

test("no source evaluates text as code, or writes it as markup", () => {
  const src = join(import.meta.dirname, "../../src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.tsx?$/.test(file),
  );
  expect(files.length).toBeGreaterThan(200);
  const forbidden =
    /\beval\(|new Function\b|node:vm|setTimeout\(\s*["'`]|dangerouslySetInnerHTML|(?:inner|outer)HTML|insertAdjacentHTML|document\.write|srcdoc|javascript:/;
  expect(files.filter((file) => forbidden.test(readFileSync(join(src, file), "utf8")))).toEqual([]);
});
