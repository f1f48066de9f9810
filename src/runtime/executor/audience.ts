// Whoever listens to an executor. What is told before anybody listens waits for the first listener: threads can fail while the executor opens.
import type { ExecutorEvent } from "../../core/executor.ts";

type Listener = (event: ExecutorEvent) => void;

const waitingMax = 100;

export class Audience {
  readonly #listeners = new Set<Listener>();
  #waiting: ExecutorEvent[] = [];

  add(listener: Listener): () => void {
    // A set of wrappers, so that one function may listen twice and leave once.
    const own: Listener = (event) => listener(event);
    this.#listeners.add(own);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const event of waiting) own(event);
    return () => void this.#listeners.delete(own);
  }

  tell(event: ExecutorEvent): void {
    if (this.#listeners.size > 0) for (const listener of this.#listeners) listener(event);
    else if (this.#waiting.length < waitingMax) this.#waiting.push(event);
  }
}
