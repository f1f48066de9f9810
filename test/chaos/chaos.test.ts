/**
 * Goal: whoever is killed or stopped when, nothing is lost and nothing is doubled.
 * Method: the chaos, with a dozen kills instead of a thousand.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const file = fileURLToPath(new URL("./chaos.ts", import.meta.url));

test("twelve kills among four engines on different runtimes leave a history without a flaw", async () => {
  const chaos = spawn(process.execPath, [file, "--kills", "12"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [stdout, [code]] = await Promise.all([text(chaos.stdout), once(chaos, "exit")]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^clean$/m) });
  const figures = JSON.parse(/^\{.*\}$/m.exec(stdout)?.[0] ?? "{}");
  expect(figures).toMatchObject({ kills: 12, died: 0 });
  // Otherwise there was nothing to lose.
  expect(figures.acknowledged).toBeGreaterThan(20);
}, 180_000);
