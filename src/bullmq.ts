// Entry point `detent/bullmq`.
export type { ExecutorSource } from "./core/executor.ts";
export {
  bullmq,
  detentWorker,
  type BullmqOptions,
  type DetentWorker,
  type DetentWorkerOptions,
  type RedisConnection,
  type WorkerOptions,
  type WorkerTasks,
} from "./runtime/bullmq.ts";
