// One engine of a world and its lives: the production engine in a process that can be killed, stopped and started again.
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import type { Definitions } from "../definitions.ts";
import { openEngine, type Engine, type EngineNote } from "../engine.ts";
import { Executor } from "../executor.ts";
import { Store, type StorePort } from "../store.ts";
import type { Task } from "../task.ts";
import type { Fake } from "./fake.ts";
import type { FaultName } from "./fault.ts";
import { SimulatedExecutor, type SimulatedExecutorOptions } from "./simulated-executor.ts";
import type { SimulatedStore } from "./simulated-store.ts";
import { Calls, type SteppedOptions } from "./call-fault.ts";
import { stepped } from "./stepped-store.ts";
import type { Process, VirtualTime } from "./virtual-time.ts";

/** What an engine may be started with. */
export interface Edition {
  readonly definitions: Definitions;
  readonly bodies: ReadonlyMap<string, Task | Fake>;
}

export interface SimulatedEngineOptions {
  readonly index: number;
  readonly time: VirtualTime;
  readonly store: SimulatedStore;
  /** The first is what it is started with; a deployment goes on to the next one, and from the last to the first. */
  readonly editions: readonly Edition[];
  /** Is told of each life, with its definitions. */
  readonly onStart: (owner: string, definitions: Definitions) => void;
  readonly executor: Omit<
    SimulatedExecutorOptions,
    "engine" | "owner" | "process" | "bodies" | "tell" | "place" | "crash"
  >;
  readonly tell: (text: string) => void;
  /** What is told of an engine that has met a bug. */
  readonly onDefect: (defect: unknown) => void;
  /** Lets the power fail for all engines, with what was written in the last `lostMillis`. */
  readonly failPower: (lostMillis: number) => void;
  /** Puts something between the engine and its store: a mutant. */
  readonly wrap?: ((port: StorePort, engine: SimulatedEngine) => StorePort) | undefined;
}

const lookMillis = 500;
const timerFaults: readonly FaultName[] = ["timer-early"];
/** After this long whoever supervises an engine starts it again. */
const restartMillis = 1_000;

export class SimulatedEngine {
  readonly index: number;
  process: Process | undefined;
  readonly #options: SimulatedEngineOptions;
  readonly #calls = new Calls();
  #lives = 0;
  /** Which definitions it is started with next. */
  #edition = 0;
  /** Those of this life. */
  #definitions: Definitions | undefined;
  /** It was asked to stop by a fault, and is to be started again so long after it has. */
  #downMillis: number | undefined;
  #engine: Engine | undefined;
  #executor: SimulatedExecutor | undefined;
  #deafen: (() => void)[] = [];

  constructor(options: SimulatedEngineOptions) {
    this.#options = options;
    this.index = options.index;
  }

  get isUp(): boolean {
    return this.process !== undefined;
  }

  /** The owner's id in the store; each life has its own. */
  get owner(): string {
    return `engine-${this.index}/${this.#lives}`;
  }

  /** What it was started with last. */
  get definitions(): Definitions | undefined {
    return this.#definitions;
  }

