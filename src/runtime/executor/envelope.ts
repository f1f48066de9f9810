// Runs one body and says how it ended, as data: nothing that a body returns or throws leaves here as it is. The same in worker threads, in child processes
// and inline, so that a task can't tell where it runs.
import { fullErrorData } from "./error-data.ts";
import { InputError, type ErrorData } from "../../core/errors.ts";
import { demandLogLevel, type LogLevel } from "../../core/log-level.ts";
import { eventNameFault, signalIdFault } from "../../core/signal.ts";
import { jsonFault, type Json } from "../../core/json.ts";
import type { Emitted } from "../../core/run.ts";
import type { SharedMemory, Task, TaskContext } from "../../core/task.ts";
import { traceparentOf } from "../../core/trace-context.ts";
import { NoteGate } from "./note-gate.ts";
import { Wish, type Answer, type BodyEnd, type BodyNote, type SentOrder } from "./wire.ts";

/** What a body is connected to. */
export interface Link {
  readonly shared: SharedMemory;
  readonly wish: () => Wish;
  /** Calls `listener` once, as soon as the body is asked to end. */
  readonly onWish: (listener: (wish: Wish) => void) => void;
  readonly tell: (note: BodyNote) => void;
}

/** One body: a task with an order. */
export class Body {
  readonly order: SentOrder;
  readonly #task: Task;
  readonly #link: Link;
  readonly #part: Part;
  #stray: ((error: ErrorData) => void) | null = null;

  constructor(task: Task, order: SentOrder, link: Link) {
    this.order = order;
    this.#task = task;
    this.#link = link;
    this.#part = new Part(order, link);
  }

  /** Runs it and says how it ended. Never rejects. */
  perform(): Promise<Answer> {
    return new Promise<Answer>((resolve) => {
      this.#stray = (error) => resolve(this.#part.answer({ _tag: "Strayed", error }));
      void endOf(this.#task, this.order, {
        context: this.#part.context,
        wish: this.#link.wish,
      }).then((end) => resolve(this.#part.answer(end)));
    });
  }

  /** Answers now, though the body may still run: something that it began has thrown. */
  stray(error: ErrorData): void {
    this.#stray?.(error);
  }

  /** Says a line in the run's name, as `context.log` does. */
  log(message: string, level: LogLevel): void {
    this.#part.context.log(message, level);
  }
}

/** What the body's side of the wire says for an order whose body has not begun. */
export const unbegun = (order: SentOrder, end: BodyEnd): Answer => ({
  number: order.number,
  end,
  emitted: [],
  millis: null,
});

const endOf = async (
  task: Task,
  order: SentOrder,
  { context, wish: wished }: { context: TaskContext; wish: () => Wish },
): Promise<BodyEnd> => {
  const begunAt = performance.now();
  const overran = () =>
    order.timeoutMillis !== null &&
    (wished() === Wish.timeout || performance.now() - begunAt >= order.timeoutMillis);
  try {
    const result: unknown = await task.run(order.input, context);
    if (overran()) return { _tag: "Overran", error: null };
    return returned(result);
  } catch (thrown) {
    // The reason that the signal was aborted with is no news.
    const error = thrown instanceof EndRequest ? null : fullErrorData(thrown);
    if (overran()) return { _tag: "Overran", error };
    const wish = wished();
    if (wish !== Wish.none) return { _tag: "Yielded", wish, error };
    return { _tag: "Threw", error: error ?? fullErrorData(thrown) };
  }
};

const returned = (result: unknown): BodyEnd => {
  if (result === undefined || result === null) return { _tag: "Returned", result: null };
  try {
    const fault = jsonFault(result, "result");
    return fault === undefined
      ? { _tag: "Returned", result: plain(result as Json) }
      : threw(`the task's ${fault}`);
  } catch (error) {
    return threw(`the task's result can't be read: ${fullErrorData(error).message}`);
  }
};

const threw = (message: string): BodyEnd => ({
  _tag: "Threw",
  error: { name: "ResultError", message },
});

/** A copy that is certain to be sent as it was checked: without proxies, getters and keys whose value is undefined, and out of the body's reach. */
const plain = (value: Json): Json => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const copy: Record<string, Json> = {};
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    if (key === "__proto__")
      Object.defineProperty(copy, key, {
        value: plain(field),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    else copy[key] = plain(field);
  }
  return copy;
};

/** The reason of a body's abort signal. `name` is CancelledError or TimeoutError. */
class EndRequest extends Error {
  constructor(wish: Wish) {
    super(
      wish === Wish.timeout
        ? "its time is over"
        : wish === Wish.close
          ? "its engine stops"
          : "the run was cancelled",
    );
    this.name = wish === Wish.timeout ? "TimeoutError" : "CancelledError";
  }
}

const emittedMax = 10_000;

/** One body's part in the talk: its context, and what it has said through it. */
class Part {
  readonly context: TaskContext;
  readonly #order: SentOrder;
  readonly #link: Link;
  readonly #gate: NoteGate;
  readonly #emitted: Emitted[] = [];
  #emits = 0;
  readonly #begunAt = performance.now();
  #over = false;
  #controller: AbortController | null = null;

