// Goal: net 5, the same signals give the same bytes wherever and whenever they are routed. Method: a world of three engines with faults, once in each of two time zones,
// with the clock, chance and timers of the machine made to throw: this sees into dependencies too.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const trace = (timeZone: string): string =>
  execFileSync(process.execPath, [join(import.meta.dirname, "../support/traced-world.ts")], {
    env: { ...process.env, TZ: timeZone },
    encoding: "utf8",
    timeout: 100_000,
  });

test("one script gives one trace under two time zones, with Date, Math.random and timers made to throw", () => {
  const [kathmandu, honolulu] = [trace("Asia/Kathmandu"), trace("Pacific/Honolulu")];
  expect(kathmandu).toBe(honolulu);
  // It did happen: a cron across a change of the clocks, a join, a failure, a settled scope, and faults.
  for (const word of ["daily~", "join~", "on-failure~", "done~", '"state":"failed"', "✗ crashes"])
    expect(kathmandu).toContain(word);
}, 120_000);
