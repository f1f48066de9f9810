// Starts an app for real: a durable store, the live clock, worker threads. The engine is the core's, unchanged; here is what it is given and how a user speaks to it.
import { taker } from "../core/taken.ts";
import { randomUUID } from "node:crypto";
import * as os from "node:os";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import * as Option from "effect/Option";
import * as Scope from "effect/Scope";
import { isApp, type App } from "../core/app.ts";
import { cancelRun, type Cancelled } from "../core/cancel.ts";
import type { Subject } from "../core/command.ts";
import type { Definitions } from "../core/definitions.ts";
import { openEngine, type Engine, type EngineNote } from "../core/engine.ts";
import { InputError, type ExecutorError } from "../core/errors.ts";
import { decodedPayload, type EventDefinition } from "../core/event.ts";
import { Executor, type ExecutorSource } from "../core/executor.ts";
import { optionFault } from "../core/reading.ts";
import type { Run } from "../core/run.ts";
import { Store, type Proof, type StorePort, type Summary } from "../core/store.ts";
import type { SharedMemory, Task } from "../core/task.ts";
import {
  backfillIn,
  pauseIn,
  resumeIn,
  rewindIn,
  scheduleIn,
  unscheduleIn,
  type BackfillOptions,
  type BackfillReply,
  type CommandOptions,
  type CommandReply,
  type MadeSchedule,
  type PauseOptions,
  type RewindReply,
} from "./control.ts";
import { emitTo, runTo, type EmitOptions, type EmitReply, type RunReply } from "./emit.ts";
import { staleSources, withTasks } from "./bundled.ts";
import {
  executorFault,
  localExecutor,
  sharedFault,
  slotsOf,
  threadless,
  type StoppableExecutor,
} from "./executor/local.ts";
import { definitionsOfApp } from "./load-app.ts";
import { openStore } from "./open-store.ts";
import { Outcomes } from "./outcomes.ts";
import { retryIn, type RetryOptions, type RetryReply } from "./retry.ts";

export interface StartOptions {
  /** Where state is kept: `sqlite:FILE`, `postgres://USER:PASSWORD@HOST/DATABASE` or `memory:`. Default "sqlite:detent.db". */
  readonly store?: string;
  /**
   * The file that `detent build` has made of the app's task modules, as URL or path; threads load it in their place, which is faster. If one of its sources has changed
   * since, a Warning tells. Default: the modules themselves.
   */
  readonly tasks?: URL | string;
  /** What a commit of a durable store survives: loss of power (default), or the end of the process. */
  readonly durability?: "power" | "process";
  /** How many runs at a time. Default: one for each core, on worker threads; 16 inline. */
  readonly slots?: number;
  /** Where runs are executed instead of here, such as `bullmq({ … })` of `detent/bullmq`; then `slots` and `shared` are its workers'. Default: here. */
  readonly executor?: ExecutorSource;
  /**
   * Memory for all threads, which tasks find as `ctx.shared`: large tables that every run reads, counters in `Atomics`. It is copied nowhere and stored nowhere, so results
   * must not depend on what earlier runs have left in it. Tasks with `isolation: "process"` don't see it. Default: none.
   */
  readonly shared?: SharedMemory;
  /** Hears what the engine does: for progress displays and logs. Nothing depends on it. */
  readonly onNote?: (note: EngineNote) => void;
}

const optionNames: readonly (keyof StartOptions)[] = [
  "store",
  "tasks",
  "durability",
  "slots",
  "executor",
  "shared",
  "onNote",
];

