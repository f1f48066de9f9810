// Goal: what the documents show is what happens. Method: README's programs are compared with examples that examples.test.ts runs, its commands with package.json or with
// what they print, and the tests that docs/guarantees.md names are looked for.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { skipReasons } from "../../src/core/skip-reason.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const readme = read("README.md");
const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
  language,
  text: (text ?? "").trimEnd(),
}));
const commands = blocks.flatMap(({ language, text }) =>
  language === "sh" ? text.split("\n") : [],
);

test("every program of the README is one of the examples", () => {
  const examples = readdirSync(join(root, "examples"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => read(join("examples", file)).split("\n// Output:\n")[0]?.trimEnd());
  const programs = blocks.filter(({ language }) => language === "ts").map(({ text }) => text);
  expect(programs.length).toBeGreaterThanOrEqual(3);
  expect(programs.filter((program) => !examples.includes(program))).toEqual([]);
});

test("the output that the README shows is that of its first program", () => {
  const output = read("examples/00-first.ts").split("\n// Output:\n")[1];
  expect(blocks.find(({ language }) => language === "text")?.text).toBe(
    output?.trimEnd().replaceAll(/^\/\/ /gm, ""),
  );
});

test("every command of the README is a script of package.json, or the command line", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const npm = commands.flatMap((line) => line.split(" && ")).filter((it) => it.startsWith("npm "));
  const others = commands.filter((line) => !line.startsWith("npm "));
  expect(npm.filter((it) => it !== "npm ci" && !(it.slice("npm ".length) in scripts))).toEqual([]);
  expect(others.filter((line) => !line.startsWith("npx detent "))).toEqual([]);
});

test("the next occurrences that the README asks for pass over the hour that summer time leaves out", () => {
  const command = commands.find((line) => line.startsWith("npx detent next")) ?? "";
  const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  const answer = execFileSync("node_modules/.bin/node", ["bin/detent.js", ...words.slice(2)], {
    cwd: root,
    encoding: "utf8",
  });
  expect((JSON.parse(answer) as { occurrences: string[] }).occurrences).toEqual([
    "2026-03-28T01:30:00.000Z",
    "2026-03-29T01:00:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
});

test.each(["docs/guarantees.md", "docs/security.md"])("every test that %s names exists", (doc) => {
  const named = [...read(doc).matchAll(/^- `([^`]+)`: (.+)$/gm)];
  expect(named.length).toBeGreaterThan(10);
  const missing = named.filter(
    ([, file, name]) => !read(file ?? "").includes(JSON.stringify(name).slice(1, -1)),
  );
  expect(missing.map(([line]) => line)).toEqual([]);
});

test("every link of the documents leads to a file", () => {
  const documents = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".md"))
      .map((file) => join("docs", file)),
  ];
  const dead = documents.flatMap((file) =>
    [...read(file).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
      .map(([, target]) => join(dirname(file), target ?? ""))
      .filter((target) => !existsSync(join(root, target))),
  );
  expect(dead).toEqual([]);
});

test("every source file that ARCHITECTURE.md names exists", () => {
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  const named = [...read("ARCHITECTURE.md").matchAll(/[\w./-]+\.ts\b/g)].map(([file]) => file);
  expect(named.length).toBeGreaterThan(15);
  expect(
    named.filter(
      (name) =>
        !existsSync(join(root, name)) && !files.some((file) => `/${file}`.endsWith(`/${name}`)),
    ),
  ).toEqual([]);
});

test("docs/guarantees.md says of each reason for a skip what was decided, and of no other", () => {
  const told = [...read("docs/guarantees.md").matchAll(/^\| `([a-z-]+)` +\| \S/gm)].map(
    ([, reason]) => reason as string,
  );
  expect(told.toSorted()).toEqual([...skipReasons].sort());
});
