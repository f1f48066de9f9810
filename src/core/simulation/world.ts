// A world: engines, a store and an environment in virtual time, by hand. Everything is synchronous, and the same seed gives the same world, step by step.
import * as Effect from "effect/Effect";
import type { App } from "../app.ts";
import { isIdle } from "../batch.ts";
import { cancelRun, type Cancelled } from "../cancel.ts";
import { definitionsOf, type Definitions } from "../definitions.ts";
import { durationMillis, type DurationInput } from "../duration.ts";
import { InputError } from "../errors.ts";
import { instantMillis, type InstantInput } from "../instant.ts";
import { jsonFault, type Json } from "../json.ts";
import { optionFault } from "../reading.ts";
import { runIdOf } from "../run-id.ts";
import { eventNameFault, signalIdFault } from "../signal.ts";
import type { StorePort } from "../store.ts";
import { isTask, type Task } from "../task.ts";
import { Chance } from "./chance.ts";
import { Faults, type FaultName } from "./fault.ts";
import { Interleaving } from "./interleaving.ts";
import { hearingsOf, type Hearing } from "./reference.ts";
import { SimulatedEngine } from "./simulated-engine.ts";
import type { BodyRecord } from "./simulated-executor.ts";
import { SimulatedStore } from "./simulated-store.ts";
import { lineText, Trace } from "./trace.ts";
import {
  eventView,
  reasonOf,
  runView,
  skipView,
  waitingView,
  type Reason,
  type WorldEvent,
  type WorldRun,
  type WorldSkip,
  type WorldWaiting,
} from "./view.ts";
import type { Violation } from "./violation.ts";
import { VirtualTime, type Step } from "./virtual-time.ts";
import { bodiesOf, checked, type WorldInternals, type WorldOptions } from "./world-options.ts";

export interface Emission {
  readonly event: string;
  readonly status: "accepted" | "duplicate";
  /** A duplicate whose name or payload is not the stored one. */
  readonly differs?: true;
}

/** Nothing more happens by itself within `runToIdle`'s limit, and yet the world is not idle. */
export class NotIdleError extends Error {
  override readonly name = "NotIdleError";
}

const fromDefault = 1_767_225_600_000;
const idleMillisMax = 30 * 86_400_000;
/** So many steps at one instant are no progress. */
const stepsAtOnceMax = 20_000;
const duplicateFaults: readonly FaultName[] = ["duplicate"];

/**
 * A world in which an app lives. Throws a DefinitionError for an app with faults, an InputError for options that can't be, and an AsyncTaskError for a task that is
 * asynchronous and has no fake.
 */
export const world = (app: App, options: WorldOptions = {}): World => new World(app, options);

export class World {
  readonly time: VirtualTime;
  readonly store: SimulatedStore;
  readonly definitions: Definitions;
  readonly trace = new Trace();
  readonly faults: Faults;
  readonly interleaving: Interleaving;
  /** All bodies that were ever begun. */
  readonly bodies: BodyRecord[] = [];
  readonly running = new Set<BodyRecord>();
  /** Grows whenever a law may see something new. */
  version = 0;
  /** Events that `emit` has said are stored, with the instant. */
  readonly acknowledged = new Map<string, number>();
  /** Laws that were seen broken while it happened. */
  readonly breaches: Violation[] = [];
  readonly #app: App;
  readonly #options: WorldOptions;
  readonly engines: readonly SimulatedEngine[];
  readonly #client: StorePort;
  readonly #deeds: ((world: World) => void)[] = [];
  #broken: { readonly error: unknown } | undefined;
  #emissions = 0;
  #hearings:
    | { readonly seq: number; readonly at: number; readonly list: readonly Hearing[] }
    | undefined;
  #watch: ((step: Step) => boolean) | undefined;
  #stepsAtOnce = 0;
  #steppedAt = -1;

