// Goal: what is said of a connection, and what waits for one, ends where it should. Method: no server; errors and a client made by hand.
import type { Redis } from "ioredis";
import { expect, test, vi } from "vitest";
import { Post } from "../../src/adapters/bullmq/post.ts";
import { isLoss } from "../../src/adapters/bullmq/redis.ts";

test.each(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"])(
  "%s says only that there is no connection",
  (code) => {
    expect(isLoss(Object.assign(new Error(""), { code }))).toBe(true);
  },
);

test("what an error's text quotes is no reason to keep silent about it", () => {
  expect(isLoss(new Error("Connection is closed."))).toBe(true);
  expect(isLoss(new Error("ERR no such key ETIMEDOUT"))).toBe(false);
});

test("a post that is closed while it waits to send again leaves no timer", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const warned = Promise.withResolvers<string>();
    const client = {
      status: "ready",
      pipeline: () => ({ exec: () => Promise.reject(new Error("OOM")) }),
    } as unknown as Redis;
    const post = new Post(client, { prefix: "p", queue: "q" }, warned.resolve);
    void post.say("e", { _tag: "Held", run: "r", token: 1 });
    expect(await warned.promise).toBe("Redis does not take outcomes: OOM; trying again");
    expect(vi.getTimerCount()).toBe(1);
    post.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
