// Simulates an app: plan after plan, each with its own order of steps and its own faults, judged by the oracle and by the user's laws. What breaks a law is made smaller
// before it is shown.
import { isApp, type App } from "../core/app.ts";
import { definitionsOf } from "../core/definitions.ts";
import { InputError } from "../core/errors.ts";
import { readFaults } from "../core/simulation/fault.ts";
import { played, type Played } from "../core/simulation/play.ts";
import { journalOf, pastOf, type Past } from "../core/simulation/past.ts";
import type { Plan } from "../core/simulation/plan.ts";
import type { WorldInternals } from "../core/simulation/world-options.ts";
import { breath } from "./breath.ts";
import { Exhaustive } from "./exhaustive.ts";
import { loaded } from "./loaded.ts";
import { checkOptions, planOf, type SimulateOptions } from "./options.ts";
import { Findings } from "./findings.ts";
import type { Headway, SimulateInternals } from "./internals.ts";
import type { SimulationReport } from "./report.ts";
import { savedPlans } from "./saved.ts";
import { digestOf, Tally, type Digest } from "./tally.ts";
import { KnownOutcomes } from "./tasks.ts";
import { appText } from "./two-ways.ts";

/** After the first plan that breaks a law so many more are played: they may break another one, and whoever waits wants to see the first. */
const afterwardsMax = 10;
/** One in so many plans is played twice, and must go the same way. */
const repeatedEvery = 50;

/** Whether a plan is played twice, and by nobody else. */
export const isRepeated = (index: number): boolean => index % repeatedEvery === 0;

/**
 * Simulates an app. Resolves whether laws hold or not: `violations` says which do not. Rejects with an InputError for options that can't be, and a DefinitionError for an
 * app with faults.
 */
export const simulate = async (
  app: App,
  options: SimulateOptions = {},
): Promise<SimulationReport> => simulated(app, options);

/** The same, with something between engines and store, or with another store. */
export const simulated = async (
  app: App,
  options: SimulateOptions,
  internals: SimulateInternals = {},
): Promise<SimulationReport> => {
  if (!isApp(app)) throw new InputError("simulate needs an app; make one with detent({ … })");
  checkOptions(options);
  const simulation = new Simulation(await loaded(app), await withNext(options), internals);
  await simulation.run();
  return simulation.report();
};

/** Plays plans by number for somebody else, who counts them. */
export const scout = async (
  app: App,
  options: SimulateOptions,
): Promise<(index: number) => Digest | undefined> => {
  const simulation = new Simulation(await loaded(app), await withNext(options), {});
  return (index) => simulation.digest(index);
};

/** The same options, with the tasks of the next version's modules. */
const withNext = async (options: SimulateOptions): Promise<SimulateOptions> => {
  const { next } = options;
  if (next === undefined) return options;
  if (!isApp(next)) throw new InputError("next is no app; make one with detent({ … })");
  return { ...options, next: await loaded(next) };
};

type Trace = Pick<WorldInternals, "onChoice" | "onPoint">;

class Simulation {
  readonly #app: App;
  readonly #options: SimulateOptions;
  readonly #internals: SimulateInternals;
  readonly #known = new KnownOutcomes();
  readonly #past: Past | undefined;
  readonly #findings: Findings;
  readonly #tally = new Tally();
  #isExhausted: boolean | undefined;
  #headway: Omit<Headway, "owed"> = { stage: "plan", plan: 1, plans: 1, law: null };
  #saved: { readonly plans: number; readonly broken: number } | undefined;

