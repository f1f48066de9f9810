// Opens a worker: its connections, and what is told when they are lost.
import { durationMillis } from "../../core/duration.ts";
import { ExecutorError } from "../../core/errors.ts";
import type { ExecutorPort } from "../../core/executor.ts";
import type { WorkerOptions } from "./options.ts";
import { prefixDefault, queueOf } from "./place.ts";
import { placeOf } from "./connection.ts";
import { clientOf, connect, unusable, watchClient } from "./redis.ts";
import { RemoteWorker } from "./worker.ts";

/** How long bodies that were told to end, and the farewell to Redis, may take. */
const endMillis = 3_000;

export interface OpenWorker {
  /** Rejects with an ExecutorError when it takes no more runs, although nobody has closed it. */
  readonly broken: Promise<never>;
  close(graceMillis: number): Promise<void>;
}

export const openWorker = async (
  app: string,
  executor: ExecutorPort,
  options: WorkerOptions & { readonly concurrency: number },
): Promise<OpenWorker> => {
  const { connection, concurrency, lease = "30 seconds", onWarning = () => undefined } = options;
  const place = { prefix: options.prefix ?? prefixDefault, queue: options.queue ?? queueOf(app) };
  const client = clientOf(connection);
  const ears = clientOf(connection);
  let isClosing = false;
  const disconnect = (): void => {
    isClosing = true;
    client.disconnect();
    ears.disconnect();
  };
  try {
    await connect(client, connection);
    await connect(ears, connection);
    const leaseMillis = durationMillis(lease);
    const worker = new RemoteWorker({
      client,
      ears,
      place,
      executor,
      concurrency,
      leaseMillis,
      warn: onWarning,
    });
    const name = `Redis at ${placeOf(connection)}`;
    watchClient(client, {
      lost: () => {
        worker.pause();
        if (!isClosing) onWarning(`${name} is away: what runs goes on until its lease is over`);
      },
      back: () => {
        onWarning(`${name} is back`);
        worker.goOn();
      },
    });
    await worker.open();
    return {
      broken: worker.broken.catch((error: unknown) => {
        throw unusable(connection, error, "this worker takes no more runs: start it again");
      }),
      close: async (graceMillis) => {
        await worker.close(graceMillis, endMillis);
        disconnect();
      },
    };
  } catch (error) {
    disconnect();
    if (error instanceof ExecutorError) throw error;
    throw unusable(connection, error);
  }
};
