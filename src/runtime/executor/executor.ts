// The executor on worker threads: the port of the core, made of slots.
import * as v8 from "node:v8";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import type { ExecutorPort } from "../../core/executor.ts";
import type { SharedMemory } from "../../core/task.ts";
import type { Proof } from "../../core/store.ts";
import { Audience } from "./audience.ts";
import { entryOf } from "./entry.ts";
import { Process } from "./process.ts";
import { Slots } from "./slots.ts";
import { Thread } from "./thread.ts";

export interface ThreadExecutorOptions {
  /** Modules that export the tasks. */
  readonly modules: readonly (URL | string)[];
  /** How many runs at a time; each has a thread of its own. */
  readonly slots: number;
  /** What bodies on threads are given as `ctx.shared`. Default: nothing. */
  readonly shared?: SharedMemory;
  /** Between asking a body to end and ending its thread. Default 1,000. */
  readonly graceMillis?: number;
  /** A thread that has not exited this long after it was ended is a zombie. Default 5,000. */
  readonly zombieMillis?: number;
  /** A thread that has not loaded its modules for this long is replaced. Default 60,000. */
  readonly bootMillis?: number;
  /** A thread that has not begun a body for this long is replaced. Default 5,000. */
  readonly deafMillis?: number;
  /** A thread is replaced after so many runs. Default: never. */
  readonly runsMax?: number;
  /** The most heap, in bytes, that a body may use whose task names no limit. Default: three quarters of what V8 can bear before it ends the process. */
  readonly heapBytesMax?: number;
  /** How an idle thread waits. "sync" saves some microseconds a run; what a run leaves behind then shows only during the next one. Default "disabled". */
  readonly atomics?: "disabled" | "async" | "sync";
  /**
   * On Node 24 and later, some plain loops can't be interrupted once they are optimised, so that no thread that runs one can be ended. True (default) turns the
   * optimisation off, for the whole process; the price is up to 1 to 13 % in tight loops over arrays.
   */
  readonly hardAbort?: boolean;
  /** What a process of its own must hold while it lives; asked for each. Default: nothing. */
  readonly proof?: () => Proof | null;
  /** The files that threads and processes run, where they don't lie beside this one (a bundle). */
  readonly entries?: { readonly worker: URL; readonly child: URL };
}

export interface ThreadExecutor extends ExecutorPort {
  /** How many threads can't be ended. After the scope is closed: those that only the end of the process ends. */
  readonly zombies: Effect.Effect<number>;
  /** Whether all that still runs can't be ended. */
  readonly isStuck: Effect.Effect<boolean>;
  /**
   * Ends all threads at once, for good. Whether they have exited: if not, native code keeps some, `process.exit` would wait for it, and only the death of the process
   * (SIGKILL) doesn't. What becomes of the runs is told, if anybody still listens.
   */
  readonly abort: Effect.Effect<boolean>;
}

/**
 * Runs tasks on worker threads. Ready when every slot's first thread is, or has failed to be: why, the executor's Capacity events tell. When the scope closes,
 * bodies that run are asked to end, then made to, and end as Crashed ("abandoned"); it is closed when all threads have exited, or are known not to.
 */
export const threadExecutor = (
  options: ThreadExecutorOptions,
): Effect.Effect<ThreadExecutor, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => open(options)),
      ({ slots }) => Effect.promise(() => slots.close()),
    ),
    ({ slots, audience }) => ({
      capacity: Effect.sync(() => slots.capacity),
      start: (order) => Effect.sync(() => slots.start(order)),
      cancel: (run) => Effect.sync(() => slots.cancel(run)),
      events: (listener) => audience.add(listener),
      zombies: Effect.sync(() => slots.zombies),
      isStuck: Effect.sync(() => slots.isStuck),
      abort: Effect.promise(() => slots.abort()),
    }),
  );

const open = async (
  options: ThreadExecutorOptions,
): Promise<{ slots: Slots; audience: Audience }> => {
  if (options.hardAbort !== false) keepLoopsInterruptible();
  const modules = options.modules.map((module) =>
    typeof module === "string" ? module : module.href,
  );
  const entries = options.entries ?? { worker: entryOf("worker"), child: entryOf("child") };
  const audience = new Audience();
  const slots = new Slots(
    {
      slots: options.slots,
      graceMillis: options.graceMillis ?? 1_000,
      zombieMillis: options.zombieMillis ?? 5_000,
      bootMillis: options.bootMillis ?? 60_000,
      deafMillis: options.deafMillis ?? 5_000,
      heapBytesMax: options.heapBytesMax ?? null,
      runsMax: options.runsMax ?? Number.POSITIVE_INFINITY,
    },
    {
      openThread: (tell) =>
        new Thread(
          {
            entry: entries.worker,
            modules,
            shared: options.shared ?? {},
            atomics: options.atomics ?? "disabled",
          },
          tell,
        ),
      openProcess: (order, tell) =>
        new Process(
          order,
          { entry: entries.child, modules, proof: options.proof?.() ?? null },
          tell,
        ),
      tell: (event) => audience.tell(event),
    },
  );
  await slots.opened();
  return { slots, audience };
};

let interruptible = false;

/** Turboshaft's loop unrolling drops the check for interrupts; without it `terminate`, heap limits and even `process.exit` wait for ever. */
const keepLoopsInterruptible = (): void => {
  if (
    interruptible ||
    "Bun" in globalThis ||
    "Deno" in globalThis ||
    Number.parseInt(process.versions.node, 10) < 24
  )
    return;
  interruptible = true;
  v8.setFlagsFromString("--no-turboshaft-loop-unrolling");
};
