// The executor of a world: bodies take virtual time and end in every way in which a thread can end.
import * as Effect from "effect/Effect";
import type { ExecutorEvent, ExecutorPort, Order } from "../executor.ts";
import type { Emitted, Outcome } from "../run.ts";
import type { Task } from "../task.ts";
import { perform, type Fake, type Performance, type Stage } from "./fake.ts";
import type { Fault, FaultName, Faults } from "./fault.ts";
import type { Process, Step } from "./virtual-time.ts";

/** A body that a world has begun, as it really was, whatever the store knows of it. */
export interface BodyRecord {
  readonly run: string;
  readonly task: string;
  readonly token: number;
  readonly attempt: number;
  readonly engine: number;
  /** The engine's life. */
  readonly owner: string;
  readonly startedAt: number;
  /** The same on the clock that nobody sets. */
  readonly startedElapsed: number;
  /** On that clock, too; null: it still runs. */
  endedElapsed: number | null;
  /** null: it still runs, or its engine's process was killed. */
  outcome: Outcome | null;
  /** Stored with its success. */
  emitted: readonly Emitted[];
  isOver: boolean;
}

export interface SimulatedExecutorOptions {
  readonly engine: number;
  readonly owner: string;
  readonly process: Process;
  readonly slots: number;
  readonly bodies: ReadonlyMap<string, Task | Fake>;
  readonly faults: Faults;
  readonly stage: Omit<Stage, "emitNow" | "log">;
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly tell: (text: string) => void;
  readonly begun: (body: BodyRecord) => void;
  readonly ended: (body: BodyRecord) => void;
  /** The second name of the point at which a body begins: by its instant. */
  readonly place: () => () => string;
  /** Kills the engine's process, and starts it again so long after. */
  readonly crash: (downMillis: number) => void;
}

const bodyFaults: readonly FaultName[] = [
  "crash-running",
  "body-crash",
  "body-hang",
  "body-refused",
  "body-failure",
  "pool-full",
];
const abortFaults: readonly FaultName[] = ["body-late"];
/** A body that hangs without a time limit goes on in the end: for ever would be a lost slot, and no finding. */
const hangMillis = 600_000;

interface Part {
  readonly order: Order;
  readonly record: BodyRecord;
  end: Step | null;
  /** How it ends, unless it is told to before. */
  performance: Performance;
}

