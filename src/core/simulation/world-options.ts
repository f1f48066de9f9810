// What a world is made with, and what is wrong with it.
import { isApp, type App } from "../app.ts";
import { DefinitionError, InputError } from "../errors.ts";
import type { InstantInput } from "../instant.ts";
import type { Json } from "../json.ts";
import { optionFault } from "../reading.ts";
import type { Outcome } from "../run.ts";
import type { StorePort } from "../store.ts";
import { isTask, type Task } from "../task.ts";
import { AsyncTaskError, type Fake } from "./fake.ts";
import type { FaultName, FaultsInput } from "./fault.ts";
import type { Departure, Strategy } from "./interleaving.ts";
import type { SimulatedEngine } from "./simulated-engine.ts";
import type { Durability, SimulatedStore } from "./simulated-store.ts";

export interface WorldOptions {
  /** Decides what is left to chance: the order of steps, faults, how long fakes take. Default 1. */
  readonly seed?: number;
  /** How many engines share the store. Default 1. */
  readonly engines?: number;
  /** What the clock shows at first. Default 2026-01-01T00:00Z. */
  readonly from?: InstantInput;
  /** Default "none". */
  readonly faults?: FaultsInput;
  /** By id: what stands for a task. Without one, its own `run`, which then must be synchronous. */
  readonly tasks?: { readonly [task: string]: Fake };
  /** How many bodies an engine runs at a time. Default 4. */
  readonly slots?: number;
  /** What an acknowledged write survives: a loss of power (default), or only the end of processes; then a loss of power takes what was written last. */
  readonly durability?: Durability;
  /** How the next step is chosen. Default "random", by the seed. */
  readonly strategy?: Strategy | readonly Departure[];
}

const optionNames: readonly (keyof WorldOptions)[] = [
  "seed",
  "engines",
  "from",
  "faults",
  "tasks",
  "slots",
  "durability",
  "strategy",
];

/** What `simulate` adds for itself. */
export interface WorldInternals {
  readonly known?: (task: string, input: Json) => Outcome | undefined;
  readonly wrap?: (port: StorePort, engine: SimulatedEngine) => StorePort;
  /** Breaks the store: a mutant. */
  readonly tamper?: (store: SimulatedStore) => void;
  /** Is told of each choice between steps, and of each point at which a fault may happen. */
  readonly onChoice?: (at: number, count: number) => void;
  readonly onPoint?: (point: string, names: readonly FaultName[]) => void;
}

/** Throws an InputError for what can't be. */
export const checked = (
  app: App,
  options: WorldOptions,
): Required<Pick<WorldOptions, "seed" | "slots" | "engines" | "durability">> => {
  if (!isApp(app)) throw new InputError("a world needs an app; make one with detent({ … })");
  const fault = optionFault("world", options, optionNames);
  if (fault !== undefined) throw new InputError(fault);
  const { seed = 1, slots = 4, engines = 1, durability = "power" } = options;
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new InputError(`seed is ${String(seed)}; give a whole number of at least 0`);
  for (const [name, value] of [
    ["slots", slots],
    ["engines", engines],
  ] as const)
    if (!(Number.isInteger(value) && value >= 1 && value <= 1_000))
      throw new InputError(`${name} is ${String(value)}; give a whole number from 1 to 1000`);
  if (durability !== "power" && durability !== "process")
    throw new InputError(`durability is ${JSON.stringify(durability)}; give "power" or "process"`);
  if (!app.tasks.every(isTask))
    throw new InputError(
      "the app names its tasks by modules, which a world can't import while it stands still: give it `await loaded(app)`, from detent/simulation",
    );
  return { seed, slots, engines, durability };
};

/** What runs for each task. Throws a DefinitionError for fakes of nothing, and an AsyncTaskError. */
export const bodiesOf = (
  tasks: readonly Task[],
  fakes: { readonly [task: string]: Fake },
  internals: WorldInternals,
): ReadonlyMap<string, Task | Fake> => {
  const bodies = new Map<string, Task | Fake>(tasks.map((task) => [task.id, task]));
  const faults: string[] = [];
  for (const [id, stand] of Object.entries(fakes)) {
    if (!bodies.has(id))
      faults.push(
        `tasks: no task ${JSON.stringify(id)} is defined; there are ${[...bodies.keys()].join(", ")}`,
      );
    else if ((stand as { _tag?: unknown } | null)?._tag !== "Fake")
      faults.push(`tasks: what stands for ${JSON.stringify(id)} is not made by fake({ … })`);
    bodies.set(id, stand);
  }
  if (faults.length > 0) throw new DefinitionError(faults);
  if (internals.known === undefined)
    for (const [id, body] of bodies)
      if (body._tag === "Task" && body.run.constructor.name === "AsyncFunction")
        throw new AsyncTaskError(id);
  return bodies;
};
