// What people do: each act through the operation that the command line uses too, its refusal as a line.
import * as Effect from "effect/Effect";
import type { Subject as PauseSubject } from "../../core/command.ts";
import { requests } from "../../core/refusal.ts";
import { attempted, NotFoundError, RefusedError, refuse, type Failure } from "./failure.ts";
import type { Subject } from "./subject.ts";
import type {
  BackfillReply,
  BackfillRequest,
  BulkReply,
  BulkRequest,
  CancelReply,
  CommandReply,
  EmitReply,
  EmitRequest,
  PauseRequest,
  RunReply,
  RunRequest,
} from "./request.ts";

const bulkMax = 1_000;
/** So many at a time: they share one flush of the store. */
const togetherMax = 32;

export const emit = (
  { operations }: Subject,
  { name, payload = null, ...options }: typeof EmitRequest.Type,
): Effect.Effect<typeof EmitReply.Type, Failure> =>
  attempted(() => operations.emit(name, payload, options));

export const runNow = (
  { operations, definitions }: Subject,
  { task, input = null, ...options }: typeof RunRequest.Type,
): Effect.Effect<typeof RunReply.Type, Failure> =>
  definitions === undefined || definitions.tasks.has(task)
    ? attempted(() => operations.run(task, input, options))
    : Effect.fail(
        new NotFoundError(
          `there is no task ${JSON.stringify(task)}; the app has ${[...definitions.tasks.keys()].map((id) => JSON.stringify(id)).join(", ")}`,
        ),
      );

const unknownRun = (run: string): NotFoundError =>
  new NotFoundError(`there is no run ${JSON.stringify(run)}; the page Runs lists them`);

export const cancel = (
  { operations }: Subject,
  run: string,
): Effect.Effect<typeof CancelReply.Type, Failure> =>
  Effect.gen(function* () {
    const status = yield* attempted(() => operations.cancel(run));
    if (status === "unknown") return yield* Effect.fail(unknownRun(run));
    if (status === "over")
      return yield* Effect.fail(new RefusedError(`run ${run} is over already`));
    return { run, status };
  });

export const retry = (
  { operations }: Subject,
  run: string,
  options: { readonly id?: string },
): Effect.Effect<typeof RunReply.Type, Failure> =>
  Effect.gen(function* () {
    const reply = yield* attempted(() => operations.retry(run, options));
    if (reply.status === "unknown") return yield* Effect.fail(unknownRun(run));
    if (reply.status === "not-over")
      return yield* Effect.fail(
        new RefusedError(`run ${run} is not over; cancel it first, or wait until it is`),
      );
    return reply as typeof RunReply.Type;
  });

/** Does the same to many runs: those named, or those a filter lets through, of which only such are taken that it can be done to. */
export const many = (
  subject: Subject,
  request: keyof typeof requests,
  asked: typeof BulkRequest.Type,
): Effect.Effect<BulkReply, Failure> =>
  Effect.gen(function* () {
    const { runs, more } = yield* runsOf(subject, request, asked);
    const act = (run: string): Effect.Effect<unknown, Failure> =>
      request === "cancel" ? cancel(subject, run) : retry(subject, run, {});
    const refused: { readonly run: string; readonly reason: string }[] = [];
    yield* Effect.forEach(
      runs,
      (run) =>
        Effect.catch(act(run), (failure) => {
          if (failure.name === "StoreError") return Effect.fail(failure);
          refused.push({ run, reason: failure.message });
          return Effect.void;
        }),
      { concurrency: togetherMax },
    );
    return { done: runs.length - refused.length, refused, more };
  });

const runsOf = (
  { store }: Subject,
  request: keyof typeof requests,
  { runs, where }: typeof BulkRequest.Type,
): Effect.Effect<{ readonly runs: readonly string[]; readonly more: boolean }, Failure> =>
  Effect.gen(function* () {
    if ((runs === undefined) === (where === undefined))
      return yield* refuse('give either "runs", a list of ids, or "where", a filter');
    if (runs !== undefined)
      return runs.length <= bulkMax
        ? { runs: [...new Set(runs)], more: false }
        : yield* refuse(`"runs" has ${runs.length} ids; at most ${bulkMax} at once`);
    const able: readonly string[] = requests[request].of;
    const states = (where?.states ?? requests[request].of).filter((it) => able.includes(it));
    if (states.length === 0)
      return yield* refuse(
        `no run in these states can be ${request === "cancel" ? "cancelled" : "retried"}; give some of ${able.join(", ")}`,
      );
    const page = yield* store.list("run", {
      where: {
        states,
        ...(where?.task !== undefined && { task: where.task }),
        ...(where?.trigger !== undefined && { trigger: where.trigger }),
      },
      limit: bulkMax,
    });
    return { runs: page.rows.map(({ id }) => id), more: page.next !== null };
  });

export const pause = (
  { operations }: Subject,
  subject: PauseSubject,
  options: typeof PauseRequest.Type,
): Effect.Effect<typeof CommandReply.Type, Failure> =>
  attempted(() => operations.pause(subject, options));

export const resume = (
  { operations }: Subject,
  subject: PauseSubject,
  options: { readonly id?: string },
): Effect.Effect<typeof CommandReply.Type, Failure> =>
  attempted(() => operations.resume(subject, options));

export const backfill = (
  { operations }: Subject,
  trigger: string,
  options: typeof BackfillRequest.Type,
): Effect.Effect<typeof BackfillReply.Type, Failure> =>
  attempted(() => operations.backfill(trigger, options));
