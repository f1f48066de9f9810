// Entry point `detent/core/decisions`: what decides, without an engine, stores, and cron. It is built as one file, in which no cron expression can be read: for places where
// every kilobyte counts, and every engine is the embedder's own.
export { activation } from "./activation.ts";
export { detent, isApp, type App, type AppDefinition } from "./app.ts";
export * from "./condition.ts";
export * from "./mismatch.ts";
export { definitionsOf, type CompiledTrigger, type Definitions, type Leaf } from "./definitions.ts";
export { DefinitionError, InputError, type ErrorData } from "./errors.ts";
export { defineEvent, type EventDefinition, type StandardSchema } from "./event.ts";
export { canonical, jsonFault, type Json } from "./json.ts";
export { moves, runStates, type Outcome, type Run, type RunState } from "./run.ts";
export { runIdOf } from "./run-id.ts";
export {
  at,
  every,
  nextOccurrence,
  occurrencesBetween,
  previousOccurrence,
  type AtSchedule,
  type EveryOptions,
  type EverySchedule,
  type Schedule,
} from "./schedule.ts";
export { heardOf, type NewSignal, type Signal, type StoredSignal } from "./signal.ts";
export { advance, batchOf, nextDueAt, stateOf, type State } from "./state.ts";
export { step, type Decision, type Piece } from "./step.ts";
export { task, type Task, type TaskContext } from "./task.ts";
export { trigger, type Firing, type Match, type Trigger, type TriggerOptions } from "./trigger.ts";
