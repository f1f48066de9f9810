/**
 * Goal: who gives a name that is not there is told so, with where it was looked for and what may have been meant; nothing is said where nobody can know; a store that wasn't
 * there is made aloud or not at all.
 * Method: the command line as a process, on one store in which an engine has been, and in empty folders.
 */
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleCli, newPlace, type Place } from "../support/cli.ts";

const places: Place[] = [];
const place = (): Place => {
  const made = newPlace();
  places.push(made);
  return made;
};
let here: Place;

beforeAll(async () => {
  bundleCli();
  here = place();
  here.write(
    "app.ts",
    `import { detent, event, task, trigger } from "detent";
     const resize = task({ id: "resize", run: (input: unknown) => input });
     export default detent({ tasks: [resize], triggers: [
       trigger("thumbnail", { when: event("file.arrived"), run: resize, input: "a" }) ] });`,
  );
  await here.detent(["emit", "file.arrived"]);
  await here.detent(["schedule", "tidy", "--task", "resize", "--every", "1 h", "--app", "app.ts"]);
  await here.detent(["start", "app.ts", "--until-idle"]);
}, 60_000);
afterAll(() => places.forEach((it) => it.remove()));

const store = (): string => `sqlite:${here.folder}/detent.db`;
const active = (): string => `among the active definitions in ${store()}`;

test.concurrent.each([
  [["run", "resise"], () => `there is no task "resise" ${active()}; did you mean "resize"?`],
  [["run", "x"], () => `there is no task "x" ${active()}; there is "resize"`],
  [
    ["run", "resise", "--app", "app.ts"],
    () => 'there is no task "resise" in the app; did you mean "resize"?',
  ],
  [
    ["pause", "thumbnial"],
    () => `there is no trigger "thumbnial" ${active()}; did you mean "thumbnail"?`,
  ],
  [
    ["unschedule", "tydi"],
    () => `no schedule "tydi" was made at run time in ${store()}; did you mean "tidy"?`,
  ],
  [
    ["unschedule", "thumbnail"],
    () =>
      'the trigger "thumbnail" is defined by the app, and unschedule is for schedules made at run time; "detent pause" holds it',
  ],
  [["show", "x~1"], () => `there is no run "x~1" in ${store()}; "detent runs" lists them`],
  [["cancel", "x~1"], () => `there is no run "x~1" in ${store()}; "detent runs" lists them`],
  [["retry", "x~1"], () => `there is no run "x~1" in ${store()}; "detent runs" lists them`],
  [["why", "x~1"], () => `there is no run "x~1" in ${store()}; "detent runs" lists them`],
])("detent %j is refused", async (args, line) => {
  expect(await here.detent(args)).toEqual({
    code: 2,
    stdout: "",
    stderr: `detent: ${line()}\n`,
  });
});

test.concurrent.each([
  [
    ["runs", "--task", "resise"],
    () => `no runs: there is no task "resise" ${active()}; did you mean "resize"?`,
  ],
  [
    ["runs", "--trigger", "thumbnial"],
    () => `no runs: there is no trigger "thumbnial" ${active()}; did you mean "thumbnail"?`,
  ],
  [
    ["skips", "--trigger", "thumbnial"],
    () => `no skips: there is no trigger "thumbnial" ${active()}; did you mean "thumbnail"?`,
  ],
  [
    ["events", "--name", "file.arived"],
    () => `no events: none is called "file.arived" in ${store()}; did you mean "file.arrived"?`,
  ],
  [
    ["events", "--run", "x~1"],
    () => `no events: there is no run "x~1" in ${store()}; "detent runs" lists them`,
  ],
  [["runs", "--trigger", "thumbnail", "--state", "failed"], () => "no runs"],
  [["runs", "--trigger", "tidy"], () => "no runs"],
  [["skips", "--trigger", "thumbnail"], () => "no skips"],
])("detent %j has no rows, and says why where it is for a name", async (args, line) => {
  expect(await here.detent(args)).toEqual({ code: 0, stdout: `${line()}\n`, stderr: "" });
});

test.concurrent("a list as JSON stays what it is, whatever its filters name", async () => {
  expect(await here.detent(["runs", "--task", "resise", "--json"])).toEqual({
    code: 0,
    stdout: '{"runs":[],"next":null}\n',
    stderr: "",
  });
});

test.concurrent("an app of which the store has nothing is told, with the ones of which it has", async () => {
  const { code, stderr } = await here.detent(["emit", "other", "--app", "mian"]);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: 'detent: sqlite:detent.db has nothing of an app "mian"; did you mean "main"?\n',
  });
  expect((await here.detent(["runs", "--app", "shop"])).stderr).toMatch(
    /^detent: sqlite:detent\.db has nothing of an app "shop"; it has "main"(?:, "mian")?\n$/,
  );
});

test.concurrent("an event that no trigger of the app's file waits for is stored, and a near name told", async () => {
  const told = await here.detent(["emit", "file.arivd", "--app", "app.ts", "--id", "near"]);
  expect(told).toEqual({
    code: 0,
    stdout: "file.arivd accepted as near\n",
    stderr: 'detent: no trigger of the app waits for "file.arivd"; did you mean "file.arrived"?\n',
  });
  expect(await here.detent(["emit", "elsewhere", "--app", "app.ts"])).toMatchObject({ stderr: "" });
});

test.concurrent("a schedule that no engine has come to yet can be ended, and ending it again under the same id is a duplicate", async () => {
  const there = place();
  await there.detent(["schedule", "tidy", "--task", "resize", "--every", "1 h"]);
  const end = ["unschedule", "tidy", "--id", "end"];
  expect(await there.detent(end)).toMatchObject({
    code: 0,
    stdout: "tidy ends; runs that it has owed stay\n",
  });
  expect(await there.detent(end)).toMatchObject({
    code: 0,
    stdout: "end is a duplicate; nothing changed\n",
  });
});

test.concurrent("before an engine has been there, nothing is said of names; a store that emit makes is told once, and never as JSON", async () => {
  const there = place();
  const made = `detent: there was no store sqlite:detent.db, so it was made: ${there.folder}/detent.db\n`;
  expect(await there.detent(["run", "anything"])).toMatchObject({ code: 0, stderr: made });
  expect(await there.detent(["emit", "a"])).toMatchObject({ code: 0, stderr: "" });
  expect(await there.detent(["runs", "--task", "no"])).toEqual({
    code: 0,
    stdout: "no runs\n",
    stderr: "",
  });
  const quiet = ["emit", "a", "--json", "--store", "sqlite:other.db"];
  expect(await there.detent(quiet)).toMatchObject({ code: 0, stderr: "" });
});

test.concurrent.each([
  ["runs"],
  ["skips"],
  ["events"],
  ["show", "x"],
  ["why", "x"],
  ["why-not", "x"],
  ["cancel", "x"],
  ["retry", "x"],
  ["unschedule", "x"],
  ["rewind"],
  ["doctor"],
  ["purge"],
  ["dump"],
  ["export"],
  ["backup", "copy.db"],
  ["dashboard"],
])("`detent %s` makes no store where there is none, and says so in one line", async (...args) => {
  const there = place();
  const before = readdirSync(there.folder);
  const { code, stderr } = await there.detent(args);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^detent: there is no store sqlite:detent\.db \(no file .*\); .*\n$/);
  expect(stderr.split("\n")).toHaveLength(2);
  expect(readdirSync(there.folder)).toEqual(before);
});
