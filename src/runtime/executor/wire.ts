// What crosses between the main thread and the places where bodies run. Plain data, small, and without Effect: workers import this.
import type { ErrorData } from "../../core/errors.ts";
import type { Order } from "../../core/executor.ts";
import type { LogLevel } from "../../core/log-level.ts";
import type { Json } from "../../core/json.ts";
import type { Emitted } from "../../core/run.ts";
import type { SharedMemory } from "../../core/task.ts";
import type { Proof } from "../../core/store.ts";

/** An order on its way to a body. `number` counts the orders of one slot, so that what comes late is told from what comes now. */
export interface SentOrder extends Order {
  readonly number: number;
}

/** Why a body should end. It is a word of the ledger, so it is a number. */
export const Wish = { none: 0, cancel: 1, timeout: 2, close: 3 } as const;
export type Wish = (typeof Wish)[keyof typeof Wish];

/** What a body tells while it runs. */
export type BodyNote =
  | { readonly _tag: "Progress"; readonly fraction: number; readonly message: string | null }
  | { readonly _tag: "Logged"; readonly level: LogLevel; readonly message: string }
  | { readonly _tag: "Emitted"; readonly event: Emitted };

/** How a body ended, seen from where it ran. */
export type BodyEnd =
  | { readonly _tag: "Returned"; readonly result: Json }
  | { readonly _tag: "Threw"; readonly error: ErrorData }
  /** It has run for as long as it may, whatever it returned or threw in the end. */
  | { readonly _tag: "Overran"; readonly error: ErrorData | null }
  /** It threw after it was asked to end. */
  | { readonly _tag: "Yielded"; readonly wish: Wish; readonly error: ErrorData | null }
  /** Something that it began threw outside of it, while it ran. It may still be running. */
  | { readonly _tag: "Strayed"; readonly error: ErrorData }
  /** The body can't be found or loaded; it has not begun. */
  | { readonly _tag: "Refused"; readonly error: ErrorData }
  /** The order was taken back before the body began. */
  | { readonly _tag: "Withdrawn" };

export interface Answer {
  readonly number: number;
  readonly end: BodyEnd;
  readonly emitted: readonly Emitted[];
  /** How long the body ran; null: it has not begun. */
  readonly millis: number | null;
}

/** What a thread tells, all by one way, so that it arrives in this order: also what it told before it died. */
export type FromThread = Note | { readonly _tag: "Answered"; readonly answer: Answer };

/** What a thread or process tells besides its answers. */
export type Note =
  | { readonly _tag: "Body"; readonly number: number; readonly note: BodyNote }
  /** A body has called `process.exit`: the thread ends with this code. */
  | {
      readonly _tag: "Exit";
      readonly number: number;
      readonly code: number;
      readonly stack: string;
    }
  /** Something threw that no running body is to blame for; `run` has left it behind, if that is known. */
  | { readonly _tag: "Leftover"; readonly run: string | null; readonly error: ErrorData };

/** The first answer of a thread: the modules that it could not import. */
export interface Hello {
  readonly faults: readonly ErrorData[];
}

/** What a worker thread is made with. */
export interface ThreadData {
  readonly ledgers: SharedArrayBuffer;
  readonly modules: readonly string[];
  readonly shared: SharedMemory;
}

/** What a child process hears and says. One order, in this sequence: Load, Loaded, Begin, Noted as often as it comes, Answered. */
export type ToChild =
  | {
      readonly _tag: "Load";
      readonly number: number;
      readonly modules: readonly string[];
      readonly task: string;
      readonly proof: Proof | null;
    }
  | { readonly _tag: "Begin"; readonly order: SentOrder };

export type FromChild =
  | { readonly _tag: "Loaded"; readonly refusal: ErrorData | null }
  | { readonly _tag: "Noted"; readonly note: Note }
  | { readonly _tag: "Answered"; readonly answer: Answer };

/** Where a child reads its parent's wishes. */
export const wishPipe = 4;
