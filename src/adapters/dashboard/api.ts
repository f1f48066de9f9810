// The API as data: paths, what each takes and answers. Handlers are typed by it, and /openapi.json is made of it.
import * as Schema from "effect/Schema";
import * as HttpApi from "effect/http-api/HttpApi";
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint";
import * as HttpApiGroup from "effect/http-api/HttpApiGroup";
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware";
import * as HttpApiSchema from "effect/http-api/HttpApiSchema";
import * as OpenApi from "effect/http-api/OpenApi";
import {
  BackfillReply,
  BackfillRequest,
  BulkReply,
  BulkRequest,
  CancelReply,
  CommandReply,
  EmitReply,
  EmitRequest,
  PauseRequest,
  ResumeRequest,
  RetryRequest,
  RunReply,
  RunRequest,
} from "./request.ts";
import { EventDetail, EventPage, TriggerDetail, TriggerPage } from "./trigger-view.ts";
import {
  Counts,
  EnginePage,
  Overview,
  RunDetail,
  RunPage,
  SimulationPage,
  Timeline,
} from "./view.ts";

/** What went wrong, in one line; the same shape as on the command line. */
const failure = <const Name extends string>(name: Name, httpApiStatus: number) =>
  Schema.Struct({
    error: Schema.Struct({ name: Schema.Literal(name), message: Schema.String }),
  }).annotate({ identifier: name, httpApiStatus });

/** What was given can't be taken. */
const InputFailure = failure("InputError", 400);
const NotFoundFailure = failure("NotFoundError", 404);
/** It can't be done as things stand. */
const RefusedFailure = failure("RefusedError", 409);
const StoreFailure = failure("StoreError", 503);
export type Failed =
  | typeof InputFailure.Type
  | typeof NotFoundFailure.Type
  | typeof RefusedFailure.Type
  | typeof StoreFailure.Type;

/** Says in one line what of a request could not be read. */
export class Reading extends HttpApiMiddleware.Service<Reading>()("detent/dashboard/Reading", {
  error: InputFailure,
}) {}

const error = [InputFailure, NotFoundFailure, RefusedFailure, StoreFailure] as const;
const text = Schema.optionalKey(Schema.String);
const run = { run: Schema.String };
const trigger = { trigger: Schema.String };
const task = { task: Schema.String };

const looks = HttpApiGroup.make("looks", { topLevel: true }).add(
  HttpApiEndpoint.get("overview", "/api/overview", { success: Overview, error }),
  HttpApiEndpoint.get("counts", "/api/counts", { success: Counts, error }),
  HttpApiEndpoint.get("live", "/api/live", {
    success: HttpApiSchema.StreamSse({ data: Overview }),
    error,
  }),
  HttpApiEndpoint.get("runs", "/api/runs", {
    query: { state: text, task: text, trigger: text, search: text, after: text, limit: text },
    success: RunPage,
    error,
  }),
  HttpApiEndpoint.get("run", "/api/runs/:run", { params: run, success: RunDetail, error }),
  HttpApiEndpoint.get("events", "/api/events", {
    query: { name: text, after: text, limit: text },
    success: EventPage,
    error,
  }),
  HttpApiEndpoint.get("event", "/api/events/:event", {
    params: { event: Schema.String },
    success: EventDetail,
    error,
  }),
  HttpApiEndpoint.get("triggers", "/api/triggers", { success: TriggerPage, error }),
  HttpApiEndpoint.get("trigger", "/api/triggers/:trigger", {
    params: trigger,
    success: TriggerDetail,
    error,
  }),
  HttpApiEndpoint.get("engines", "/api/engines", { success: EnginePage, error }),
  HttpApiEndpoint.get("simulations", "/api/simulations", { success: SimulationPage, error }),
  HttpApiEndpoint.get("timeline", "/api/timeline", {
    query: { minutes: text, until: text },
    success: Timeline,
    error,
  }),
);

const acts = HttpApiGroup.make("acts", { topLevel: true }).add(
  HttpApiEndpoint.post("emit", "/api/events", { payload: EmitRequest, success: EmitReply, error }),
  HttpApiEndpoint.post("runNow", "/api/runs", { payload: RunRequest, success: RunReply, error }),
  HttpApiEndpoint.post("cancel", "/api/runs/:run/cancel", {
    params: run,
    success: CancelReply,
    error,
  }),
  HttpApiEndpoint.post("retry", "/api/runs/:run/retry", {
    params: run,
    payload: RetryRequest,
    success: RunReply,
    error,
  }),
  HttpApiEndpoint.post("cancelMany", "/api/cancel", {
    payload: BulkRequest,
    success: BulkReply,
    error,
  }),
  HttpApiEndpoint.post("retryMany", "/api/retry", {
    payload: BulkRequest,
    success: BulkReply,
    error,
  }),
  HttpApiEndpoint.post("pause", "/api/triggers/:trigger/pause", {
    params: trigger,
    payload: PauseRequest,
    success: CommandReply,
    error,
  }),
  HttpApiEndpoint.post("resume", "/api/triggers/:trigger/resume", {
    params: trigger,
    payload: ResumeRequest,
    success: CommandReply,
    error,
  }),
  HttpApiEndpoint.post("backfill", "/api/triggers/:trigger/backfill", {
    params: trigger,
    payload: BackfillRequest,
    success: BackfillReply,
    error,
  }),
  HttpApiEndpoint.post("pauseTask", "/api/tasks/:task/pause", {
    params: task,
    payload: PauseRequest,
    success: CommandReply,
    error,
  }),
  HttpApiEndpoint.post("resumeTask", "/api/tasks/:task/resume", {
    params: task,
    payload: ResumeRequest,
    success: CommandReply,
    error,
  }),
);

export class Api extends HttpApi.make("detent")
  .add(looks)
  .add(acts)
  .middleware(Reading)
  .annotateMerge(
    OpenApi.annotations({
      title: "detent",
      description:
        "What the dashboard shows and does. Posts are JSON. Instants are ISO text in UTC; given ones may be milliseconds, or zoned text, too.",
    }),
  ) {}