export interface Runtime {
  /** The store's URL. */
  readonly store: string;
  /** Stores an event; durable when it resolves. Rejects with an InputError for a name or payload that can't be stored. */
  emit<Payload>(
    event: string | EventDefinition<Payload>,
    payload?: Payload,
    options?: EmitOptions,
  ): Promise<EmitReply>;
  /** Asks for a run of a task, durably. */
  run<Input>(
    task: Task<Input> | string,
    input?: Input,
    options?: { readonly id?: string },
  ): Promise<RunReply>;
  /**
   * Pauses a trigger: what would have fired it becomes a skip, and nothing is made up for afterwards. Or pauses a task: its runs wait; those that run go on. In
   * force once it is routed, for every engine and across restarts. A second pause replaces the end of the first. Rejects with an InputError for a trigger or task that
   * is not there, or an end that is no instant in the future.
   */
  pause(subject: Subject, options?: PauseOptions): Promise<CommandReply>;
  /** Ends a pause; what is not paused stays as it is. */
  resume(subject: Subject, options?: CommandOptions): Promise<CommandReply>;
  /**
   * Owes a run for each occurrence of a trigger of one schedule from `from` to `to`, both included and in the past, at most 10,000. Ids are those that the runs would have
   * had in time: what has run stays, what was skipped runs. Rejects with an InputError for anything else.
   */
  backfill(trigger: string, options: BackfillOptions): Promise<BackfillReply>;
  /**
   * Makes a schedule at run time, or replaces the one made under this id: each of its occurrences from now on owes a run of the task with the input. It survives restarts
   * and obeys the rules of schedules that are defined (missed, jitter, pause, backfill). In force once it is routed. A later definition of the same id takes its place.
   * Rejects with an InputError for an id that a trigger has, a task that is not there, and what is no schedule or no JSON.
   */
  schedule<Input>(
    id: string,
    made: MadeSchedule<Input>,
    options?: CommandOptions,
  ): Promise<CommandReply>;
  /** Ends a schedule that was made at run time; runs that it has owed stay. An id under which there is none changes nothing, and leaves a skip that says so. */
  unschedule(id: string, options?: CommandOptions): Promise<CommandReply>;
  /** After the machine's clock was set back: schedules go on from now, not when the clock has caught up. What has run does not run again. */
  rewind(options?: CommandOptions): Promise<RewindReply>;
  /** Cancels a run: at once while it waits, by request while it is held. */
  cancel(run: string): Promise<Cancelled>;
  /**
   * Asks, durably, for another run of what a run did that is over: of the same task, with the same input and idempotency key. Answers "not-over" for one that isn't, and
   * "unknown" for one that is not there. Rejects with an InputError for an id that is taken.
   */
  retry(run: string, options?: RetryOptions): Promise<RetryReply>;
  /**
   * The run once it is over, whoever ends it, with its `state` and `outcome`; a failed one too. Rejects with an InputError if nothing owes a run of that id, and with an
   * Error if this runtime stops before the run is over.
   */
  result(run: string): Promise<Run>;
  /** Resolves when the runtime has stopped; rejects if its engine ends by a fault of its own. Then nothing runs any more, and the next start takes over. */
  readonly ended: Promise<void>;
  /** Resolves when nothing is left to do but to wait for schedules, people and matches. */
  idle(): Promise<void>;
  /**
   * Stops: claims nothing any more and waits for what runs. What still runs after `graceMillis` (default 30,000) is ended, and goes back to be run again or fails, as its
   * `onLost` says. Resolves when the store is closed.
   */
  stop(options?: { readonly graceMillis?: number }): Promise<void>;
  /**
   * Stops at once, before or after `stop`: claims and writes nothing any more, and ends threads without a grace. What was held is taken back by others when this process
   * has ended. Resolves to whether all threads have exited. If not, native code keeps some: `process.exit` would wait for it, and only
   * `process.kill(process.pid, "SIGKILL")` doesn't.
   */
  abort(): Promise<boolean>;
  /** When the next schedule or deadline is due. */
  readonly nextDueAt: number | undefined;
  summary(): Promise<Summary>;
}

/** The port behind a runtime that `start` has given, for what shows it within the same process. */
export const storeOf = (runtime: Runtime): StorePort => (runtime as Running).port;

/** How long a stop waits for threads that were told to end, before it leaves their runs to the next engine. */
const cutOffMillis = 7_000;
/** How long outcomes may take to be written when all that still runs can't be ended. */
const lastWritesMillis = 500;

