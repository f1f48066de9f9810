// Virtual time for Effect programs: nobody reads the machine's clock, and what acts next is a choice. A step is something that a process has asked for (a store call, an
// executor call, the end of a sleep); between two steps a process only computes. All steps that could be taken are one choice set: those that are ready, and the next
// timer, which is to let time pass while something is ready. A scheduler that drained ready steps before it moved the clock would explore next to nothing.
//
// Two clocks: `elapsed` only grows, and timers wait by it; the wall clock is `elapsed` and an offset, which may be set. A machine that was suspended is a wall clock set
// forward: its timers have not run.
import * as Clock from "effect/Clock";
import * as Context from "effect/Context";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import type * as Scheduler from "effect/Scheduler";
import { TimerHeap } from "./timer-heap.ts";

/** Decides between the steps that could be taken: 0 to `count` - 1; 0 is the one that has been ready for longest. */
export type Choose = (count: number) => number;

/** For how long time may pass something that is ready: no process is slower than that unless a fault says so. */
const slackMillis = 100;

export class Step {
  at: number;
  readonly order: number;
  readonly process: Process;
  readonly act: () => void;
  isOver = false;

  constructor(at: number, order: number, process: Process, act: () => void) {
    this.at = at;
    this.order = order;
    this.process = process;
    this.act = act;
  }
}

/** Whoever takes steps: an engine, or the world around them. */
export class Process {
  readonly name: string;
  isOver = false;
  frozenUntil = -Infinity;
  /** How long a sleep of so many milliseconds really takes; undefined: as long as it should. */
  awake: ((millis: number) => number) | undefined;
  readonly #time: VirtualTime;
  readonly #services: Context.Context<never>;
  readonly #scheduler: Scheduler.Scheduler;

