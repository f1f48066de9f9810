// Goal: a change of what users rely on does not pass unseen, and the reference says what the comments say. Method: `check:api` on a small package, built by hand, that is then
// changed; of the package itself, `npm run check` does the same.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, afterEach, expect, test } from "vitest";

const tool = join(import.meta.dirname, "../../tools/check-api.mjs");
let folder = "";
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const read = (path: string): string => readFileSync(join(folder, path), "utf8");
const checkApi = (...flags: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [tool, folder, ...flags], {
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status, stdout, stderr };
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "detent-api-test-"));
  write(
    "package.json",
    JSON.stringify({
      exports: {
        ".": { types: "./dist/index.d.ts" },
        "./clock": { types: "./dist/clock.d.ts" },
        "./package.json": "./package.json",
      },
    }),
  );
  write(
    "dist/index.d.ts",
    `export { wind, type Spring as Coil } from "./spring.ts";\nexport * from "./hand.ts";\n`,
  );
  write("dist/clock.d.ts", `export { Hand } from "./hand.ts";\n`);
  write(
    "dist/hand.d.ts",
    `/** Points. */\nexport declare class Hand {\n    /** In degrees. */\n    readonly angle: number;\n}\n`,
  );
  write(
    "dist/spring.d.ts",
    `import type { Hand } from "./hand.ts";
import type * as Effect from "effect/Effect";
/** What it is made of. */
type Metal = "steel" | "brass";
interface Unseen { readonly never: Metal }
export interface Spring<Of = Metal> { readonly metal: Of }
/** Winds it, by half a turn. */
export declare const wind: (spring: Spring, hand: Hand) => Effect.Effect<import("./turn.ts").Turn>;
`,
  );
  write("dist/turn.d.ts", `type Part = 0.5 | 1;\nexport interface Turn { readonly part: Part }\n`);
  expect(checkApi("--update")).toMatchObject({ status: 0 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the surface is what an entry point exports, and once what that names", () => {
  expect(read("api/detent.txt")).toBe(`# detent

class Hand {
  readonly angle: number;
}

const wind: (spring: Spring, hand: Hand) => Effect.Effect<import("./turn.ts").Turn>;

interface Spring<Of = Metal> { readonly metal: Of }

# named by these, and not exported

type Metal = "steel" | "brass";

type Part = 0.5 | 1;

interface Turn { readonly part: Part }
`);
  expect(read("api/detent-clock.txt")).toBe(
    "# detent/clock\n\nclass Hand {\n  readonly angle: number;\n}\n",
  );
});

test("the reference has the words of the comments under the names that are exported", () => {
  const reference = read("docs/api/detent.md");
  expect(reference).toContain("### wind\n\nWinds it, by half a turn.\n\n```ts\nconst wind: ");
  expect(reference).toContain("### Hand\n\nPoints.\n\n```ts\nclass Hand {\n  /** In degrees. */\n");
  expect(reference).toContain("### Coil\n\n```ts\ninterface Spring");
  expect(reference).not.toContain("Unseen");
  expect(read("docs/api/README.md")).toContain("- [`detent/clock`](detent-clock.md): `Hand`");
});

test("what was imported and is exported is what the other file declares, also under another name", () => {
  write(
    "dist/clock.d.ts",
    `import type { Hand } from "./hand.ts";
import type { Turn } from "./turn.ts";
export type { Hand, Turn as Round };
`,
  );
  expect(checkApi("--update")).toMatchObject({ status: 0, stderr: "" });
  expect(read("api/detent-clock.txt")).toBe(`# detent/clock

class Hand {
  readonly angle: number;
}

interface Turn { readonly part: Part }

# named by these, and not exported

type Part = 0.5 | 1;
`);
  expect(read("docs/api/detent-clock.md")).toContain("### Round\n\n```ts\ninterface Turn");
});

test("what is as agreed passes", () => {
  expect(checkApi()).toEqual({
    status: 0,
    stdout: "2 entry points with 4 names are as agreed.\n",
    stderr: "",
  });
});

test.each([
  [
    "a name that is gone",
    "dist/clock.d.ts",
    "export { Hand }",
    "declare const Lost: 1; export { Lost as Hands }",
    "-class Hand {",
  ],
  ["a type that is only named", "dist/spring.d.ts", `| "brass"`, "", `+type Metal = "steel" ;`],
  ["a comment", "dist/hand.d.ts", "Points.", "Points somewhere.", "+Points somewhere."],
])("%s is shown as a difference", (_, file, before, after, line) => {
  write(file, read(file).replace(before, after));
  const { status, stdout, stderr } = checkApi();
  expect(stdout.split("\n")).toContain(line);
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("npm run check:api -- --update") as string,
  });
});

test("a file of an entry point that is no more is stale", () => {
  write("api/detent-old.txt", "# detent/old\n");
  expect(checkApi()).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("api/detent-old.txt\n") as string,
  });
});
