// Simulates an app: plan after plan, each with its own order of steps and its own faults, judged by the oracle and by the user's laws. What breaks a law is made smaller
// before it is shown.
import { setImmediate } from "node:timers/promises";
import { isApp, type App } from "../core/app.ts";
import { durationMillis, type DurationInput } from "../core/duration.ts";
import { InputError } from "../core/errors.ts";
import { instantMillis, type InstantInput } from "../core/instant.ts";
import { mixed, numberOf } from "../core/simulation/chance.ts";
import type { Environment } from "../core/simulation/environment.ts";
import type { Fake } from "../core/simulation/fake.ts";
import { kindOf, readFaults, type FaultKind, type FaultsInput } from "../core/simulation/fault.ts";
import { unmodelledOf } from "../core/simulation/oracle.ts";
import { played, type Laws, type Played } from "../core/simulation/play.ts";
import type { Plan } from "../core/simulation/plan.ts";
import type { WorldInternals } from "../core/simulation/world-options.ts";
import { loaded } from "./loaded.ts";
import { shrunk, type WrittenPlan } from "./shrink.ts";
import { KnownOutcomes } from "./tasks.ts";
import { timelineOf } from "./timeline.ts";

export interface SimulateOptions extends Laws {
  /** Decides everything that is left to chance. Default 1. */
  readonly seed?: number;
  /** How many plans. Default 100. */
  readonly runs?: number;
  /** The instant at which each plan begins. Default 2026-01-01T00:00Z. */
  readonly from?: InstantInput;
  /** For how long the environment acts and faults happen. Default: 1 day, or 10,000 steps if they come first. */
  readonly for?: DurationInput;
  /** How many engines share the store. Default 2. */
  readonly engines?: number;
  /** Default "chaos". */
  readonly faults?: FaultsInput;
  /** By id: what stands for a task. Without one, its own `run`; an asynchronous one is awaited once for each input. */
  readonly tasks?: { readonly [task: string]: Fake };
  /** How many bodies an engine runs at a time. Default 4. */
  readonly slots?: number;
  /** What happens to the app. Default: one of each event that the triggers name, every minute. */
  readonly world?: (w: Environment) => void;
  /** Plays this plan alone: one that a violation has told. */
  readonly plan?: Plan;
}

export interface SimulationViolation {
  /** The name of the user's law, or of the oracle's. */
  readonly law: string;
  readonly message: string;
  /** The smallest plan that was found. */
  readonly plan: WrittenPlan;
  /** At most 15 lines; ▶ marks the one at which the law broke. */
  readonly timeline: readonly string[];
}

export interface SimulationReport {
  readonly seed: number;
  /** How many plans were played. */
  readonly runs: number;
  /** How many of them differed in their steps. */
  readonly distinct: number;
  readonly steps: number;
  /** One for each law that was broken. */
  readonly violations: readonly SimulationViolation[];
  /** What was asked for and never happened: then the simulation has shown less than it seems. */
  readonly vacuous: readonly string[];
  /** 8 hexadecimal digits over all steps of all plans. */
  readonly traceHash: string;
  /** How often each kind of fault has happened. */
  readonly faults: { readonly [kind in FaultKind]?: number };
  /** Triggers with options that the reference model doesn't know; only the laws of the store watch them. */
  readonly unmodelled: readonly string[];
}

const fromDefault = 1_767_225_600_000;
const dayMillis = 86_400_000;
const stepsDefault = 10_000;
/** One in so many plans is played twice, and must go the same way. */
const repeatedEvery = 50;
/** A kind of fault that should have happened so often, and never did, is no coincidence. */
const expectedMin = 8;

/**
 * Simulates an app. Resolves whether laws hold or not: `violations` says which do not. Rejects with an InputError for options that can't be, and a DefinitionError for an
 * app with faults.
 */
export const simulate = async (
  app: App,
  options: SimulateOptions = {},
): Promise<SimulationReport> => simulated(app, options);

