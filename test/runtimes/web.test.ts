// Goal: what is decided is the same where there is no Node: in a browser, and in a sandbox as Workers have, that knows little more than the language (no `node:`, no timers, no code from
// strings, a clock that stands still). Method: bundles of the same plans, and of the browser's example, run there and here.
import { createContext, runInContext } from "node:vm";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { told } from "../../examples/browser/pipeline.ts";
import { hasBrowser, openBrowser } from "../support/browser.ts";
import { webBundleOf } from "../support/web-bundle.ts";
import { playPlans } from "./plans.ts";

const fileOf = (path: string): string => new URL(path, import.meta.url).pathname;
const plansFile = fileOf("./plans.ts");
const exampleFile = fileOf("../../examples/browser/pipeline.ts");

/** A script that leaves what the module exports under a name. */
const scriptOf = (file: string) =>
  webBundleOf(
    { text: `import * as all from ${JSON.stringify(file)}; globalThis.bundle = all;` },
    { format: "iife" },
  );

describe("in a sandbox as Workers have", () => {
  /** V8 brings a console along, which is not of the language. Of what Workers add: text as bytes, and a clock. */
  const sandbox = () => {
    // A Worker's clock stands still while it computes. fast-check names timers when it is imported, and calls none.
    const performance = { now: () => 0 };
    const timers = { setTimeout: undefined, clearTimeout: undefined };
    const given = { TextEncoder, performance, ...timers };
    const context = createContext(given, { codeGeneration: { strings: false, wasm: false } });
    runInContext("delete globalThis.console", context);
    return context;
  };
  const evaluate = (code: string, expression: string): unknown => {
    const context = sandbox();
    runInContext(code, context, { timeout: 20_000 });
    return runInContext(expression, context, { timeout: 20_000 });
  };

  test("there is nothing else", async () => {
    const names =
      "['setTimeout', 'setImmediate', 'queueMicrotask', 'process', 'require', 'console', 'crypto', 'fetch']";
    expect(evaluate("", `${names}.filter((name) => globalThis[name] !== undefined).join()`)).toBe(
      "",
    );
  });

  test("plans give the same traces and run ids", async () => {
    const { code } = await scriptOf(plansFile);
    const played = evaluate(code, "JSON.stringify(bundle.playPlans())") as string;
    expect(JSON.parse(played)).toEqual(playPlans());
  }, 60_000);

  test("detent/core and detent/simulation tell the same as on Node", async () => {
    const { code } = await scriptOf(exampleFile);
    const lines = (await evaluate(code, "bundle.told().then(JSON.stringify)")) as string;
    expect(JSON.parse(lines)).toEqual(await told());
  }, 60_000);
});

describe.skipIf(!hasBrowser)("in a browser", () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
  });

  test("plans give the same traces and run ids", async () => {
    await page.goto("about:blank");
    await page.addScriptTag({ content: (await scriptOf(plansFile)).code });
    expect(await page.evaluate("bundle.playPlans()")).toEqual(playPlans());
  }, 60_000);

  test("the example's page shows what Node tells", async () => {
    const { code } = await webBundleOf({ file: fileOf("../../examples/browser/main.ts") });
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.setContent(`<!doctype html><pre id="told"></pre>`);
    await page.addScriptTag({ content: code, type: "module" });
    const text = page.locator("#told:not(:empty)");
    await text.waitFor();
    expect((await text.textContent())?.split("\n")).toEqual(await told());
    expect(errors).toEqual([]);
  }, 60_000);
});

test("the example tells what it is an example of", async () => {
  const lines = await told();
  expect(lines[0]).toBe("next: 2026-03-29T01:00:00.000Z");
  expect(lines.filter((line) => line.includes("succeeded"))).toHaveLength(2);
  expect(lines.find((line) => line.includes("distinct"))).toMatch(
    /^20 distinct plans; broken: once$/,
  );
});
