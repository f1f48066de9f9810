/**
 * Goal: under bodies that end in every way, cancels at random and an engine that is killed, every run is settled once, as its body must be.
 * Method: the soak, for ten seconds instead of ten minutes. What it says of time and memory is not judged here.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const file = fileURLToPath(new URL("./soak.ts", import.meta.url));

test("a soak of ten seconds, with a kill, is clean", async () => {
  const soak = spawn(process.execPath, [file, "--seconds", "10"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [stdout, [code]] = await Promise.all([text(soak.stdout), once(soak, "exit")]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^clean$/m) });
  expect(stdout).toMatch(/"kills": [1-9]/);
}, 300_000);
