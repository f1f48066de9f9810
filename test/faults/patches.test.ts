// Goal: the faults can still be put back. Method: each patch is looked for in the source; `npm run test:faults` runs them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { patches } from "./patches.ts";

const root = join(import.meta.dirname, "../..");

test("every fault from 1 to 23 has a patch that puts it back, and each patch fits the source in one place: where the code has changed, change the patch with it", () => {
  const faults = new Set(patches.map(({ fault }) => fault));
  expect([...faults].sort((one, other) => one - other)).toEqual(
    Array.from({ length: 23 }, (_, index) => index + 1),
  );
  const misfits = patches.filter(
    ({ file, find }) => readFileSync(join(root, file), "utf8").split(find).length !== 2,
  );
  expect(misfits.map(({ fault, title, file }) => `${fault}: ${title}: ${file}`)).toEqual([]);
});
