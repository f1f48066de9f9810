// Goal: a plan goes the same way wherever it is played: on every runtime that detent supports, under any time zone of the machine, with Date, Math.random and timers made to
// throw. Method: each runtime, from its npm package, plays the same plans in a process of its own and prints the hash of every step; a runtime that can't be had is skipped.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Outcome } from "./plans.ts";

const runtimes = [
  { title: "Node 24", binary: "node/bin/node", args: [] },
  { title: "Node 22", binary: "node22/bin/node", args: [] },
  { title: "Node 26", binary: "node26/bin/node", args: [] },
  { title: "Bun", binary: "bun/bin/bun.exe", args: [] },
  { title: "Deno", binary: "deno/deno", args: ["run", "-A"] },
] as const;
const zones = ["America/New_York", "Asia/Kathmandu"] as const;

const placeOf = (path: string): string =>
  fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));

const hashesOn = async (
  binary: string,
  args: readonly string[],
  zone: string,
): Promise<readonly Outcome[]> => {
  const script = fileURLToPath(new URL("./play-plans.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(placeOf(binary), [...args, script], {
    env: { ...process.env, TZ: zone },
    timeout: 100_000,
  });
  return JSON.parse(stdout).hashes as readonly Outcome[];
};

describe("a plan gives one trace", () => {
  const first = hashesOn("node/bin/node", [], "UTC");

  test("in which something has happened, and no law broke", async () => {
    const hashes = await first;
    expect(new Set(hashes.map(([hash]) => hash)).size).toBe(hashes.length);
    expect(hashes.every(([hash]) => /^[0-9a-f]{16}$/.test(hash))).toBe(true);
    expect(hashes.map(([, , laws]) => laws)).toEqual(hashes.map(() => []));
    expect(hashes.slice(1).every(([, faults]) => faults > 0)).toBe(true);
    expect(hashes.every(([, , , runs]) => runs.length > 0)).toBe(true);
  }, 120_000);

  for (const { title, binary, args } of runtimes)
    test.for(zones)(`on ${title} under %s`, { timeout: 120_000 }, async (zone, { skip }) => {
      skip(!existsSync(placeOf(binary)), `there is no node_modules/${binary}`);
      expect(await hashesOn(binary, args, zone)).toEqual(await first);
    });
});
