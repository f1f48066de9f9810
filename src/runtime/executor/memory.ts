// How much memory a body may use. V8's own limits do not contain it: a thread that fills its heap fast takes the whole process down. So the main thread
// looks at the heaps of its threads while bodies run, and ends a thread before V8 gives up.
import type { Worker } from "node:worker_threads";

export interface Heap {
  readonly usedBytes: number;
  /** What V8 allows it to grow to. */
  readonly limitBytes: number;
}

/** The heap of a worker thread, garbage that is not yet collected included. */
export const heapOf = async (worker: Worker): Promise<Heap | undefined> => {
  // Bun, Deno and Node before 22.16 can't tell.
  if (typeof worker.getHeapStatistics !== "function") return undefined;
  try {
    const statistics = await worker.getHeapStatistics();
    return { usedBytes: statistics.used_heap_size, limitBytes: statistics.heap_size_limit };
  } catch {
    return undefined; // It has just ended.
  }
};

/** Bodies without a limit of their own end here, because beyond it the process dies. */
const shareOfLimitMax = 0.75;

/** Why a body must be ended, or undefined while its heap is within bounds. */
export const heapFault = (heap: Heap, limitBytes: number | null): string | undefined => {
  const bytesMax = limitBytes ?? heap.limitBytes * shareOfLimitMax;
  if (heap.usedBytes <= bytesMax) return undefined;
  return `out of memory: its heap holds ${megabytes(heap.usedBytes)}, and may hold ${megabytes(bytesMax)}`;
};

/** An idle thread whose heap is fuller than this is replaced. */
export const isWorn = (heap: Heap): boolean => heap.usedBytes > heap.limitBytes / 2;

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_048_576)} MiB`;
