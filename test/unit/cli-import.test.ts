/**
 * Goal: when a file of the user's can't be imported, one line says what is wrong, in which file and line, and how to mend it.
 * Method: a faulty file each, beside an app that needs it, and the command line as a process.
 */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleCli, newPlace, type Place } from "../support/cli.ts";

let place: Place;
const at = (file: string): string => join(realpathSync(place.folder), file);

beforeAll(() => {
  bundleCli();
  place = newPlace();
  place.write("package.json", '{ "type": "module" }');
  place.write("bad.mjs", "export const a = 1;\nexport const = 2;\n");
  place.write(
    "late.ts",
    "interface A { x: number }\nconst all: A[] = [];\n\nexport const x = all[0]!.x;\n",
  );
}, 60_000);
afterAll(() => place.remove());

/** What `detent check` says of an app whose task module is this one; the module is left out of what it says. */
const saidOf = async (module: string, source: string | null): Promise<string> => {
  const app = `app-of-${module}.js`;
  place.write(
    app,
    `import { detent } from "detent"; export default detent({ tasks: [new URL("./${module}", import.meta.url)], triggers: [] });`,
  );
  if (source !== null) place.write(module, source);
  const { code, stdout, stderr } = await place.detent(["check", app]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  const begin = `detent: ${pathToFileURL(at(module)).href} can't be imported: `;
  expect(stderr.slice(0, begin.length)).toBe(begin);
  return stderr.slice(begin.length).replaceAll(at("/"), "…/");
};

test.concurrent.each([
  ["gone.ts", null, "there is no such file; correct its path"],
  [
    "lacks-file.ts",
    'export const a = 1;\nexport { b } from "./nowhere.ts";\n',
    '…/lacks-file.ts:2 imports "./nowhere.ts", and there is no such file; correct the path, with its extension',
  ],
  [
    "lacks-package.mjs",
    '// first\nimport "no-such-package/part";\n',
    '…/lacks-package.mjs:2 imports the package "no-such-package", which is not installed there; npm install no-such-package',
  ],
  [
    "throws-within.ts",
    'import "./late.ts";\n',
    "TypeError: Cannot read properties of undefined (reading 'x') (…/late.ts:4:26)",
  ],
  ["throws.mjs", '\nthrow new RangeError("late\\nmore");', "RangeError: late (…/throws.mjs:2:7)"],
  ["throws-text.mjs", 'throw "only text"', "Error: threw only text"],
  [
    "lacks-export.ts",
    '\nimport { y } from "./late.ts";\nexport const a = y;\n',
    "SyntaxError: The requested module './late.ts' does not provide an export named 'y' (…/lacks-export.ts:2)",
  ],
  [
    "syntax.ts",
    "enum E { A }\nexport const = E.A;\n",
    'SyntaxError: Expected identifier but found "=" (…/syntax.ts:2:14)',
  ],
  [
    "syntax-within.mjs",
    'import "./bad.mjs";\n',
    'SyntaxError: Expected identifier but found "=" (…/bad.mjs:2:14)',
  ],
])("a task module, %s", async (module, source, expected) => {
  expect(await saidOf(module, source)).toBe(`${expected}\n`);
});

test.concurrent("an app file, and a configuration, say it in the same way", async () => {
  place.write("app.ts", "const a = 1;\nexport default detent({ tasks: [ });\n");
  const app = await place.detent(["check", "app.ts"]);
  expect(app).toEqual({
    code: 2,
    stdout: "",
    stderr: `detent: app.ts can't be imported: SyntaxError: Unexpected "}" (${at("app.ts")}:2:34)\n`,
  });
  const other = newPlace();
  other.write("package.json", '{ "type": "module" }');
  other.write("detent.config.ts", '\nexport default { store: process.env["A"]!.trim() };\n');
  const { code, stderr } = await other.detent(["runs"]);
  expect([code, stderr]).toEqual([
    2,
    `detent: detent.config.ts can't be imported: TypeError: Cannot read properties of undefined (reading 'trim') (${join(realpathSync(other.folder), "detent.config.ts")}:2:43)\n`,
  ]);
  other.remove();
});
