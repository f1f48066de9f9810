// `npm run check:nets`: five nets keep time, chance and outer layers out of src/core. This proves that each of them
// still catches what it is for: it copies the project, breaks the copy in one way at a time, runs the net that must
// notice, and demands red, for the reason that the table names. The unbroken copy must be green.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative, resolve } from "node:path";

/** Nets 1 to 4 read the code, net 5 runs it. */
const nets = {
  1: { name: "compiler", command: "tsc -b src/core" },
  2: { name: "linter", command: "oxlint src" },
  3: {
    name: "Effect's rules",
    command: "effect-tsgo diagnostics --project tsconfig.lint.json --format text",
  },
  4: { name: "layers", command: "vitest run test/unit/architecture.test.ts" },
  5: { name: "determinism", command: "vitest run test/property/determinism.test.ts" },
};

/** net | what is wrong | a file of the core that does it | what the net must say */
const violations = `
1 | process                             | export const a = process.env["TZ"];                            | 'process'
1 | fetch                               | export const a = fetch("x:");                                  | 'fetch'
1 | setTimeout                          | setTimeout(() => {}, 1);                                       | 'setTimeout'
1 | node:fs                             | export * from "node:fs";                                       | node:fs
1 | a file outside the core             | export * from "../index.ts";                                   | TS6059|TS6307
2 | Date.now()                          | export const a = Date.now();                                   | 'Date'
2 | Date under another name             | const D = Date; export const a = new D();                      | 'Date'
2 | Date of globalThis                  | export const a = globalThis.Date.now();                        | globalThis
2 | Math.random()                       | export const a = Math.random();                                | Math.random
2 | random taken out of Math            | const { random } = Math; export const a = random();            | Math.random
2 | setTimeout                          | setTimeout(() => {}, 1);                                       | 'setTimeout'
2 | process                             | export const a = process.env["TZ"];                            | 'process'
2 | node:fs                             | import "node:fs";                                              | node:fs
2 | fs, without node:                   | export * from "fs/promises";                                   | fs/promises
2 | Effect as a whole                   | export { Effect } from "effect";                               | 'effect' import
2 | an adapter                          | export * from "../adapters/sqlite/index.ts";                   | adapters/sqlite
2 | a circle of imports                 | import { b } from "./circle.ts"; export const a = () => b;     | no-cycle
3 | new Date() under another name       | const D = Date; export const a = new D();                      | globalDate
3 | Math.random() under another name    | const m = Math; export const a = m.random();                   | globalRandom
3 | setTimeout under another name       | const t = setTimeout; t(() => {}, 1);                          | globalTimers
3 | an Effect that nobody runs          | import * as Effect from "effect/Effect"; Effect.log("lost");   | floatingEffect
4 | a type of the runtime               | export type { Runtime } from "../runtime/runtime.ts";          | import src/runtime
4 | an adapter, when it runs            | export const a = () => import("../adapters/sqlite/index.ts");  | import src/adapters
4 | a name that is known when it runs   | export const a = (name: string) => import(name);               | import computed
4 | Effect in a decision                | export * from "effect/Effect";                                 | import effect/Effect
`;

/** what is wrong | what a file beside the engine exports for it | what each step then does. Only net 5 can see it. */
const hidden = `
the clock, read by a dependency    | export { nowUnsafe as hidden } from "effect/DateTime"; | hidden();
the clock, in code made of text    | export const hidden = "return Date.now()";            | (() => {}).constructor(hidden)();
the zone of the machine            | export const hidden = () => new Intl.DateTimeFormat().resolvedOptions().timeZone; | if (hidden() !== "UTC") throw new Error("elsewhere");
`;

const project = resolve(import.meta.dirname, "..");
const copy = fs.mkdtempSync(join(tmpdir(), "detent-nets-"));
const core = join(copy, "src/core");
const secondsMax = 60;
let surprises = 0;

