// The app of the chaos: one event a run, a run after a run, a join of two events, a schedule. Bodies write down when they begin and end, and whether another execution of
// their run is still going on; they run inline, so that the same engine runs on Node, Deno and Bun.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { all, detent, event, every, result, task, trigger, type App } from "../../src/index.ts";

export interface Line {
  readonly says: "begins" | "ends";
  readonly token: number;
  readonly process: number;
}

export const linesOf = (folder: string, run: string): readonly Line[] => {
  const file = join(folder, "runs", run.replaceAll(/[^\w.-]/g, "_"));
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line]));
};

/** PF_EXITING of the kernel: the process executes no code of its own any more, though it may be in the table for a while. */
const exiting = 0x4;

/** Whether the process may still execute anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. */
const isAlive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "Z", , , , , , flags = "0"] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return !"ZX".includes(state) && (Number(flags) & exiting) === 0;
  } catch {
    return false;
  }
};

/** `overlaps` is told of another execution of the run that is going on. */
export const chaosApp = (folder: string, overlaps: (line: string) => void): App => {
  const body = async (
    _: unknown,
    { runId, token }: { readonly runId: string; readonly token: number },
  ): Promise<number> => {
    const file = join(folder, "runs", runId.replaceAll(/[^\w.-]/g, "_"));
    const before = linesOf(folder, runId);
    const ended = new Set(before.flatMap(({ says, token: of }) => (says === "ends" ? [of] : [])));
    for (const { says, token: of, process: pid } of before)
      if (of === token) overlaps(`${runId} begins twice under token ${token}`);
      else if (says === "begins" && !ended.has(of) && isAlive(pid))
        overlaps(`${runId} begins under token ${token} while token ${of} goes on`);
    const say = (says: Line["says"]): void =>
      appendFileSync(file, `${JSON.stringify({ says, token, process: process.pid })}\n`);
    say("begins");
    await setTimeout(Math.random() * 60);
    say("ends");
    return token;
  };
  // That its engine is killed ends no run here.
  const settings = { lossesMax: 10_000, run: body };
  const work = task({ id: "work", ...settings });
  const after = task({ id: "after", ...settings });
  const pair = task({ id: "pair", ...settings });
  const beat = task({ id: "beat", ...settings });
  return detent({
    tasks: [work, after, pair, beat],
    triggers: [
      trigger("on-e", { when: event("e"), run: work, input: null }),
      trigger("after-work", { when: result(work), run: after, input: null }),
      trigger("pairs", {
        when: all([event("a"), event("b")]),
        by: (signal) =>
          signal._tag === "Event" ? String((signal.payload as { key: number }).key) : undefined,
        run: pair,
        input: null,
      }),
      trigger("beats", { when: every("1 s", { missed: "all" }), run: beat, input: null }),
    ],
  });
};