export interface SimulateInternals extends Pick<WorldInternals, "wrap"> {
  /** Ends with the first plan that breaks a law, and neither makes it smaller nor plays a plan twice. */
  readonly isQuick?: boolean;
}

/** The same, with something between engines and store. */
export const simulated = async (
  app: App,
  options: SimulateOptions,
  internals: SimulateInternals = {},
): Promise<SimulationReport> => {
  if (!isApp(app)) throw new InputError("simulate needs an app; make one with detent({ … })");
  checkOptions(options);
  const simulation = new Simulation(await loaded(app), options, internals);
  await simulation.run();
  return simulation.report();
};

const optionNames: ReadonlySet<string> = new Set(
  "seed runs from for engines faults tasks slots world always eventually sometimes plan".split(" "),
);

const checkOptions = (options: SimulateOptions): void => {
  for (const name of Object.keys(options))
    if (!optionNames.has(name))
      throw new InputError(
        `simulate: ${JSON.stringify(name)} is no option; there are ${[...optionNames].join(", ")}`,
      );
  const { runs = 1 } = options;
  if (!(Number.isInteger(runs) && runs >= 1))
    throw new InputError(`runs is ${String(runs)}; give a whole number of at least 1`);
  for (const group of ["always", "eventually", "sometimes"] as const)
    for (const [law, holds] of Object.entries(options[group] ?? {}))
      if (typeof holds !== "function")
        throw new InputError(`${group}: ${JSON.stringify(law)} is no function of s`);
};

class Simulation {
  readonly #app: App;
  readonly #options: SimulateOptions;
  readonly #internals: SimulateInternals;
  readonly #known = new KnownOutcomes();
  readonly #traces = new Set<string>();
  readonly #violations = new Map<string, SimulationViolation>();
  readonly #faults = new Map<FaultKind, number>();
  readonly #expected = new Map<FaultKind, number>();
  readonly #seen = new Set<string>();
  #hash = 0;
  #runs = 0;
  #steps = 0;
  #owed = 0;
  #unmodelled: readonly string[] = [];

  constructor(app: App, options: SimulateOptions, internals: SimulateInternals) {
    this.#app = app;
    this.#options = options;
    this.#internals = internals;
  }

