// Goal: each line of docs/security.md on the dashboard's token is kept. Method: a dashboard over a store in memory is asked as an attacker would ask: without the token, with
// others, too often.
import type * as Crypto from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { Sessions } from "../../src/adapters/dashboard/sessions.ts";
import { token, json, event, serve } from "../support/dashboard-attack.ts";

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
