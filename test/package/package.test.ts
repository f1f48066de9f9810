// Goal: whoever installs the package gets what the documents promise, in whatever they work with. Method: the package is packed and installed by npm into an empty folder; the same
// small program, with threads and a store in a file, runs there on Node, Deno and Bun, and is checked by TypeScript in both ways to resolve modules. `npm run build` comes first.
import { readFileSync, rmSync } from "node:fs";
import { join, posix } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  binaries,
  installedGlobally,
  newFolder,
  packedInto,
  projectWith,
  root,
  type Packed,
  type Project,
} from "./installed.ts";
import { lineOf, peers } from "./peers.ts";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly exports: { readonly [subpath: string]: unknown };
  readonly peerDependencies: { readonly [name: string]: string };
  readonly peerDependenciesMeta: { readonly [name: string]: { readonly optional: boolean } };
};
const optional = Object.keys(manifest.peerDependenciesMeta);
const subpaths = Object.keys(manifest.exports)
  .filter((subpath) => subpath !== "./package.json")
  .map((subpath) => subpath.replace(".", "detent"));

const folder = newFolder();
let packed: Packed;
let project: Project;
beforeAll(() => {
  packed = packedInto(folder);
  project = projectWith(packed.tarball, join(folder, "project"));
  project.write(program);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = {
  "tasks.js": `
    import { task } from "detent";
    export const double = task({ id: "double", run: ({ n }) => n * 2 });`,
  "app.js": `
    import { detent, event, trigger } from "detent";
    export default detent({
      tasks: [new URL("./tasks.js", import.meta.url)],
      triggers: [trigger("twice", { when: event("number.came"), run: "double", input: (f) => f.event.payload })],
    });`,
  "main.js": `
    import { start } from "detent";
    import { runIdOf } from "detent/core";
    import app from "./app.js";
    const [file] = process.argv.slice(2);
    const runtime = await start(app, { store: "sqlite:" + file });
    await runtime.emit("number.came", { n: 21 }, { id: "first" });
    await runtime.idle();
    const { id, state, outcome } = await runtime.result(runIdOf("twice", ["first"]));
    await runtime.stop();
    console.log(JSON.stringify({ id, state, outcome }));
    process.exit(0);`,
};
const expectedRun = {
  id: expect.stringMatching(/^twice~[0-9A-Z]{26}$/) as string,
  state: "succeeded",
  outcome: expect.objectContaining({ result: 42 }) as object,
};

test("only what a user needs is inside: the built files, types, documents", () => {
  const foreign = packed.files.filter(
    (file) =>
      !/^(package\.json|(README|ARCHITECTURE|CHANGELOG|CONTRIBUTING)\.md|LICENSE|bin\/[\w-]+\.js)$/.test(
        file,
      ) &&
      !/^bench\/(RESULTS\.md|growth\.svg)$/.test(file) &&
      !/^examples\/([\w-]+\/)?[\w-]+\.(ts|js|json|html)$/.test(file) &&
      !/^docs\/([\w-]+\.md|grafana\.json|(api|decisions)\/[\w.-]+\.md|images\/[\w-]+\.webp)$/.test(
        file,
      ) &&
      !/^dist\/([\w-]+\/)*[\w.-]+\.(js|js\.map|d\.ts)$/.test(file) &&
      !/^dist\/dashboard\/[\w./-]+\.(html|css|svg|woff2)$/.test(file),
  );
  expect(foreign).toEqual([]);
  expect(packed.files).toContain("docs/quick-start.md");
  expect(packed.files.filter((file) => /(^|\/)(test|src)\//.test(file))).toEqual([]);
});

test("whatever a document inside links to is inside", () => {
  const dead = packed.files
    .filter((file) => file.endsWith(".md"))
    .flatMap((file) =>
      [...readFileSync(join(root, file), "utf8").matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
        .map(([, target]) => posix.join(posix.dirname(file), target as string))
        .filter((target) => !packed.files.some((it) => it === target || it.startsWith(target)))
        .map((target) => `${file} links to ${target}`),
    );
  expect(dead).toEqual([]);
});

test.each([
  ["Node", "node", []],
  ["Deno", "deno", ["run", "-A"]],
  ["Bun", "bun", []],
] as const)(
  "plain JavaScript runs on %s, on threads and a file",
  async (title, name, args) => {
    const { code, stdout, stderr } = await project.run(binaries[name], [
      ...args,
      "main.js",
      `${title}.db`,
    ]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toEqual(expectedRun);
  },
  60_000,
);

const noDom = { lib: ["ES2024"], types: [], skipLibCheck: true };
const nodeNext = { module: "NodeNext", moduleResolution: "NodeNext" };

test.each([
  ["NodeNext", { ...nodeNext, ...noDom }],
  ["Bundler", { module: "ESNext", moduleResolution: "Bundler", ...noDom }],
  ["the DOM beside them, all declarations checked", { ...nodeNext, types: [] }],
])(
  "types are found and right with %s",
  async (title, settings) => {
    const file = `types-${title.replaceAll(/\W/g, "-")}`;
    project.write({
      [`${file}/types.ts`]: typed,
      [`${file}/tsconfig.json`]: JSON.stringify({
        compilerOptions: {
          ...settings,
          target: "ES2024",
          strict: true,
          noEmit: true,
          exactOptionalPropertyTypes: true,
        },
        include: ["*.ts"],
      }),
    });
    expect(await project.run(binaries.tsc, ["-p", file, "--pretty", "false"])).toMatchObject({
      stdout: "",
      code: 0,
    });
  },
  60_000,
);

const typed = `
import { cron, detent, event, start, task, trigger } from "detent";
import { runIdOf, step } from "detent/core";
import { simulate } from "detent/simulation";
import type * as everything from "detent/testing";
export const shrink = task({ id: "shrink", run: (input: { path: string }) => input.path.length });
const came = event<{ path: string }>("file.came");
export const app = detent({
  tasks: [shrink],
  triggers: [
    trigger("small", { when: came, run: shrink, input: (f) => ({ path: f.event.payload.path }) }),
    // @ts-expect-error -- the task takes a path
    trigger("wrong", { when: cron("* * * * *"), run: shrink, input: { size: 1 } }),
  ],
});
export const id: string = runIdOf("small", ["a"]);
export const report = await simulate(app, { runs: 1 });
export const runtime = await start(app, { store: "memory:" });
// @ts-expect-error -- there is no such option
await start(app, { shop: 1 });
export type All = [typeof step, typeof everything];
`;

test("the command line works where it is installed globally", async () => {
  const bin = installedGlobally(packed.tarball, join(folder, "global"));
  const detent = join(bin, "detent");
  const next = await project.run(detent, [
    "next",
    "0 2 * * *",
    "--tz",
    "Europe/Madrid",
    "--from",
    "2026-03-01T00:00:00Z",
    "--count",
    "1",
    "--json",
  ]);
  expect({ code: next.code, stderr: next.stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(next.stdout)).toMatchObject({ occurrences: ["2026-03-01T01:00:00.000Z"] });
  const store = ["--store", "sqlite:global.db", "--json"];
  await project.run(detent, ["emit", "number.came", `{"n":4}`, ...store]);
  const started = await project.run(detent, ["start", "app.js", "--until-idle", ...store]);
  expect(started).toMatchObject({ code: 0 });
  const runs = JSON.parse((await project.run(detent, ["runs", ...store])).stdout) as {
    runs: unknown[];
  };
  expect(runs.runs).toMatchObject([{ task: "double", state: "succeeded", outcome: { result: 8 } }]);
}, 180_000);

test.each(subpaths)(
  "%s loads, or says which package it needs",
  async (subpath) => {
    project.write({
      "load.js": `import(${JSON.stringify(subpath)}).then(() => console.log("loaded"), ({ message }) => console.log(message));`,
    });
    const { stdout } = await project.run(binaries.node, ["load.js"]);
    const needing = peers.filter(({ asked }) => asked === subpath);
    const said = needing.map((peer) => lineOf(peer, project.folder));
    expect([stdout.trim()]).toEqual(said.length === 0 ? ["loaded"] : said);
  },
  60_000,
);

test("every optional package has a row in peers.ts that asks for it", () => {
  expect([...new Set(peers.map(({ peer }) => peer))].sort()).toEqual(optional.sort());
});

test.each(peers.map((it) => [it.peer, it] as const))(
  "without %s, whoever needs it is told so in one line",
  async (_, peer) => {
    project.write({
      "ask.js": `try { ${peer.program}; console.log("nothing was missing"); } catch (error) { console.log(error.name + ": " + error.message); } process.exit(0);`,
    });
    const { stdout, stderr } = await project.run(binaries.node, ["ask.js"]);
    expect({ stdout, stderr }).toEqual({
      stdout: `InputError: ${lineOf(peer, project.folder)}\n`,
      stderr: "",
    });
  },
  60_000,
);
