// Goal: whoever comes to the dashboard can use it, and nobody else: by keyboard, by a phone, in the dark, with a token or none, and what comes from outside is shown as text.
// Method: the built pages in Chromium, beside an engine in memory, and axe's rules for accessibility.
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { serveStore } from "../support/dashboard.ts";
import {
  inBrowser,
  app,
  served,
  page,
  browser,
  go,
  row,
  expectSeen,
  runId,
  forgive,
} from "../support/dashboard-page.ts";

const evil = `<img src=x onerror="document.title='owned'">`;

/** What axe calls serious or worse, by all of its rules or by some, each with its first place. */
const seriousFaults = async (page: Page, rules?: readonly string[]): Promise<readonly string[]> => {
  // Not as a script of the page, which its policy forbids.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{
    readonly violations: readonly {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly { readonly html: string }[];
    }[];
  }>(
    `axe.run(${JSON.stringify({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) })})`,
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
};

inBrowser(() => {
  test("what comes from outside is shown as text: names, payloads, results, logs and errors", async () => {
    await served.post("/api/events", { name: evil, payload: { name: evil }, id: evil });
    await served.runtime.run("greet", evil);
    await served.runtime.idle();
    await go("#/events");
    await page.getByRole("link", { name: evil }).click();
    await expectSeen(page.getByRole("heading", { name: evil }));
    await go(`#/runs/${encodeURIComponent(await runId("task=greet"))}`);
    await expectSeen(page.getByText(JSON.stringify(evil)).first());
    await go(`#/events?name=${encodeURIComponent(evil)}`);
    await expectSeen(row("events", evil));
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).not.toBe("owned");
  });

  test("the keyboard reaches all: pages by number, rows by j and k, choosing, search, help", async () => {
    await served.runtime.run("greet", "one");
    await served.runtime.run("greet", "two");
    await served.runtime.idle();
    await go("#/");
    for (const [key, heading] of [
      ["2", "Triggers"],
      ["3", "Events"],
      ["5", "Timeline"],
      ["6", "Engines"],
      ["1", "Now"],
      ["4", "Runs"],
    ] as const) {
      await page.keyboard.press(key);
      await expectSeen(page.getByRole("heading", { name: heading, exact: true }));
    }
    await expectSeen(page.getByRole("table", { name: "runs" }));
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("x");
    await expectSeen(page.getByText("1 chosen"));
    await page.keyboard.press("/");
    await page.keyboard.type("4 j one");
    expect(await page.getByLabel("Search").inputValue()).toBe("4 j one");
    await page.keyboard.press("Tab");
    await page.keyboard.press("?");
    await expectSeen(page.getByRole("dialog", { name: "Keyboard" }));
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await expectSeen(page.getByRole("heading", { name: /@greet~/ }));
  });

  test("who needs a token signs in and out, and nothing is shown before", async () => {
    const token = "a-secret-of-32-characters-0123456";
    const locked = await serveStore({ token });
    await page.goto(locked.url);
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expectSeen(page.getByRole("alert").getByText("this is not the token"));
    expect(await page.getByRole("navigation").count()).toBe(0);
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expectSeen(page.locator(".connection-live"));
    // Nor is it kept where scripts, or whoever looks over a shoulder, can read it.
    const kept = await page.evaluate(
      "JSON.stringify([location.href, document.cookie, { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML])",
    );
    expect(kept).not.toContain(token);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expectSeen(page.getByLabel("Token"));
    await page.goto("about:blank");
    await locked.close();
  });

  test("read-only, there is nothing to act with", async () => {
    const shown = await serveStore({ app, readOnly: true });
    for (const hash of ["#/triggers", "#/events", "#/runs"]) {
      await page.goto(`${shown.url}${hash}`);
      await expectSeen(page.locator(".connection-live"));
      await expectSeen(page.getByText("read-only"));
      const buttons = await page.locator("main").getByRole("button").allTextContents();
      expect(buttons.filter((text) => !["Search", "Show"].includes(text))).toEqual([]);
    }
    await page.goto("about:blank");
    await shown.close();
  });

  test("a lost connection is told, and found again", async () => {
    await go("#/");
    const port = Number(new URL(served.url).port);
    await served.close();
    await expectSeen(page.getByText("no connection"));
    const again = await serveStore({ port });
    await expectSeen(page.locator(".connection-live"));
    await page.goto("about:blank");
    await again.close();
    forgive(/net::ERR_/);
  });

  test.each(["light", "dark"] as const)(
    "axe finds no serious fault on any page, %s, nor does a phone scroll sideways",
    async (colorScheme) => {
      await served.runtime.emit("came", { kind: "person", name: "Ada" }, { id: "e1" });
      await served.runtime.run("fail");
      await served.runtime.emit("seen", null, { id: "s1" });
      await served.runtime.run("hold");
      const seen = await browser.newContext({
        colorScheme,
        viewport:
          colorScheme === "dark" ? { width: 390, height: 844 } : { width: 1280, height: 800 },
        reducedMotion: "reduce",
      });
      const to = await seen.newPage();
      await expect
        .poll(async () => (await served.get("/api/runs?state=failed")).runs.length)
        .toBe(1);
      const failed = encodeURIComponent(await runId("state=failed"));
      const hashes = [
        "#/",
        "#/triggers",
        "#/triggers/both",
        "#/events",
        "#/events/e1",
        "#/runs",
        `#/runs/${failed}`,
        "#/timeline",
        "#/engines",
        "#/simulations",
      ];
      for (const hash of hashes) {
        await go(hash, to);
        await to.getByText("Asking the store").waitFor({ state: "detached" });
        // Dark and narrow, the same elements stand in other colours and places.
        const rules = ["color-contrast", "scrollable-region-focusable", "target-size"];
        const faults = await seriousFaults(to, colorScheme === "dark" ? rules : undefined);
        expect([hash, faults]).toEqual([hash, []]);
        expect([
          hash,
          await to.evaluate("document.documentElement.scrollWidth <= innerWidth"),
        ]).toEqual([hash, true]);
      }
      await seen.close();
    },
  );
});
