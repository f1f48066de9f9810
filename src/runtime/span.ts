// Spans of a run as OTLP has them in JSON: what emitted it, the run, an attempt.
import { storedIdOf } from "../core/cause.ts";
import type { ErrorData } from "../core/errors.ts";
import type { Outcome, Run } from "../core/run.ts";
import { spanIdOf, traceIdOf } from "../core/trace-context.ts";

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly intValue: number };
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 1: internal, 4: producer, 5: consumer. */
  readonly kind: 1 | 4 | 5;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: readonly Attribute[];
  }[];
  /** 1: ok, 2: error. */
  readonly status: { readonly code: 1 | 2; readonly message?: string };
}

const nanos = (millis: number): string => `${BigInt(Math.round(millis)) * 1_000_000n}`;

const attributesOf = (values: { readonly [key: string]: string | number }): readonly Attribute[] =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? { stringValue: value } : { intValue: value },
  }));

const statusOf = (error: Pick<ErrorData, "name" | "message"> | null): Span["status"] =>
  error === null ? { code: 1 } : { code: 2, message: `${error.name}: ${error.message}` };

export const attemptSpan = (
  run: Run,
  outcome: Exclude<Outcome, { readonly _tag: "Released" }>,
  { from, to }: { readonly from: number; readonly to: number },
): Span => ({
  traceId: traceIdOf(run.id),
  spanId: spanIdOf(run.id, run.token),
  parentSpanId: spanIdOf(run.id, "run"),
  name: `attempt ${run.task}`,
  kind: 1,
  startTimeUnixNano: nanos(from),
  endTimeUnixNano: nanos(Math.max(from, to)),
  attributes: attributesOf({
    "detent.run": run.id,
    "detent.task": run.task,
    "detent.attempt": run.attempt,
    "detent.outcome": outcome._tag,
  }),
  links: [],
  status: statusOf("error" in outcome ? outcome.error : null),
});

/** A run that is over, and before it the event that it came of, where it came of one. Runs whose moves it came of are linked. */
export const runSpans = (run: Run): readonly Span[] => {
  const { id, task, trigger, state, createdAt, settledAt, attempt, outcome } = run;
  const event = run.cause.find(
    (cause) => storedIdOf(cause) !== undefined && runOf(cause) === undefined,
  );
  const traceId = traceIdOf(id);
  const emit: Span = {
    traceId,
    spanId: spanIdOf(id, "emit"),
    name: "emit",
    kind: 4,
    startTimeUnixNano: nanos(createdAt),
    endTimeUnixNano: nanos(createdAt),
    attributes: attributesOf({ "detent.signal": event ?? "" }),
    links: [],
    status: { code: 1 },
  };
  const over: Span = {
    traceId,
    spanId: spanIdOf(id, "run"),
    ...(event !== undefined && { parentSpanId: emit.spanId }),
    name: `run ${task}`,
    kind: 5,
    startTimeUnixNano: nanos(createdAt),
    endTimeUnixNano: nanos(Math.max(createdAt, settledAt ?? createdAt)),
    attributes: attributesOf({
      "detent.run": id,
      "detent.task": task,
      "detent.trigger": trigger,
      "detent.state": state,
      "detent.attempts": attempt,
    }),
    links: run.cause.flatMap((cause) => {
      const other = runOf(cause);
      if (other === undefined) return [];
      const attributes = attributesOf({ "detent.signal": cause });
      return [{ traceId: traceIdOf(other), spanId: spanIdOf(other, "run"), attributes }];
    }),
    status: statusOf(outcome !== null && "error" in outcome ? outcome.error : null),
  };
  return event === undefined ? [over] : [emit, over];
};

/** The run whose move a signal is, or which emitted it under an id of its own making. */
const runOf = (cause: string): string | undefined =>
  (
    /^(?:result|failure|status):(.+):\d+:\w+$/.exec(cause) ?? /^(.+~[0-9A-Z]{26})\/\d+$/.exec(cause)
  )?.[1];
