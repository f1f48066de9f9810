// The engine of detent where its own runtime is not wanted: the core's program, the store in a SQLite file, and an executor that is told how to run a body. Used by
// ../embed-deno.ts and ../embed-bun.ts.
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import {
  definitionsOf,
  Executor,
  openEngine,
  Store,
  type App,
  type ExecutorEvent,
  type ExecutorPort,
  type Json,
  type Order,
  type Outcome,
} from "detent/core";
import { openSqliteStore } from "detent/sqlite";

/** Runs `slots` bodies at a time, each by what `body` resolves to; nothing here can end one that has begun. */
export const executorOf = (
  body: (order: Order) => Promise<Outcome>,
  slots: number,
): ExecutorPort => {
  const listeners = new Set<(event: ExecutorEvent) => void>();
  const tell = (event: ExecutorEvent): void => listeners.forEach((listener) => listener(event));
  let busy = 0;
  const run = async (order: Order): Promise<void> => {
    const { run, token } = order;
    busy += 1;
    tell({ _tag: "Started", run, token, at: Date.now() });
    const outcome = await body(order).catch(({ name, message }): Outcome => ({
      _tag: "Failed",
      error: { name, message },
    }));
    busy -= 1;
    tell({ _tag: "Ended", run, token, outcome, emitted: [] });
  };
  return {
    capacity: Effect.sync(() => slots - busy),
    start: (order) => Effect.sync(() => void run(order)),
    cancel: () => Effect.void,
    events: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

export interface Given {
  readonly app: App;
  readonly file: string;
  readonly executor: ExecutorPort;
  readonly events: readonly {
    readonly id: string;
    readonly name: string;
    readonly payload: Json;
  }[];
}

/** Emits the events, lets everything run that they cause, and tells the runs. */
export const runsOf = ({ app, file, executor, events }: Given) =>
  Effect.gen(function* () {
    const store = yield* openSqliteStore({ file });
    const owner = { id: "embedded", host: "here", process: 1 };
    const engine = yield* openEngine({ definitions: definitionsOf(app), owner }).pipe(
      Effect.provideService(Store, store),
      Effect.provideService(Executor, executor),
    );
    const loop = yield* Effect.forkChild(engine.loop);
    const signals = events.map(({ id, name, payload }) => ({
      id,
      signal: { _tag: "Event", id, name, payload } as const,
      origin: null,
      dueAt: null,
    }));
    yield* store.commit({ checks: [], signals });
    yield* engine.idle;
    yield* engine.drain;
    yield* Fiber.join(loop);
    return (yield* store.list("run", { limit: 100, order: "oldest" })).rows;
  }).pipe(Effect.scoped, Effect.runPromise);
