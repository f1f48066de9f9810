// What the bodies leave behind: one line of JSON for each body that has run to its end, appended to a file. A run that is executed again, because its engine was killed
// before the outcome was stored, leaves a second line with the same run id; readers take one line a run.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import type { TaskContext } from "detent";

export interface Record {
  readonly task: string;
  readonly runId: string;
  readonly attempt: number;
  readonly ended: "returned" | "threw";
  readonly data: unknown;
}

/** `DETENT_DEMO_DIR` says where the demo keeps its files. */
export const recordFile = (): string =>
  path.join(process.env["DETENT_DEMO_DIR"] ?? path.join(".detent", "demo"), "bodies.jsonl");

/** The records in the order in which they were written, each run once: its last line, in the place of its first. */
export const records = (): readonly Record[] => {
  if (!existsSync(recordFile())) return [];
  const byRun = new Map<string, Record>();
  for (const line of readFileSync(recordFile(), "utf8").split("\n")) {
    if (line === "") continue;
    const record = JSON.parse(line) as Record;
    byRun.set(record.runId, record);
  }
  return [...byRun.values()];
};

/** A body that leaves its line behind, with its result or with what else is to be recorded. */
export const recorded =
  <Input, Result>(
    task: string,
    run: (
      input: Input,
      ctx: TaskContext,
    ) => { readonly result: Result; readonly recorded?: unknown },
  ) =>
  (input: Input, ctx: TaskContext): Result => {
    const { runId, attempt } = ctx;
    try {
      const { result, recorded = result } = run(input, ctx);
      append({ task, runId, attempt, ended: "returned", data: recorded });
      return result;
    } catch (error) {
      append({ task, runId, attempt, ended: "threw", data: { input, error: String(error) } });
      throw error;
    }
  };

const append = (record: Record): void => {
  mkdirSync(path.dirname(recordFile()), { recursive: true });
  appendFileSync(recordFile(), `${JSON.stringify(record)}\n`);
};