try {
  copyProject();
  for (const net of numbers()) demandGreen(net, "nothing");
  for (const [net = "", name = "", source = "", says = ""] of rows(violations)) {
    fs.writeFileSync(join(core, "violation.ts"), `${source}\n`);
    fs.writeFileSync(
      join(core, "circle.ts"),
      'import { a } from "./violation.ts";\nexport const b = () => a;\n',
    );
    if (!name.includes("circle")) fs.rmSync(join(core, "circle.ts"));
    demandRed(Number(net), name, says);
    fs.rmSync(join(core, "violation.ts"));
    fs.rmSync(join(core, "circle.ts"), { force: true });
  }
  const step = fs.readFileSync(join(core, "step.ts"), "utf8");
  fs.mkdirSync(join(core, "simulation"), { recursive: true });
  fs.writeFileSync(join(core, "simulation/hidden.ts"), "export const hidden = 0;\n");
  fs.writeFileSync(join(core, "step.ts"), tainted(step, "void hidden;"));
  for (const net of numbers()) demandGreen(net, "nothing, by way of a file of its own");
  for (const [name = "", source = "", statement = ""] of rows(hidden)) {
    fs.writeFileSync(join(core, "simulation/hidden.ts"), `${source}\n`);
    fs.writeFileSync(join(core, "step.ts"), tainted(step, statement));
    for (const net of numbers().filter((it) => it !== 5)) demandGreen(net, name);
    demandRed(5, name, "");
  }
} finally {
  fs.rmSync(copy, { recursive: true, force: true });
}
console.log(surprises === 0 ? "Every net holds." : `${surprises} not as demanded.`);
process.exitCode = surprises === 0 ? 0 : 1;

function numbers() {
  return Object.keys(nets).map(Number);
}

/** @param {string} table */
function rows(table) {
  return table
    .trim()
    .split("\n")
    .map((row) => row.split(" | ").map((cell) => cell.trim()));
}

/** `step.ts` with a `step` that first runs `statement`, and is as it was otherwise. */
function tainted(source, statement) {
  const renamed = source.replace(/export (const|function) step\b/, "$1 innocentStep");
  if (renamed === source) throw new Error("src/core/step.ts exports no `step`");
  const step = `((...given: Parameters<typeof innocentStep>) => {\n  ${statement}\n  return innocentStep(...given);\n})`;
  return `import { hidden } from "./simulation/hidden.ts";\n${renamed}\nexport const step = ${step} as typeof innocentStep;\n`;
}

function demandGreen(net, name) {
  const { red, output } = cast(net);
  report(net, name, "green", !red, output);
}

function demandRed(net, name, says) {
  const { red, output } = cast(net);
  report(net, name, "red", red && new RegExp(says).test(output), output);
}

function report(net, name, demanded, met, output) {
  const verdict = met ? demanded : demanded === "red" ? "GREEN, OR RED FOR ANOTHER REASON" : "RED";
  console.log(`${name.padEnd(36)} → ${net} ${nets[net].name.padEnd(15)} → ${verdict}`);
  if (met) return;
  surprises += 1;
  console.log(
    output
      .split("\n")
      .slice(0, 40)
      .map((line) => `    ${line}`)
      .join("\n"),
  );
}

function cast(net) {
  const path = `${join(copy, "node_modules/.bin")}${delimiter}${process.env["PATH"]}`;
  const { status, stdout, stderr, error } = spawnSync(nets[net].command, {
    cwd: copy,
    env: { ...process.env, PATH: path, NO_COLOR: "1" },
    shell: true,
    encoding: "utf8",
    timeout: secondsMax * 1000,
  });
  return { red: status !== 0 && error === undefined, output: `${stdout}${stderr}${error ?? ""}` };
}

/** All but what was built or installed; the packages are linked one by one, so that `detent` is the copy itself. */
function copyProject() {
  const left = new Set([".git", "dist", "node_modules"]);
  fs.cpSync(project, copy, {
    recursive: true,
    filter: (path) => !left.has(relative(project, path)),
  });
  fs.mkdirSync(join(copy, "node_modules"));
  for (const name of fs.readdirSync(join(project, "node_modules"))) {
    const target = name === "detent" ? copy : join(project, "node_modules", name);
    fs.symlinkSync(target, join(copy, "node_modules", name), "junction");
  }
}
