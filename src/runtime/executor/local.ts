// The executor that an app's tasks need on this machine: threads for tasks that are named by their modules, none for those given as values.
import * as os from "node:os";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import type { App } from "../../core/app.ts";
import type { ExecutorPort, ExecutorSource } from "../../core/executor.ts";
import type { Proof } from "../../core/store.ts";
import { shown } from "../../core/reading.ts";
import { isTask, type SharedMemory } from "../../core/task.ts";
import { threadExecutor, type ThreadExecutor } from "./executor.ts";
import { inlineExecutor } from "./inline.ts";

export type StoppableExecutor = ExecutorPort & Pick<ThreadExecutor, "isStuck" | "abort">;

/** What executors can say that have no thread that could keep the process. */
export const threadless = { isStuck: Effect.succeed(false), abort: Effect.succeed(true) };

const inlineSlots = 16;

/** How many runs at a time, where nobody says. */
export const slotsOf = (app: App): number =>
  app.tasks.some(isTask) ? inlineSlots : os.availableParallelism();

export const localExecutor = (
  app: App,
  options: {
    readonly slots: number;
    readonly shared?: SharedMemory | undefined;
    /** What a process of its own must hold while it lives. */
    readonly proof: () => Proof | null;
  },
): Effect.Effect<StoppableExecutor, never, Scope.Scope> => {
  const { slots, shared = {}, proof } = options;
  const tasks = app.tasks.filter(isTask);
  if (tasks.length > 0)
    return Effect.map(inlineExecutor({ tasks, slots, shared }), (port) => ({
      ...port,
      ...threadless,
    }));
  return threadExecutor({ modules: app.tasks as readonly string[], slots, shared, proof });
};

/** What is wrong with memory for threads, or undefined. */
export const sharedFault = (shared: SharedMemory = {}): string | undefined => {
  const wrong = Object.entries(shared).find(([, value]) => !(value instanceof SharedArrayBuffer));
  return wrong === undefined
    ? undefined
    : `shared.${wrong[0]} is no SharedArrayBuffer; what is not shared is read by each module itself`;
};

/** What is wrong with an executor that is to be used in the place of this one, or undefined. */
export const executorFault = ({
  executor,
  slots,
  shared,
}: {
  readonly executor?: unknown;
  readonly slots?: number;
  readonly shared?: SharedMemory;
}): string | undefined => {
  if (executor === undefined) return undefined;
  if (typeof (executor as ExecutorSource | null)?.open !== "function")
    return `executor is ${shown(executor)}; give what bullmq({ … }) of detent/bullmq makes`;
  const own = slots === undefined ? shared && "shared" : "slots";
  return own === undefined
    ? undefined
    : `${own} is for tasks that run here; with an executor, give it to the workers`;
};
