// What a simulation is made with, and the plans that follow from it.
import type { App } from "../core/app.ts";
import { durationMillis, type DurationInput } from "../core/duration.ts";
import { InputError } from "../core/errors.ts";
import { instantMillis, type InstantInput } from "../core/instant.ts";
import { mixed, numberOf } from "../core/simulation/chance.ts";
import type { Environment } from "../core/simulation/environment.ts";
import type { Fake } from "../core/simulation/fake.ts";
import { readFaults, type FaultsInput } from "../core/simulation/fault.ts";
import type { Strategy } from "../core/simulation/interleaving.ts";
import type { Plan } from "../core/simulation/plan.ts";
import type { Laws } from "../core/simulation/laws.ts";
import type { Durability } from "../core/simulation/simulated-store.ts";

export interface SimulateOptions extends Laws {
  /** Decides everything that is left to chance. Default 1. */
  readonly seed?: number;
  /** How many plans. Once one has broken a law, ten more. Default 100; of "exhaustive" at most 10,000. */
  readonly runs?: number;
  /** The instant at which each plan begins. Default 2026-01-01T00:00Z. */
  readonly from?: InstantInput;
  /** For how long the environment acts and faults happen. Default: 1 day, or 10,000 steps if they come first; 1 minute where everything is tried. */
  readonly for?: DurationInput;
  /** How many engines share the store. Default 2. */
  readonly engines?: number;
  /** A journal that `detent export` has written, as text: each plan goes on from its end, or from `at`, with what its log makes of the app. */
  readonly journal?: string;
  /** An instant within the journal. */
  readonly at?: InstantInput;
  /** The app's next version, which engines are started with when they are deployed. Default: the same app with a trigger more, which never fires. */
  readonly next?: App;
  /** What an acknowledged write survives: a loss of power (default), or with "process" only the end of processes; then a loss of power takes what was written last. */
  readonly durability?: Durability;
  /** Default "chaos". */
  readonly faults?: FaultsInput;
  /**
   * How the next step is chosen. "mixed" (default): first come, first served in the first plan, and then by turns anything that is ready ("random"), and few departures at
   * random places ("pct:3", "pct:10"). "exhaustive": every order of steps while the environment acts, those with fewer departures and crashes first, until there is none left or `runs` is reached.
   */
  readonly strategy?: "mixed" | "exhaustive" | Strategy;
  /** Of "exhaustive": how many crashes a plan has at most, each at any store call. Default 1; 0 without the fault "crash". */
  readonly crashesMax?: number;
  /** By id: what stands for a task. Without one, its own `run`; an asynchronous one is awaited once for each input. */
  readonly tasks?: { readonly [task: string]: Fake };
  /** How many bodies an engine runs at a time. Default 4. */
  readonly slots?: number;
  /** What happens to the app. Default: one of each event that the triggers name, every minute. */
  readonly world?: (w: Environment) => void;
  /** Plays this plan alone: one that a violation has told. */
  readonly plan?: Plan;
  /** A folder: plans that break a law are saved there as JSON, and those that are there are played first. Default: none. */
  readonly save?: string;
}

const fromDefault = 1_767_225_600_000;
const dayMillis = 86_400_000;
const stepsDefault = 10_000;
const minuteMillis = 60_000;

const optionNames: ReadonlySet<string> = new Set(
  "seed runs from for engines journal at next durability faults strategy crashesMax tasks slots world always eventually sometimes plan save".split(
    " ",
  ),
);

/** Throws an InputError for what can't be. */
export const checkOptions = (options: SimulateOptions): void => {
  for (const name of Object.keys(options))
    if (!optionNames.has(name))
      throw new InputError(
        `simulate: ${JSON.stringify(name)} is no option; there are ${[...optionNames].join(", ")}`,
      );
  if (options.journal !== undefined && options.from !== undefined)
    throw new InputError(
      "from and journal: plans go on from where the journal ends; leave from out",
    );
  if (options.journal === undefined && options.at !== undefined)
    throw new InputError("at is an instant within a journal; give journal, too, or from");
  const { runs = 1, crashesMax = 0, strategy = "mixed" } = options;
  if (!(Number.isInteger(runs) && runs >= 1))
    throw new InputError(`runs is ${String(runs)}; give a whole number of at least 1`);
  if (!(Number.isInteger(crashesMax) && crashesMax >= 0 && crashesMax <= 100))
    throw new InputError(`crashesMax is ${String(crashesMax)}; give a whole number from 0 to 100`);
  if (!/^(?:mixed|exhaustive|random|fifo|pct:\d{1,3})$/.test(strategy))
    throw new InputError(
      `strategy: ${JSON.stringify(strategy)} is none; give "mixed", "random", "fifo", "pct:3" or "exhaustive"`,
    );
  for (const group of ["always", "eventually", "sometimes"] as const)
    for (const [law, holds] of Object.entries(options[group] ?? {}))
      if (typeof holds !== "function")
        throw new InputError(`${group}: ${JSON.stringify(law)} is no function of s`);
};

/** The plan of a number. */
export const planOf = (options: SimulateOptions, index: number): Plan => {
  const { from, seed = 1, engines = 2, faults = "chaos", strategy = "mixed" } = options;
  const { durability } = options;
  const forGiven = options.for;
  const { kinds, list } = readFaults(faults);
  const isExhaustive = strategy === "exhaustive";
  const forDefault = isExhaustive ? minuteMillis : dayMillis;
  return {
    seed: mixed(numberOf(String(seed)), index),
    engines,
    from: from === undefined ? fromDefault : instantMillis(from),
    forMillis: forGiven === undefined ? forDefault : durationMillis(forGiven),
    ...(forGiven === undefined && !isExhaustive && { stepsMax: stepsDefault }),
    ...(durability !== undefined && { durability }),
    steps: strategy === "mixed" ? mixture(index) : isExhaustive ? "fifo" : strategy,
    faults: list ?? kinds,
  };
};

/** Most bugs need few departures, and drown in many; others need all of them. */
const mixture = (index: number): Strategy =>
  index === 0 ? "fifo" : (["random", "pct:3", "random", "pct:10"] as const)[index % 4]!;
