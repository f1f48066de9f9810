// A stage for executors under test: starts orders, remembers all that is told, and waits for what is to be told. Knows no test framework, so that it also
// runs on runtimes that have none.
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Scope from "effect/Scope";
import type { ExecutorEvent, ExecutorPort, Order } from "../../src/core/executor.ts";

import { callChannel } from "./executor-tasks.ts";

export type Ended = ExecutorEvent & { readonly _tag: "Ended" };

export class Stage {
  readonly events: ExecutorEvent[] = [];
  readonly port: ExecutorPort;
  readonly #scope: Scope.Closeable;
  readonly #waiting = new Set<() => void>();
  readonly #calls = new BroadcastChannel(callChannel);
  #runs = 0;

  private constructor(port: ExecutorPort, scope: Scope.Closeable) {
    this.port = port;
    this.#scope = scope;
    port.events((event) => {
      this.events.push(event);
      for (const wake of this.#waiting) wake();
    });
  }

  static async open(executor: Effect.Effect<ExecutorPort, never, Scope.Scope>): Promise<Stage> {
    const scope = Scope.makeUnsafe();
    return new Stage(await Effect.runPromise(Scope.provide(executor, scope)), scope);
  }

  /** Starts the body of that name and returns the run's id. */
  start(body: string, order: Partial<Order> & { readonly with?: unknown } = {}): string {
    const { with: input, ...rest } = order;
    const run = rest.run ?? `run-${++this.#runs}`;
    const base = {
      run,
      task: "act",
      token: 1,
      attempt: 1,
      idempotencyKey: `key of ${run}`,
      timeoutMillis: null,
      memoryBytes: null,
      isolation: "thread" as const,
    };
    Effect.runSync(this.port.start({ ...base, input: { body, input: input as never }, ...rest }));
    return run;
  }

  cancel(run: string): void {
    Effect.runSync(this.port.cancel(run));
  }

  /** Ends a body that waits for it, without asking the executor. */
  call(run: string): void {
    this.#calls.postMessage(run);
  }

  get capacity(): number {
    return Effect.runSync(this.port.capacity);
  }

  of(run: string): readonly ExecutorEvent[] {
    return this.events.filter((event) => "run" in event && event.run === run);
  }

  started(run: string): Promise<void> {
    return this.until(`the start of ${run}`, () =>
      this.of(run).some((event) => event._tag === "Started"),
    );
  }

  async ended(run: string): Promise<Ended> {
    const find = () => this.of(run).find((event): event is Ended => event._tag === "Ended");
    await this.until(`the end of ${run}`, () => find() !== undefined);
    return find() as Ended;
  }

  /** Capacity is told when it grows, so this needs no polling. */
  free(slots: number): Promise<void> {
    return this.until(`${slots} free slots`, () => this.capacity >= slots);
  }

  warnings(): readonly string[] {
    return this.events.flatMap((event) =>
      event._tag === "Capacity" && event.warning !== null ? [event.warning] : [],
    );
  }

  /** Resolves as soon as an event makes `holds` true. */
  until(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(look);
        clearTimeout(timer);
      };
      const look = () => {
        if (!holds()) return;
        stop();
        resolve();
      };
      const timer = setTimeout(() => {
        stop();
        reject(
          new Error(
            `waited in vain for ${what}; told so far:\n${this.events.map((event) => JSON.stringify(event).slice(0, 300)).join("\n")}`,
          ),
        );
      }, 20_000);
      this.#waiting.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    await Effect.runPromise(Scope.close(this.#scope, Exit.void));
    this.#calls.close();
  }
}