export class SimulatedExecutor implements ExecutorPort {
  readonly capacity = Effect.sync(() => this.#options.slots - this.#parts.size);
  readonly #options: SimulatedExecutorOptions;
  readonly #parts = new Map<string, Part>();
  /** Until then it takes nothing, whatever it has told, on the clock that nobody sets. */
  #fullUntil = -Infinity;
  readonly #listeners = new Set<(event: ExecutorEvent) => void>();

  constructor(options: SimulatedExecutorOptions) {
    this.#options = options;
  }

  start(order: Order): Effect.Effect<void> {
    return this.#options.process.call((resume) => {
      this.#begin(order);
      resume(Effect.void);
    });
  }

  cancel(run: string): Effect.Effect<void> {
    return Effect.sync(() => {
      const part = this.#parts.get(run);
      if (part === undefined || part.end === null) return;
      const lateMillis = this.#lateMillis(part);
      if (lateMillis === undefined) {
        part.end.isOver = true;
        this.#endLater(part, 1, { ...unperformed(cancelled), takesMillis: 1 });
      } else if (part.end.at > this.#options.elapsed() + lateMillis) {
        part.end.isOver = true;
        this.#endLater(part, lateMillis, part.performance);
      }
    });
  }

  /** For how long a body that is told to end goes on, and then returns as if it had not been; undefined: it ends. */
  #lateMillis({ order }: Part): number | undefined {
    const { faults, place, tell } = this.#options;
    if (!faults.arePossible) return undefined;
    const { run } = order;
    const point = `${pointOf(order)} told to end`;
    const fault = faults.at(point, abortFaults, { weight: 50, instant: place() });
    if (fault === undefined) return undefined;
    tell(`✗ ${run} is told to end, and goes on for at most ${fault.millis} ms`);
    return fault.millis;
  }

  events(listener: (event: ExecutorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The process was killed, and its threads with it. */
  end(): void {
    for (const { record } of this.#parts.values()) {
      record.isOver = true;
      record.endedElapsed = this.#options.elapsed();
      this.#options.ended(record);
    }
    this.#parts.clear();
  }

  #begin(order: Order): void {
    const { engine, owner, faults, tell, now, elapsed, place } = this.#options;
    const { run, task, token, attempt } = order;
    const startedAt = now();
    const startedElapsed = elapsed();
    const record: BodyRecord = {
      run,
      task,
      token,
      attempt,
      engine,
      owner,
      startedAt,
      startedElapsed,
      endedElapsed: null,
      outcome: null,
      emitted: [],
      isOver: false,
    };
    const part: Part = { order, record, end: null, performance: unperformed(cancelled) };
    this.#parts.set(run, part);
    if (startedElapsed < this.#fullUntil) return this.#release(part, 0);
    const fault = faults.arePossible
      ? faults.at(pointOf(order), bodyFaults, { weight: 5, instant: place() })
      : undefined;
    if (fault?.what === "pool-full") {
      tell(`✗ the pool is full for ${fault.millis} ms, whatever it has told`);
      this.#fullUntil = startedElapsed + fault.millis;
      return this.#release(part, 0);
    }
    if (fault?.what === "body-refused") {
      tell(`✗ no thread for ${run}`);
      return this.#release(part, 1_000);
    }
    tell(`starts ${run}${attempt === 1 ? "" : `, attempt ${attempt}`}`);
    this.#options.begun(record);
    this.#tell({ _tag: "Started", run, token, at: startedAt });
    const performance = this.#performanceOf(order, fault?.what);
    part.performance = performance;
    this.#endLater(part, performance.takesMillis, performance);
    if (fault?.what === "crash-running") this.#crashWithin(part, performance.takesMillis, fault);
  }

  /** It was not begun. */
  #release(part: Part, holdMillis: number): void {
    this.#endLater(part, 1, unperformed({ _tag: "Released", error: null, holdMillis }));
  }

  #crashWithin({ order: { run }, record }: Part, takesMillis: number, { millis }: Fault): void {
    const { process, tell, crash } = this.#options;
    process.later(Math.floor(takesMillis / 2), () => {
      if (record.isOver) return;
      tell(`✗ crashes while ${run} runs, down for ${millis} ms`);
      crash(millis);
    });
  }

  #performanceOf(order: Order, fault: FaultName | undefined): Performance {
    const { stage, bodies, tell } = this.#options;
    const { run, token, timeoutMillis } = order;
    const body = bodies.get(order.task) as Task | Fake;
    const own = perform(body, order, {
      ...stage,
      emitNow: (event) => this.#tell({ _tag: "Emitted", run, token, event }),
      log: (message) => {
        tell(`${run} says ${message}`);
        this.#tell({ _tag: "Logged", run, token, level: "info", message });
      },
    });
    if (fault === "body-crash")
      return { ...unperformed(crashed), takesMillis: Math.floor(own.takesMillis / 2) };
    if (fault === "body-failure") return { ...unperformed(failed), takesMillis: own.takesMillis };
    const takesMillis =
      fault === "body-hang" ? Math.max(hangMillis, own.takesMillis) : own.takesMillis;
    if (timeoutMillis !== null && takesMillis >= timeoutMillis)
      return { ...unperformed(timedOut(timeoutMillis)), takesMillis: timeoutMillis };
    return { ...own, takesMillis };
  }

  #endLater(part: Part, millis: number, { outcome, emitted }: Performance): void {
    part.end = this.#options.process.later(millis, () => {
      const { run, token } = part.order;
      this.#parts.delete(run);
      part.record.isOver = true;
      part.record.endedElapsed = this.#options.elapsed();
      part.record.outcome = outcome;
      part.record.emitted = emitted;
      this.#options.tell(`ends ${run}: ${outcomeText(outcome)}`);
      this.#options.ended(part.record);
      this.#tell({ _tag: "Ended", run, token, outcome, emitted });
    });
  }

  #tell(event: ExecutorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** A run that was given back unbegun comes again with the same attempt, and is another point all the same. */
const pointOf = ({ run, attempt, token }: Order): string =>
  `${run} attempt ${attempt}${token === attempt ? "" : `, token ${token}`}`;

const unperformed = (outcome: Outcome): Performance => ({ takesMillis: 0, outcome, emitted: [] });

const failed: Outcome = {
  _tag: "Failed",
  error: { name: "Error", message: "the task failed (a fault of the simulation)" },
};
const crashed: Outcome = {
  _tag: "Crashed",
  error: { name: "CrashError", message: "the worker thread ended (a fault of the simulation)" },
};
const cancelled: Outcome = {
  _tag: "Cancelled",
  error: { name: "CancelledError", message: "the run was cancelled" },
};
const timedOut = (millis: number): Outcome => ({
  _tag: "TimedOut",
  error: { name: "TimeoutError", message: `it ran for longer than ${millis} ms` },
});

const outcomeText = (outcome: Outcome): string =>
  outcome._tag === "Succeeded"
    ? `succeeded with ${JSON.stringify(outcome.result)}`
    : outcome._tag === "Released"
      ? "released"
      : `${outcome._tag.replace(/\B[A-Z]/g, (it) => ` ${it}`).toLowerCase()} with ${outcome.error.name}: ${outcome.error.message}`;
