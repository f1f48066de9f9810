// What is played where: each runtime, and each place in which a body can run, with the rows of the table and the scenes that can be played there. Knows no
// test framework.
import { inlineExecutor } from "../../src/runtime/executor/inline.ts";
import { threadExecutor } from "../../src/runtime/executor/executor.ts";
import { play, type Case, type Need } from "./executor-case.ts";
import { cases, hostCases } from "./executor-cases.ts";
import { scenes, type Scene } from "./executor-scenes.ts";
import { Stage } from "./executor-stage.ts";
import { act } from "./executor-tasks.ts";

export type RuntimeName = "node" | "bun" | "deno";

/** What a runtime does not give, and so can't be asked for. */
const lacks: Readonly<Record<RuntimeName, readonly Need[]>> = {
  node: [],
  bun: ["heap", "stray"],
  deno: ["heap", "stray"],
};

/** Some parts that share a stage, or have each their own. */
export interface Play {
  readonly title: string;
  readonly open?: () => Promise<Stage>;
  readonly parts: readonly Part[];
}

interface Part {
  readonly title: string;
  readonly perform: (stage: Stage | undefined) => Promise<void>;
}

/** What a runtime that plays all this says of each part, as a line of JSON. */
export interface Verdict {
  readonly title: string;
  /** Why it failed, or null. */
  readonly fault: string | null;
}

const modules = [new URL("./executor-tasks.ts", import.meta.url)];
const slots = 2;

const rowsPlay = (
  title: string,
  rows: readonly Case[],
  where: { readonly open: () => Promise<Stage>; readonly isolation: "thread" | "process" },
): Play => ({
  title,
  open: where.open,
  parts: rows.map((it) => ({
    title: `a body that ${it.name}`,
    perform: async (stage) => {
      if (stage !== undefined) await play(it, stage, { slots, isolation: where.isolation });
    },
  })),
});

const hostPlays = (runtime: RuntimeName, grace: "short" | "long"): readonly Play[] => {
  const graceMillis = grace === "short" ? 50 : 20_000;
  const open = () => Stage.open(threadExecutor({ modules, slots, graceMillis }));
  const some = (rows: readonly Case[], without: readonly Need[]) =>
    playable(rows, without).filter((it) => (it.grace ?? "short") === grace);
  const onThread = rowsPlay(`on a thread, with a ${grace} grace`, some(cases, lacks[runtime]), {
    open,
    isolation: "thread",
  });
  if (runtime !== "node") return [onThread];
  const inProcess = rowsPlay(`in a process, with a ${grace} grace`, some(hostCases, ["thread"]), {
    open,
    isolation: "process",
  });
  return [onThread, inProcess];
};

const inlinePlay = rowsPlay(
  "inline",
  cases.filter((it) => it.needs === undefined),
  { open: () => Stage.open(inlineExecutor({ tasks: [act], slots })), isolation: "thread" },
);

const scenesPlay = (runtime: RuntimeName): Play => ({
  title: "on threads",
  parts: playable(scenes, lacks[runtime]).map((scene) => ({
    title: scene.name,
    perform: () => performed(scene),
  })),
});

const performed = async (scene: Scene): Promise<void> => {
  const stage = await Stage.open(
    threadExecutor({ modules, slots: 1, graceMillis: 20_000, ...scene.options }),
  );
  try {
    await scene.play(stage);
  } finally {
    await stage.close();
  }
};

const playable = <Row extends { readonly needs?: readonly Need[] }>(
  rows: readonly Row[],
  without: readonly Need[],
): readonly Row[] =>
  rows.filter(({ needs }) => needs?.some((need) => without.includes(need)) !== true);

/** In the order in which they are played. */
export const playsOn = (runtime: RuntimeName): readonly Play[] => [
  ...hostPlays(runtime, "short"),
  ...hostPlays(runtime, "long"),
  scenesPlay(runtime),
  inlinePlay,
];

/** What a runtime can't play anywhere, with what it lacks for that. */
export const leftOutOn = (
  runtime: RuntimeName,
): readonly { readonly name: string; readonly lacking: readonly Need[] }[] =>
  [...cases, ...scenes].flatMap(({ name, needs }) => {
    const lacking = lacks[runtime].filter((need) => needs?.includes(need) === true);
    return lacking.length === 0 ? [] : [{ name, lacking }];
  });
