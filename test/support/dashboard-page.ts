// The dashboard's built pages in Chromium, beside an engine in memory, which is another one for each test. A test in which the browser complained has failed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "vitest";
import { all, detent, event, every, failure, result, task, trigger } from "../../src/index.ts";
import { hasBrowser, openBrowser } from "./browser.ts";
import { serveRuntime } from "./dashboard.ts";

export const gate = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
};
/** What the bodies of `hold` wait for. */
export let held = gate();

const greet = task({ id: "greet", run: (name: string) => ({ greeted: name }) });
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
    ctx.log("<b>holding</b>");
    await held.opened;
    ctx.progress(1, "done");
    return null;
  },
});
export const app = detent({
  tasks: [greet, fail, hold],
  triggers: [
    trigger("greeting", {
      when: event<{ name: string }>("came", { kind: "person" } as never),
      run: greet,
      input: (f) => f.event.payload.name,
    }),
    trigger("both", {
      when: all([result(greet), event("seen")]),
      within: "1 day",
      run: hold,
      input: null,
    }),
    trigger("alarm", { when: failure(fail), run: greet, input: "alarm" }),
    trigger("yearly", {
      when: every("365 days", { anchor: "2020-01-01T00:00Z" }),
      run: greet,
      input: "year",
    }),
  ],
});

export let browser: Browser;
export let served: Awaited<ReturnType<typeof serveRuntime>>;
export let page: Page;
/** The folder of saved plans. */
export let plans: string;
/** What the browser complained of, and where it asked beside the dashboard. */
let complaints: string[];

/** Declares tests that have all this. */
export const inBrowser = (tests: () => void): void => {
  describe.skipIf(!hasBrowser)("the dashboard in a browser", () => {
    beforeAll(async () => {
      browser = await openBrowser();
      page = await browser.newPage();
      page.setDefaultTimeout(8_000);
      page.on("pageerror", ({ message }) => complaints.push(message));
      page.on("console", (message) => {
        // An act that is refused is told on the page; the browser tells of it, too.
        if (!["error", "warning"].includes(message.type())) return;
        if (!/^Failed to load resource: .* (?:400|401) /.test(message.text()))
          complaints.push(`${message.type()}: ${message.text()}`);
      });
      page.on("request", (request) => {
        if (new URL(request.url()).hostname !== "127.0.0.1") complaints.push(request.url());
      });
    });
    afterAll(() => browser?.close());
    beforeEach(async () => {
      plans = mkdtempSync(join(tmpdir(), "detent-plans-"));
      served = await serveRuntime(app, { plans });
      complaints = [];
    });
    afterEach(async () => {
      held.open();
      held = gate();
      await page.goto("about:blank");
      await served.stop();
      rmSync(plans, { recursive: true });
      expect(complaints).toEqual([]);
    });
    tests();
  });
};

export const go = async (hash: string, to: Page = page): Promise<void> => {
  await to.goto(`${served.url}${hash}`);
  await to.locator(".connection-live").waitFor();
  await to.locator("h1").waitFor();
};
export const row = (table: string, text: string) =>
  page.getByRole("table", { name: table }).getByRole("row").filter({ hasText: text });
export const expectSeen = (place: Locator) => place.waitFor();
export const expectTold = (text: string) => page.locator(".told").getByText(text).waitFor();
export const runId = async (query: string): Promise<string> =>
  (await served.get(`/api/runs?${query}`)).runs[0].id;

/** Complaints that a test has asked for. */
export const forgive = (complaint: RegExp): void => {
  complaints = complaints.filter((it) => !complaint.test(it));
};