  constructor(app: App, options: SimulateOptions, internals: SimulateInternals) {
    this.#app = app;
    this.#internals = internals;
    const { journal, at } = options;
    if (journal !== undefined) this.#past = pastOf(definitionsOf(app), journalOf(journal), at);
    this.#options = this.#past === undefined ? options : { ...options, from: this.#past.at };
    const onSmaller = (law: string): void => this.#tell({ stage: "smaller", law });
    this.#findings = new Findings((plan) => this.#replay(plan), options, {
      ...internals,
      onSmaller,
    });
  }

  async run(): Promise<void> {
    const { runs = 100, plan, strategy, save } = this.#options;
    if (plan !== undefined) return void (await this.#take(plan, 0));
    if (save !== undefined) await this.#playSaved(save);
    if (strategy === "exhaustive") return this.#exhaust();
    let [end, firstBroken] = [runs, 0];
    for (let index = 0; index < end; index++) {
      this.#tell({ stage: "plan", plan: index + 1, plans: end });
      // oxlint-disable-next-line no-await-in-loop
      await this.#count(index);
      if (this.#findings.violations.length === 0) {
        firstBroken = index + 1;
        continue;
      }
      if (this.#internals.isQuick === true) return;
      end = Math.min(end, firstBroken + 1 + afterwardsMax);
      this.#internals.scouts?.limit(end);
    }
  }

  #tell(change: Partial<Headway>): void {
    this.#headway = { ...this.#headway, law: null, ...change };
    this.#internals.onHeadway?.({ ...this.#headway, owed: this.#tally.owed });
  }

  report(): SimulationReport {
    const { seed = 1, sometimes = {} } = this.#options;
    return {
      seed,
      ...this.#tally.report(Object.keys(sometimes)),
      violations: this.#findings.violations,
      ...(this.#isExhausted !== undefined && { isExhausted: this.#isExhausted }),
      ...(this.#saved !== undefined && { saved: this.#saved }),
    };
  }

  /** undefined: an asynchronous task would have to be awaited, which is done once, and not here. */
  digest(index: number): Digest | undefined {
    const result = this.#replay(planOf(this.#options, index));
    return result && digestOf(result);
  }

  /** Counts a plan in that was played elsewhere, or plays it here where there is something to look at. */
  async #count(index: number): Promise<void> {
    const scouted = isRepeated(index) ? undefined : await this.#internals.scouts?.take(index);
    if (scouted?.isClean === true) return this.#tally.add(scouted);
    const plan = planOf(this.#options, index);
    const result = await this.#take(plan, index);
    if (scouted === undefined) return;
    if (result.violations.length > 0 && scouted.traceHash === result.traceHash) return;
    if (this.#findings.seeAgain(plan, result)) return;
    this.#findings.tellTwoWays(plan, result, {
      message: appText("in two threads", "A law was broken in one of them."),
      timeline: result.world.timeline().slice(-15),
    });
  }

  /** Plays a plan, counts it in and explains what it breaks. */
  async #take(plan: Plan, index: number, trace: Trace = {}): Promise<Played> {
    const result = await this.#known.until(() => this.#play(plan, trace));
    this.#tally.add(digestOf(result));
    if (index === 0) this.#internals.onWorld?.(result);
    if (isRepeated(index) && this.#internals.isQuick !== true)
      this.#findings.seeAgain(plan, result);
    this.#findings.explain(plan, result);
    if (index % 8 === 7) await breath();
    return result;
  }

  /** Every order of steps, as far as `runs` goes. */
  async #exhaust(): Promise<void> {
    const { runs = 10_000, faults = "chaos", crashesMax = 1 } = this.#options;
    const { kinds } = readFaults(faults);
    const scope = new Exhaustive(planOf(this.#options, 0), {
      crashesMax: kinds.includes("crash") ? crashesMax : 0,
      nodesMax: runs,
    });
    let index = 0;
    for (let plan = scope.next(); plan !== undefined; plan = scope.next()) {
      this.#tell({ stage: "plan", plan: index + 1, plans: runs });
      // oxlint-disable-next-line no-await-in-loop
      await this.#take(plan, index++, scope);
      scope.played();
      // Longer plans break what shorter ones broke.
      if (this.#findings.violations.length > 0) break;
    }
    this.#isExhausted = scope.isComplete;
  }

  /** What has broken a law before is played first; it isn't counted among the plans. */
  async #playSaved(folder: string): Promise<void> {
    const plans = savedPlans(folder);
    let broken = 0;
    for (const [index, { plan }] of plans.entries()) {
      this.#tell({ stage: "saved", plan: index + 1, plans: plans.length });
      // oxlint-disable-next-line no-await-in-loop
      const result = await this.#known.until(() => this.#play(plan));
      if (result.violations.length > 0) broken += 1;
      this.#findings.explain(plan, result);
    }
    if (plans.length > 0) this.#saved = { plans: plans.length, broken };
  }

  #play(plan: Plan, trace: Trace = {}): Played {
    const { tasks, slots, next, world, always, eventually, sometimes } = this.#options;
    const { wrap, tamper } = this.#internals;
    return played(
      {
        app: this.#app,
        world,
        ...(tasks && { tasks }),
        ...(slots !== undefined && { slots }),
        ...(next !== undefined && { next }),
        ...(this.#past !== undefined && { past: this.#past }),
        ...(always && { always }),
        ...(eventually && { eventually }),
        ...(sometimes && { sometimes }),
      },
      plan,
      {
        known: this.#known.of,
        ...(wrap && { wrap }),
        ...(tamper && { tamper }),
        ...(trace.onChoice && { onChoice: trace.onChoice }),
        ...(trace.onPoint && { onPoint: trace.onPoint }),
      },
    );
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
}
