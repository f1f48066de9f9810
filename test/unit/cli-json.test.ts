// Goal: with --json each command prints one JSON value and nothing else; `start` one for each note, since it goes on. Method: the life of a small app, told by the commands as
// processes; each command that the help lists has its part in it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleCli, ended, lineWith, newPlace, type Place } from "../support/cli.ts";

let here: Place;
beforeAll(() => {
  bundleCli();
  here = newPlace();
  here.write("package.json", `{ "type": "module" }`);
  here.write(
    "tasks.js",
    `import { task } from "detent"; export const work = task({ id: "work", run: (it) => it });`,
  );
  here.write(
    "app.js",
    `import { cron, detent, event, trigger } from "detent"; import { work } from "./tasks.js";
     export default detent({ tasks: [new URL("./tasks.js", import.meta.url)], triggers: [
       trigger("heard", { when: event("e"), run: work, input: (f) => f.event.payload }),
       trigger("nightly", { when: cron("0 2 * * *"), run: work, input: 0 }) ] });`,
  );
  here.write(
    "store.js",
    `import * as Effect from ${JSON.stringify(import.meta.resolve("effect/Effect"))};
     import { memoryStore } from ${JSON.stringify(import.meta.resolve("../../src/core/index.ts"))};
     export const subject = { open: Effect.sync(() => {
       const store = memoryStore();
       return { store, again: Effect.succeed(store), otherApp: null, kill: store.kill };
     }) };`,
  );
}, 60_000);
afterAll(() => here.remove());

const called = new Set<string>();

/** The one value that a command prints. */
const value = (...args: readonly string[]): Promise<any> => valueWith(0, args);
const valueWith = async (code: number, args: readonly string[]): Promise<any> => {
  called.add(args[0] ?? "");
  const { stdout, stderr, ...end } = await here.detent([...args, "--json"]);
  const lines = stdout.split("\n").length;
  expect({ args, ...end, stderr, lines }).toEqual({ args, code, stderr: "", lines: 2 });
  return JSON.parse(stdout);
};
const values = (...calls: readonly (readonly string[])[]): Promise<readonly any[]> =>
  Promise.all(calls.map((call) => value(...call)));

test("every command answers with one JSON value, and start with one for each note", async () => {
  await value("emit", "e", '{"n":1}', "--id", "e1");
  called.add("start");
  const { stdout } = await here.detent(["start", "app.js", "--until-idle", "--json"]);
  for (const line of stdout.trimEnd().split("\n"))
    expect(JSON.parse(line)).toMatchObject({ note: expect.any(String) });
  const { run: asked } = await value("run", "work", "1", "--app", "app.js");
  expect(await valueWith(2, ["cancel", asked])).toMatchObject({
    error: { message: expect.stringContaining("becomes a run when an engine comes to it") },
  });
  const { runs } = await value("runs", "--state", "succeeded");
  const { id } = runs[0];

  // What only looks.
  await values(
    ["init", "fresh"],
    ["next", "0 2 * * *"],
    ["triggers", "app.js"],
    ["show", id],
    ["events", "--all"],
  );
  await values(
    ["skips"],
    ["why", id, "--app", "app.js"],
    ["why-not", "e1", "--app", "app.js"],
    ["check", "app.js"],
    ["doctor", "app.js"],
  );
  await values(
    ["simulate", "app.js", "--runs", "2", "--for", "1 min", "--threads", "1", "--save", "none"],
    ["build", "app.js", "--out", "built.mjs"],
    ["conform", "store.js", "--part", "owners"],
    ["export", "--out", "journal.jsonl"],
    ["dump", "--out", "dump.jsonl"],
  );
  await values(
    ["replay", "journal.jsonl", "app.js"],
    ["load", "dump.jsonl", "--store", "sqlite:loaded.db"],
    ["backup", "copy.db"],
    ["purge"],
  );

  // What changes something.
  await values(["retry", id], ["pause", "nightly"], ["rewind"]);
  await values(
    ["resume", "nightly"],
    ["backfill", "nightly", "--from", "2026-01-01T00:00Z", "--to", "2026-01-02T00:00Z"],
    ["schedule", "tidy", "--task", "work", "--every", "1 h"],
  );
  await values(["unschedule", "tidy"]);

  called.add("dashboard");
  const dashboard = here.start(["dashboard", "--port", "0", "--json"]);
  const end = ended(dashboard);
  await lineWith(dashboard, "http://");
  dashboard.kill("SIGTERM");
  expect(JSON.parse((await end).stdout)).toMatchObject({ url: expect.stringContaining("http") });

  const { stdout: help } = await here.detent(["--help"]);
  const [, tree = ""] = /^SUBCOMMANDS\n([\s\S]*?)\n(?=\S)/m.exec(help) ?? [];
  const all = tree.split("\n").flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? []);
  expect(all.length).toBeGreaterThanOrEqual(32);
  // A worker needs Redis.
  expect([...called, "worker"].sort()).toEqual(all.sort());
}, 120_000);