  constructor(order: SentOrder, link: Link) {
    this.#order = order;
    this.#link = link;
    this.#gate = new NoteGate(link.tell);
    const signalOf = () => this.#signal();
    this.context = {
      runId: order.run,
      attempt: order.attempt,
      token: order.token,
      idempotencyKey: order.idempotencyKey,
      // Few ask for it.
      get traceparent() {
        return traceparentOf(order.run, order.token);
      },
      shared: link.shared,
      get signal() {
        return signalOf();
      },
      get cancelled() {
        return link.wish() !== Wish.none;
      },
      progress: (fraction, message) => {
        if (!this.#over) this.#gate.progress(fraction, message ?? null);
      },
      log: (message, level = "info") => {
        if (!this.#over) this.#gate.log(message, demandLogLevel(level));
      },
      emit: (name, payload, options) => this.#emit(name, payload ?? null, options ?? {}),
    };
  }

  answer(end: BodyEnd): Answer {
    if (!this.#over) this.#gate.close();
    this.#over = true;
    // A failed attempt may be repeated, and its repetition emits again.
    const emitted = end._tag === "Returned" ? this.#emitted : [];
    const millis = performance.now() - this.#begunAt;
    return { number: this.#order.number, end, emitted, millis };
  }

  #signal(): AbortSignal {
    if (this.#controller !== null) return this.#controller.signal;
    // Made when first asked for: most bodies never do.
    const controller = new AbortController();
    this.#controller = controller;
    const wish = this.#link.wish();
    if (wish === Wish.none) this.#link.onWish((later) => controller.abort(new EndRequest(later)));
    else controller.abort(new EndRequest(wish));
    return controller.signal;
  }

  #emit(
    name: string,
    payload: Json,
    options: { readonly id?: string; readonly now?: boolean },
  ): void {
    const place = `emit(${JSON.stringify(name)})`;
    if (this.#over)
      throw new InputError(`${place} came after the task had ended: await what emits`);
    const wrongName = eventNameFault(name);
    if (wrongName !== undefined) throw new InputError(`${place}: ${wrongName}`);
    const id = options.id ?? `${this.#order.run}/${this.#emits}`;
    const fault = signalIdFault(id) ?? jsonFault(payload, "payload");
    if (fault !== undefined) throw new InputError(`${place}: ${fault}`);
    if (this.#emits >= emittedMax)
      throw new InputError(
        `${place}: an attempt emits at most ${emittedMax} events; put lists into one payload`,
      );
    this.#emits += 1;
    const event = { id, name, payload: plain(payload) };
    if (options.now !== true) {
      this.#emitted.push(event);
      return;
    }
    this.#link.tell({ _tag: "Emitted", event });
  }
}
