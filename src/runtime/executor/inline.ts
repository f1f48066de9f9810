// The executor without threads: bodies run where the engine runs. For tests, for runtimes without threads, and for bodies too short to be worth a thread.
// The same bodies end the same way as in threads, except that nothing but a body itself can end it: one that does not heed its signal keeps its slot.
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import type { ExecutorEvent, ExecutorPort, Order } from "../../core/executor.ts";
import type { SharedMemory, Task } from "../../core/task.ts";
import { Audience } from "./audience.ts";
import { Body } from "./envelope.ts";
import { outcomeOf, refused, unused } from "./outcome.ts";
import { Wish, type Answer, type SentOrder } from "./wire.ts";

export interface InlineExecutorOptions {
  readonly tasks: readonly Task[];
  readonly slots: number;
  /** What bodies are given as `ctx.shared`. Default: nothing. */
  readonly shared?: SharedMemory;
  /** How long the closing of the scope waits for bodies that were asked to end. Default 1,000. */
  readonly graceMillis?: number;
}

export const inlineExecutor = (
  options: InlineExecutorOptions,
): Effect.Effect<ExecutorPort, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Inline(options)),
      (inline) => Effect.promise(() => inline.close(options.graceMillis ?? 1_000)),
    ),
    (inline) => ({
      capacity: Effect.sync(() => inline.capacity),
      start: (order) => Effect.sync(() => inline.start(order)),
      cancel: (run) => Effect.sync(() => inline.cancel(run)),
      events: (listener) => inline.audience.add(listener),
    }),
  );

interface Part {
  readonly order: Order;
  readonly ask: (wish: Wish) => void;
  readonly over: Promise<void>;
}

class Inline {
  readonly audience = new Audience();
  readonly #tasks: ReadonlyMap<string, Task>;
  readonly #slots: number;
  readonly #shared: SharedMemory;
  readonly #parts = new Set<Part>();
  #orders = 0;
  #closing = false;

  constructor({ tasks, slots, shared = {} }: InlineExecutorOptions) {
    this.#tasks = new Map(tasks.map((task) => [task.id, task]));
    this.#slots = slots;
    this.#shared = shared;
  }

  get capacity(): number {
    return this.#closing ? 0 : Math.max(this.#slots - this.#parts.size, 0);
  }

  start(order: Order): void {
    const task = this.#tasks.get(order.task);
    if (this.capacity === 0) this.#tellEnded(order, { outcome: unused, emitted: [] });
    else if (task === undefined) {
      const error = {
        name: "UnknownTaskError",
        message: `no task has the id ${JSON.stringify(order.task)}`,
      };
      this.#tellEnded(order, { outcome: refused(error), emitted: [] });
    } else this.#perform(task, { ...order, number: ++this.#orders });
  }

  cancel(run: string): void {
    for (const part of this.#parts) if (part.order.run === run) part.ask(Wish.cancel);
  }

  async close(graceMillis: number): Promise<void> {
    this.#closing = true;
    for (const part of this.#parts) part.ask(Wish.close);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMillis);
    });
    await Promise.race([Promise.all([...this.#parts].map((part) => part.over)), patience]);
    clearTimeout(timer);
  }

  #perform(task: Task, order: SentOrder): void {
    const { run, token, timeoutMillis } = order;
    let wish: Wish = Wish.none;
    const listeners: ((wish: Wish) => void)[] = [];
    const ask = (asked: Wish): void => {
      if (wish !== Wish.none) return;
      wish = asked;
      for (const listener of listeners) listener(asked);
    };
    const body = new Body(task, order, {
      shared: this.#shared,
      wish: () => wish,
      onWish: (listener) => void listeners.push(listener),
      tell: (note) => this.audience.tell({ ...note, run, token }),
    });
    const timer =
      timeoutMillis === null ? undefined : setTimeout(() => ask(Wish.timeout), timeoutMillis);
    const over = Promise.withResolvers<void>();
    const part: Part = { order, ask, over: over.promise };
    this.#parts.add(part);
    this.audience.tell({ _tag: "Started", run, token, at: Date.now() });
    void body.perform().then((answer) => {
      clearTimeout(timer);
      this.#parts.delete(part);
      this.#tellEnded(order, endedOf(answer, order));
      over.resolve();
    });
  }

  #tellEnded(
    { run, token }: Order,
    { outcome, emitted }: Pick<ExecutorEvent & { _tag: "Ended" }, "outcome" | "emitted">,
  ): void {
    this.audience.tell({ _tag: "Ended", run, token, outcome, emitted });
  }
}

const endedOf = (
  answer: Answer,
  order: Order,
): Pick<ExecutorEvent & { _tag: "Ended" }, "outcome" | "emitted"> => ({
  outcome: outcomeOf(answer.end, order),
  emitted: answer.emitted,
});