export const start = async (given: App, options: StartOptions = {}): Promise<Runtime> => {
  const taken = taker();
  if (taken !== undefined) {
    taken.started(given);
    return new Promise(() => undefined); // whoever wanted to go on from here must not
  }
  const { slots, store, tasks } = options;
  if (!isApp(given)) throw new InputError("start needs an app; make one with detent({ … })");
  const fault = optionFault("start", options, optionNames);
  if (fault !== undefined) throw new InputError(fault);
  if (store !== undefined && typeof store !== "string")
    throw new InputError(`store is ${String(store)}; give sqlite:FILE, postgres://… or memory:`);
  if (slots !== undefined && !(Number.isInteger(slots) && slots >= 1))
    throw new InputError(`slots is ${String(slots)}; give a whole number of at least 1`);
  const elsewhere = executorFault(options);
  if (elsewhere !== undefined) throw new InputError(elsewhere);
  const wrong = sharedFault(options.shared);
  if (wrong !== undefined) throw new InputError(wrong);
  const app = tasks === undefined ? given : withTasks(given, tasks);
  const definitions = await definitionsOfApp(app);
  if (tasks !== undefined) await tellStale(app.tasks, options.onNote);
  const scope = Scope.makeUnsafe();
  try {
    const opened = await Effect.runPromise(Scope.provide(open(app, definitions, options), scope));
    return new Running(definitions, opened, scope);
  } catch (error) {
    await Effect.runPromise(Scope.close(scope, Exit.void));
    throw error;
  }
};

const tellStale = async (modules: App["tasks"], onNote: StartOptions["onNote"]): Promise<void> => {
  for (const module of modules) {
    if (typeof module !== "string") continue;
    // oxlint-disable-next-line no-await-in-loop
    const [first, ...more] = await staleSources(module);
    if (first === undefined) continue;
    const message = `${first}${more.length === 0 ? "" : ` and ${more.length} more`} changed after ${module} was built; run detent build again`;
    onNote?.({ _tag: "Warning", message });
  }
};

interface Opened {
  readonly store: StorePort;
  readonly engine: Engine;
  readonly executor: StoppableExecutor;
}

const open = (app: App, definitions: Definitions, options: StartOptions) =>
  Effect.gen(function* () {
    const store = yield* openStore(options.store ?? "sqlite:detent.db", {
      app: app.app,
      ...(options.durability && { durability: options.durability }),
    });
    let proof: Proof | null = null;
    const executor = yield* executorOf(app, options, () => proof);
    const owner = { id: randomUUID(), host: os.hostname(), process: process.pid };
    const engine = yield* openEngine({
      definitions,
      owner,
      ...(process.versions.tz && { zones: process.versions.tz }),
      ...(options.onNote && { onNote: options.onNote }),
    }).pipe(Effect.provideService(Store, store), Effect.provideService(Executor, executor));
    proof = yield* store.proof(owner.id);
    return { store, engine, executor };
  });

const executorOf = (
  app: App,
  { slots = slotsOf(app), shared, executor }: StartOptions,
  proof: () => Proof | null,
): Effect.Effect<StoppableExecutor, ExecutorError | InputError, Scope.Scope> =>
  executor === undefined
    ? localExecutor(app, { slots, shared, proof })
    : Effect.map(executor.open({ app: app.app }), (port) => ({ ...port, ...threadless }));

class Running implements Runtime {
  readonly #definitions: Definitions;
  readonly #opened: Opened;
  readonly #scope: Scope.Closeable;
  readonly #outcomes: Outcomes;
  readonly #loop: Fiber.Fiber<void>;
  readonly ended: Promise<void>;
  #stopped: Promise<void> | undefined;

