/**
 * Goal: `detent simulate` promises to scripts an exit code for each kind of answer.
 * Method: the bundle of the sources, run as a process in folders of their own.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleCli, newPlace, type Place } from "../support/cli.ts";

const places: Place[] = [];
const place = (): Place => {
  const made = newPlace();
  places.push(made);
  return made;
};
beforeAll(bundleCli, 60_000);
afterAll(() => places.forEach((it) => it.remove()));

describe("simulate", () => {
  const app = `import { detent, event, task, trigger } from "detent";
    let count = 0;
    const work = task({ id: "work", run: (n) => { console.log("noise"); return n; } });
    const odd = task({ id: "odd", run: () => count++ });
    export default detent({ tasks: [work, odd], triggers: [
      trigger("t", { when: event("e"), run: process.env.ODD ? odd : work }),
    ] });`;
  const plans = ["--runs", "2", "--for", "5 min", "--seed", "4"];

  test("tells scripts what it found, and that nothing was is exit code 0", async () => {
    const here = place();
    here.write("app.js", app);
    const { code, stdout, stderr } = await here.detent(["simulate", "app.js", ...plans, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      seed: 4,
      runs: 2,
      distinct: 2,
      violations: [],
      vacuous: [],
      traceHash: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    const again = await here.detent(["simulate", "app.js", ...plans, "--json"]);
    expect(again.stdout).toBe(stdout);
  });

  test("has an exit code for each kind of answer", async () => {
    const here = place();
    here.write("app.js", app);
    const calm = ["simulate", "app.js", ...plans, "--faults", "none"];
    const odd = await here.detent(calm, { env: { ODD: "1" } });
    expect(odd.code).toBe(4);
    expect(odd.stdout).toContain("✗ deterministic: one plan went two ways");
    here.write(
      "silent.js",
      `import { detent } from "detent"; export default detent({ tasks: [] });`,
    );
    const silent = await here.detent(["simulate", "silent.js", "--runs", "1", "--json"]);
    expect(silent.code).toBe(3);
    expect(JSON.parse(silent.stdout).vacuous).toEqual([
      "no run was owed in any plan; no trigger was satisfied",
    ]);
    const wrong = await here.detent(["simulate", "app.js", "--faults", "crsh"]);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('faults: "crsh" is no kind of fault'),
    });
    expect(await here.detent(["simulate", "app.js", "--faults", "none,crash"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('faults: "none" stands alone'),
    });
    expect(await here.detent(["simulate"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("give APP, the app's file"),
    });
    expect(await here.detent(["simulate", "app.js", "--sabotage"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("leave app.js out"),
    });
  });

  test("tries its own oracle: a mutant that lives through its plans is exit code 1", async () => {
    const little = ["--runs", "1", "--for", "10 s"];
    const { code, stdout } = await place().detent(["simulate", "--sabotage", ...little]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/events-collapse +1 {2}no-lost-run\n +several firings/);
    expect(stdout).toMatch(/\d of \d+ mutants live: .*loser-clears/);
    expect(stdout).toContain("the engine itself keeps all laws in the same 1 plan");
  });

  test("does not run what modules export unless it is asked to", async () => {
    const here = place();
    here.write(
      "tasks.js",
      `import { writeFileSync } from "node:fs";
       import { task } from "detent";
       export const pay = task({ id: "pay", run: () => writeFileSync("paid", "") });`,
    );
    here.write(
      "app.js",
      `import { detent, event, trigger } from "detent";
       export default detent({ tasks: [new URL("./tasks.js", import.meta.url)],
         triggers: [trigger("t", { when: event("e"), run: "pay" })] });`,
    );
    expect((await here.detent(["simulate", "app.js", ...plans])).code).toBe(0);
    expect(existsSync(join(here.folder, "paid"))).toBe(false);
    expect((await here.detent(["simulate", "app.js", ...plans, "--bodies", "own"])).code).toBe(0);
    expect(existsSync(join(here.folder, "paid"))).toBe(true);
  });
});
