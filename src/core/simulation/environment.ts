// The environment of a simulation: what users and other systems do to an app, described by the user.
import { durationMillis, type DurationInput } from "../duration.ts";
import { InputError } from "../errors.ts";
import { shown } from "../reading.ts";
import { Chance } from "./chance.ts";
import type { FaultName } from "./fault.ts";
import type { Cancelled } from "../cancel.ts";
import type { Task } from "../task.ts";
import type { Plan } from "./plan.ts";
import type { Process } from "./virtual-time.ts";
import type { Emission } from "./client.ts";
import type { World } from "./world.ts";

/** A time between two occasions: always the same, or from the least to the most. */
export type IntervalInput = DurationInput | readonly [least: DurationInput, most: DurationInput];

/** What `world: (w) => …` is given. */
export interface Environment {
  /** Calls `act` again and again, with n = 0, 1, 2 …; for the first time after one interval. */
  readonly every: (interval: IntervalInput, act: (n: number) => void) => void;
  /** Calls `act` once, so long after the beginning. */
  readonly at: (after: DurationInput, act: () => void) => void;
  readonly emit: (name: string, payload?: unknown, options?: { readonly id?: string }) => Emission;
  /** Asks for a run of a task, as a person does. The id of the run. */
  readonly run: (
    task: Task | string,
    input?: unknown,
    options?: { readonly id?: string },
  ) => string;
  /** Cancels a run, as a person does. */
  readonly cancel: (run: string) => Cancelled;
  /** The wall clock. */
  readonly now: () => number;
  /** One of a list, by the plan's seed. */
  readonly pick: <A>(list: readonly A[]) => A;
}

export interface EnvironmentOptions extends Pick<Plan, "seed" | "forMillis" | "without"> {
  /** Takes its steps, and ends it. */
  readonly process: Process;
  /** Is told the name of each occasion on which something is done. */
  readonly onOccasion: (name: string) => void;
  /** Is told what is done, before it is. */
  readonly onDeed: (deed: Deed) => void;
}

/** Something that the environment has done. The same plan must bring the same deeds. */
export interface Deed {
  /** By the names that `Plan.without` takes; `start` where `world` did it at once. */
  readonly occasion: string;
  readonly at: number;
  /** How many lines the trace had before it. */
  readonly line: number;
  readonly text: string;
}

const occasionFaults: readonly FaultName[] = ["occasion-late", "occasion-burst"];

export const environmentOf = (world: World, options: EnvironmentOptions): Environment => {
  const { process, seed, forMillis, without = [], onOccasion, onDeed } = options;
  const chance = new Chance(seed);
  const left = new Set(without);
  const heldUp = delayer(world, process);
  let [loops, singles, picks] = [0, 0, 0];
  let occasion = "start";
  const happen = (name: string, act: () => void): void => {
    if (left.has(name)) return;
    const really = (): void => {
      onOccasion(name);
      [occasion, picks] = [name, 0];
      act();
    };
    const millis = heldUp(name);
    if (millis > 0) process.later(millis, really);
    else really();
  };
  const every = (interval: IntervalInput, act: (n: number) => void): void => {
    const [least, most] = boundsOf(interval);
    const loop = loops++;
    const next = (n: number): void => {
      const millis = Math.max(1, chance.between(`interval ${loop} ${n}`, [least, most]));
      process.later(millis, () => {
        happen(`every ${loop} ${n}`, () => act(n));
        next(n + 1);
      });
    };
    next(0);
  };
  const tell = (text: string): void =>
    onDeed({ occasion, at: world.now(), line: world.trace.lines.length, text });
  return {
    every,
    at: (after, act) => {
      const millis = durationMillis(after);
      const name = `at ${singles++}`;
      if (millis <= forMillis) process.later(millis, () => happen(name, act));
    },
    emit: (name, payload, settings) => {
      tell(
        `emits ${name} ${toldText(payload)}${settings === undefined ? "" : ` with ${toldText(settings)}`}`,
      );
      return world.emit(name, payload, settings);
    },
    run: (task, input, settings) => {
      tell(
        `asks for a run of ${idOf(task)} with ${toldText(input)}${settings === undefined ? "" : `, ${toldText(settings)}`}`,
      );
      return world.run(task, input, settings);
    },
    cancel: (run) => {
      tell(`cancels ${run}`);
      return world.cancel(run);
    },
    now: () => world.now(),
    pick: (list) => {
      if (list.length === 0) throw new InputError("pick: the list is empty");
      return chance.oneOf(`pick ${occasion} ${picks++}`, list);
    },
  };
};

/** A value that may not be JSON: whether it may be emitted is not decided here. */
const toldText = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? "nothing";
  } catch {
    return shown(value);
  }
};

/** How long an occasion is held up by what may befall it. */
const delayer = (world: World, process: Process): ((name: string) => number) => {
  let burstAt = -Infinity;
  return (name) => {
    const { elapsed } = process;
    if (elapsed < burstAt) return burstAt - elapsed;
    if (!world.faults.arePossible) return 0;
    const fault = world.faults.at(`occasion ${name}`, occasionFaults, { weight: 5 });
    if (fault === undefined) return 0;
    const { what, millis } = fault;
    if (what === "occasion-burst") burstAt = elapsed + millis;
    world.tell(
      what === "occasion-burst"
        ? `✗ nothing happens for ${millis} ms, and then all at once (${name})`
        : `✗ what comes now comes ${millis} ms late (${name})`,
    );
    return millis;
  };
};

const boundsOf = (interval: IntervalInput): readonly [number, number] => {
  const [least, most] = (Array.isArray(interval) ? interval : [interval, interval]).map((it) =>
    durationMillis(it as DurationInput),
  ) as [number, number];
  if (least > most || most < 1)
    throw new InputError(
      `every: the interval goes from ${least} ms to ${most} ms; least first, and the most at least 1 ms`,
    );
  return [least, most];
};

/**
 * What happens where nobody says what does: one of each event that the triggers name, every minute; a filter that is data is the payload. And a run of each task that
 * triggers listen to and none runs.
 */
export const defaultEnvironment =
  (world: World) =>
  (w: Environment): void => {
    const events = new Map<string, unknown[]>();
    for (const { definition, leaves } of world.definitions.triggers.values())
      for (const { condition } of leaves) {
        if (condition._tag !== "Event" || definition.id.startsWith("@")) continue;
        const payloads = events.get(condition.name) ?? [];
        events.set(condition.name, payloads);
        payloads.push(typeof condition.where === "function" ? null : (condition.where ?? null));
      }
    for (const [name, payloads] of events)
      w.every("1 min", (n) => w.emit(name, payloads[n % payloads.length]));
    for (const task of askedFor(world)) w.every("1 min", () => w.run(task));
  };

const askedFor = ({ definitions }: World): readonly string[] => {
  const own = [...definitions.triggers.values()].filter(({ id }) => !id.startsWith("@"));
  const run = new Set(own.map(({ definition }) => idOf(definition.run)));
  const heard = own.flatMap(({ leaves }) =>
    leaves.flatMap(({ condition }) => ("task" in condition ? [condition.task] : [])),
  );
  return [...new Set(heard)].filter((task) => definitions.tasks.has(task) && !run.has(task));
};

const idOf = (task: Task | string): string => (typeof task === "string" ? task : task.id);
