// Goal: every example does what its last lines say. Method: each is run by the project's Node in a process of its own, and what it prints is compared.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const examples = readdirSync(new URL("examples/", root)).filter((file) =>
  /^\d\d-.*\.ts$/.test(file),
);

test("there are examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(8);
});

test.concurrent.each(examples)("%s prints its output and is short", async (file) => {
  const source = readFileSync(new URL(`examples/${file}`, root), "utf8");
  const [program, output] = source.split("\n// Output:\n");
  const { stdout, stderr } = await promisify(execFile)(
    "node_modules/.bin/node",
    [`examples/${file}`],
    {
      cwd: root,
      timeout: 25_000,
    },
  );
  expect(stderr).toBe("");
  expect(stdout.trimEnd()).toBe((output ?? "").trimEnd().replaceAll(/^\/\/ ?/gm, ""));
  expect((program ?? "").split("\n").length).toBeLessThanOrEqual(60);
});
