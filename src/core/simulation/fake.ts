// Tasks in a world: what a body would do, as data; or the task's own function, when it is synchronous.
import { durationMillis, type DurationInput } from "../duration.ts";
import { errorDataOf, InputError, type ErrorData } from "../errors.ts";
import type { Order } from "../executor.ts";
import { demandLogLevel } from "../log-level.ts";
import { jsonFault, type Json } from "../json.ts";
import type { Emitted, Outcome } from "../run.ts";
import { eventNameFault, signalIdFault } from "../signal.ts";
import type { Task, TaskContext } from "../task.ts";
import { traceparentOf } from "../trace-context.ts";
import type { Chance } from "./chance.ts";

export interface FakeOptions<Input = any> {
  /** How long a body takes: always the same, or from the least to the most. Default 10 ms. */
  readonly takes?: DurationInput | readonly [DurationInput, DurationInput];
  /** The share of attempts that fail, 0 to 1 (default 0); or a function that throws for those that do. */
  readonly fails?: number | ((input: Input, context: TaskContext) => void);
  /** What it returns: JSON (default null), or a synchronous function of input and context, which may throw and may emit. */
  readonly returns?: Json | ((input: Input, context: TaskContext) => unknown);
}

/** What stands for a task in a world. Made by `fake`. */
export interface Fake {
  readonly _tag: "Fake";
  readonly takesMillis: readonly [number, number];
  readonly fails: number | ((input: any, context: TaskContext) => void);
  readonly returns: unknown;
}

/** Stands for a task: takes virtual time, fails now and then, returns what is given. Throws an InputError for options that can't be. */
export const fake = <Input = any>(options: FakeOptions<Input> = {}): Fake => {
  for (const name of Object.keys(options))
    if (!["takes", "fails", "returns"].includes(name))
      throw new InputError(
        `fake: ${JSON.stringify(name)} is no option; there are takes, fails and returns`,
      );
  const { takes = 10, fails = 0, returns = null } = options;
  const [least, most] = (Array.isArray(takes) ? takes : [takes, takes]).map((duration) =>
    durationMillis(duration as DurationInput),
  ) as [number, number];
  if (least > most)
    throw new InputError(`fake: takes goes from ${least} ms down to ${most} ms; least first`);
  if (typeof fails !== "function" && !(fails >= 0 && fails <= 1))
    throw new InputError(`fake: fails is ${String(fails)}; give 0 to 1, or a function`);
  if (typeof returns !== "function") {
    const fault = jsonFault(returns, "returns");
    if (fault !== undefined) throw new InputError(`fake: ${fault}`);
  }
  return { _tag: "Fake", takesMillis: [least, most], fails, returns };
};

/** A world runs everything in one go, and a task's promise would end some other time. */
export class AsyncTaskError extends Error {
  override readonly name = "AsyncTaskError";
  readonly task: string;
  readonly input: unknown;
  readonly promise: unknown;
  constructor(task: string, input?: unknown, promise?: unknown) {
    super(
      `task ${JSON.stringify(task)} is asynchronous, and a world has no real time to wait for it: give it a fake, such as tasks: { ${JSON.stringify(task)}: fake({ takes: "2 s" }) }`,
    );
    this.task = task;
    this.input = input;
    this.promise = promise;
  }
}

/** How a body would end if nothing happens to it. */
export interface Performance {
  readonly takesMillis: number;
  readonly outcome: Outcome;
  readonly emitted: readonly Emitted[];
}

/** What a body has to do with the world while it runs. */
export interface Stage {
  readonly chance: Chance;
  readonly emitNow: (event: Emitted) => void;
  readonly log: (message: string) => void;
  /** How an asynchronous task ended for an input, where that is known. */
  readonly known: (task: string, input: Json) => Outcome | undefined;
}

const ownMillis = 10;

/** Performs a body at once and says how long it shall have taken. Throws an AsyncTaskError. */
export const perform = (body: Task | Fake, order: Order, stage: Stage): Performance => {
  const name = `${order.run} ${order.attempt}`;
  const isFake = body._tag === "Fake";
  const takesMillis = isFake ? stage.chance.between(`takes ${name}`, body.takesMillis) : ownMillis;
  const known = isFake ? undefined : stage.known(order.task, order.input);
  if (known !== undefined) return { takesMillis, outcome: known, emitted: [] };
  const emitted: Emitted[] = [];
  const context = contextOf(order, stage, emitted);
  let result: unknown;
  try {
    if (isFake) {
      if (typeof body.fails === "function") body.fails(order.input, context);
      else if (stage.chance.unit(`fails ${name}`) < body.fails)
        return { takesMillis, outcome: failed(fakeError), emitted: [] };
      result =
        typeof body.returns === "function" ? body.returns(order.input, context) : body.returns;
    } else result = body.run(order.input, context);
  } catch (thrown) {
    return { takesMillis, outcome: failed(errorDataOf(thrown)), emitted: [] };
  }
  if (typeof (result as { then?: unknown } | null)?.then === "function")
    throw new AsyncTaskError(order.task, order.input, result);
  const outcome = outcomeOf(result);
  return { takesMillis, outcome, emitted: outcome._tag === "Succeeded" ? emitted : [] };
};

const fakeError: ErrorData = { name: "Error", message: "the fake failed" };

const failed = (error: ErrorData): Outcome => ({ _tag: "Failed", error });

/** The outcome of a body that returned. */
export const outcomeOf = (result: unknown): Outcome => {
  if (result === undefined || result === null) return { _tag: "Succeeded", result: null };
  const fault = jsonFault(result, "result");
  return fault === undefined
    ? { _tag: "Succeeded", result: result as Json }
    : failed({ name: "ResultError", message: `the task's ${fault}` });
};

const signal = Object.freeze({
  aborted: false,
  reason: undefined,
  onabort: null,
  throwIfAborted: () => undefined,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  dispatchEvent: () => true,
});

const contextOf = (order: Order, stage: Stage, emitted: Emitted[]): TaskContext => {
  let emits = 0;
  return {
    runId: order.run,
    attempt: order.attempt,
    token: order.token,
    idempotencyKey: order.idempotencyKey,
    get traceparent() {
      return traceparentOf(order.run, order.token);
    },
    shared: {},
    signal,
    cancelled: false,
    progress: () => undefined,
    log: (message, level = "info") => {
      demandLogLevel(level);
      stage.log(message);
    },
    emit: (name, payload = null, options = {}) => {
      const id = options.id ?? `${order.run}/${emits}`;
      const fault = eventNameFault(name) ?? signalIdFault(id) ?? jsonFault(payload, "payload");
      if (fault !== undefined) throw new InputError(`emit(${JSON.stringify(name)}): ${fault}`);
      emits += 1;
      const event = { id, name, payload };
      if (options.now === true) stage.emitNow(event);
      else emitted.push(event);
    },
  };
};
