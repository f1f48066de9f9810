// One plan, played from its beginning until everything has come to rest, and judged: by the oracle, and by the user's own laws.
import type { App } from "../app.ts";
import { errorDataOf } from "../errors.ts";
import { defaultEnvironment, environmentOf, type Deed, type Environment } from "./environment.ts";
import { AsyncTaskError, type Fake } from "./fake.ts";
import type { Departure } from "./interleaving.ts";
import { answerOf, sceneOf, type Laws, type Scene } from "./laws.ts";
import { judged } from "./oracle.ts";
import type { Plan } from "./plan.ts";
import type { Past } from "./past.ts";
import { isTerminal } from "../run.ts";
import type { Violation } from "./violation.ts";
import { World } from "./world.ts";
import { NotIdleError } from "./world-state.ts";
import type { WorldInternals } from "./world-options.ts";
import type { Fault, FaultKind } from "./fault.ts";

export interface Play extends Laws {
  readonly app: App;
  readonly tasks?: { readonly [task: string]: Fake };
  readonly slots?: number;
  readonly next?: App;
  readonly past?: Past;
  readonly world?: ((environment: Environment) => void) | undefined;
}

export interface Played {
  readonly violations: readonly Violation[];
  readonly steps: number;
  readonly choices: number;
  readonly traceHash: string;
  readonly faults: readonly Fault[];
  readonly departures: readonly Departure[];
  /** How often each kind of fault should have happened, by its rate. */
  readonly expected: ReadonlyMap<FaultKind, number>;
  /** Names of the `sometimes` that held. */
  readonly seen: ReadonlySet<string>;
  /** What the environment did, by the names that `Plan.without` takes. */
  readonly occasions: readonly string[];
  /** And what that was, in order. */
  readonly deeds: readonly Deed[];
  /** After how many steps laws came to hold that are to hold at some moment. */
  readonly held: ReadonlyMap<string, number>;
  readonly world: World;
}

/** For so long after the last fault everything must come to its end. */
const restMillis = 21_600_000;
/** And so long may pass in which nothing of it ends, no body runs and nothing waits for an instant: then it never will. */
const patienceMillis = 1_200_000;

/** Plays a plan. Throws an AsyncTaskError for an asynchronous task whose outcome is not known yet, and what the user's own functions throw. */
export const played = (play: Play, plan: Plan, internals: WorldInternals): Played => {
  const world = new World(
    play.app,
    {
      seed: plan.seed,
      engines: plan.engines,
      from: plan.from,
      strategy: plan.steps,
      faults: plan.faults,
      ...(plan.durability !== undefined && { durability: plan.durability }),
      ...(play.tasks !== undefined && { tasks: play.tasks }),
      ...(play.slots !== undefined && { slots: play.slots }),
      ...(play.next !== undefined && { next: play.next }),
    },
    { ...internals, ...(play.past !== undefined && { past: play.past }) },
  );
  if (!world.faults.mayBe(["power-loss"])) world.store.trustPower();
  const watch = new Watch(world, play, plan.stepsMax);
  const occasions: string[] = [];
  const deeds: Deed[] = [];
  try {
    if (!watch.isOver) {
      const describe = play.world ?? defaultEnvironment(world);
      const process = world.time.process("environment");
      const onOccasion = (name: string): void => void occasions.push(name);
      const onDeed = (deed: Deed): void => void deeds.push(deed);
      describe(environmentOf(world, { ...plan, process, onOccasion, onDeed }));
      world.advance(plan.forMillis);
      process.end();
    }
    if (!watch.isOver) rest(world, watch);
    if (!watch.isOver) watch.end();
  } catch (error) {
    if (error instanceof AsyncTaskError) throw error;
    watch.fail(error);
  }
  return {
    violations: watch.violations,
    steps: world.time.steps,
    choices: world.interleaving.choices,
    traceHash: world.traceHash(),
    faults: world.faults.happened,
    departures: world.interleaving.departures,
    expected: world.faults.expected,
    seen: watch.seen,
    occasions,
    deeds,
    held: watch.held,
    world,
  };
};

/** No more faults, all engines up, and time for everything to end. */
const rest = (world: World, watch: Watch): void => {
  world.faults.isOver = true;
  world.time.drift(0);
  world.tell("— the environment and the faults end here");
  for (const engine of world.engines) engine.start();
  watch.rest();
  world.advance(restMillis);
};

