// Goal: a person finds runs in a browser, sees all of one, and acts on many. Method: the built pages in Chromium, beside an engine in memory; live updates.
import { expect, test } from "vitest";
import {
  inBrowser,
  held,
  gate,
  served,
  page,
  go,
  row,
  expectSeen,
  expectTold,
  runId,
} from "../support/dashboard-page.ts";

inBrowser(() => {
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
    expect(where).toMatch(/^at \S+ \(\/.*dashboard-page\.ts:\d+:\d+\)$/);
    await page.getByText("The whole stack").click();
    await expectSeen(page.getByLabel("stack", { exact: true }));
    expect(await page.getByLabel("stack", { exact: true }).innerText()).toMatch(/ endOf \(/);
  });
});
