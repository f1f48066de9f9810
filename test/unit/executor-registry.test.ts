/**
 * Goal: tasks are found in whatever way a user's modules are written, the same on the main thread and in workers; a module that can't be imported is an
 * outcome with the error, never a hang.
 * Method: modules are written to a directory of their own, as TypeScript that type stripping alone can't run must not lie among these sources.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { threadExecutor } from "../../src/runtime/executor/executor.ts";
import { loadTasks } from "../../src/runtime/executor/registry.ts";
import { Stage } from "../runtimes/executor-stage.ts";

const directory = mkdtempSync(join(tmpdir(), "detent-registry-"));
afterAll(() => rmSync(directory, { recursive: true }));

const write = (name: string, source: string): URL => {
  const file = join(directory, name);
  writeFileSync(file, source);
  return pathToFileURL(file);
};
const taskSource = (id: string, value = "1") =>
  `export const ${id} = { _tag: "Task", id: "${id}", run: () => ${value} }\n`;

write("package.json", '{ "type": "module" }');
write("part.ts", "export type Kind = string\nexport const part: number = 5\n");
write("types.ts", "export interface Shape { x: number }\nexport const y = 1\n");

const readable = {
  "plain.mjs": taskSource("plain"),
  "stripped.ts": `import { part, type Kind } from "./part.ts"\nconst k: Kind = "k"\n${taskSource("stripped", "k + part")}`,
  "enumerated.ts": `export enum Colour { red = 3 }\n${taskSource("enumerated", "Colour.red")}`,
  "parameter.ts": `class P { constructor(readonly x: number) {} }\n${taskSource("parameter", "new P(2).x")}`,
  "decorated.ts": `const d = (v: any, _: any) => v\n@d class X {}\n${taskSource("decorated", "X.name")}`,
  "specifier.ts": `import { part } from "./part.js"\n${taskSource("specifier", "part")}`,
  "bare.ts": `import { part } from "./part"\n${taskSource("bare", "part")}`,
  "shaped.ts": `import { Shape } from "./types.ts"\nconst s: Shape = { x: 9 }\n${taskSource("shaped", "s.x")}`,
  "awaiting.ts": `const seven = await Promise.resolve(7)\n${taskSource("awaiting", "seven")}`,
  "common.cjs": `exports.common = { _tag: "Task", id: "common", run: () => 1 }\n`,
};
const urls = Object.entries(readable).map(([name, source]) => write(name, source));
const ids = [
  "plain",
  "stripped",
  "enumerated",
  "parameter",
  "decorated",
  "specifier",
  "bare",
  "shaped",
  "awaiting",
  "common",
];

test("the main thread finds the tasks of modules in every dialect, in their order", async () => {
  expect((await loadTasks(urls)).map((task) => task.id)).toEqual(ids);
});

test("worker threads find and run them too", async () => {
  const stage = await Stage.open(threadExecutor({ modules: urls, slots: 1 }));
  const results: unknown[] = [];
  for (const id of ids) {
    // oxlint-disable-next-line no-await-in-loop -- there is one slot
    const { outcome } = await stage.ended(stage.start("", { task: id }));
    results.push(outcome._tag === "Succeeded" ? outcome.result : outcome);
  }
  expect(results).toEqual([1, "k5", 3, 2, "X", 5, 5, 9, 7, 1]);
  await stage.close();
});

test("a task that is exported twice is one task, and other exports are none", async () => {
  const twice = write(
    "twice.mjs",
    `${taskSource("twice")}export { twice as again }\nexport const other = 1, nothing = null\n`,
  );
  expect((await loadTasks([twice, twice])).map((task) => task.id)).toEqual(["twice"]);
});

test.each([
  ["throws", "throw new RangeError('at import')", "RangeError", /^at import$/],
  ["lacks a module", 'import "./nowhere.ts"', "Error", /nowhere/],
  ["is no TypeScript", "const = 1", /Error/, /./],
])(
  "a module that %s when imported: its error is the main thread's, and the outcome in workers",
  async (what, source, name, message) => {
    const broken = write(`${what.replaceAll(" ", "-")}.ts`, `${source}\n${taskSource("broken")}`);
    const error = (await loadTasks([broken]).catch((thrown: unknown) => thrown)) as Error;
    expect(error.name).toMatch(name);
    expect(error.message).toMatch(message);

    const stage = await Stage.open(
      threadExecutor({ modules: [broken, ...urls.slice(0, 1)], slots: 1 }),
    );
    await stage.free(1);
    const other = await stage.ended(stage.start("", { task: "plain" }));
    expect(other.outcome).toEqual({ _tag: "Succeeded", result: 1 });
    const { outcome } = await stage.ended(stage.start("", { task: "broken" }));
    expect(outcome).toMatchObject({
      _tag: "Released",
      holdMillis: 30_000,
      error: {
        name: expect.stringMatching(name) as string,
        message: expect.stringMatching(message) as string,
      },
    });
    expect(stage.warnings()[0]).toMatch(/a module with tasks can't be imported/);
    await stage.close();
  },
);

test("a module whose import never ends: the operator is told, and nothing hangs", async () => {
  const endless = write("endless.mjs", `await new Promise(() => {})\n${taskSource("endless")}`);
  const stage = await Stage.open(threadExecutor({ modules: [endless], slots: 1, bootMillis: 100 }));
  expect(stage.capacity).toBe(0);
  expect(stage.warnings()[0]).toMatch(/has not loaded its modules for 100 ms/);
  await stage.close();
});

test("a module that leaves a timer behind which throws: the operator is told, and threads are replaced ever more slowly", async () => {
  const ticking = write(
    "ticking.mjs",
    `setTimeout(() => { throw new Error("tick") })\n${taskSource("ticking")}`,
  );
  const stage = await Stage.open(threadExecutor({ modules: [ticking], slots: 1 }));
  await stage.until("three warnings", () => stage.warnings().length === 3);
  expect(new Set(stage.warnings())).toEqual(
    new Set([expect.stringMatching(/^A module with tasks, or a run, .* Error: tick\./)]),
  );
  await stage.close();
  expect(stage.warnings()).toHaveLength(3);
});