class Watch {
  readonly violations: Violation[] = [];
  readonly seen = new Set<string>();
  readonly held = new Map<string, number>();
  /** Runs that are waited for; null: the environment still acts, or its last signals are not routed. */
  #awaited: readonly string[] | null = null;
  #open: string[] = [];
  /** How many signals are waited for; null: the environment still acts. */
  #signals: number | null = null;
  readonly #world: World;
  readonly #laws: Play;
  readonly #scene: Scene;
  readonly #sometimes: Set<string>;
  readonly #eventually: Set<string>;
  #version = -1;
  /** When something that is waited for has last come to its end, or was seen to go on. */
  #wentOnAt = 0;
  #left = Infinity;

  constructor(world: World, laws: Play, stepsMax = Infinity) {
    this.#world = world;
    this.#laws = laws;
    this.#scene = sceneOf(world);
    this.#sometimes = new Set(Object.keys(laws.sometimes ?? {}));
    this.#eventually = new Set(Object.keys(laws.eventually ?? {}));
    const hasLaws = laws.always !== undefined || this.#sometimes.size + this.#eventually.size > 0;
    const isEnough = (): boolean =>
      this.#signals === null
        ? world.time.steps >= stepsMax
        : (this.#eventually.size === 0 && this.#isDone(this.#signals)) || this.#isStuck();
    world.onStep(hasLaws ? () => this.#look() || isEnough() : isEnough);
  }

  get isOver(): boolean {
    return this.violations.length > 0;
  }

  /** Waits from now on for what is owed now. */
  rest(): void {
    this.#wentOnAt = this.#world.time.elapsed;
    this.#signals = this.#world.store.mirror.newestSeq;
    this.#version = -1; // what is to hold eventually is asked from now on, even if nothing happens any more
  }

  end(): void {
    this.#look();
    for (const law of this.#eventually)
      this.#breach(law, "it did not come to hold after the environment and the faults had ended");
    this.violations.push(
      ...judged(this.#world, { signals: this.#signals ?? 0, runs: this.#awaited ?? [] }),
    );
  }

  /** Whether so many signals are routed, and all runs that were owed by then are over. */
  #isDone(signals: number): boolean {
    const { mirror } = this.#world.store;
    if (mirror.watermark.seq < signals) return false;
    const isOpen = (id: string): boolean => !isTerminal(mirror.run(id)?.state ?? "lost");
    this.#awaited ??= mirror.runs.map(({ id }) => id).filter(isOpen);
    if (this.#open.length === 0) this.#open = [...this.#awaited];
    while (this.#open.length > 0 && !isOpen(this.#open.at(-1) as string)) this.#open.pop();
    return this.#open.length === 0;
  }

  /** Whether what is waited for has stood still for so long that it would for ever. */
  #isStuck(): boolean {
    const { time, running, store } = this.#world;
    const left = this.#awaited === null ? Infinity : this.#open.length;
    if (left === this.#left && time.elapsed - this.#wentOnAt <= patienceMillis) return false;
    const bodies = new Set([...running].map(({ run }) => run));
    const isAhead = (id: string): boolean =>
      bodies.has(id) || (store.mirror.run(id)?.dueAt ?? 0) > time.now;
    const goesOn = left !== this.#left || this.#open.some(isAhead);
    this.#left = left;
    this.#wentOnAt = time.elapsed;
    return !goesOn && this.#eventually.size === 0;
  }

  /** Something that nobody foresaw. */
  fail(error: unknown): void {
    const { name, message } = errorDataOf(error);
    this.violations.push({
      law: error instanceof NotIdleError ? "liveness" : "no-error",
      message: error instanceof NotIdleError ? message : `${name}: ${message}`,
      at: this.#world.now(),
      about: [],
    });
    if (!(error instanceof NotIdleError) && (error as Error).name === "InputError") throw error;
  }

  /** Looks at the world after a step; true ends it. */
  #look(): boolean {
    const world = this.#world;
    const version = world.version + world.store.version;
    if (version === this.#version || this.isOver) return this.isOver;
    this.#version = version;
    const { always = {}, sometimes = {}, eventually = {} } = this.#laws;
    for (const [law, holds] of Object.entries(always))
      if (!answerOf(law, holds, this.#scene)) this.#breach(law, "it does not hold any more");
    for (const law of this.#sometimes)
      if (answerOf(law, sometimes[law], this.#scene)) {
        this.seen.add(law);
        this.held.set(law, world.time.steps);
        this.#sometimes.delete(law);
      }
    if (this.#signals !== null)
      for (const law of this.#eventually)
        if (answerOf(law, eventually[law], this.#scene)) {
          this.held.set(law, world.time.steps);
          this.#eventually.delete(law);
        }
    return this.isOver;
  }

  #breach(law: string, message: string): void {
    this.violations.push({ law, message, at: this.#world.now(), about: [] });
  }
}
