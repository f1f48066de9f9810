// What the engines of engines.test.ts execute. Each body says on a shared file when it begins and ends.
import { appendFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { task } from "../../src/index.ts";

export interface Spoken {
  readonly run: string;
  readonly attempt: number;
  readonly process: number;
  readonly says: "begins" | "ends";
}

const say = (file: string, spoken: Spoken): void =>
  appendFileSync(file, `${JSON.stringify(spoken)}\n`);

interface Wait {
  readonly file: string;
  readonly millis: number;
}

const body = async (
  { file, millis }: Wait,
  { runId: run, attempt }: { readonly runId: string; readonly attempt: number },
): Promise<void> => {
  say(file, { run, attempt, process: process.pid, says: "begins" });
  await setTimeout(millis);
  say(file, { run, attempt, process: process.pid, says: "ends" });
};

export const wait = task({ id: "wait", run: body });

export const waitApart = task({ id: "wait-apart", run: body, isolation: "process" });
