// An executor that only pretends: what a body would do is a function of its order, and how long it takes is virtual time.
import * as Effect from "effect/Effect";
import type { ExecutorEvent, ExecutorPort, Order } from "../../src/core/executor.ts";
import type { Emitted, Outcome } from "../../src/core/run.ts";
import type { VirtualTime } from "./virtual.ts";

export interface Pretence {
  readonly takesMillis: number;
  readonly outcome: Outcome;
  readonly emitted?: readonly Emitted[];
}

/** `started` are all orders that were ever started; `tell` and `resize` do what a body or the machine would. */
export interface PretendingExecutor extends ExecutorPort {
  readonly started: Order[];
  readonly tell: (event: ExecutorEvent) => void;
  readonly resize: (slots: number) => void;
}

export const pretendingExecutor = (
  time: VirtualTime,
  slotsBefore: number,
  pretend: (order: Order) => Pretence,
): PretendingExecutor => {
  let slots = slotsBefore;
  const listeners = new Set<(event: ExecutorEvent) => void>();
  const running = new Map<string, () => void>();
  const started: Order[] = [];
  const tell = (event: ExecutorEvent): void => {
    for (const listener of listeners) listener(event);
  };
  return {
    started,
    tell,
    resize: (now) => void (slots = now),
    capacity: Effect.sync(() => slots - running.size),
    start: (order) =>
      Effect.sync(() => {
        const { run, token } = order;
        started.push(order);
        const { takesMillis, outcome, emitted = [] } = pretend(order);
        const end = (how: Outcome): void => {
          if (running.delete(run))
            tell({
              _tag: "Ended",
              run,
              token,
              outcome: how,
              emitted: how._tag === "Succeeded" ? emitted : [],
            });
        };
        running.set(run, () =>
          end({ _tag: "Cancelled", error: { name: "CancelledError", message: "cancelled" } }),
        );
        tell({ _tag: "Started", run, token, at: time.now });
        time.fork(Effect.map(time.sleep(takesMillis), () => end(outcome)));
      }),
    cancel: (run) => Effect.sync(() => running.get(run)?.()),
    events: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