  constructor(definitions: Definitions, opened: Opened, scope: Scope.Closeable) {
    this.#definitions = definitions;
    this.#opened = opened;
    this.#scope = scope;
    this.#outcomes = new Outcomes(opened.store);
    this.#loop = Effect.runFork(opened.engine.loop);
    this.ended = Effect.runPromise(Fiber.join(this.#loop));
    // Told to those who ask; those who wait for a run would wait for ever.
    this.ended.catch(() => this.#outcomes.finish());
  }

  get port(): StorePort {
    return this.#opened.store;
  }

  get store(): string {
    return this.#opened.store.url;
  }

  get nextDueAt(): number | undefined {
    return this.#opened.engine.nextDueAt();
  }

  async emit(
    event: string | EventDefinition,
    payload?: unknown,
    options: EmitOptions = {},
  ): Promise<EmitReply> {
    const name = typeof event === "string" ? event : event.name;
    const definition =
      this.#definitions.events.get(name) ?? (typeof event === "string" ? undefined : event);
    const value = definition === undefined ? payload : await decodedPayload(definition, payload);
    return Effect.runPromise(emitTo(this.#opened.store, name, value, options));
  }

  async run(
    task: Task | string,
    input?: unknown,
    options: { readonly id?: string } = {},
  ): Promise<RunReply> {
    const id = typeof task === "string" ? task : task.id;
    if (!this.#definitions.tasks.has(id))
      throw new InputError(
        `there is no task ${JSON.stringify(id)}; the app has ${[...this.#definitions.tasks.keys()].map((known) => JSON.stringify(known)).join(", ")}`,
      );
    return Effect.runPromise(runTo(this.#opened.store, id, input, options));
  }

  pause(subject: Subject, options?: PauseOptions): Promise<CommandReply> {
    const { store } = this.#opened;
    return Effect.runPromise(pauseIn(store, subject, options, this.#definitions));
  }

  resume(subject: Subject, options?: CommandOptions): Promise<CommandReply> {
    const { store } = this.#opened;
    return Effect.runPromise(resumeIn(store, subject, options, this.#definitions));
  }

  retry(run: string, options?: RetryOptions): Promise<RetryReply> {
    return Effect.runPromise(retryIn(this.#opened.store, run, options));
  }

  result(run: string): Promise<Run> {
    return this.#outcomes.of(run);
  }

  backfill(trigger: string, options: BackfillOptions): Promise<BackfillReply> {
    const { store } = this.#opened;
    return Effect.runPromise(backfillIn(store, trigger, options, this.#definitions));
  }

  schedule(id: string, made: MadeSchedule<any>, options?: CommandOptions): Promise<CommandReply> {
    const { store } = this.#opened;
    return Effect.runPromise(scheduleIn(store, id, made, options, this.#definitions));
  }

  unschedule(id: string, options?: CommandOptions): Promise<CommandReply> {
    return Effect.runPromise(unscheduleIn(this.#opened.store, id, options));
  }

  rewind(options?: CommandOptions): Promise<RewindReply> {
    return Effect.runPromise(rewindIn(this.#opened.store, options));
  }

  cancel(run: string): Promise<Cancelled> {
    return Effect.runPromise(cancelRun(this.#opened.store, run));
  }

  idle(): Promise<void> {
    return Effect.runPromise(this.#opened.engine.idle);
  }

  summary(): Promise<Summary> {
    return Effect.runPromise(this.#opened.store.summary);
  }

  stop({ graceMillis = 30_000 }: { readonly graceMillis?: number } = {}): Promise<void> {
    this.#stopped ??= Effect.runPromise(this.#stop(graceMillis));
    return this.#stopped;
  }

  abort(): Promise<boolean> {
    const { executor } = this.#opened;
    return Effect.runPromise(Effect.andThen(Fiber.interrupt(this.#loop), executor.abort));
  }

  #stop(graceMillis: number): Effect.Effect<void> {
    const { engine, store, executor } = this.#opened;
    const ended = (millis: number) =>
      Effect.map(Effect.timeoutOption(Fiber.await(this.#loop), millis), Option.isSome);
    return Effect.gen({ self: this }, function* () {
      yield* engine.drain;
      let isOver = yield* ended(graceMillis);
      if (!isOver) {
        yield* engine.cutOff;
        isOver = yield* Effect.raceFirst(ended(cutOffMillis), stuck(executor));
      }
      if (!isOver) yield* Fiber.interrupt(this.#loop);
      // Of one that still holds a run, because its body can't be ended or its engine died of a fault, that is taken back when its process is gone or its lease is over.
      yield* Effect.ignore(store.leave(engine.owner()));
      yield* Effect.promise(() => this.#outcomes.finish());
      yield* Scope.close(this.#scope, Exit.void);
    });
  }
}

/** False when nothing is left to wait for, because what runs can't be ended. */
const stuck = (executor: StoppableExecutor): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    while (!(yield* executor.isStuck)) yield* Effect.sleep(50);
    yield* Effect.sleep(lastWritesMillis);
    return false;
  });
