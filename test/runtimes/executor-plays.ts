// What is played where: each runtime, and each place in which a body can run, with the rows of the table that they can play. Knows no test framework.
import { inlineExecutor } from "../../src/runtime/executor/inline.ts";
import { threadExecutor } from "../../src/runtime/executor/executor.ts";
import { cases, hostCases, play, type Case, type Need } from "./executor-cases.ts";
import { Stage } from "./executor-stage.ts";
import { act } from "./executor-tasks.ts";

export type RuntimeName = "node" | "bun" | "deno";

/** What a runtime does not give, and so can't be asked for. */
const lacks: Readonly<Record<RuntimeName, readonly Need[]>> = {
  node: [],
  bun: ["heap", "stray"],
  deno: ["heap", "stray"],
};

export interface Play {
  readonly where: string;
  readonly rows: readonly Case[];
  readonly open: () => Promise<Stage>;
  readonly perform: (it: Case, stage: Stage) => Promise<void>;
}

const modules = [new URL("./executor-tasks.ts", import.meta.url)];
const slots = 2;

const threadPlays = (runtime: RuntimeName): Play[] =>
  (
    [
      ["short", 50],
      ["long", 20_000],
    ] as const
  ).flatMap(([grace, graceMillis]): Play[] => {
    const some = (rows: readonly Case[]) => rows.filter((it) => (it.grace ?? "short") === grace);
    const open = () => Stage.open(threadExecutor({ modules, slots, graceMillis }));
    const onThread: Play = {
      where: "on a thread",
      rows: some(playable(cases, lacks[runtime])),
      open,
      perform: (it, stage) => play(it, stage, { slots, isolation: "thread" }),
    };
    if (runtime !== "node") return [onThread];
    const inProcess: Play = {
      where: "in a process",
      rows: some(playable(hostCases, ["thread"])),
      open,
      perform: (it, stage) => play(it, stage, { slots, isolation: "process" }),
    };
    return [onThread, inProcess];
  });

const inlinePlay: Play = {
  where: "inline",
  rows: cases.filter((it) => it.needs === undefined),
  open: () => Stage.open(inlineExecutor({ tasks: [act], slots })),
  perform: (it, stage) => play(it, stage, { slots, isolation: "thread" }),
};

const playable = (rows: readonly Case[], without: readonly Need[]): readonly Case[] =>
  rows.filter((it) => it.needs?.some((need) => without.includes(need)) !== true);

/** In the order in which they are played. */
export const playsOn = (runtime: RuntimeName): readonly Play[] => [
  ...threadPlays(runtime),
  inlinePlay,
];

/** The rows that a runtime can't play anywhere, with what it lacks for them. */
export const leftOutOn = (
  runtime: RuntimeName,
): readonly { readonly row: Case; readonly lacking: readonly Need[] }[] =>
  cases.flatMap((row) => {
    const lacking = lacks[runtime].filter((need) => row.needs?.includes(need) === true);
    return lacking.length === 0 ? [] : [{ row, lacking }];
  });

/** What a runtime that plays the rows says of each, as a line of JSON. */
export interface Verdict {
  readonly where: string;
  readonly name: string;
  /** Why it failed, or null. */
  readonly fault: string | null;
}
