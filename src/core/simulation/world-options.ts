// What a world is made with, and what is wrong with it.
import { isApp, type App } from "../app.ts";
import { event } from "../condition.ts";
import { definitionsOf } from "../definitions.ts";
import { DefinitionError, InputError } from "../errors.ts";
import type { InstantInput } from "../instant.ts";
import type { Json } from "../json.ts";
import { optionFault } from "../reading.ts";
import type { Outcome } from "../run.ts";
import type { StorePort } from "../store.ts";
import { isTask, type Task } from "../task.ts";
import { trigger } from "../trigger.ts";
import { AsyncTaskError, type Fake } from "./fake.ts";
import type { Past } from "./past.ts";
import type { FaultName, FaultsInput } from "./fault.ts";
import type { Departure, Strategy } from "./interleaving.ts";
import type { Edition, SimulatedEngine } from "./simulated-engine.ts";
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
  /** A journal that `detent export` has written: the world goes on from its end, or from `at`, with what its log makes of the app. The clock shows that instant. */
  readonly journal?: string;
  /** An instant within the journal. */
  readonly at?: InstantInput;
  /** The app's next version, which `deploy` starts engines with. Default: the same app with a trigger more, which never fires. */
  readonly next?: App;
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
  "journal",
  "at",
  "next",
  "durability",
  "strategy",
];

/** What `simulate` adds for itself. */
export interface WorldInternals {
  readonly known?: (task: string, input: Json) => Outcome | undefined;
  readonly wrap?: (port: StorePort, engine: SimulatedEngine) => StorePort;
  /** What the journal makes of the app, where that is known. */
  readonly past?: Past;
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
  if (options.journal !== undefined && options.from !== undefined)
    throw new InputError(
      "from and journal: a world goes on from where its journal ends; leave from out",
    );
  if (options.journal === undefined && options.at !== undefined)
    throw new InputError("at is an instant within a journal; give journal, too, or from");
  if (options.next !== undefined && !isApp(options.next))
    throw new InputError("next is no app; make one with detent({ … })");
  if (![app, options.next ?? app].every(({ tasks }) => tasks.every(isTask)))
    throw new InputError(
      "the app names its tasks by modules, which a world can't import while it stands still: give it `await loaded(app)`, from detent/simulation",
    );
  return { seed, slots, engines, durability };
};

/** What engines may be started with: the app, and its next version. Throws a DefinitionError for apps with faults and for fakes of nothing, and an AsyncTaskError. */
export const editionsOf = (
  app: App,
  { tasks: fakes = {}, next = nextOf(app) }: WorldOptions,
  internals: WorldInternals,
): readonly [Edition, Edition] => {
  const tasks = [...app.tasks, ...next.tasks].filter(isTask);
  demandFakes(new Set(tasks.map(({ id }) => id)), fakes);
  const edition = (one: App): Edition => {
    const own = one.tasks.filter(isTask);
    return { definitions: definitionsOf(one, own), bodies: bodiesOf(own, fakes, internals) };
  };
  return [edition(app), edition(next)];
};

/** A change that changes nothing: whatever goes another way because of it is the engine's fault. */
const nextOf = (app: App): App => {
  const run = app.tasks.find(isTask)?.id;
  if (run === undefined) return app;
  const ids = new Set(app.triggers.map(({ id }) => id));
  let id = "next-version";
  while (ids.has(id)) id += "-";
  return { ...app, triggers: [...app.triggers, trigger(id, { when: event(id), run })] };
};

const demandFakes = (
  defined: ReadonlySet<string>,
  fakes: { readonly [task: string]: Fake },
): void => {
  const faults: string[] = [];
  for (const [id, stand] of Object.entries(fakes)) {
    if (!defined.has(id))
      faults.push(
        `tasks: no task ${JSON.stringify(id)} is defined; there are ${[...defined].join(", ")}`,
      );
    else if ((stand as { _tag?: unknown } | null)?._tag !== "Fake")
      faults.push(`tasks: what stands for ${JSON.stringify(id)} is not made by fake({ … })`);
  }
  if (faults.length > 0) throw new DefinitionError(faults);
};

/** What runs for each task. */
const bodiesOf = (
  tasks: readonly Task[],
  fakes: { readonly [task: string]: Fake },
  { known }: WorldInternals,
): ReadonlyMap<string, Task | Fake> => {
  const bodies = new Map(tasks.map((task) => [task.id, fakes[task.id] ?? task]));
  if (known === undefined)
    for (const [id, body] of bodies)
      if (body._tag === "Task" && body.run.constructor.name === "AsyncFunction")
        throw new AsyncTaskError(id);
  return bodies;
};
