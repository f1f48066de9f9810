// Where a body runs, as the rest of the executor sees it: a worker thread or a child process. It runs one order at a time and tells what becomes of it.
import type { ErrorData } from "../../core/errors.ts";
import type { Ledger } from "./ledger.ts";
import type { Heap } from "./memory.ts";
import type { Answer, Note, SentOrder, Wish } from "./wire.ts";

export type HostEvent =
  /** It can take orders. `faults`: the modules that it could not import. */
  | { readonly _tag: "Ready"; readonly faults: readonly ErrorData[] }
  /** After all that the body has noted. */
  | { readonly _tag: "Answered"; readonly answer: Answer }
  | { readonly _tag: "Noted"; readonly note: Note }
  /** The order's input can't be sent; the body has not begun. */
  | { readonly _tag: "Unsendable"; readonly number: number; readonly error: ErrorData }
  /** It has really exited: none of its code runs any more. The last event. */
  | { readonly _tag: "Gone"; readonly how: string; readonly error: ErrorData | null };

export interface Host {
  /** The ledger of the order with this number. */
  ledgerOf(number: number): Ledger;
  /** Hands it an order. Only when it is ready. A thread may be handed one more while it runs one: it begins it when it has answered. */
  send(order: SentOrder): void;
  /** Asks the body of the order with this number to end. */
  ask(number: number, wish: Wish): void;
  /** Ends it whatever it does. Gone is told when it has exited, which can take long, or for ever. */
  end(): void;
  /** What its heap holds; undefined where the runtime can't tell. */
  heap(): Promise<Heap | undefined>;
}
