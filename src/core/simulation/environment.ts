// The environment of a simulation: what users and other systems do to an app, described by the user.
import { durationMillis, type DurationInput } from "../duration.ts";
import { InputError } from "../errors.ts";
import { Chance } from "./chance.ts";
import type { Plan } from "./plan.ts";
import type { Process } from "./virtual-time.ts";
import type { Emission, World } from "./world.ts";

/** A time between two occasions: always the same, or from the least to the most. */
export type IntervalInput = DurationInput | readonly [least: DurationInput, most: DurationInput];

/** What `world: (w) => …` is given. */
export interface Environment {
  /** Calls `act` again and again, with n = 0, 1, 2 …; for the first time after one interval. */
  readonly every: (interval: IntervalInput, act: (n: number) => void) => void;
  /** Calls `act` once, so long after the beginning. */
  readonly at: (after: DurationInput, act: () => void) => void;
  readonly emit: (name: string, payload?: unknown, options?: { readonly id?: string }) => Emission;
  /** The wall clock. */
  readonly now: () => number;
  /** One of a list, by the plan's seed. */
  readonly pick: <A>(list: readonly A[]) => A;
}

/** Acts as steps of `process`, and ends with it. */
export const environmentOf = (
  world: World,
  process: Process,
  { seed, forMillis }: Pick<Plan, "seed" | "forMillis">,
): Environment => {
  const chance = new Chance(seed);
  let [loops, picks] = [0, 0];
  const every = (interval: IntervalInput, act: (n: number) => void): void => {
    const [least, most] = (Array.isArray(interval) ? interval : [interval, interval]).map((it) =>
      durationMillis(it as DurationInput),
    ) as [number, number];
    if (least > most || most < 1)
      throw new InputError(
        `every: the interval goes from ${least} ms to ${most} ms; least first, and the most at least 1 ms`,
      );
    const loop = loops++;
    const next = (n: number): void => {
      const millis = Math.max(1, chance.between(`interval ${loop} ${n}`, [least, most]));
      process.later(millis, () => {
        act(n);
        next(n + 1);
      });
    };
    next(0);
  };
  return {
    every,
    at: (after, act) => {
      const millis = durationMillis(after);
      if (millis <= forMillis) process.later(millis, act);
    },
    emit: (name, payload, options) => world.emit(name, payload, options),
    now: () => world.now(),
    pick: (list) => {
      if (list.length === 0) throw new InputError("pick: the list is empty");
      return chance.oneOf(`pick ${picks++}`, list);
    },
  };
};

/** What happens where nobody says what does: one of each event that the triggers name, every minute. A filter that is data is the payload. */
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
  };
