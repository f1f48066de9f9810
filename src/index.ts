// Entry point `detent`. It imports no Effect until `start` is called, so that the threads that import task modules stay light.
import type { App } from "./core/app.ts";
import type { Runtime, StartOptions } from "./runtime/start.ts";
import type { Telemetry, TelemetryOptions } from "./runtime/telemetry.ts";

export { detent, type App, type AppDefinition } from "./core/app.ts";
export {
  absent,
  all,
  any,
  event,
  failure,
  result,
  settled,
  status,
  type Condition,
  type Filter,
} from "./core/condition.ts";
export {
  DefinitionError,
  ExecutorError,
  InputError,
  StoreError,
  type ErrorData,
} from "./core/errors.ts";
export { defineEvent, type EventDefinition, type StandardSchema } from "./core/event.ts";
export type { BatchOption, FlowOptions } from "./core/flow-option.ts";
export type { DurationInput } from "./core/duration.ts";
export type { InstantInput } from "./core/instant.ts";
export type { Json } from "./core/json.ts";
export type { Run, RunState } from "./core/run.ts";
export {
  at,
  cron,
  every,
  type CronOptions,
  type EveryOptions,
  type Schedule,
} from "./core/schedule.ts";
export type { Overlap, ScheduleOptions } from "./core/schedule-options.ts";
export type { Absence, Event, Failure, Occurrence, Result, Signal, Status } from "./core/signal.ts";
export {
  task,
  type RetryPolicy,
  type Task,
  type SharedMemory,
  type TaskContext,
  type TaskSettings,
} from "./core/task.ts";
export {
  trigger,
  type Firing,
  type Match,
  type Trigger,
  type TriggerOptions,
} from "./core/trigger.ts";
export type { EngineNote } from "./core/engine.ts";
export type { Subject } from "./core/command.ts";
export type {
  BackfillOptions,
  BackfillReply,
  CommandOptions,
  CommandReply,
  MadeSchedule,
  PauseOptions,
  RewindReply,
} from "./runtime/control.ts";
export type { Config } from "./runtime/config.ts";
export type { Runtime, StartOptions } from "./runtime/start.ts";
export type { Telemetry, TelemetryOptions } from "./runtime/telemetry.ts";

/**
 * Starts an app: opens its store, imports its task modules, and runs what is due until `stop`. Rejects with a DefinitionError (all faults of the definitions), an
 * InputError (a store URL or a module that can't be used), a StoreError (a store that can't be opened) or an ExecutorError (an `executor` that can't be).
 */
export const start = async (app: App, options?: StartOptions): Promise<Runtime> =>
  (await import("./runtime/start.ts")).start(app, options);

/** Sends traces and metrics of an engine to an OTLP collector: give its `hear` to `start` as `onNote`, and close it after the runtime. Rejects with an InputError for a URL that is none. */
export const openTelemetry = async (options: TelemetryOptions): Promise<Telemetry> =>
  (await import("./runtime/telemetry.ts")).openTelemetry(options);
