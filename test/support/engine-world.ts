// A world for engines by hand: one memory store, any number of real engines, executors that only pretend, virtual time.
import * as Effect from "effect/Effect";
import {
  definitionsOf,
  detent,
  Executor,
  memoryStore,
  openEngine,
  Store,
  type AppDefinition,
  type Engine,
  type EngineNote,
  type MemoryStore,
  type Run,
  type Skip,
  type StorePort,
} from "../../src/core/index.ts";
import type { Order } from "../../src/core/executor.ts";
import { pretendingExecutor, type Pretence } from "./pretending.ts";
import { VirtualTime } from "./virtual.ts";

export const start = 1_000_000_000_000;

export class World {
  readonly time = new VirtualTime(start);
  readonly store: MemoryStore = memoryStore({ now: () => this.time.now });
  readonly notes: EngineNote[] = [];

  engine(
    app: AppDefinition,
    id: string,
    options: {
      pretend?: (order: Order) => Pretence;
      store?: StorePort;
      slots?: number;
      zones?: string;
    } = {},
  ) {
    const executor = pretendingExecutor(
      this.time,
      options.slots ?? 2,
      options.pretend ??
        (({ input }) => ({ takesMillis: 100, outcome: { _tag: "Succeeded", result: input } })),
    );
    let engine: Engine | undefined;
    let over = false;
    const opened = openEngine({
      definitions: definitionsOf(detent(app)),
      owner: { id, host: "h", process: 1 },
      onNote: (note) => this.notes.push(note),
      ...(options.zones && { zones: options.zones }),
    });
    this.time.fork(
      opened.pipe(
        Effect.tap((value) => Effect.sync(() => void (engine = value))),
        Effect.flatMap(({ loop }) => loop),
        Effect.map(() => void (over = true)),
        Effect.provideService(Store, options.store ?? this.store),
        Effect.provideService(Executor, executor),
      ),
    );
    this.time.runUntil(this.time.now);
    return { executor, engine: engine as Engine, isOver: () => over };
  }

  run<A>(effect: Effect.Effect<A, unknown>): A {
    const { result: value } = this.time.fork(effect);
    this.time.runUntil(this.time.now);
    return value() as A;
  }

  emit(name: string, payload: unknown = null, id = `${name}-${this.time.now}`): void {
    this.run(
      this.store.commit({
        checks: [],
        signals: [
          {
            id,
            signal: { _tag: "Event", id, name, payload: payload as never },
            origin: null,
            dueAt: null,
          },
        ],
      }),
    );
  }

  runs(): readonly Run[] {
    return this.run(this.store.list("run", { limit: 10_000, order: "oldest" })).rows;
  }

  skips(): readonly Skip[] {
    return this.run(this.store.list("skip", { limit: 10_000, order: "oldest" })).rows;
  }

  pass(millis: number): void {
    this.time.runUntil(this.time.now + millis);
  }
}