  async run(): Promise<void> {
    const { runs = 100, plan } = this.#options;
    const count = plan === undefined ? runs : 1;
    for (let index = 0; index < count; index++) {
      const next = plan ?? this.#planOf(index);
      // oxlint-disable-next-line no-await-in-loop
      const result = await this.#known.until(() => this.#play(next));
      this.#note(result);
      if (index % repeatedEvery === 0 && this.#internals.isQuick !== true)
        this.#repeat(next, result);
      for (const { law, message } of result.violations)
        if (!this.#violations.has(law)) this.#explain(next, { found: result, law, message });
      if (this.#internals.isQuick === true && this.#violations.size > 0) return;
      // Lets timers and signals of the process have their turn.
      // oxlint-disable-next-line no-await-in-loop
      if (index % 8 === 7) await setImmediate();
    }
  }

  report(): SimulationReport {
    return {
      seed: this.#seed,
      runs: this.#runs,
      distinct: this.#traces.size,
      steps: this.#steps,
      violations: [...this.#violations.values()],
      vacuous: this.#vacuous(),
      traceHash: this.#hash.toString(16).padStart(8, "0"),
      faults: Object.fromEntries([...this.#faults].sort(byName)),
      unmodelled: this.#unmodelled,
    };
  }

  get #seed(): number {
    return this.#options.seed ?? 1;
  }

  #planOf(index: number): Plan {
    const { from, engines = 2, faults = "chaos" } = this.#options;
    const forGiven = this.#options.for;
    const { kinds, list } = readFaults(faults);
    const seed = mixed(numberOf(String(this.#seed)), index);
    // Most bugs need few departures, and drown in many; others need all of them.
    const steps = (["random", "pct:3", "random", "pct:10"] as const)[index % 4] ?? "random";
    return {
      seed,
      engines,
      from: from === undefined ? fromDefault : instantMillis(from),
      forMillis: forGiven === undefined ? dayMillis : durationMillis(forGiven),
      ...(forGiven === undefined && { stepsMax: stepsDefault }),
      steps: index === 0 ? "fifo" : steps,
      faults: list ?? kinds,
    };
  }

  #play(plan: Plan): Played {
    const { tasks, slots, world, always, eventually, sometimes } = this.#options;
    return played(
      {
        app: this.#app,
        world,
        ...(tasks && { tasks }),
        ...(slots !== undefined && { slots }),
        ...(always && { always }),
        ...(eventually && { eventually }),
        ...(sometimes && { sometimes }),
      },
      plan,
      { known: this.#known.of, ...(this.#internals.wrap && { wrap: this.#internals.wrap }) },
    );
  }

  #note(result: Played): void {
    this.#runs += 1;
    this.#steps += result.steps;
    this.#owed += result.world.store.mirror.runs.length;
    this.#traces.add(result.traceHash);
    this.#hash = mixed(this.#hash, numberOf(result.traceHash));
    this.#unmodelled = unmodelledOf(result.world.definitions);
    for (const law of result.seen) this.#seen.add(law);
    for (const fault of result.faults) {
      const kind = kindOf(fault);
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
    }
    for (const [kind, times] of result.expected)
      this.#expected.set(kind, (this.#expected.get(kind) ?? 0) + times);
  }

  /** The same plan must go the same way: otherwise a function of the user's reads a clock, chance or something that it has kept. */
  #repeat(plan: Plan, first: Played): void {
    const again = this.#replay(plan);
    if (again === undefined || again.traceHash === first.traceHash) return;
    const [one, other] = [first.world.timeline(), again.world.timeline()];
    const place = one.findIndex((line, index) => line !== other[index]);
    this.#violations.set("deterministic", {
      law: "deterministic",
      message: `one plan went two ways: does a task, filter or input function read a clock or chance, or keep something between runs? First ${one[place] ?? "it ended"}, then ${other[place] ?? "it ended"}`,
      plan: { ...plan, steps: first.departures, faults: first.faults },
      timeline: one.slice(Math.max(0, place - 10), place + 1),
    });
  }

  #explain(
    plan: Plan,
    broken: { readonly found: Played; readonly law: string; readonly message: string },
  ): void {
    const { found, law, message } = broken;
    const smallest =
      this.#internals.isQuick === true
        ? { ...plan, steps: found.departures, faults: found.faults }
        : shrunk((candidate) => this.#replay(candidate), { plan, found, law });
    const last = this.#internals.isQuick === true ? found : this.#replay(smallest);
    const violation = last?.violations.find((it) => it.law === law);
    this.#violations.set(law, {
      law,
      message: violation?.message ?? message,
      plan:
        violation === undefined
          ? { ...plan, steps: found.departures, faults: found.faults }
          : smallest,
      timeline:
        last !== undefined && violation !== undefined
          ? timelineOf(last, violation)
          : found.world.timeline().slice(-15),
    });
  }

  /** Plays another plan in the meantime; undefined if an asynchronous task would have to be awaited for it. */
  #replay(plan: Plan): Played | undefined {
    try {
      return this.#play(plan);
    } catch (error) {
      if ((error as Error).name === "AsyncTaskError") return undefined;
      throw error;
    }
  }

  #vacuous(): readonly string[] {
    const vacuous: string[] = [];
    if (this.#owed === 0) vacuous.push("no run was owed in any plan");
    for (const [kind, times] of [...this.#expected].sort(byName))
      if (times >= expectedMin && !this.#faults.has(kind))
        vacuous.push(`the fault ${JSON.stringify(kind)} never happened`);
    for (const law of Object.keys(this.#options.sometimes ?? {}))
      if (!this.#seen.has(law)) vacuous.push(`sometimes: ${law} never held`);
    return vacuous;
  }
}

const byName = ([one]: readonly [string, number], [other]: readonly [string, number]): number =>
  one < other ? -1 : 1;
