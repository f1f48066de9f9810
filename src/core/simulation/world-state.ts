// What a world consists of, how time passes in it, and what it shows of itself. world.ts has what one may do to it.
import * as Effect from "effect/Effect";
import type { App } from "../app.ts";
import { isIdle } from "../batch.ts";
import type { Definitions } from "../definitions.ts";
import { InputError } from "../errors.ts";
import { instantMillis } from "../instant.ts";
import { Chance } from "./chance.ts";
import { Client } from "./client.ts";
import { Faults } from "./fault.ts";
import { Interleaving } from "./interleaving.ts";
import { journalOf, pastOf } from "./past.ts";
import { hearingsOf, type Hearing } from "./reference.ts";
import { SimulatedEngine } from "./simulated-engine.ts";
import type { BodyRecord, SimulatedExecutorOptions } from "./simulated-executor.ts";
import type { StoreRecord } from "./mirror.ts";
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
import { checked, editionsOf, type WorldInternals, type WorldOptions } from "./world-options.ts";

/** Nothing more happens by itself within `runToIdle`'s limit, and yet the world is not idle. */
export class NotIdleError extends Error {
  override readonly name = "NotIdleError";
}

export const idleMillisMax = 30 * 86_400_000;
const fromDefault = 1_767_225_600_000;
/** So many steps at one instant are no progress. */
const stepsAtOnceMax = 20_000;
/** How long after a loss of power engines start again. */
const offMillis = 5_000;

export class WorldState {
  readonly time: VirtualTime;
  readonly store: SimulatedStore;
  /** Those that engines start with at first. */
  readonly definitions: Definitions;
  /** And those of the app's next version. */
  readonly editions: readonly Definitions[];
  readonly trace = new Trace();
  readonly faults: Faults;
  readonly interleaving: Interleaving;
  /** All bodies that were ever begun, but for those whose claims are lost. */
  bodies: BodyRecord[] = [];
  readonly running = new Set<BodyRecord>();
  /** Grows whenever a law may see something new. */
  version = 0;
  /** Laws that were seen broken while it happened. */
  readonly breaches: Violation[] = [];
  readonly engines: readonly SimulatedEngine[];
  readonly client: Client;
  #broken: { readonly error: unknown } | undefined;
  #hearings:
    | { readonly seq: number; readonly at: number; readonly list: readonly Hearing[] }
    | undefined;
  #watch: ((step: Step) => boolean) | undefined;
  #stepsAtOnce = 0;
  #steppedAt = -1;

