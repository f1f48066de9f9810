// Goal: every example does what its last lines say. Method: each is run in a process of its own, by the project's Node or the runtime that it is
// for, and what it prints is compared.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const files = readdirSync(new URL("examples/", root));
const examples = [
  ...files.filter((file) => /^\d\d-.*\.ts$/.test(file)).map((file) => [file, "node/bin/node"]),
  ["embed-deno.ts", "deno/deno", "run", "-A"],
  ["embed-bun.ts", "bun/bin/bun.exe"],
] as const;

test("there are examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(8);
});

test.concurrent.each<readonly string[]>(examples)(
  "%s prints its output and is short",
  async (file = "", binary, ...args) => {
    const source = readFileSync(new URL(`examples/${file}`, root), "utf8");
    const [program, output] = source.split("\n// Output:\n");
    const { stdout, stderr } = await promisify(execFile)(
      `node_modules/${binary}`,
      [...args, `examples/${file}`],
      { cwd: root, timeout: 25_000 },
    );
    expect(stderr).toBe("");
    expect(stdout.trimEnd()).toBe((output ?? "").trimEnd().replaceAll(/^\/\/ ?/gm, ""));
    expect((program ?? "").split("\n").length).toBeLessThanOrEqual(60);
  },
);
