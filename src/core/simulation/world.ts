// A world: engines, a store and an environment in virtual time, by hand. Everything is synchronous, and the same seed gives the same world, step by step.
import * as Effect from "effect/Effect";
import type { App } from "../app.ts";
import { cancelRun, type Cancelled } from "../cancel.ts";
import { durationMillis, type DurationInput } from "../duration.ts";
import { InputError } from "../errors.ts";
import { instantMillis, type InstantInput } from "../instant.ts";
import { optionFault } from "../reading.ts";
import { runIdOf } from "../run-id.ts";
import { eventNameFault } from "../signal.ts";
import type { Task } from "../task.ts";
import type { Emission, EmissionOptions } from "./client.ts";
import { idleMillisMax, NotIdleError, WorldState } from "./world-state.ts";
import type { WorldInternals, WorldOptions } from "./world-options.ts";

/**
 * A world in which an app lives. Throws a DefinitionError for an app with faults, an InputError for options that can't be, and an AsyncTaskError for a task that is
 * asynchronous and has no fake.
 */
export const world = (app: App, options: WorldOptions = {}): World => new World(app, options);

export class World extends WorldState {
  readonly #app: App;
  readonly #options: WorldOptions;
  readonly #deeds: ((world: World) => void)[] = [];

  constructor(app: App, options: WorldOptions = {}, internals: WorldInternals = {}) {
    super(app, options, internals);
    this.#app = app;
    this.#options = options;
  }

  /** Stores an event, as a user's `emit` does. The engines hear of it when they next take a step. Throws an InputError for what can't be stored. */
  emit(name: string, payload: unknown = null, options: EmissionOptions = {}): Emission {
    const fault = eventNameFault(name) ?? optionFault("emit", options, ["id", "after"]);
    if (fault !== undefined) throw new InputError(fault);
    this.#deed((world) => world.emit(name, payload, options));
    return this.client.emit(name, payload, options);
  }

  /** Asks for a run of a task, as a person does. The id of the run. */
  run(task: Task | string, input: unknown = null, options: { readonly id?: string } = {}): string {
    const id = typeof task === "string" ? task : task.id;
    if (!this.editions.some(({ tasks }) => tasks.has(id)))
      throw new InputError(`run: no task ${JSON.stringify(id)} is defined`);
    this.#deed((world) => world.run(id, input, options));
    return runIdOf(`@${id}`, [this.client.emit(`@${id}`, input, options).event]);
  }

  /** Cancels a run, as a person does. */
  cancel(run: string): Cancelled {
    this.#deed((world) => world.cancel(run));
    this.tell(`cancels ${run}`);
    return Effect.runSync(cancelRun(this.store.client, run));
  }

  /** Lets so much time pass, with all that happens in it. */
  advance(duration: DurationInput): void {
    const millis = durationMillis(duration);
    this.#deed((world) => world.advance(millis));
    this.pass(millis);
  }

  /**
   * Lets time pass until nothing is left but to wait for schedules and people: no signal that is not routed, no run that is not over, no delayed event. Throws a
   * NotIdleError after 30 days.
   */
  runToIdle(): void {
    this.#deed((world) => world.runToIdle());
    if (this.isIdle) return;
    this.pass(idleMillisMax, () => this.isIdle);
    if (!this.isIdle)
      throw new NotIdleError(
        `the world is not idle after 30 days: ${this.open()}; is an engine up, and is there a time without work between two occurrences?`,
      );
  }

  /** Kills an engine's process. Its runs are taken back by the next engine that starts. */
  crash(engine: number): void {
    this.engine(engine).crash();
    this.#deed((world) => world.crash(engine));
    this.tell("✗ crashes", engine);
  }

  /** The power fails: all engines die. Of a world with the durability "process", what was stored in the last `losing` (default 0) is lost. */
  failPower(losing: DurationInput = 0): void {
    const millis = durationMillis(losing);
    this.#deed((world) => world.failPower(millis));
    this.tell("✗ the power fails");
    this.losePower(millis);
  }

  /** Starts an engine that is down. */
  restart(engine: number): void {
    const it = this.engine(engine);
    this.#deed((world) => world.restart(engine));
    it.start();
    this.pass(0);
  }

  /** Asks an engine to stop: it claims nothing any more and ends when what it holds has ended. */
  stop(engine: number): void {
    const it = this.engine(engine);
    this.#deed((world) => world.stop(engine));
    this.tell("is asked to stop", engine);
    it.stop();
    this.pass(0);
  }

  /** Asks an engine to stop, and starts it with the app's next version when it has; the next time with the first version again. One that is down is not started. */
  deploy(engine: number): void {
    const it = this.engine(engine);
    this.#deed((world) => world.deploy(engine));
    this.tell("is deployed anew: stops, and starts again", engine);
    it.deploy(0);
    this.pass(0);
  }

  /** The engine does nothing for so long, while everything else goes on. */
  freeze(engine: number, duration: DurationInput): void {
    const millis = durationMillis(duration);
    const it = this.engine(engine);
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
    this.pass(0);
  }

  /** Sets the wall clock, forward or back. */
  setClock(instant: InstantInput): void {
    const millis = instantMillis(instant);
    this.#deed((world) => world.setClock(millis));
    this.time.now = millis;
    this.tell("✗ the clock is set to this");
    this.pass(0);
  }

  /** From now on the wall clock gains so many milliseconds a minute, or loses them if there are fewer than none. Timers don't notice. */
  driftClock(millisPerMinute: number): void {
    if (!(Math.abs(millisPerMinute) < 60_000))
      throw new InputError(
        `driftClock: ${String(millisPerMinute)} ms a minute is no drift; give less than 60000`,
      );
    this.#deed((world) => world.driftClock(millisPerMinute));
    this.time.drift(millisPerMinute);
    this.tell(`✗ the clock gains ${millisPerMinute} ms a minute from now on`);
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

  /** Keeps what was done to the world, so that a fork can do it again. */
  #deed(deed: (world: World) => void): void {
    this.demandWhole();
    this.#deeds.push(deed);
  }
}
