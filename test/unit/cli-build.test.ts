/**
 * Goal: `detent build` makes one file of an app's tasks that does what the sources do, in every dialect, and says in one line why it can't.
 * Method: the command line as a process, in folders with sources that type stripping alone can't run; they are deleted before the bundle is played.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleCli, newPlace, type Ended, type Place } from "../support/cli.ts";

const places: Place[] = [];
const place = (files: { readonly [file: string]: string } = {}): Place => {
  const made = newPlace();
  places.push(made);
  const all = { "package.json": `{ "type": "module" }`, ...files };
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(join(made.folder, file, ".."), { recursive: true });
    made.write(file, text);
  }
  return made;
};
beforeAll(bundleCli, 60_000);
afterAll(() => places.forEach((it) => it.remove()));

const appOf = (...modules: string[]): string =>
  `import { detent, event, trigger } from "detent";
   const on = (id) => trigger(id, { when: event(id), run: id, input: (f) => f.event.payload });
   export default detent({
     tasks: [${modules.map((it) => `new URL(${JSON.stringify(it)}, import.meta.url)`).join(", ")}],
     triggers: [on("draw"), on("count")],
   });`;

const sources = {
  "app.ts": appOf("./tasks/draw.ts", "./tasks/count.ts"),
  "tasks/draw.ts": `
    import { task } from "detent";
    import { readFileSync } from "node:fs";
    import { Colour } from "./colour.js";
    import { widthOf } from "measure";
    class DrawError extends Error { constructor(readonly why: string) { super(why); this.name = new.target.name; } }
    export const draw = task({
      id: "draw",
      run: async (input: { path: string } | null) => {
        if (input === null) throw new DrawError("nothing to draw");
        const { late } = await import("./late.ts");
        const beside = readFileSync(new URL("./beside.txt", import.meta.url), "utf8");
        return { colour: Colour.green, width: widthOf(input.path), beside, late };
      },
    });`,
  "tasks/colour.ts": "export enum Colour { red = 3, green }",
  "tasks/late.ts": "export const late: string = 'late';",
  "tasks/beside.txt": "beside the source",
  "tasks/count.ts": `import { task } from "detent";
    export default task({ id: "count", run: (n: number) => n + 1 });
    export const helper = () => 1;`,
  "node_modules/measure/package.json": `{ "name": "measure", "main": "main.js" }`,
  "node_modules/measure/main.js": `"use strict";
    const path = require("node:path");
    const fs = require("fs");
    exports.widthOf = (file) => path.basename(file).length * Number(fs.readFileSync(path.join(__dirname, "scale.txt"), "utf8"));`,
  "node_modules/measure/scale.txt": "10",
};

const emitAndPlay = async (
  here: Place,
  ...events: (readonly [string, string])[]
): Promise<Ended> => {
  for (const [name, payload] of events)
    // oxlint-disable-next-line no-await-in-loop
    expect((await here.detent(["emit", name, payload, "--id", `${name}-1`])).code).toBe(0);
  return here.detent(["start", "app.ts", "--tasks", "app.tasks.mjs", "--until-idle", "--json"]);
};

const outcomesIn = ({ stdout }: Ended): unknown =>
  Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { note: string; run: { task: string; outcome: object } })
      .filter(({ note }) => note === "ended")
      .map(({ run }) => [run.task, run.outcome]),
  );

test("tasks in every dialect, with what they import and what lies beside them, become one file that threads run", async () => {
  const here = place(sources);
  const built = await here.detent(["build", "app.ts", "--json"]);
  expect(built).toMatchObject({ code: 0, stderr: "" });
  const file = join(here.folder, "app.tasks.mjs");
  expect(JSON.parse(built.stdout)).toEqual({
    out: "app.tasks.mjs",
    tasks: ["draw", "count"],
    bytes: readFileSync(file).length,
    warnings: [],
  });
  expect(readdirSync(here.folder).filter((name) => name.includes(".tasks."))).toHaveLength(1);
  // Nothing of detent's that a body does not need.
  expect(readFileSync(file).length).toBeLessThan(10_000);
  for (const source of ["tasks/draw.ts", "tasks/colour.ts", "tasks/late.ts", "tasks/count.ts"])
    rmSync(join(here.folder, source));
  rmSync(join(here.folder, "node_modules/measure/main.js"));
  const played = await emitAndPlay(here, ["draw", '{"path":"a/pic.png"}'], ["count", "41"]);
  expect(played.code).toBe(0);
  expect(outcomesIn(played)).toEqual({
    draw: { result: { colour: 4, width: 70, beside: "beside the source", late: "late" } },
    count: { result: 42 },
  });
});

test("errors keep their names, and packages with native parts and those that are named stay outside", async () => {
  const here = place({
    ...sources,
    "node_modules/native/package.json": `{ "name": "native", "main": "main.js" }`,
    "node_modules/native/binding.gyp": "{}",
    "node_modules/native/main.js": "exports.native = 'native';",
    "node_modules/named/package.json": `{ "name": "named", "main": "main.js" }`,
    "node_modules/named/main.js": "exports.named = 'named';",
    "tasks/count.ts": `import { start, task } from "detent";
      import { native } from "native";
      import { named } from "named";
      class DrawError {}
      export const count = task({ id: "count", run: () => [native, named, DrawError.name, typeof start] });`,
  });
  const built = await here.detent(["build", "app.ts", "--external", "named,other"]);
  expect(built).toMatchObject({ code: 0, stderr: "" });
  expect(built.stdout).toMatch(
    /^app\.tasks\.mjs: 2 tasks, \d+ KiB\nstart it with: detent start app\.ts --tasks app\.tasks\.mjs\n$/,
  );
  const text = readFileSync(join(here.folder, "app.tasks.mjs"), "utf8");
  // What only a body that starts an engine would load, it loads from where it is.
  expect(text.length).toBeLessThan(10_000);
  expect(text).toMatch(/from "native"/);
  expect(text).toMatch(/from "named"/);
  const played = await emitAndPlay(here, ["draw", "null"], ["count", "1"]);
  expect(outcomesIn(played)).toEqual({
    draw: {
      error: expect.objectContaining({
        name: "DrawError",
        data: { why: "nothing to draw" },
      }) as object,
    },
    count: { result: ["native", "named", "DrawError", "function"] },
  });
});

test("a start warns when a source has changed since, and built again it doesn't", async () => {
  const here = place(sources);
  await here.detent(["build", "app.ts"]);
  expect((await emitAndPlay(here)).stdout).not.toContain("warning");
  here.write("tasks/colour.ts", "export enum Colour { red = 3, green = 9 }");
  expect((await emitAndPlay(here)).stdout).toMatch(
    /"warning".*"message":"\.\/tasks\/colour\.ts changed after file:.*app\.tasks\.mjs was built; run detent build again"/,
  );
  expect((await here.detent(["build", "app.ts"])).code).toBe(0);
  expect((await emitAndPlay(here)).stdout).not.toContain("warning");
  const elsewhere = await here.detent(["build", "app.ts", "--out", "made/here/tasks.mjs"]);
  expect(elsewhere).toMatchObject({ code: 0, stderr: "" });
});

const { "tasks/count.ts": count } = sources;
const without = (file: keyof typeof sources) => {
  const { [file]: _, ...rest } = sources;
  return rest;
};
const rows: readonly (readonly [
  what: string,
  files: { readonly [file: string]: string },
  args: readonly string[],
  code: number,
  line: RegExp,
])[] = [
  ["a file that is not there", {}, ["nope.ts"], 2, /^detent: there is no file nope\.ts/],
  [
    "a syntax error",
    { ...sources, "tasks/count.ts": `${count}\nconst = 1;` },
    ["app.ts"],
    2,
    /^detent: file:.*count\.ts can't be imported: .*4:7/,
  ],
  [
    "an import of nothing that is only reached when a body runs",
    without("tasks/late.ts"),
    ["app.ts"],
    2,
    /^detent: the tasks can't be bundled: tasks\/draw\.ts:11:39: Could not resolve "\.\/late\.ts"/,
  ],
  [
    "tasks that are values",
    {
      "app.ts": `import { detent, task } from "detent"; export default detent({ tasks: [task({ id: "a", run: () => 1 })] });`,
    },
    ["app.ts"],
    2,
    /^detent: app\.ts has no task modules to build; give detent\(\) their URLs/,
  ],
  ["a file of another kind", sources, ["app.ts", "--out", "x.txt"], 2, /^detent: --out: x\.txt/],
  [
    "the app itself",
    sources,
    ["app.ts", "--out", "own.js"],
    2,
    /own\.js is there and was not made/,
  ],
  [
    "a folder that can't be made",
    sources,
    ["app.ts", "--out", "own.js/sub/x.mjs"],
    1,
    /^detent: .*x\.mjs can't be written: /,
  ],
  [
    "a package that can't stand a bundle",
    {
      ...sources,
      "node_modules/picky/package.json": `{ "name": "picky", "main": "main.js" }`,
      "node_modules/picky/main.js": `if (!module.filename.endsWith("main.js")) throw new Error("I must be main.js");`,
      "tasks/count.ts": `import "picky"; ${count}`,
    },
    ["app.ts"],
    2,
    /^detent: the bundle can't be loaded: .*leave the package at fault outside with --external/,
  ],
];
test.concurrent.each(rows)("%s is one line", async (_, files, args, code, line) => {
  const here = place({ ...files, "own.js": "export {};" });
  const built = await here.detent(["build", ...args]);
  expect({ code: built.code, stdout: built.stdout }).toEqual({ code, stdout: "" });
  expect(built.stderr).toMatch(line);
  expect(built.stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(existsSync(join(here.folder, "app.tasks.mjs"))).toBe(false);
  expect(readFileSync(join(here.folder, "own.js"), "utf8")).toBe("export {};");
});