  start(): void {
    if (this.process !== undefined) return;
    const { time, tell, executor, editions, onStart } = this.#options;
    const { definitions, bodies } = editions[this.#edition] as Edition;
    const offMillis = this.#options.store.offUntil - time.elapsed;
    if (offMillis > 0 && !executor.faults.isOver)
      return void time.outside.later(offMillis, () => this.start());
    this.#lives += 1;
    const process = time.process(`engine ${this.index}`);
    this.process = process;
    const { faults } = executor;
    if (faults.mayBe(timerFaults)) process.awake = (millis) => this.#awake(millis);
    const isOther = this.#definitions !== undefined && this.#definitions !== definitions;
    this.#definitions = definitions;
    onStart(this.owner, definitions);
    this.#executor = new SimulatedExecutor({
      ...executor,
      bodies,
      engine: this.index,
      owner: this.owner,
      process,
      tell,
      place: () => this.#calls.next(this.index, "body", time.elapsed).instant,
      crash: (downMillis) => this.#crashFor(downMillis),
    });
    tell(
      this.#lives === 1 ? "starts" : `starts again${isOther ? " with the other definitions" : ""}`,
    );
    const owner = { id: this.owner, host: "world", process: this.index };
    const life = openEngine({ definitions, owner, onNote: (note) => this.#hear(note) }).pipe(
      Effect.tap((engine) => Effect.sync(() => void (this.#engine = engine))),
      Effect.flatMap(({ loop }) => loop),
      Effect.flatMap(() => Effect.suspend(() => Effect.ignore(store.leave(this.owner)))),
      Effect.provideService(Executor, this.#executor),
    );
    const store = this.#store(process);
    process.fork(
      Effect.matchCause(Effect.provideService(life, Store, store), {
        onSuccess: () => this.#over("has stopped"),
        onFailure: (cause) => this.#fail(cause),
      }),
    );
  }

  /** Kills the process: what it was about to do never happens, its bodies end, and its death is proved. */
  crash(): void {
    if (this.process === undefined) return;
    this.#end();
    this.#options.store.kill(this.owner);
  }

  /** After how long a timer of so many milliseconds goes off. */
  #awake(millis: number): number {
    const { time, executor, tell } = this.#options;
    const { point, instant } = this.#calls.next(this.index, "timer", time.elapsed);
    const fault = executor.faults.at(point, timerFaults, { instant });
    if (fault === undefined || millis === 0) return millis;
    const early = Math.min(fault.millis, millis);
    tell(`✗ a timer goes off ${early} ms before its time (${point})`);
    return millis - early;
  }

  #crashFor(downMillis: number): void {
    this.crash();
    this.#options.time.outside.later(downMillis, () => this.start());
  }

  /** Asks it to claim nothing any more and to end when what it holds has ended; `hard`: which is asked to end at once. */
  stop(how: "softly" | "hard" = "softly"): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    this.process?.fork(how === "hard" ? Effect.andThen(engine.drain, engine.cutOff) : engine.drain);
  }

  /** Asks it to stop; when it has, it is started with the next definitions. */
  deploy(downMillis: number): void {
    this.#edition = (this.#edition + 1) % this.#options.editions.length;
    if (this.process === undefined) return;
    this.#downMillis = downMillis;
    this.stop();
  }

  freeze(millis: number): void {
    this.process?.freeze(millis);
  }

  #store(process: Process): StorePort {
    const { store, time, executor, tell, wrap } = this.#options;
    const raw = store.port(this.index, this.owner);
    const options: SteppedOptions = {
      engine: this.index,
      process,
      faults: executor.faults,
      calls: this.#calls,
      tell,
      crash: (downMillis) => this.#crashFor(downMillis),
      failPower: (lostMillis) => this.#options.failPower(lostMillis),
      setClock: (byMillis) => void (time.now += byMillis),
      drift: (millisPerMinute) => time.drift(millisPerMinute),
      stop: (downMillis, how) => {
        this.#downMillis = downMillis;
        this.stop(how);
      },
      deploy: (downMillis) => this.deploy(downMillis),
      store,
      troubles: { cutOffUntil: -Infinity, conflictsUntil: -Infinity },
    };
    const heard: StorePort = {
      ...raw,
      get abilities() {
        return raw.abilities;
      },
      changes: (listener, owner) => {
        // Within half a second it finds that another one has died.
        const mourn = (): void => void process.later(lookMillis, () => listener());
        this.#keep(store.onDeath(mourn));
        return this.#keep(raw.changes(listener, owner));
      },
    };
    const port = stepped(heard, options);
    return wrap === undefined ? port : wrap(port, this);
  }

  #keep(deafen: () => void): () => void {
    this.#deafen.push(deafen);
    return deafen;
  }

  #end(): void {
    this.process?.end();
    this.process = undefined;
    this.#executor?.end();
    this.#engine = undefined;
    for (const deafen of this.#deafen) deafen();
    this.#deafen = [];
  }

  #over(text: string): void {
    this.#options.tell(text);
    this.crash();
    const downMillis = this.#downMillis;
    this.#downMillis = undefined;
    if (downMillis !== undefined) this.#options.time.outside.later(downMillis, () => this.start());
  }

  #fail(cause: Cause.Cause<unknown>): void {
    const thrown = Cause.squash(cause);
    if ((thrown as { _tag?: unknown } | null)?._tag !== "StoreError") {
      this.#over("ends with a bug");
      this.#options.onDefect(thrown);
      return;
    }
    this.#over(`could not begin: ${(thrown as Error).message}`);
    this.#options.time.outside.later(restartMillis, () => this.start());
  }

  #hear(note: EngineNote): void {
    const { tell } = this.#options;
    switch (note._tag) {
      case "Owed":
        return tell(`owes ${note.run.id} because of ${note.run.cause.join(", ")}`);
      case "Skipped":
        return tell(
          `skips ${note.skip.signal ?? `${note.skip.count} of a schedule`} for ${note.skip.trigger}: ${note.skip.reason}`,
        );
      case "Ended":
        return tell(`settles ${note.run.id}: ${note.run.state}`);
      case "Info":
        return tell(`notes: ${note.message}`);
      case "Warning":
        return tell(`warns: ${note.message}`);
      default:
    }
  }
}
