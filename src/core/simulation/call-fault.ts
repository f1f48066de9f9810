// What may befall a call to the store of a world, and what then becomes of it.
import * as Effect from "effect/Effect";
import { StoreError } from "../errors.ts";
import type { Fault, FaultName, Faults } from "./fault.ts";
import type { SimulatedStore } from "./simulated-store.ts";
import type { Process } from "./virtual-time.ts";

/** How many calls of each operation an engine has made, over all its lives. */
export class Calls {
  readonly #counts = new Map<string, { all: number; atOnce: number; elapsed: number }>();

  /** The call's number, and the second name of its point: by its instant. */
  next(
    engine: number,
    operation: string,
    elapsed: number,
  ): { readonly point: string; readonly instant: () => string } {
    let count = this.#counts.get(operation);
    if (count === undefined)
      this.#counts.set(operation, (count = { all: 0, atOnce: 0, elapsed: -1 }));
    count.all += 1;
    count.atOnce = count.elapsed === elapsed ? count.atOnce + 1 : 1;
    count.elapsed = elapsed;
    const { all, atOnce } = count;
    return {
      point: `engine ${engine} ${operation} ${all}`,
      instant: () => `engine ${engine} ${operation} at ${elapsed} ms, ${atOnce}`,
    };
  }
}

export interface SteppedOptions {
  readonly engine: number;
  readonly process: Process;
  readonly faults: Faults;
  readonly calls: Calls;
  readonly tell: (text: string) => void;
  readonly crash: (downMillis: number) => void;
  readonly setClock: (byMillis: number) => void;
  /** Lets the power fail for all engines, with what was written in the last `lostMillis`. */
  readonly failPower: (lostMillis: number) => void;
  /** Lets the wall clock gain so much a minute from now on. */
  readonly drift: (millisPerMinute: number) => void;
  /** Asks the engine to stop; `hard`: and what it runs to end at once. */
  readonly stop: (downMillis: number, how: "softly" | "hard") => void;
  /** Asks the engine to stop, and starts it with other definitions. */
  readonly deploy: (downMillis: number) => void;
  /** Whose writes may fail together. */
  readonly store: SimulatedStore;
  /** What lasts, of this life. */
  readonly troubles: Troubles;
}

/** Until when, on the clock that nobody sets. */
interface Troubles {
  cutOffUntil: number;
  conflictsUntil: number;
}

export type Place = ReturnType<Calls["next"]>;

/** What may befall a call, and what it answers when it meets a conflict. */
export interface Befalling<A> {
  readonly names: readonly FaultName[];
  readonly conflict?: A | undefined;
}

export interface Call<A> extends Befalling<A> {
  readonly place: Place | undefined;
  readonly operation: string;
  readonly effect: Effect.Effect<A, StoreError>;
  readonly resume: (effect: Effect.Effect<A, StoreError>) => void;
}

/** Whether the call meets something that goes on for a while; then it is answered. */
export const troubled = <A>(
  { process, store, troubles, faults }: SteppedOptions,
  { operation, names, resume, conflict }: Call<A>,
): boolean => {
  if (faults.isOver) return false;
  const { elapsed } = process;
  const failed = (message: string): boolean => {
    resume(Effect.fail(new StoreError({ operation, message, unknown: false })));
    return true;
  };
  if (elapsed < troubles.cutOffUntil) return failed("the store can't be reached");
  if (elapsed < store.fullUntil && names.includes("full")) return failed("the store is full");
  if (elapsed >= troubles.conflictsUntil || conflict === undefined) return false;
  resume(Effect.succeed(conflict));
  return true;
};

/** A call that has met its fault. */
interface Struck {
  readonly options: SteppedOptions;
  readonly operation: string;
  readonly millis: number;
  /** Says what happens, and where. */
  readonly tell: (text: string) => void;
  /** It is done as if nothing had happened. */
  readonly goOn: () => void;
  /** It is done, and nobody is told. */
  readonly happen: () => void;
  readonly fail: (message: string, fields: { readonly unknown: boolean }) => void;
  /** It meets what goes on for a while now. */
  readonly meet: () => void;
  readonly conflict: () => void;
}

const known = { unknown: false } as const;
const unknown = { unknown: true } as const;

