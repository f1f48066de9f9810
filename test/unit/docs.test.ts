// Goal: the TypeScript that the documents show is right. Method: each block is written to a file, those that say a name (behind ```ts, or in their first line) under that name,
// beside the others of their document; all are checked at once.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "node_modules/.cache/detent-docs");

/** The TypeScript blocks of a document by their names; of one name the last, into which the reader has changed the others. */
const blocksOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/^```ts ?(\S*)\n(?:\/\/ (\S+\.ts)\n)?([^]*?)^```$/gm)].map(
      ([, behind, first, body], index) => [
        behind || (first ?? `block-${index}.ts`),
        body as string,
      ],
    ),
  );

/** What a reader has, and a document does not show. */
const brought = new Map([
  [
    "store/my-store.ts",
    'import type { Subject } from "detent/testing";\nexport declare const subject: Subject;',
  ],
]);

test("every TypeScript block of the documents is without a type error", () => {
  rmSync(folder, { recursive: true, force: true });
  const files = new Map(brought);
  for (const file of readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")))
    for (const [name, body] of blocksOf(readFileSync(join(root, "docs", file), "utf8")))
      files.set(join(basename(file, ".md"), name), body);
  expect(files.size).toBeGreaterThanOrEqual(12);
  for (const [name, body] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `${body}\nexport {};\n`);
  }
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: { noEmit: true, composite: false, incremental: false, types: ["node"] },
    include: ["**/*.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const check = () =>
    execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
      encoding: "utf8",
    });
  let said = "";
  try {
    check();
  } catch (error) {
    said = (error as { stdout: string }).stdout;
  }
  expect(said).toBe("");
});
