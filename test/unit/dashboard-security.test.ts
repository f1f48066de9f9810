// Goal: each line of docs/security.md is kept. Method: a dashboard over a store in memory is asked as an attacker would ask: by other names, from other pages, without the
// token, with too much, too often.
import type * as Crypto from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import * as http from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { serveDashboard, type DashboardOptions } from "../../src/adapters/dashboard/index.ts";
import { Sessions } from "../../src/adapters/dashboard/sessions.ts";
import { operationsOf } from "../../src/cli/operations.ts";
import { memoryStore } from "../../src/core/memory-store.ts";
import { serveStore, type Served } from "../support/dashboard.ts";

/** The lengths of what was compared in constant time. */
const compared = vi.hoisted((): [number, number][] => []);
vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof Crypto>();
  const timingSafeEqual: typeof crypto.timingSafeEqual = (one, other) => {
    compared.push([one.byteLength, other.byteLength]);
    return crypto.timingSafeEqual(one, other);
  };
  return { ...crypto, timingSafeEqual };
});

const token = "a-secret-of-32-characters-0123456";
const json = { "content-type": "application/json" };
const event = JSON.stringify({ name: "greeting", payload: "hello" });

const open: Served[] = [];
const serve = async (options: DashboardOptions = {}): Promise<Served> => {
  const served = await serveStore(options);
  open.push(served);
  return served;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()));
});
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

describe("the token", () => {
  const ways = [
    ["nothing", {}],
    ["a wrong token", { authorization: "Bearer wrong" }],
    ["a token that is too long", { authorization: `Bearer ${token}x` }],
    ["another scheme", { authorization: `Basic ${token}` }],
    ["a made-up session", { cookie: "detent_session_0=abc" }],
  ] as const;

  test.each(ways)("with %s nothing of the store is shown or changed", async (_, headers) => {
    const { ask } = await serve({ token });
    for (const path of ["/api/runs", "/api/live", "/metrics", "/openapi.json", "/api/runs/x"])
      expect((await ask(path, { headers })).status).toBe(401);
    const asking = { method: "POST", headers: { ...json, ...headers }, body: event };
    expect((await ask("/api/events", asking)).status).toBe(401);
  });

  test("with the token everything is", async () => {
    const { ask } = await serve({ token });
    const headers = { ...json, authorization: `Bearer ${token}` };
    expect((await ask("/api/events", { method: "POST", headers, body: event })).status).toBe(200);
    expect((await ask("/api/counts", { headers })).json.signals).toBe(1);
  });

  test("health is told to anybody, since it shows nothing", async () => {
    const { ask } = await serve({ token });
    expect((await ask("/healthz")).text).toBe("ok\n");
    expect((await ask("/readyz")).text).toBe("ready\n");
  });

  test("a session is opened by the token, can't be read by scripts or sent by other sites, and ends", async () => {
    const { ask, url } = await serve({ token });
    const body = JSON.stringify({ token });
    const opened = await ask("/api/session", { method: "POST", headers: json, body });
    const [cookie = ""] = opened.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(
      /^detent_session_\d+=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    // Cookies are the same for all ports of a host: another dashboard's would take the place of this one's.
    expect(cookie).toContain(`detent_session_${new URL(url).port}=`);
    const headers = { cookie: cookie.split(";", 1)[0] ?? "" };
    expect((await ask("/api/counts", { headers })).status).toBe(200);
    await ask("/api/session", { method: "DELETE", headers });
    expect((await ask("/api/counts", { headers })).status).toBe(401);
  });

  test("a session ends by itself after twelve hours", () => {
    let now = 0;
    const sessions = new Sessions(token, { port: () => 1, clock: () => now });
    const [cookie] = sessions.open({ isSecure: false }).split(";", 1);
    const isKnown = () => sessions.isKnown({ authorization: undefined, cookie });
    now = 12 * 3_600_000 - 1;
    expect(isKnown()).toBe(true);
    now += 1;
    expect(isKnown()).toBe(false);
  });

  test("a session that was opened by TLS is never sent without it", async () => {
    const { ask } = await serve({ token, allowHosts: ["detent.example"] });
    const headers = { ...json, origin: "https://detent.example", host: "detent.example" };
    const body = JSON.stringify({ token });
    const opened = await ask("/api/session", { method: "POST", headers, body });
    expect(opened.headers["set-cookie"]?.[0]).toMatch(/; SameSite=Strict; Secure$/);
  });

  test("the token is in no answer", async () => {
    const { ask } = await serve({ token });
    const headers = { ...json, authorization: `Bearer ${token}` };
    const paths = ["/", "/api/overview", "/api/engines", "/openapi.json", "/metrics", "/healthz"];
    const answers = [
      ...(await Promise.all(paths.map((path) => ask(path, { headers })))),
      await ask(`/api/runs/${token}x`, { headers: json }),
      await ask("/api/session", { method: "POST", headers: json, body: JSON.stringify({ token }) }),
      await ask("/api/session", { headers }),
    ];
    expect(answers.map(({ status }) => status)).toContain(200);
    for (const { text, headers: told } of answers)
      expect(JSON.stringify([text, told])).not.toContain(token);
  });

  test("tokens are compared in constant time, whatever their length", async () => {
    const { ask } = await serve({ token });
    const guesses = ["x", `${token}x`, token.slice(1), token];
    compared.length = 0;
    for (const guess of guesses) {
      // oxlint-disable-next-line no-await-in-loop
      await ask("/api/counts", { headers: { authorization: `Bearer ${guess}` } });
      // oxlint-disable-next-line no-await-in-loop
      await ask("/api/session", {
        method: "POST",
        headers: json,
        body: JSON.stringify({ token: guess }),
      });
    }
    expect(compared).toEqual(Array.from({ length: 2 * guesses.length }, () => [32, 32]));
  });

  test("who guesses is kept waiting after ten wrong tokens, and so is the right one then", async () => {
    const { ask } = await serve({ token });
    const guess = (text: string) =>
      ask("/api/session", { method: "POST", headers: json, body: JSON.stringify({ token: text }) });
    for (let round = 0; round < 10; round++) expect((await guess(`no ${round}`)).status).toBe(401);
    const kept = await guess(token);
    expect([kept.status, kept.headers["retry-after"]]).toEqual([429, "10"]);
    const headers = { authorization: `Bearer ${token}` };
    expect((await ask("/api/counts", { headers })).status).toBe(429);
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
