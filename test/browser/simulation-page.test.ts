// Goal: the page of a broken law shows it at a glance, in a browser, wide and narrow, and asks nobody for anything. Method: a small simulation with hostile names, its page in
// Chromium.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { detent, event, task, trigger } from "../../src/index.ts";
import { fake, type SimulateOptions } from "../../src/simulation/index.ts";
import { pageOf } from "../../src/simulation/page.ts";
import { simulated } from "../../src/simulation/simulate.ts";
import { hasBrowser, openBrowser } from "../support/browser.ts";

const hostile = `<img src="x" onerror="document.title='hit'">`;
const bill = task({ id: "bill", run: (n: unknown) => n });
const app = detent({
  tasks: [bill],
  triggers: [trigger("t", { when: event("e"), run: bill, input: (f) => f.event.payload })],
});

/** The page of the first law that broke. */
const brokenPage = async (more: SimulateOptions = {}): Promise<string> => {
  let page = "";
  await simulated(
    app,
    {
      runs: 20,
      for: "5 min",
      engines: 2,
      faults: "crash",
      tasks: { bill: fake({ takes: "20 s" }) },
      world: (w) => w.every("30 s", (n) => w.emit("e", n, { id: `${hostile}${n}` })),
      always: { "once & <only> once": (s) => s.runs().every(({ attempt }) => attempt <= 1) },
      ...more,
    },
    {
      onWorld: (played, broken) => {
        if (broken !== undefined) page = pageOf(played, { title: hostile, broken });
      },
    },
  );
  return page;
};

test("the page stands for itself: nothing is named outside of it, and no value is markup", async () => {
  const page = await brokenPage();
  expect(page).not.toContain("<img");
  expect(page).not.toMatch(/(?:src|href|url)\s*[=(]\s*["']?\s*(?:https?:|\/\/)/);
  expect(page).toContain("once &#38; &#60;only&#62; once: it does not hold any more");
  expect(page.match(/class="(?:fault )?guilty"/g)).toHaveLength(1);
});

describe.skipIf(!hasBrowser)("in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "detent-page-"));
  const file = join(folder, "page.html");
  let browser: Browser;
  beforeAll(async () => {
    writeFileSync(file, await brokenPage());
    browser = await openBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const opened = async (settings: Parameters<Browser["newContext"]>[0], shown = file) => {
    const page = await (await browser.newContext(settings)).newPage();
    const requests: string[] = [];
    const errors: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(pathToFileURL(shown).href);
    return { page, requests, errors };
  };
  const paper = (page: Page): Promise<string> =>
    page.evaluate<string>("getComputedStyle(document.body).backgroundColor");

  test("it has a lane for whoever took part, the guilty step marked, and tells of what is pointed at", async () => {
    const { page, requests, errors } = await opened({ viewport: { width: 1200, height: 800 } });
    const lanes = await page.locator("svg text").allTextContents();
    expect(lanes).toEqual(expect.arrayContaining(["world", "engine 0", "store", "▶ it broke"]));
    await page.click("[data-do=all]");
    const faults = page.locator("svg path.fault");
    expect(await faults.count()).toBeGreaterThan(0);
    await faults.first().click({ force: true });
    expect(await page.locator(".tools .told").textContent()).toContain("✗ crashes");
    expect(await page.locator(".lines .here").textContent()).toContain("✗ crashes");
    const ticks = async (): Promise<string | null> =>
      page.locator("svg text").first().textContent();
    const before = await ticks();
    await page.click("[data-do=in]");
    await page.click("[data-do=in]");
    expect(await ticks()).not.toBe(before);
    await page.click("[data-do=guilty]");
    expect(await page.locator(".lines .guilty").textContent()).toMatch(/^▶ .*engine 1/);
    expect(await page.title()).toBe(hostile);
    expect({ errors, requests }).toEqual({ errors: [], requests: [pathToFileURL(file).href] });
  });

  test("it opens where the law broke, in the chart and in the lines, and shows all when asked to", async () => {
    const late = join(folder, "late.html");
    const few: SimulateOptions["always"] = { few: (s) => s.runs().length < 80 };
    const world: SimulateOptions["world"] = (w) => w.every("3 s", (n) => w.emit("e", n));
    writeFileSync(late, await brokenPage({ runs: 1, faults: "none", world, always: few }));
    const { page } = await opened({ viewport: { width: 1200, height: 800 } }, late);
    const texts = (): Promise<string[]> => page.locator("svg text").allTextContents();
    /** Whether a line is in the part of the list that is to be seen. */
    const isSeen = (line: string): Promise<boolean> =>
      page.evaluate<boolean>(`(() => {
        const list = document.querySelector(".lines").getBoundingClientRect();
        const item = document.querySelector(".lines ${line}").getBoundingClientRect();
        return item.top >= list.top && item.bottom <= Math.min(list.bottom, innerHeight);
      })()`);
    expect(await texts()).toEqual(expect.arrayContaining(["▶ it broke", "00:03:50"]));
    expect(await texts()).not.toContain("00:01:00");
    expect(await isSeen(".guilty.here")).toBe(true);
    expect(await isSeen("li:first-child")).toBe(false);
    await page.click("[data-do=all]");
    expect(await texts()).toEqual(expect.arrayContaining(["▶ it broke", "00:01:00"]));
    await page.locator(".lines li:first-child").click();
    await page.click("[data-do=guilty]");
    expect(await isSeen(".guilty.here")).toBe(true);
  });

  test("it is dark where people want that, and fits a phone", async () => {
    const light = await opened({ colorScheme: "light" });
    const dark = await opened({ colorScheme: "dark", viewport: { width: 360, height: 700 } });
    expect(await paper(light.page)).not.toBe(await paper(dark.page));
    expect(await dark.page.evaluate<number>("document.documentElement.scrollWidth")).toBe(360);
  });
});