  constructor(time: VirtualTime, name: string) {
    this.name = name;
    this.#time = time;
    this.#services = Context.make(Clock.Clock, this.#clock());
    this.#scheduler = {
      executionMode: "sync",
      shouldYield: () => false,
      makeDispatcher: () => ({
        scheduleTask: (task) => void (this.isOver || time.computations.push(task)),
        flush: () => time.compute(),
      }),
    };
  }

  /** On the clock that nobody sets. */
  get elapsed(): number {
    return this.#time.elapsed;
  }

  /** Runs an effect in this process. What is asked for with `result` is undefined until it has succeeded. */
  fork<A, E>(effect: Effect.Effect<A, E>): { readonly result: () => A | undefined } {
    let value: A | undefined;
    Effect.runForkWith(this.#services)(
      Effect.map(effect, (result) => void (value = result)),
      { scheduler: this.#scheduler },
    );
    return { result: () => value };
  }

  /** A step that is ready now. */
  ready(act: () => void): Step {
    return this.#time.add(this, 0, act);
  }

  /** A step that is ready after `millis`. */
  later(millis: number, act: () => void): Step {
    return this.#time.add(this, millis, act);
  }

  /** An effect that is one step: `act` is called when it is taken, and goes on with whatever it resumes. */
  call<A, E>(act: (resume: (effect: Effect.Effect<A, E>) => void) => void): Effect.Effect<A, E> {
    return Effect.callback<A, E>((resume) => void this.ready(() => act(resume)));
  }

  /** Takes no step any more: what it was about to do never happens. */
  end(): void {
    this.isOver = true;
  }

  /** Takes no step for so long. */
  freeze(millis: number): void {
    this.frozenUntil = Math.max(this.frozenUntil, this.#time.elapsed + millis);
  }

  sleep(millis: number): Effect.Effect<void> {
    if (!Number.isFinite(millis)) return Effect.never;
    return Effect.callback<void>((resume) => {
      const wanted = Math.max(0, Math.ceil(millis));
      const step = this.later(this.awake?.(wanted) ?? wanted, () => resume(Effect.void));
      return Effect.sync(() => void (step.isOver = true));
    });
  }

  #clock(): Clock.Clock {
    const now = (): number => this.#time.now;
    const nanos = (): bigint => BigInt(now()) * 1_000_000n;
    return {
      currentTimeMillisUnsafe: now,
      currentTimeNanosUnsafe: nanos,
      monotonicTimeNanosUnsafe: () => BigInt(this.#time.elapsed) * 1_000_000n,
      currentTimeMillis: Effect.sync(now),
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanos: Effect.sync(() => BigInt(this.#time.elapsed) * 1_000_000n),
      sleep: (duration) => this.sleep(Duration.toMillis(duration)),
    };
  }
}

export class VirtualTime {
  elapsed = 0;
  /** Taken so far. */
  steps = 0;
  readonly computations: (() => void)[] = [];
  readonly outside: Process;
  readonly #choose: Choose;
  readonly #ready: Step[] = [];
  readonly #timers = new TimerHeap<Step>();
  #offset: number;
  /** The latest that the wall clock showed before it was set. */
  #latest = -Infinity;
  /** How much the wall clock gains in each millisecond, and since when. */
  #drift = 0;
  #driftSince = 0;
  #orders = 0;

  /** @param now what the wall clock shows at first */
  constructor(now: number, choose: Choose = () => 0) {
    this.#offset = now;
    this.#choose = choose;
    this.outside = new Process(this, "outside");
  }

  process(name: string): Process {
    return new Process(this, name);
  }

  get now(): number {
    return this.elapsed + this.#offset + this.#drifted();
  }

  /** Sets the wall clock; timers don't notice. */
  set now(instant: number) {
    this.#latest = this.latest;
    this.#offset += instant - this.now;
  }

  /** The latest instant that the wall clock has ever shown. */
  get latest(): number {
    return Math.max(this.#latest, this.now);
  }

  /** From now on the wall clock gains so many milliseconds a minute, or loses them; timers don't notice. */
  drift(millisPerMinute: number): void {
    this.#offset += this.#drifted();
    this.#drift = millisPerMinute / 60_000;
    this.#driftSince = this.elapsed;
  }

  #drifted(): number {
    return this.#drift === 0 ? 0 : Math.trunc((this.elapsed - this.#driftSince) * this.#drift);
  }

  /** Whether somebody could take a step without time passing. */
  get isBusy(): boolean {
    this.#collect();
    return this.#ready.length > 0;
  }

  add(process: Process, millis: number, act: () => void): Step {
    const step = new Step(this.elapsed + millis, this.#orders++, process, act);
    if (millis > 0) this.#timers.add(step);
    else this.#ready.push(step);
    return step;
  }

  /** Lets everything happen that can, until nothing is ready and no timer is due up to and including `elapsed`. `watch` is called after each step; true ends it. */
  run(elapsed: number, watch?: (step: Step) => boolean): void {
    this.compute();
    for (let step = this.#next(elapsed); step !== undefined; step = this.#next(elapsed)) {
      this.steps += 1;
      step.act();
      this.compute();
      if (watch?.(step) === true) return;
    }
    this.elapsed = elapsed;
  }

  /** The same, up to an instant of the wall clock as it is set now. */
  runUntil(instant: number): void {
    this.run(this.elapsed + instant - this.now);
  }

  compute(): void {
    const { computations } = this;
    // No `for … of`: a computation may add others.
    for (let index = 0; index < computations.length; index++) (computations[index] as () => void)();
    computations.length = 0;
  }

  #next(until: number): Step | undefined {
    for (;;) {
      this.#collect();
      const next = this.#timer();
      if (this.#ready.length === 0) {
        if (next === undefined || next.at > until) return undefined;
        this.elapsed = next.at;
        continue;
      }
      const oldest = (this.#ready[0] as Step).at;
      const mayPass = next !== undefined && next.at <= until && next.at - oldest <= slackMillis;
      const count = this.#ready.length + (mayPass ? 1 : 0);
      const chosen = count === 1 ? 0 : this.#choose(count);
      if (chosen < this.#ready.length) return this.#ready.splice(chosen, 1)[0];
      this.elapsed = (next as Step).at;
      return this.#timers.take();
    }
  }

  /** The next timer that will act. */
  #timer(): Step | undefined {
    for (;;) {
      const next = this.#timers.peek();
      if (next === undefined) return undefined;
      const { isOver, process } = next;
      const { frozenUntil } = process;
      if (!isOver && !process.isOver && frozenUntil <= next.at) return next;
      this.#timers.take();
      if (!isOver && !process.isOver) this.#defer(next, frozenUntil);
    }
  }

  /** Makes ready what is due, and takes out what will never act. */
  #collect(): void {
    const ready = this.#ready;
    let kept = 0;
    for (const step of ready) {
      if (step.isOver || step.process.isOver) continue;
      if (step.process.frozenUntil > this.elapsed) this.#defer(step, step.process.frozenUntil);
      else ready[kept++] = step;
    }
    ready.length = kept;
    for (let next = this.#timer(); next !== undefined && next.at <= this.elapsed;) {
      this.#timers.take();
      ready.push(next);
      next = this.#timer();
    }
  }

  #defer(step: Step, until: number): void {
    step.at = until;
    this.#timers.add(step);
  }
}
