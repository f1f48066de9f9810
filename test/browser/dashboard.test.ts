// Goal: a person sees and does on the dashboard's pages what the API shows and does: what runs and comes next, triggers, events, engines, simulations. Method: the built pages in
// Chromium, beside an engine in memory.
import { expect, test } from "vitest";
import { savePlan } from "../../src/simulation/saved.ts";
import { serveStore } from "../support/dashboard.ts";
import {
  inBrowser,
  held,
  served,
  page,
  plans,
  go,
  row,
  expectSeen,
  expectTold,
} from "../support/dashboard-page.ts";

const evil = `<img src=x onerror="document.title='owned'">`;

inBrowser(() => {
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
    const charts = page.getByRole("img", { name: /Of the last 10 minutes: 1 run ended/ });
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
});
