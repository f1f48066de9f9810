/**
 * Goal: the live display tells what runs, in place, within the width of the terminal; without a terminal, lines tell it.
 * Method: notes are told to it, with a clock that stands still, and what it writes to a stand-in for a terminal is read.
 */
import { afterEach, expect, test, vi } from "vitest";
import type { Run } from "../../src/core/run.ts";
import { lineDisplay } from "../../src/cli/display.ts";
import { liveDisplay } from "../../src/cli/live.ts";

const runNamed = (id: string, state: Run["state"]): Run => ({
  id,
  trigger: "t",
  task: "analyse",
  input: null,
  idempotencyKey: id,
  cause: [],
  priority: 0,
  concurrencyKey: null,
  expiresAt: null,
  createdAt: 0,
  dueAt: 0,
  state,
  token: 1,
  attempt: 1,
  losses: 0,
  crashes: 0,
  owner: null,
  nonce: null,
  startedAt: 1_000,
  settledAt: null,
  cancelRequested: false,
  outcome: null,
});

const shown = (columns: number) => {
  const written: string[] = [];
  const out = { columns, isTTY: false, write: (text: string) => written.push(text) };
  const display = liveDisplay(() => 3_000, out as unknown as NodeJS.WriteStream);
  return { display, written };
};

test("runs per state, and each running task with its progress", () => {
  const { display, written } = shown(100);
  for (const id of ["a", "b", "c"]) display.hear({ _tag: "Owed", run: runNamed(id, "pending") });
  display.hear({ _tag: "Progress", run: runNamed("a", "claimed"), fraction: 0.5, message: "half" });
  display.hear({ _tag: "Started", run: runNamed("a", "running") });
  display.hear({ _tag: "Started", run: runNamed("b", "running") });
  const outcome = { _tag: "Succeeded", result: null } as const;
  display.hear({ _tag: "Ended", run: runNamed("b", "succeeded"), outcome });
  display.say("");
  expect(written.at(-1)).toContain("  pending 1  running 1  succeeded 1  failed 0\n");
  expect(written.at(-1)).toMatch(/analyse +█{8}░{8} +50 % +2\.0 s {2}half\n/);
  display.end(undefined);
  expect(written.at(-1)).toMatch(/analyse +1 +0 +0 +0 +2\.0 s +2\.0 s/);
});

test("a frame takes the place of the one before, and what is logged stays above it", () => {
  const { display, written } = shown(100);
  display.say("");
  display.hear({ _tag: "Logged", run: runNamed("a", "running"), level: "info", message: "hello" });
  display.say("");
  const height = written.at(-2)!.split("\n").length - 1;
  expect(written.at(-1)).toMatch(
    new RegExp(`^\u001B\\[${height}A\r\u001B\\[0Jinfo +analyse +hello\n`),
  );
  display.end(undefined);
});

test("no line of a frame is wider than the terminal", () => {
  const { display, written } = shown(40);
  const message = "a long message ".repeat(10);
  display.hear({ _tag: "Progress", run: runNamed("a", "claimed"), fraction: 0.1, message });
  display.say("waiting for everything that runs to end");
  const lines = written.at(-1)!.split("0J").at(-1)!.split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(40);
  display.end(undefined);
});

afterEach(() => void vi.restoreAllMocks());

test("without a terminal, a long run tells how far it is every five seconds, a short one not at all", () => {
  let now = 0;
  const written: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  const display = lineDisplay(() => now);
  const progress = (id: string, at: number): void => {
    now = at;
    const run = { ...runNamed(id, "running"), startedAt: null };
    display.hear({ _tag: "Progress", run, fraction: at / 20_000, message: "on\nand on" });
  };
  for (let at = 1_000; at <= 16_000; at += 500) progress("a", at);
  const outcome = { _tag: "Succeeded", result: null } as const;
  display.hear({ _tag: "Ended", run: runNamed("a", "succeeded"), outcome });
  progress("b", 16_500);
  progress("b", 18_000);
  const lines = written.filter((line) => line.includes("progress"));
  expect(lines.map((line) => line.replace(/^\S+ +/, ""))).toEqual(
    ["30 %", "55 %", "80 %"].map((share) => `progress   analyse  a  ${share}  on\n`),
  );
});