  constructor(app: App, options: WorldOptions, internals: WorldInternals) {
    const { seed, slots, engines, durability } = checked(app, options);
    const editions = editionsOf(app, options, internals);
    this.editions = editions.map(({ definitions }) => definitions);
    this.definitions = editions[0].definitions;
    const { onChoice, onPoint, wrap, known } = internals;
    this.faults = new Faults(seed, options.faults ?? "none", onPoint);
    this.interleaving = new Interleaving(
      seed,
      options.strategy ?? "random",
      // What comes after the faults is not explored.
      onChoice && ((at, count) => void (this.faults.isOver || onChoice(at, count))),
    );
    const { journal, at, from = fromDefault } = options;
    const { definitions } = this;
    const past =
      internals.past ??
      (journal === undefined ? undefined : pastOf(definitions, journalOf(journal), at));
    this.time = new VirtualTime(past?.at ?? instantMillis(from), this.interleaving.choose);
    this.store = new SimulatedStore(this.time, durability, past);
    if (past !== undefined)
      this.tell(`goes on from a journal: ${past.signals.length} signals, ${past.runs.length} runs`);
    this.store.isFlushedLater = durability === "power" && this.faults.mayBe(["power-loss"]);
    internals.tamper?.(this.store);
    this.client = new Client({
      time: this.time,
      store: this.store,
      faults: this.faults,
      tell: (text) => {
        this.version += 1;
        this.tell(text);
      },
    });
    const stage = { chance: new Chance(seed), known: known ?? (() => undefined) };
    const executor = { slots, faults: this.faults, stage, ...this.#watched() };
    this.engines = Array.from(
      { length: engines },
      (_, index) =>
        new SimulatedEngine({
          index,
          time: this.time,
          store: this.store,
          editions,
          onStart: (owner, { fingerprint }) => void this.store.fingerprints.set(owner, fingerprint),
          executor,
          tell: (text) => this.tell(text, index),
          onDefect: (error) => void (this.#broken ??= { error }),
          failPower: (lostMillis) => this.#failPower(lostMillis),
          wrap,
        }),
    );
    for (const engine of this.engines) engine.start();
    this.pass(0);
  }

  /** What executors have to do with the world. */
  #watched(): Pick<SimulatedExecutorOptions, "now" | "elapsed" | "begun" | "ended"> {
    return {
      now: () => this.time.now,
      elapsed: () => this.time.elapsed,
      begun: (body) => {
        for (const other of this.running) if (other.run === body.run) this.#overlap(body, other);
        this.bodies.push(body);
        this.store.bodies.set(`${body.run} ${body.token}`, body);
        this.running.add(body);
        this.version += 1;
      },
      ended: (body) => {
        this.running.delete(body);
        this.version += 1;
      },
    };
  }

  /** The wall clock, in milliseconds since the epoch. */
  now(): number {
    return this.time.now;
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

  /** Events that `emit` has said are stored, with the instant. */
  get acknowledged(): ReadonlyMap<string, number> {
    return this.client.acknowledged;
  }

  tell(text: string, engine: number | null = null): void {
    this.trace.add({ at: this.time.now, elapsed: this.time.elapsed, engine, text });
  }

  /** Calls `watch` after each step from now on; true ends what is going on. */
  onStep(watch: () => boolean): void {
    this.#watch = watch;
  }

  protected pass(millis: number, isOver?: () => boolean): void {
    try {
      this.time.run(
        this.time.elapsed + millis,
        (step) => this.#looked(step) || isOver?.() === true,
      );
    } catch (error) {
      this.#broken ??= { error };
    }
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  #looked(step: Step): boolean {
    this.trace.step(step.order, this.time.elapsed);
    this.#stepsAtOnce = this.#steppedAt === this.time.elapsed ? this.#stepsAtOnce + 1 : 0;
    this.#steppedAt = this.time.elapsed;
    if (this.#stepsAtOnce > stepsAtOnceMax)
      throw new NotIdleError(`${stepsAtOnceMax} steps, and no time has passed: an endless loop`);
    return this.#broken !== undefined || this.#watch?.(step) === true;
  }

  /** Throws what has broken the world before. */
  protected demandWhole(): void {
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  /** All engines die, and what the store loses has never been. */
  protected losePower(lostMillis: number): void {
    for (const engine of this.engines) engine.crash();
    const lost = this.store.losePower(lostMillis);
    // Of a store that outlasts it, what was acknowledged must be there all the same.
    if (this.store.durability === "process") this.#forget(lost);
    this.#hearings = undefined;
    this.version += lost.length + 1;
    const what = lost.length === 0 ? "nothing is" : `what was written last (${lost.length}) is`;
    this.tell(`all engines are down, and ${what} lost`);
  }

  #failPower(lostMillis: number): void {
    this.losePower(lostMillis);
    this.store.offUntil = this.time.elapsed + offMillis;
    for (const engine of this.engines) this.time.outside.later(offMillis, () => engine.start());
  }

  #forget(lost: readonly StoreRecord[]): void {
    const claims = new Set<string>();
    for (const write of lost) {
      if (write._tag === "Claim")
        for (const { id, token } of write.reply.runs) claims.add(`${id} ${token}`);
      else if (write.reply._tag === "Committed")
        for (const [index, { id }] of (write.batch.signals ?? []).entries())
          if (write.reply.signals[index] === "accepted") this.client.acknowledged.delete(id);
    }
    this.bodies = this.bodies.filter(({ run, token }) => !claims.has(`${run} ${token}`));
    for (const claim of claims) this.store.bodies.delete(claim); // its token will be given out again
  }

  #overlap(body: BodyRecord, other: BodyRecord): void {
    this.breaches.push({
      law: "no-overlap",
      message: `a body of ${body.run} begins on engine ${body.engine} while another one runs on engine ${other.engine}`,
      at: this.time.now,
      about: [body.run],
    });
  }

  protected engine(index: number): SimulatedEngine {
    const engine = this.engines[index];
    if (engine !== undefined) return engine;
    throw new InputError(
      `there is no engine ${String(index)}; they count from 0, and there are ${this.engines.length}`,
    );
  }

  protected open(): string {
    const { runs, unrouted, deadlines } = Effect.runSync(this.store.memory.summary);
    return `${unrouted} signals are not routed, ${runs.pending} runs are pending, ${runs.claimed + runs.running} are held, ${deadlines} deadlines are ahead`;
  }
}
