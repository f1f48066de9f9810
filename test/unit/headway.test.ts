// Goal: whoever waits for a simulation sees how far it is, on a terminal in one line that leaves nothing behind, elsewhere seldom; and what is printed for scripts stays the same.
// Method: the line with a clock by hand, what a simulation tells, and the bundled command line with a standard error that claims to be a terminal.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HeadwayLine } from "../../src/cli/headway.ts";
import { detent, event, task, trigger } from "../../src/core/index.ts";
import type { Headway } from "../../src/simulation/internals.ts";
import { simulated } from "../../src/simulation/simulate.ts";
import { bundleCli, newPlace, type Place } from "../support/cli.ts";

const wiped = "\r\u001B[K";
const at = (plan: number, more: Partial<Headway> = {}): Headway => ({
  stage: "plan",
  plan,
  plans: 100,
  owed: 7 * (plan - 1),
  law: null,
  ...more,
});

const lineOn = (
  target: { readonly isTTY?: boolean; readonly columns?: number },
  term = "xterm",
) => {
  let [now, text] = [0, ""];
  const line = new HeadwayLine(
    { ...target, write: (more) => void (text += more) },
    () => now,
    term,
  );
  return {
    line,
    tell: (millis: number, headway: Headway): string => {
      [now, text] = [millis, ""];
      line.tell(headway);
      return text;
    },
    wipe: (): string => {
      text = "";
      line.wipe();
      return text;
    },
  };
};

describe("on a terminal", () => {
  test("one line is drawn again in place, ten times a second, with what is left, and wiped", () => {
    const { tell, wipe } = lineOn({ isTTY: true });
    expect(wipe()).toBe("");
    expect(tell(0, at(1))).toBe(`${wiped}plan 1 of 100: 0 runs were owed so far`);
    expect(tell(99, at(2))).toBe("");
    expect(tell(100, at(2, { owed: 1 }))).toBe(`${wiped}plan 2 of 100: 1 run was owed so far`);
    expect(tell(4_100, at(22))).toBe(
      `${wiped}plan 22 of 100: 147 runs were owed so far, about 16 s left`,
    );
    expect(tell(200_100, at(52))).toContain("about 4 min left");
    expect(wipe()).toBe(wiped);
    expect(wipe()).toBe("");
  });

  test("what takes long besides plans is told at once, and not counted in what is left; nor is the first plan", () => {
    const { tell } = lineOn({ isTTY: true, columns: 0 });
    expect(tell(0, at(1, { stage: "saved", plans: 2 }))).toBe(`${wiped}saved plan 1 of 2`);
    expect(tell(60_000, at(1))).toBe(`${wiped}plan 1 of 100: 0 runs were owed so far`);
    expect(tell(90_000, at(2))).not.toContain("left");
    expect(tell(93_000, at(5))).toContain("about 2 min left");
    expect(tell(93_001, at(5, { stage: "smaller", law: "once" }))).toBe(
      `${wiped}plan 5 of 100 breaks once: looking for a smaller one that does, too`,
    );
    expect(tell(98_001, at(6))).toContain("about 2 min left");
    expect(tell(99_000, at(7, { plans: 17 }))).toContain("about 9 s left");
  });

  test("it stays one line, however narrow", () => {
    expect(lineOn({ isTTY: true, columns: 12 }).tell(0, at(1))).toBe(`${wiped}plan 1 of 1`);
  });
});

test.each([
  ["elsewhere", {}, "xterm"],
  ["on a terminal that can't go back", { isTTY: true }, "dumb"],
] as const)("%s a line is told every ten seconds, and none before", (_, target, term) => {
  const { tell, wipe } = lineOn(target, term);
  expect(tell(9_999, at(30))).toBe("");
  expect(tell(10_000, at(41))).toBe("plan 41 of 100: 280 runs were owed so far\n");
  expect(tell(19_999, at(60))).toBe("");
  expect(tell(20_000, at(61))).toMatch(
    /^plan 61 of 100: 420 runs were owed so far, about .* left\n$/,
  );
  expect(wipe()).toBe("");
});

test("a simulation tells of each plan before it is played, and of the search for a smaller one", async () => {
  const work = task({ id: "work", run: () => null });
  const app = detent({
    tasks: [work],
    triggers: [trigger("t", { when: event("e"), run: work })],
  });
  const told: Headway[] = [];
  await simulated(
    app,
    { runs: 3, faults: "none", for: "3 min", always: { few: (s) => s.runs().length < 2 } },
    { onHeadway: (headway) => void told.push(headway) },
  );
  expect(told.map(({ stage, plan, plans, law }) => [stage, plan, plans, law])).toEqual([
    ["plan", 1, 3, null],
    ["smaller", 1, 3, "few"],
    ["plan", 2, 3, null],
    ["plan", 3, 3, null],
  ]);
  expect(told.map(({ owed }) => owed)).toEqual([0, 2, 2, 4]);
});

describe("the command line", () => {
  let here: Place;
  beforeAll(() => {
    bundleCli();
    here = newPlace();
    here.write(
      "app.js",
      `import { detent, every, task, trigger } from "detent";
       const work = task({ id: "work", run: () => null });
       export default detent({ tasks: [work], triggers: [trigger("t", { when: every("10 s"), run: work })] });
       export const simulation = { runs: 45, faults: "none", for: "30 s" };`,
    );
    here.write("terminal.mjs", "process.stderr.isTTY = true; process.stderr.columns = 80;");
  }, 60_000);
  afterAll(() => here.remove());

  test.each(["1", "2"])("shows it on standard error alone, with %s threads", async (threads) => {
    const args = ["simulate", "app.js", "--save", "none", "--threads", threads];
    const terminal = { node: ["--import", "./terminal.mjs"], env: { TERM: "xterm" } };
    const plain = await here.detent(args);
    expect(plain).toMatchObject({ code: 0, stderr: expect.not.stringContaining("\r") });
    const shown = await here.detent(args, terminal);
    expect(shown.stdout).toBe(plain.stdout);
    expect(shown.stderr.startsWith(`${wiped}plan 1 of 45: 0 runs were owed so far`)).toBe(true);
    expect(shown.stderr.endsWith(wiped)).toBe(true);
    expect(await here.detent([...args, "--json"], terminal)).toMatchObject({ code: 0, stderr: "" });
  });
});