  constructor(app: App, options: WorldOptions = {}, internals: WorldInternals = {}) {
    const { seed, slots, engines } = checked(app, options);
    this.#app = app;
    this.#options = options;
    const tasks = app.tasks.filter(isTask);
    this.definitions = definitionsOf(app, tasks);
    const bodies = bodiesOf(tasks, options.tasks ?? {}, internals);
    const { onChoice, onPoint } = internals;
    const faults = new Faults(seed, options.faults ?? "none", onPoint);
    this.faults = faults;
    this.interleaving = new Interleaving(
      seed,
      options.strategy ?? "random",
      // What comes after the faults is not explored.
      onChoice && ((at, count) => void (faults.isOver || onChoice(at, count))),
    );
    this.time = new VirtualTime(
      options.from === undefined ? fromDefault : instantMillis(options.from),
      this.interleaving.choose,
    );
    this.store = new SimulatedStore(this.time);
    this.#client = this.store.port(null, null);
    const executor = {
      slots,
      bodies,
      faults: this.faults,
      stage: { chance: new Chance(seed), known: internals.known ?? (() => undefined) },
      now: () => this.time.now,
      elapsed: () => this.time.elapsed,
      begun: (body: BodyRecord) => {
        for (const other of this.running) if (other.run === body.run) this.#overlap(body, other);
        this.bodies.push(body);
        this.running.add(body);
        this.version += 1;
      },
      ended: (body: BodyRecord) => {
        this.running.delete(body);
        this.version += 1;
      },
    };
    this.engines = Array.from(
      { length: engines },
      (_, index) =>
        new SimulatedEngine({
          index,
          time: this.time,
          store: this.store,
          definitions: this.definitions,
          executor,
          tell: (text) => this.tell(text, index),
          onDefect: (error) => void (this.#broken ??= { error }),
          wrap: internals.wrap,
        }),
    );
    for (const engine of this.engines) engine.start();
    this.#pass(0);
  }

  /** The wall clock, in milliseconds since the epoch. */
  now(): number {
    return this.time.now;
  }

  /** Stores an event, as a user's `emit` does. The engines hear of it when they next take a step. Throws an InputError for what can't be stored. */
  emit(
    name: string,
    payload: unknown = null,
    options: { readonly id?: string; readonly after?: DurationInput } = {},
  ): Emission {
    const fault = eventNameFault(name) ?? optionFault("emit", options, ["id", "after"]);
    if (fault !== undefined) throw new InputError(fault);
    this.#deed((world) => world.emit(name, payload, options));
    return this.#append(name, payload, options);
  }

  /** Asks for a run of a task, as a person does. The id of the run. */
  run(task: Task | string, input: unknown = null, options: { readonly id?: string } = {}): string {
    const id = typeof task === "string" ? task : task.id;
    if (!this.definitions.tasks.has(id))
      throw new InputError(`run: no task ${JSON.stringify(id)} is defined`);
    this.#deed((world) => world.run(id, input, options));
    return runIdOf(`@${id}`, [this.#append(`@${id}`, input, options).event]);
  }

  /** Cancels a run, as a person does. */
  cancel(run: string): Cancelled {
    this.#deed((world) => world.cancel(run));
    this.tell(`cancels ${run}`);
    return Effect.runSync(cancelRun(this.#client, run));
  }

  /** Lets so much time pass, with all that happens in it. */
  advance(duration: DurationInput): void {
    const millis = durationMillis(duration);
    this.#deed((world) => world.advance(millis));
    this.#pass(millis);
  }

  /**
   * Lets time pass until nothing is left but to wait for schedules and people: no signal that is not routed, no run that is not over, no delayed event. Throws a
   * NotIdleError after 30 days.
   */
  runToIdle(): void {
    this.#deed((world) => world.runToIdle());
    if (this.isIdle) return;
    this.#pass(idleMillisMax, () => this.isIdle);
    if (!this.isIdle)
      throw new NotIdleError(
        `the world is not idle after 30 days: ${this.#open()}; is an engine up, and is there a time without work between two occurrences?`,
      );
  }

  /** Kills an engine's process. Its runs are taken back by the next engine that starts. */
  crash(engine: number): void {
    this.#engine(engine).crash();
    this.#deed((world) => world.crash(engine));
    this.tell("✗ crashes", engine);
  }

  /** Starts an engine that is down. */
  restart(engine: number): void {
    const it = this.#engine(engine);
    this.#deed((world) => world.restart(engine));
    it.start();
    this.#pass(0);
  }

  /** Asks an engine to stop: it claims nothing any more and ends when what it holds has ended. */
  stop(engine: number): void {
    const it = this.#engine(engine);
    this.#deed((world) => world.stop(engine));
    this.tell("is asked to stop", engine);
    it.stop();
    this.#pass(0);
  }

  /** The engine does nothing for so long, while everything else goes on. */
  freeze(engine: number, duration: DurationInput): void {
    const millis = durationMillis(duration);
    const it = this.#engine(engine);
    this.#deed((world) => world.freeze(engine, millis));
    this.tell(`✗ stands still for ${millis} ms`, engine);
    it.freeze(millis);
  }

  /** The machine sleeps for so long: the wall clock goes on, and nothing else does, timers included. */
  suspend(duration: DurationInput): void {
    const millis = durationMillis(duration);
    this.#deed((world) => world.suspend(millis));
    this.tell(`✗ the machine is suspended for ${millis} ms`);
    this.time.now += millis;
    this.#pass(0);
  }

  /** Sets the wall clock, forward or back. */
  setClock(instant: InstantInput): void {
    const millis = instantMillis(instant);
    this.#deed((world) => world.setClock(millis));
    this.time.now = millis;
    this.tell("✗ the clock is set to this");
    this.#pass(0);
  }

  /**
   * Another world in which the same has happened; what happens in one from now on does not happen in the other. It costs as much time as this one took. The functions
   * of the app must be pure for that.
   */
  fork(): World {
    const other = new World(this.#app, this.#options);
    for (const deed of this.#deeds) deed(other);
    return other;
  }

  /** All runs, in the order of their creation. */
  runs(): readonly WorldRun[] {
    return this.store.mirror.runs.map(runView);
  }

  skips(): readonly WorldSkip[] {
    return this.store.mirror.skips.map(skipView);
  }

  /** All events that were stored, in the order of the log. */
  events(): readonly WorldEvent[] {
    return this.store.mirror.signals.flatMap(eventView);
  }

  /** The matches that wait in joins. */
  waiting(): readonly WorldWaiting[] {
    const { rows } = Effect.runSync(this.store.memory.list("waiting", { limit: 10_000 }));
    return rows.map((row) => waitingView(this.definitions, row));
  }

  /** What has happened, line by line. */
  timeline(): readonly string[] {
    return this.trace.lines.map(lineText);
  }

  /** 16 hexadecimal digits: the same for the same world, whatever the machine. */
  traceHash(): string {
    return this.trace.hash;
  }

  /** Why a run is there: the signals that its firing consumed, and the runs that they came from. Throws an InputError for a run that isn't there. */
  why(run: string): Reason {
    const found = this.store.mirror.run(run);
    if (found === undefined) throw new InputError(`why: there is no run ${JSON.stringify(run)}`);
    return reasonOf(this.store.mirror, found);
  }

  // What follows is for those who watch a world: simulations.

  get isIdle(): boolean {
    if (this.time.isBusy) return false;
    return isIdle(Effect.runSync(this.store.memory.summary));
  }

  /** All that was routed, when it is heard. */
  hearings(): readonly Hearing[] {
    const { signals, watermark } = this.store.mirror;
    if (this.#hearings?.seq !== watermark.seq || this.#hearings.at !== watermark.at)
      this.#hearings = { ...watermark, list: hearingsOf(signals, watermark) };
    return this.#hearings.list;
  }

  tell(text: string, engine: number | null = null): void {
    this.trace.add({ at: this.time.now, elapsed: this.time.elapsed, engine, text });
  }

  /** Calls `watch` after each step from now on; true ends what is going on. */
  onStep(watch: () => boolean): void {
    this.#watch = watch;
  }

  #append(
    name: string,
    payload: unknown,
    { id, after }: { readonly id?: string; readonly after?: DurationInput },
  ): Emission {
    const event = id ?? `${name.replace("@", "ask-")}#${this.#emissions}`;
    const fault =
      jsonFault(payload, name.startsWith("@") ? "input" : "payload") ?? signalIdFault(event);
    if (fault !== undefined) throw new InputError(fault);
    this.#emissions += 1;
    const delay = after === undefined ? 0 : durationMillis(after);
    const signal = { _tag: "Event", id: event, name, payload: payload as Json } as const;
    const dueAt = delay > 0 ? this.time.now + delay : null;
    const store = (): Emission => {
      const batch = { checks: [], signals: [{ id: event, signal, origin: null, dueAt }] };
      const reply = Effect.runSync(this.#client.commit(batch));
      const status = reply._tag === "Committed" ? reply.signals[0] : undefined;
      this.version += 1;
      this.tell(`emits ${name} (${event})${status === "accepted" ? "" : ", a duplicate"}`);
      this.acknowledged.set(event, this.time.now);
      if (status === "accepted") return { event, status };
      return status === "differs"
        ? { event, status: "duplicate", differs: true }
        : { event, status: "duplicate" };
    };
    if (this.faults.arePossible && this.faults.at(`event ${event}`, duplicateFaults, { weight: 5 }))
      this.time.outside.later(1_000, store);
    return store();
  }

  /** Keeps what was done to the world, so that a fork can do it again. */
  #deed(deed: (world: World) => void): void {
    if (this.#broken !== undefined) throw this.#broken.error;
    this.#deeds.push(deed);
  }

  #pass(millis: number, isOver?: () => boolean): void {
    try {
      this.time.run(
        this.time.elapsed + millis,
        (step) => this.#watched(step) || isOver?.() === true,
      );
    } catch (error) {
      this.#broken ??= { error };
    }
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  #watched(step: Step): boolean {
    this.trace.step(step.order, this.time.elapsed);
    this.#stepsAtOnce = this.#steppedAt === this.time.elapsed ? this.#stepsAtOnce + 1 : 0;
    this.#steppedAt = this.time.elapsed;
    if (this.#stepsAtOnce > stepsAtOnceMax)
      throw new NotIdleError(`${stepsAtOnceMax} steps, and no time has passed: an endless loop`);
    return this.#broken !== undefined || this.#watch?.(step) === true;
  }

  #overlap(body: BodyRecord, other: BodyRecord): void {
    this.breaches.push({
      law: "no-overlap",
      message: `a body of ${body.run} begins on engine ${body.engine} while another one runs on engine ${other.engine}`,
      at: this.time.now,
      about: [body.run],
    });
  }

  #engine(index: number): SimulatedEngine {
    const engine = this.engines[index];
    if (engine !== undefined) return engine;
    throw new InputError(
      `there is no engine ${String(index)}; they count from 0, and there are ${this.engines.length}`,
    );
  }

  #open(): string {
    const { runs, unrouted, deadlines } = Effect.runSync(this.store.memory.summary);
    return `${unrouted} signals are not routed, ${runs.pending} runs are pending, ${runs.claimed + runs.running} are held, ${deadlines} deadlines are ahead`;
  }
}
