// What the tests of `detent/bullmq` play on: workers as processes, and the file into which their tasks write what they really do.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as Effect from "effect/Effect";
import type { Attempt, Run } from "../../../src/core/run.ts";
import type { Runtime } from "../../../src/index.ts";
import { storeOf } from "../../../src/runtime/start.ts";
import { endWith } from "../service.ts";

interface Line {
  readonly what: "begun" | "ended";
  readonly run: string;
  readonly token: number;
  readonly pid: number;
}

export interface Stage {
  readonly folder: string;
  /** Programs of this folder as processes; resolves when one says "ready". */
  readonly run: (program: "worker" | "engine", ...args: readonly string[]) => Promise<ChildProcess>;
  readonly lines: () => readonly Line[];
  /** Opens the gate that `gated` tasks wait at. */
  readonly open: () => void;
  readonly gate: string;
  readonly close: () => Promise<void>;
}

export const newStage = (): Stage => {
  const folder = mkdtempSync(join(tmpdir(), "detent-remote-"));
  const journal = join(folder, "journal");
  const gate = join(folder, "gate");
  process.env["DETENT_TEST_JOURNAL"] = journal;
  const children: ChildProcess[] = [];
  return {
    folder,
    gate,
    run: async (program, ...args) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, `${program}.ts`), ...args], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.push(child);
      await once(child.stdout, "data");
      return child;
    },
    lines: () =>
      existsSync(journal)
        ? readFileSync(journal, "utf8")
            .trimEnd()
            .split("\n")
            .map((line) => {
              const [what, run = "", token, pid] = line.split(" ");
              return { what: what as Line["what"], run, token: Number(token), pid: Number(pid) };
            })
        : [],
    open: () => writeFileSync(gate, ""),
    close: async () => {
      await Promise.all(children.map((child) => endWith(child, "SIGKILL")));
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Looks until there is something to see. */
export const until = async <Seen>(look: () => Seen | Promise<Seen>): Promise<NonNullable<Seen>> => {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const seen = await look();
    if (seen) return seen;
    // oxlint-disable-next-line no-await-in-loop
    await sleep(10);
  }
};

const limit = 10_000;

/** What the store has recorded. */
export const attemptsOf = async (runtime: Runtime): Promise<readonly Attempt[]> =>
  (await Effect.runPromise(storeOf(runtime).list("attempt", { limit }))).rows;

export const runsOf = async (runtime: Runtime): Promise<readonly Run[]> =>
  (await Effect.runPromise(storeOf(runtime).list("run", { limit }))).rows;

/** How many bodies ran at once, at most, of those that `which` names. */
export const mostAtOnce = (lines: readonly Line[], which: (line: Line) => boolean): number => {
  let now = 0;
  let most = 0;
  for (const line of lines.filter(which)) {
    now += line.what === "begun" ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
};
