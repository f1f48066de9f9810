// The tasks of the soak: bodies that end in every way, under settings that decide what becomes of them.
import { task, type TaskContext } from "../../src/core/task.ts";
import { bodies } from "../runtimes/executor-tasks.ts";

interface Part {
  readonly body: string;
  readonly input?: unknown;
}
const play = ({ body, input }: Part, context: TaskContext): unknown =>
  bodies[body]?.(input, context);
/** An engine is killed every now and then; that alone must not end a run. */
const lossesMax = 1_000;

export const plain = task({ id: "plain", lossesMax, run: play });
export const hasty = task({ id: "hasty", lossesMax, timeout: "150 ms", run: play });
export const bounded = task({
  id: "bounded",
  lossesMax,
  memory: 100_000_000,
  timeout: "20 s",
  run: play,
});
export const apart = task({
  id: "apart",
  lossesMax,
  isolation: "process",
  timeout: "5 s",
  run: play,
});
export const again = task({
  id: "again",
  lossesMax,
  retry: { attempts: 3, first: "20 ms" },
  run: play,
});

/** What is run, how often, and how it must end. Whatever is cancelled may also end as cancelled. */
export const parts: readonly {
  readonly task: string;
  readonly body: string;
  readonly ends: "succeeded" | "failed";
  readonly weight: number;
  readonly input?: unknown;
}[] = [
  {
    task: "plain",
    body: "returns-input",
    ends: "succeeded",
    weight: 40,
    input: { some: ["data", 1] },
  },
  { task: "plain", body: "emits", ends: "succeeded", weight: 10 },
  { task: "plain", body: "reports-progress", ends: "succeeded", weight: 5 },
  { task: "plain", body: "logs-too-much", ends: "succeeded", weight: 5 },
  { task: "plain", body: "throws-error", ends: "failed", weight: 10 },
  { task: "plain", body: "throws-null", ends: "failed", weight: 5 },
  { task: "plain", body: "returns-function", ends: "failed", weight: 5 },
  { task: "again", body: "throws-aggregate", ends: "failed", weight: 5 },
  { task: "plain", body: "exits", ends: "failed", weight: 5, input: 7 },
  { task: "again", body: "exits-for-real", ends: "failed", weight: 2 },
  { task: "hasty", body: "throws-in-timer", ends: "failed", weight: 3 },
  { task: "hasty", body: "rejects-unheard", ends: "failed", weight: 3 },
  { task: "plain", body: "leaves-timer-that-throws", ends: "succeeded", weight: 5 },
  { task: "plain", body: "leaves-rejection", ends: "succeeded", weight: 3 },
  { task: "plain", body: "leaves-exit", ends: "succeeded", weight: 3 },
  { task: "hasty", body: "never-resolves", ends: "failed", weight: 5 },
  { task: "hasty", body: "spins-bare", ends: "failed", weight: 3 },
  { task: "hasty", body: "spins-in-map", ends: "failed", weight: 3 },
  { task: "hasty", body: "spins-in-fill", ends: "failed", weight: 3 },
  { task: "hasty", body: "heeds-signal", ends: "failed", weight: 5 },
  { task: "hasty", body: "heeds-cancelled", ends: "failed", weight: 5 },
  { task: "bounded", body: "fills-heap-by-push", ends: "failed", weight: 1 },
  { task: "bounded", body: "fills-heap-by-map", ends: "failed", weight: 1 },
  { task: "bounded", body: "fills-buffers", ends: "succeeded", weight: 1 },
  { task: "apart", body: "returns-input", ends: "succeeded", weight: 3 },
  { task: "apart", body: "exits-for-real", ends: "failed", weight: 2 },
  { task: "apart", body: "spins-bare", ends: "failed", weight: 1 },
];
