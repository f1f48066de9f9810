// Both sides of runs that are executed by workers on any machine, by way of BullMQ and Redis. Those are packages of their own, which only who uses them installs. The engine's side is
// an adapter; a worker joins it with the executor that the engine would have used itself.
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Scope from "effect/Scope";
import {
  checkOptions,
  type BullmqOptions,
  type WorkerOptions,
} from "../adapters/bullmq/options.ts";
import { detent, isApp, type App, type AppDefinition } from "../core/app.ts";
import { InputError } from "../core/errors.ts";
import type { ExecutorSource } from "../core/executor.ts";
import { withPeer } from "../core/peer.ts";
import type { SharedMemory } from "../core/task.ts";
import { localExecutor, sharedFault, slotsOf } from "./executor/local.ts";
import { definitionsOfApp } from "./load-app.ts";

export type { BullmqOptions, WorkerOptions } from "../adapters/bullmq/options.ts";
export type { RedisConnection } from "../adapters/bullmq/connection.ts";

const part = "detent/bullmq";
const adapter = await withPeer({ part, peer: "bullmq", range: "6" }, () =>
  withPeer({ part, peer: "ioredis", range: "5" }, () => import("../adapters/bullmq/index.ts")),
);

/**
 * Has runs executed by workers on any machine (`detentWorker`), by way of a queue of BullMQ: give it to `start` as `executor`. Retries, concurrency and what follows from an
 * outcome stay the engine's. Throws an InputError for options that can't be; `start` rejects with an ExecutorError when Redis can't be used.
 */
export const bullmq: (options: BullmqOptions) => ExecutorSource = adapter.bullmq;

export interface DetentWorkerOptions extends WorkerOptions {
  /** Memory for all threads of this worker, which tasks find as `ctx.shared`. Default: none. */
  readonly shared?: SharedMemory;
}

/** What a worker needs to know of an app. */
export type WorkerTasks = Pick<AppDefinition, "tasks"> & Pick<Partial<AppDefinition>, "app">;

export interface DetentWorker {
  /**
   * Resolves when it is closed. Rejects with an ExecutorError when it takes no more runs although nobody has closed it; what runs goes on: close it, and start another one.
   * A lost connection is no reason for that.
   */
  readonly closed: Promise<void>;
  /**
   * Takes no more, and waits for what runs. What still runs after `graceMillis` (default 30,000) is ended, and goes back to be run again or fails, as its `onLost` says.
   * Of several calls the one whose grace is over first counts. Resolves when its threads have exited and its connections are closed.
   */
  close(options?: { readonly graceMillis?: number }): Promise<void>;
}

/**
 * Executes runs that engines hand to BullMQ (`start` with `executor: bullmq({ … })`), on worker threads as an engine would: of an app, or of some modules of tasks and the
 * name of the app that they belong to (default "main"). Resolves when it takes runs. Rejects with an InputError or a DefinitionError for what can't be executed, and with an
 * ExecutorError when Redis can't be used.
 */
export const detentWorker = async (
  given: App | WorkerTasks,
  options: DetentWorkerOptions,
): Promise<DetentWorker> => {
  checkOptions("detentWorker", options, optionNames);
  const wrong = sharedFault(options.shared);
  if (wrong !== undefined) throw new InputError(wrong);
  if (typeof given !== "object" || given === null)
    throw new InputError("detentWorker needs an app, or { tasks: [new URL(…)] }");
  const app = isApp(given) ? given : detent({ ...given, triggers: [] });
  await definitionsOfApp(app);
  const concurrency = options.concurrency ?? slotsOf(app);
  const scope = Scope.makeUnsafe();
  const end = (): Promise<void> => Effect.runPromise(Scope.close(scope, Exit.void));
  try {
    const local = localExecutor(app, {
      slots: concurrency,
      shared: options.shared,
      proof: () => null,
    });
    const executor = await Effect.runPromise(Scope.provide(local, scope));
    const worker = await adapter.openWorker(app.app, executor, { ...options, concurrency });
    const closed = Promise.withResolvers<void>();
    worker.broken.catch(closed.reject);
    // Whoever does not ask for it does not fail by it.
    closed.promise.catch(() => undefined);
    return {
      closed: closed.promise,
      close: async ({ graceMillis = 30_000 } = {}) => {
        await worker.close(graceMillis);
        await end();
        closed.resolve();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
};

const optionNames: readonly (keyof DetentWorkerOptions)[] = [
  "connection",
  "queue",
  "prefix",
  "concurrency",
  "lease",
  "shared",
  "onWarning",
];
