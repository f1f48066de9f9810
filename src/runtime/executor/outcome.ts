// How an attempt ended, from what is known of it: one table for threads, processes and inline.
import type { ErrorData } from "../../core/errors.ts";
import type { Order } from "../../core/executor.ts";
import type { Outcome } from "../../core/run.ts";
import { Wish, type BodyEnd } from "./wire.ts";

/** How long a run is held back whose body could not be found or loaded, or whose input could not be sent. */
const refusedHoldMillis = 30_000;

/** The body never began, and nothing is wrong with it: another attempt may begin at once. */
export const unused: Outcome = { _tag: "Released", error: null, holdMillis: 0 };

export const refused = (error: ErrorData): Outcome => ({
  _tag: "Released",
  error,
  holdMillis: refusedHoldMillis,
});

export const crashed = (message: string, cause: ErrorData | null): Outcome => ({
  _tag: "Crashed",
  error: withCause("CrashError", message, cause),
});

/** What a body's own end amounts to. */
export const outcomeOf = (end: BodyEnd, order: Order): Outcome => {
  switch (end._tag) {
    case "Returned":
      return { _tag: "Succeeded", result: end.result };
    case "Threw":
      return { _tag: "Failed", error: end.error };
    case "Overran":
      return stopped(Wish.timeout, order, end.error);
    case "Yielded":
      return stopped(end.wish, order, end.error);
    case "Strayed":
      return crashed(`an error outside the task's promise: ${end.error.message}`, end.error);
    case "Refused":
      return refused(end.error);
    case "Withdrawn":
      return unused;
  }
};

/** What an attempt amounts to that ended because it was asked to, or made to. */
export const stopped = (wish: Wish, order: Order, cause: ErrorData | null): Outcome => {
  switch (wish) {
    case Wish.timeout:
      return {
        _tag: "TimedOut",
        error: withCause("TimeoutError", `ran longer than ${order.timeoutMillis ?? 0} ms`, cause),
      };
    case Wish.close:
      return crashed("abandoned: its engine stopped", cause);
    default:
      return {
        _tag: "Cancelled",
        error: withCause("CancelledError", "cancelled while it ran", cause),
      };
  }
};

const withCause = (name: string, message: string, cause: ErrorData | null): ErrorData =>
  cause === null ? { name, message } : { name, message, cause };
