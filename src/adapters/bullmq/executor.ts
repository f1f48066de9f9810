// The engine's side: claimed runs become jobs of BullMQ, the workers' words become the events of an executor.
import { Queue } from "bullmq";
import * as Effect from "effect/Effect";
import { ExecutorError, InputError } from "../../core/errors.ts";
import type { ExecutorPort, ExecutorSource } from "../../core/executor.ts";
import { checkOptions, type BullmqOptions } from "./options.ts";
import { prefixDefault, queueOf } from "./place.ts";
import { clientOf, connect, unusable } from "./redis.ts";
import { Remote } from "./remote.ts";

/**
 * Has runs executed by workers on any machine (`detentWorker`), by way of a queue of BullMQ: for `start`, as `executor`. Retries, concurrency and outcomes stay the
 * engine's. `start` rejects with an ExecutorError when Redis can't be used. Throws an InputError for options that can't be.
 */
export const bullmq = (options: BullmqOptions): ExecutorSource => {
  checkOptions("bullmq", options, ["connection", "queue", "prefix", "capacity", "lostAfter"]);
  return {
    open: ({ app }) =>
      Effect.map(
        Effect.acquireRelease(
          Effect.tryPromise({
            try: () => opened(options, app),
            catch: (error) => {
              if (error instanceof ExecutorError || error instanceof InputError) return error;
              throw error;
            },
          }),
          (remote) => Effect.promise(() => remote.close()),
        ),
        (remote): ExecutorPort => ({
          capacity: Effect.sync(() => remote.capacity),
          start: (order) => Effect.sync(() => remote.start(order)),
          cancel: (run) => Effect.sync(() => remote.cancel(run)),
          events: (listener) => remote.listen(listener),
        }),
      ),
  };
};

const opened = async (options: BullmqOptions, app: string): Promise<Remote> => {
  const { connection, prefix = prefixDefault, queue = queueOf(app) } = options;
  const client = clientOf(connection);
  const reader = clientOf(connection);
  try {
    await connect(client, connection);
    await connect(reader, connection);
    const jobs = new Queue(queue, { connection: client, prefix });
    jobs.on("error", () => undefined); // The connection's own listeners tell.
    await jobs.waitUntilReady();
    const remote = new Remote({ client, reader, jobs, place: { prefix, queue } }, options);
    await remote.lookout.look();
    return remote;
  } catch (error) {
    client.disconnect();
    reader.disconnect();
    if (error instanceof ExecutorError) throw error;
    throw unusable(connection, error);
  }
};
