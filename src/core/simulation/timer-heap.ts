// What waits for an instant, the earliest first; at one instant in the order in which it began to wait.

/** Something that will act, at an instant of the world's own time. */
export interface Waiter {
  at: number;
  readonly order: number;
}

export class TimerHeap<W extends Waiter> {
  readonly #heap: W[] = [];

  get size(): number {
    return this.#heap.length;
  }

  peek(): W | undefined {
    return this.#heap[0];
  }

  add(waiter: W): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(waiter);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as W;
      if (!isBefore(waiter, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = waiter;
  }

  take(): W | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  #sink(waiter: W): void {
    const heap = this.#heap;
    const { length } = heap;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= length) break;
      if (below + 1 < length && isBefore(heap[below + 1] as W, heap[below] as W)) below += 1;
      const child = heap[below] as W;
      if (!isBefore(child, waiter)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = waiter;
  }
}

const isBefore = (one: Waiter, other: Waiter): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
