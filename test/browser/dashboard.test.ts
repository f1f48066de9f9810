// Goal: a person sees and does in a browser what the API shows and does. Method: the built pages in Chromium, beside an engine in memory; each page, each act, live updates,
// the keyboard, what comes from outside shown as text, and axe's rules for accessibility.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { all, detent, event, every, failure, result, task, trigger } from "../../src/index.ts";
import { savePlan } from "../../src/simulation/saved.ts";
import { hasBrowser, openBrowser } from "../support/browser.ts";
import { serveRuntime, serveStore } from "../support/dashboard.ts";

const gate = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
};
let held = gate();

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
const app = detent({
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

const evil = `<img src=x onerror="document.title='owned'">`;

describe.skipIf(!hasBrowser)("the dashboard in a browser", () => {
  let browser: Browser;
  let served: Awaited<ReturnType<typeof serveRuntime>>;
  let page: Page;
  /** The folder of saved plans. */
  let plans: string;
  /** What the browser complained of, and where it asked beside the dashboard. */
  let complaints: string[];

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

  const go = async (hash: string, to: Page = page): Promise<void> => {
    await to.goto(`${served.url}${hash}`);
    await to.locator(".connection-live").waitFor();
    await to.locator("h1").waitFor();
  };
  const row = (table: string, text: string) =>
    page.getByRole("table", { name: table }).getByRole("row").filter({ hasText: text });
  const expectSeen = (place: Locator) => place.waitFor();
  const expectTold = (text: string) => page.locator(".told").getByText(text).waitFor();
  const runId = async (query: string): Promise<string> =>
    (await served.get(`/api/runs?${query}`)).runs[0].id;

  test("Now shows what runs with its progress, counts, charts and what comes next, as it changes", async () => {
    await go("#/");
    await expectSeen(page.getByText("No body runs at the moment."));
    await served.runtime.run("hold");
    await expectSeen(row("running", "hold").getByText("25 %"));
    await expectSeen(page.getByText("a quarter"));
    await expectSeen(row("next occurrences", "yearly"));
    held.open();
    await expectSeen(page.getByRole("list", { name: "counts" }).getByText("1succeeded"));
    await expectSeen(page.getByText("No body runs at the moment."));
    const charts = page.getByRole("img", { name: /Of the last 10 minutes: 1 runs ended/ });
    await expectSeen(charts.locator("canvas"));
  });

  test("Now warns where no engine runs and where something is paused", async () => {
    await served.runtime.pause({ task: "hold" });
    await go("#/");
    await expectSeen(page.getByText("1 trigger or task is paused."));
    const alone = await serveStore();
    await page.goto(alone.url);
    await expectSeen(page.getByText("No engine runs: nothing happens until one is started."));
    await page.goto("about:blank");
    await alone.close();
  });

  test("Triggers are listed, paused, resumed, run now with an input, and backfilled", async () => {
    await go("#/triggers");
    await expectSeen(row("triggers", "both").getByText("all(result(greet), event(seen))"));
    await page.getByRole("button", { name: "pause greeting" }).click();
    await page.getByRole("button", { name: "Pause it" }).click();
    await expectTold("greeting is paused");
    await expectSeen(row("triggers", "greeting").getByText("paused"));
    await page.getByRole("button", { name: "resume greeting" }).click();
    await expectTold("greeting goes on");
    await expectSeen(page.getByRole("button", { name: "pause greeting" }));

    await row("tasks", "greet").getByRole("button", { name: "run now: greet" }).click();
    await page.getByLabel("Input, as JSON").fill("not json");
    await page.getByRole("button", { name: "Run it" }).click();
    await expectSeen(page.getByRole("alert").getByText("the input is not JSON"));
    await page.getByLabel("Input, as JSON").fill('"Ada"');
    await page.getByRole("button", { name: "Run it" }).click();
    await expectTold("It will run as @greet~");

    await page.getByRole("button", { name: "backfill yearly" }).click();
    await page.getByLabel("From").fill("2020-06-01T00:00:00");
    await page.getByLabel("To").fill("2022-06-01T00:00:00");
    await page.getByRole("button", { name: "Backfill", exact: true }).click();
    await expectTold("2 occurrences: those that have no run yet get one");
    await served.runtime.idle();
    expect((await served.get("/api/runs?trigger=yearly")).runs).toHaveLength(2);
    expect((await served.get("/api/runs?trigger=%40greet")).runs).toMatchObject([
      { outcome: '{"greeted":"Ada"}' },
    ]);
  });

  test("a task is paused until an instant, and a trigger's page shows its tree with what waits in each leaf", async () => {
    await go("#/triggers");
    await row("tasks", "fail").getByRole("button", { name: "pause fail" }).click();
    await page.getByLabel("Until").fill("2199-01-01T00:00:00");
    await page.getByRole("button", { name: "Pause it" }).click();
    await expectSeen(row("tasks", "fail").getByText(/paused until .*2199|paused until .*2198/));
    await page.getByRole("link", { name: "both" }).click();
    await expectSeen(page.getByText("all of", { exact: true }));
    expect(await page.getByText("nothing waits").count()).toBe(2);
    await served.runtime.emit("seen", { by: "me" });
    await expectSeen(page.getByText("1 waiting"));
    await page.getByRole("link", { name: 'event seen {"by":"me"}' }).click();
    await expectSeen(page.getByText("waits for result(greet)"));
  });

  test("Events are emitted, and each shows what it matched and why not", async () => {
    await go("#/events");
    await expectSeen(page.getByText("There is no event yet."));
    await page.getByRole("button", { name: "Emit an event" }).click();
    await page.locator("dialog input[name=name]").fill("@bad");
    await page.getByRole("button", { name: "Emit", exact: true }).click();
    await expectSeen(page.getByRole("alert").getByText('begins with "@"'));
    await page.locator("dialog input[name=name]").fill("came");
    await page.getByLabel("Payload, as JSON").fill('{"kind":"person","name":"Ada"}');
    await page.locator("dialog input[name=id]").fill("e1");
    await page.getByRole("button", { name: "Emit", exact: true }).click();
    await expectTold("accepted as e1");
    await expectSeen(row("events", "came").getByText("succeeded"));
    await served.runtime.emit("came", { kind: "robot" }, { id: "e2" });
    await row("events", "robot").getByRole("link", { name: "came" }).click();
    await expectSeen(page.getByText('payload.kind is "robot", not "person"'));
    await page.goBack();
    await page.getByRole("searchbox").fill("cam");
    await page.getByRole("searchbox").press("Enter");
    await expectSeen(page.getByText("No event is named cam."));
    await page.getByRole("searchbox").fill("e2");
    await page.getByRole("searchbox").press("Enter");
    await expectSeen(page.getByText("No event is named e2."));
    await page.getByRole("link", { name: "Is it an event’s id?" }).click();
    await expectSeen(page.getByRole("heading", { name: "e2" }));
    await page.getByRole("link", { name: "Runs that it caused" }).click();
    await expectSeen(page.getByText(/^Looked at \d+ runs?, /));
  });

  test("Runs are filtered and searched, and many are run again or cancelled at once", async () => {
    for (let count = 0; count < 3; count++) await served.runtime.run("fail");
    await served.runtime.run("greet", "needle");
    await served.runtime.idle();
    await go("#/runs");
    const rows = page.getByRole("table", { name: "runs" }).locator("tbody tr");
    await rows.nth(6).waitFor();
    await page.getByLabel("State").selectOption("failed");
    await expect.poll(() => rows.count()).toBe(3);
    await page.getByLabel("Search").fill("needle");
    await page.getByLabel("Search").press("Enter");
    await expectSeen(page.getByText("No run passes the filter."));
    await page.getByLabel("State").selectOption("any");
    await expect.poll(() => rows.count()).toBe(1);
    await page
      .getByText(/^Looked at 7 runs, newest first, back to .*; there are no others\.$/)
      .waitFor();

    await go("#/runs?state=failed");
    await page.getByRole("checkbox").first().check();
    await expectSeen(page.getByText("1 chosen"));
    await page.getByRole("button", { name: "Retry chosen" }).click();
    await page.getByRole("button", { name: "Run them again" }).click();
    await expectTold("1 run to run again");
    await expect.poll(() => rows.count()).toBe(4);

    await served.runtime.pause({ task: "hold" });
    for (let count = 0; count < 3; count++) await served.runtime.run("hold");
    await go("#/runs?task=hold");
    await expect.poll(() => rows.count()).toBe(3);
    await page.getByRole("button", { name: "Cancel all of the filter" }).click();
    await expectSeen(page.getByText("This cancels all runs of task hold"));
    await page.getByRole("button", { name: "Cancel them" }).click();
    await expectTold("3 runs cancelled, or asked to end");
    await expect.poll(() => rows.filter({ hasText: "cancelled" }).count()).toBe(3);
  });

  test("a search goes on by itself until it has looked at all, and says how far it is", async () => {
    for (let count = 0; count < 3; count++) await served.runtime.run("greet", `n${count}`);
    await served.runtime.idle();
    const { runs } = await served.get("/api/runs");
    const [newest, middle, oldest] = runs;
    const held = gate();
    const piece = (run: unknown, next: string | null) => ({
      runs: run === undefined ? [] : [run],
      next,
      searched: 2_000,
      searchedTo: newest.createdAt,
    });
    await page.route("**/api/runs?search=needle*", async (route) => {
      const after = new URL(route.request().url()).searchParams.get("after");
      if (after === "two") await held.opened;
      const json =
        after === null
          ? piece(newest, "one")
          : after === "one"
            ? piece(undefined, "two")
            : piece(oldest, null);
      await route.fulfill({ json });
    });
    await go("#/runs?search=needle");
    const rows = page.getByRole("table", { name: "runs" }).locator("tbody tr");
    await expectSeen(page.getByText(/^Looking: 4,000 runs, newest first, back to .* …$/));
    await expectSeen(rows.filter({ hasText: newest.id }));
    held.open();
    await expectSeen(page.getByText(/^Looked at 6,000 runs, .*; there are no others\.$/));
    await expectSeen(rows.filter({ hasText: oldest.id }));
    expect(await rows.filter({ hasText: middle.id }).count()).toBe(0);
    expect(await rows.count()).toBe(2);
    await page.unroute("**/api/runs?search=needle*");
  });

  test("a search stops where it has found enough, and goes on when it is told to", async () => {
    await served.runtime.run("greet", "n");
    await served.runtime.idle();
    const [run] = (await served.get("/api/runs")).runs;
    const found = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({ ...run, id: `@greet~${from + index}` }));
    await page.route("**/api/runs?search=many*", async (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get("after") ?? 0);
      const next = from >= 120 ? null : String(from + 30);
      await route.fulfill({
        json: { runs: found(from, 30), next, searched: 500, searchedTo: run.createdAt },
      });
    });
    await go("#/runs?search=many");
    const rows = page.getByRole("table", { name: "runs" }).locator("tbody tr");
    await expectSeen(page.getByText(/^Looked at 1,000 runs, .*; there are older ones\.$/));
    expect(await rows.count()).toBe(60);
    await page.getByRole("button", { name: "Search on" }).click();
    await expectSeen(page.getByText(/^Looked at 2,000 runs, .*; there are older ones\.$/));
    expect(await rows.count()).toBe(120);
    await page.unroute("**/api/runs?search=many*");
  });

  test("a run shows its log as it comes, its causes, its error and its attempts; it is cancelled, and run again", async () => {
    await served.runtime.emit("came", { kind: "person", name: "Ada" });
    await served.runtime.emit("seen");
    await expect.poll(async () => (await served.get("/api/runs?task=hold")).runs.length).toBe(1);
    await go(`#/runs/${encodeURIComponent(await runId("task=hold"))}`);
    await expectSeen(page.getByRole("list", { name: "log lines" }).getByText("<b>holding</b>"));
    await expectSeen(page.getByText("25 %"));
    const causes = page.getByRole("list", { name: "causes" });
    await expectSeen(causes.getByText("hold running, owed by both"));
    await expectSeen(causes.getByText('event came {"kind":"person","name":"Ada"}'));
    await expectSeen(page.getByText("all of", { exact: true }));
    expect(await page.getByText("1 satisfied it").count()).toBe(2);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Cancel it" }).click();
    await expectTold("Its engine has been asked to end it");
    await expectSeen(page.getByText("running, to be cancelled"));
    held.open();
    await page.getByRole("button", { name: "Run again" }).click();
    await expectTold("It will run again as @hold~");
    await expectSeen(page.getByText("asked for by a person", { exact: true }));
    await served.runtime.run("fail");
    await served.runtime.idle();
    await go(`#/runs/${encodeURIComponent(await runId("task=fail"))}`);
    await expectSeen(page.getByText("RangeError: too far").first());
    await expectSeen(row("attempts", "failed"));
    const where = await page.getByLabel("where it was thrown").innerText();
    expect(where).toMatch(/^at \S+ \(\/.*dashboard\.test\.ts:\d+:\d+\)$/);
    await page.getByText("The whole stack").click();
    await expectSeen(page.getByLabel("stack", { exact: true }));
    expect(await page.getByLabel("stack", { exact: true }).innerText()).toMatch(/ endOf \(/);
  });

  test("the timeline has a bar for each attempt, zooms and moves, and a bar opens its run", async () => {
    await served.runtime.run("fail");
    await served.runtime.run("hold");
    await go("#/timeline");
    await expectSeen(page.locator("g.bar-running"));
    await expectSeen(page.locator("g.bar-failed"));
    const box = async (kind: string) => await page.locator(`g.bar-${kind} rect`).boundingBox();
    const before = await box("running");
    await page.getByRole("button", { name: "1 min", exact: true }).click();
    await expectSeen(page.getByRole("button", { name: "1 min", pressed: true }));
    // A fifth of the time: five times as wide, and it goes on.
    await expect
      .poll(async () => (await box("running"))?.width ?? 0)
      .toBeGreaterThan(4 * (before?.width ?? 0));
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("button", { name: "earlier" }).click();
    await expectSeen(page.getByText("Nothing ran in this window of time."));
    await page.getByRole("button", { name: "Now", exact: true }).click();
    // What ended beside it at once may lie over it.
    await page.locator("g.bar-failed rect").dispatchEvent("click");
    await expectSeen(page.getByRole("heading", { name: /@fail~/ }));
  });

  test("Engines shows who is alive, what it holds and how far the log is routed", async () => {
    await served.runtime.run("hold");
    await go("#/engines");
    await expectSeen(row("engines", "alive").getByText(String(process.pid)));
    await expectSeen(row("engines", "alive").getByRole("link", { name: "hold" }));
    await expectSeen(page.getByText("Generation"));
  });

  test("Simulations shows what broke a law, as text, with the lines that lead there", async () => {
    await go("#/simulations");
    await expectSeen(page.getByText("There is no plan in"));
    savePlan(plans, {
      law: evil,
      message: "order 1 was billed twice",
      timeline: ["00:00:01.000  emit order", `▶ 00:00:02.000  ${evil}`],
      plan: { seed: 7, engines: 2, from: 0, forMillis: 1, steps: "", faults: [] } as never,
    });
    await go("#/");
    await go("#/simulations");
    await expectSeen(page.getByRole("heading", { name: evil }));
    await expectSeen(page.getByText("order 1 was billed twice"));
    expect(await page.locator("pre.lines").textContent()).toContain(`▶ 00:00:02.000  ${evil}`);
    expect(await page.locator("main img").count()).toBe(0);
  });

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
    complaints = complaints.filter((it) => !/net::ERR_/.test(it));
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
