// Goal: docs/operating.md is true: whoever follows it from the alarm to the causes sees what it shows. Method: the night is lived by a clock that is shifted, then each command of the
// document is run as it stands there, with the command line bundled from the sources. Then the document is falsified, and that is noticed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleCli, bundled, newPlace } from "../support/cli.ts";
import { follow } from "../support/operating.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/operating.md"), "utf8");
const places = [newPlace(), newPlace()] as const;
beforeAll(bundleCli, 60_000);
afterAll(() => places.forEach((it) => it.remove()));

const detent = [process.execPath, bundled];

test("each command of the document does what the document says", () => {
  const { commands, faults } = follow(document, { folder: places[0].folder, detent });
  expect(faults).toEqual([]);
  expect(commands).toBeGreaterThan(20);
}, 240_000);

test("what the document shows and a command does not print is told with its line, and so is another exit code", () => {
  const [app] = /```ts app\.ts[\s\S]*?^```$/m.exec(document) ?? [];
  const text = `${app}\n\`\`\`sh\ndetent check app.ts\n\`\`\`\n\n\`\`\`text\n5 triggers, 3 tasks…\n\`\`\`\n\`\`\`sh\ndetent show nothing\n\`\`\`\n`;
  const { faults } = follow(text, { folder: places[1].folder, detent, lived: [] });
  expect(faults).toMatchObject([
    { fault: expect.stringContaining('prints no "5 triggers, 3 tasks…"') },
    { command: "detent show nothing", fault: expect.stringContaining("exits with 2") },
  ]);
}, 120_000);
