// What the entry point `detent/bullmq` is made of; it adds the executor that a worker has its tasks run by.
export { bullmq } from "./executor.ts";
export { openWorker } from "./open-worker.ts";
