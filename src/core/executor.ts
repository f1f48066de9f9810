// The executor port: whoever really runs task bodies. The engine hands it claimed runs, at most as many as it has capacity for, and hears of each exactly
// one Ended. The real one (worker threads), the inline one and the simulated one all speak this.
import type * as Effect from "effect/Effect";
import * as Context from "effect/Context";
import type * as Scope from "effect/Scope";
import type { ExecutorError, InputError } from "./errors.ts";
import type { Json } from "./json.ts";
import type { LogLevel } from "./log-level.ts";
import type { Emitted, Outcome } from "./run.ts";

/** All that an executor needs to know of a claimed run. */
export interface Order {
  readonly run: string;
  readonly task: string;
  readonly token: number;
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly input: Json;
  /** The attempt ends as TimedOut when its body has run for this long; null: no limit. */
  readonly timeoutMillis: number | null;
  /** The body may use this many bytes of heap; null: no limit. */
  readonly memoryBytes: number | null;
  readonly isolation: "thread" | "process";
}

/**
 * What an executor tells, in the order in which it happened for a run. `Ended` is told when the slot is free again: the thread has answered, or has really
 * exited; after it nothing more is told of that run and token.
 */
export type ExecutorEvent =
  | { readonly _tag: "Started"; readonly run: string; readonly token: number; readonly at: number }
  | {
      readonly _tag: "Progress";
      readonly run: string;
      readonly token: number;
      readonly fraction: number;
      readonly message: string | null;
    }
  | {
      readonly _tag: "Logged";
      readonly run: string;
      readonly token: number;
      readonly level: LogLevel;
      readonly message: string;
    }
  | {
      readonly _tag: "Emitted";
      readonly run: string;
      readonly token: number;
      readonly event: Emitted;
    }
  | {
      readonly _tag: "Ended";
      readonly run: string;
      readonly token: number;
      readonly outcome: Outcome;
      readonly emitted: readonly Emitted[];
      /**
       * True: what ran it, or was to run it, is gone, and nobody can say how far it came. That is a loss, as when an engine dies, and no attempt; `outcome` is Crashed with
       * a LostError then. Default false.
       */
      readonly isLost?: boolean;
    }
  /** The capacity has changed by itself, or something stands in the way that an operator must see (a thread that can't be ended). */
  | { readonly _tag: "Capacity"; readonly warning: string | null };

export interface ExecutorPort {
  /** How many runs it takes now. One may wait inside for a moment; it is Started when its body begins. */
  readonly capacity: Effect.Effect<number>;
  /** Begins a run. Never fails: whatever goes wrong is told as Ended. */
  readonly start: (order: Order) => Effect.Effect<void>;
  /** Asks a run to end; it is over when Ended is told. Does nothing for a run that isn't here. */
  readonly cancel: (run: string) => Effect.Effect<void>;
  /** Tells all events to `listener` until the returned function is called. */
  readonly events: (listener: (event: ExecutorEvent) => void) => () => void;
}

/** An executor that `start` opens in the place of threads; the function of an adapter makes it. */
export interface ExecutorSource {
  /** Ready when it can take runs; closed with the scope. */
  readonly open: (options: {
    readonly app: string;
  }) => Effect.Effect<ExecutorPort, ExecutorError | InputError, Scope.Scope>;
}

export class Executor extends Context.Service<Executor, ExecutorPort>()("detent/core/Executor") {}
