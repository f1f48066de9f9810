// Entry point `detent/core`: the pure decisions as plain functions, and the engine as an Effect program over the ports Store and Executor.
export { activation } from "./activation.ts";
export { detent, isApp, type App, type AppDefinition } from "./app.ts";
export { cancelRun, type Cancelled } from "./cancel.ts";
export { checkOf, type CheckFinding } from "./check.ts";
export type { Subject } from "./command.ts";
export { storedIdOf, whyOf, type Cause, type Reason, type Rows, type Why } from "./cause.ts";
export * from "./condition.ts";
export * from "./mismatch.ts";
export { definitionsOf, type CompiledTrigger, type Definitions, type Leaf } from "./definitions.ts";
export {
  DefinitionError,
  ExecutorError,
  InputError,
  StoreError,
  type ErrorData,
} from "./errors.ts";
export { defineEvent, type EventDefinition, type StandardSchema } from "./event.ts";
export { openEngine, type Engine, type EngineNote, type EngineOptions } from "./engine.ts";
export {
  explain,
  type ExplainedCondition,
  type ExplainedPart,
  type Explanation,
  type LeafVerdict,
  type Records,
  type Verdict,
} from "./explain.ts";
export { signalNamed, whatBecameOf, whyNot, whyNotDue, whyRun, type WhyRun } from "./evidence.ts";
export { firedOf, type Fired, type FiredCondition } from "./fired.ts";
export {
  Executor,
  type ExecutorEvent,
  type ExecutorPort,
  type ExecutorSource,
  type Order,
} from "./executor.ts";
export type { BatchOption, FlowOptions } from "./flow-option.ts";
export type { DurationInput } from "./duration.ts";
export type { InstantInput } from "./instant.ts";
export { canonical, jsonFault, type Json } from "./json.ts";
export type { LogLevel } from "./log-level.ts";
export { memoryStore, type MemoryStore } from "./memory-store.ts";
export type { OwedReply, OwedRequest, PurgeReply, PurgeRequest, Tombstone } from "./purge.ts";
export { refusalOf, requests, type Asked, type MoveName, type Refusal } from "./refusal.ts";
export {
  moves,
  runStates,
  type Attempt,
  type Emitted,
  type Outcome,
  type Run,
  type RunOutcome,
  type RunState,
} from "./run.ts";
export { runIdOf } from "./run-id.ts";
export {
  at,
  cron,
  every,
  nextOccurrence,
  occurrencesBetween,
  previousOccurrence,
  type AtSchedule,
  type CronOptions,
  type CronSchedule,
  type EveryOptions,
  type EverySchedule,
  type Schedule,
} from "./schedule.ts";
export type { Overlap, ScheduleOptions } from "./schedule-options.ts";
export {
  heardOf,
  type Absence,
  type Event,
  type Failure,
  type Heard,
  type NewSignal,
  type Occurrence,
  type Result,
  type Signal,
  type Status,
  type StoredSignal,
  type StatusState,
} from "./signal.ts";
export { advance, batchOf, nextDueAt, stateOf, type State } from "./state.ts";
export { step, type Decision, type Piece } from "./step.ts";
export * from "./store.ts";
export {
  task,
  type RetryPolicy,
  type Task,
  type SharedMemory,
  type TaskContext,
  type TaskOptions,
  type TaskSettings,
} from "./task.ts";
export {
  trigger,
  type Firing,
  type Match,
  type SignalsOf,
  type Trigger,
  type TriggerOptions,
} from "./trigger.ts";
export type { Answer, Recorded, Standing, WhyNot, WhyNotDue } from "./why-not.ts";