/** What a process has sent ends with it. */
const becomes: { readonly [what in FaultName]?: (struck: Struck) => void } = {
  "crash-before": ({ options, operation, millis, tell }) => {
    tell(`crashes before ${operation}; down for ${millis} ms`);
    options.crash(millis);
  },
  "crash-after": ({ options, operation, millis, tell, happen }) => {
    happen();
    tell(`crashes after ${operation}; down for ${millis} ms`);
    options.crash(millis);
  },
  "power-loss": ({ options, operation, millis, tell, happen }) => {
    happen();
    tell(`the power fails at ${operation}`);
    options.failPower(millis);
  },
  "reply-lost": ({ operation, tell, happen, fail }) => {
    happen();
    tell(`the reply to ${operation} is lost`);
    fail("the reply was lost", unknown);
  },
  busy: ({ operation, tell, fail }) => {
    tell(`the store is busy at ${operation}`);
    fail("the store is busy", known);
  },
  partition: ({ options, operation, millis, tell, meet }) => {
    tell(`can't reach the store for ${millis} ms, from ${operation} on`);
    options.troubles.cutOffUntil = options.process.elapsed + millis;
    meet();
  },
  full: ({ options, operation, millis, tell, meet }) => {
    tell(`the store is full for ${millis} ms, from ${operation} on`);
    options.store.fullUntil = options.process.elapsed + millis;
    meet();
  },
  "conflict-storm": ({ options, millis, tell, meet }) => {
    tell(`routing meets conflicts for ${millis} ms`);
    options.troubles.conflictsUntil = options.process.elapsed + millis;
    meet();
  },
  conflict: ({ operation, tell, conflict }) => {
    tell(`${operation} meets a conflict`);
    conflict();
  },
  stop: ({ options, operation, millis, tell, goOn }) => {
    tell(`is asked to stop at ${operation}, and starts again ${millis} ms after`);
    options.stop(millis, "softly");
    goOn();
  },
  "stop-hard": ({ options, operation, millis, tell, goOn }) => {
    tell(`is asked to stop at once at ${operation}, and starts again ${millis} ms after`);
    options.stop(millis, "hard");
    goOn();
  },
  deploy: ({ options, operation, millis, tell, goOn }) => {
    tell(`is deployed anew at ${operation}: stops, and starts ${millis} ms after`);
    options.deploy(millis);
    goOn();
  },
  "clock-slow": (struck) => drift(struck, -struck.millis),
  "clock-fast": (struck) => drift(struck, struck.millis),
  "clock-back": (struck) => setClock(struck, -struck.millis),
  "clock-forward": (struck) => setClock(struck, struck.millis),
  slow: ({ options, operation, millis, tell, goOn }) => {
    tell(`${operation} takes ${millis} ms`);
    options.process.later(millis, goOn);
  },
  "request-again": ({ options, operation, millis, tell, happen, goOn }) => {
    tell(`${operation} will arrive again after ${millis} ms`);
    options.process.later(millis, happen);
    goOn();
  },
  "request-late": ({ options, operation, millis, tell, happen, fail }) => {
    tell(`${operation} fails, and will arrive after ${millis} ms`);
    options.process.later(millis, happen);
    fail("the store did not answer in time", unknown);
  },
  freeze: ({ options, operation, millis, tell, goOn }) => {
    tell(`stands still for ${millis} ms before ${operation}`);
    options.process.freeze(millis);
    options.process.ready(goOn);
  },
};

const drift = ({ options, tell, goOn }: Struck, by: number): void => {
  tell(`the clock gains ${by} ms a minute from now on`);
  options.drift(by);
  goOn();
};

const setClock = ({ options, tell, goOn }: Struck, by: number): void => {
  tell(`the clock is set by ${by} ms`);
  options.setClock(by);
  goOn();
};

/** Lets a fault befall a call. */
export const befall = <A>(
  options: SteppedOptions,
  call: Call<A>,
  { what, millis, point }: Fault,
): void => {
  const { operation, effect, resume, conflict } = call;
  becomes[what]?.({
    options,
    operation,
    millis,
    tell: (text) => options.tell(`✗ ${text} (${point})`),
    goOn: () => resume(effect),
    happen: () => void Effect.runSync(Effect.exit(effect)),
    fail: (message, fields) =>
      resume(Effect.fail(new StoreError({ operation, message, ...fields }))),
    meet: () => void troubled(options, call),
    conflict: () => resume(Effect.succeed(conflict as A)),
  });
};
