// The store as an engine of a world reaches it: each call is a step that faults may befall.
import * as Effect from "effect/Effect";
import { StoreError } from "../errors.ts";
import { anyNews, mergedNews } from "../batch.ts";
import type { News, StorePort } from "../store.ts";
import type { FaultName, Faults } from "./fault.ts";
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

const callFaults: readonly FaultName[] = [
  "crash-before",
  "crash-after",
  "reply-lost",
  "busy",
  "slow",
  "freeze",
  "clock-back",
  "clock-forward",
  "clock-slow",
  "clock-fast",
  "partition",
  "stop",
  "stop-hard",
  "deploy",
  "power-loss",
];
const writeFaults: readonly FaultName[] = [...callFaults, "request-again", "request-late", "full"];
const routeFaults: readonly FaultName[] = [...writeFaults, "conflict", "conflict-storm"];
const hintFaults: readonly FaultName[] = ["hint-lost", "hint-late", "hint-burst"];
/** So many hints are a burst. */
const burstHints = 10;

/** A store whose calls are steps of a process, each with what may befall it. */
export const stepped = (store: StorePort, options: SteppedOptions): StorePort => {
  const { process } = options;
  const call = <A>(
    operation: string,
    effect: Effect.Effect<A, StoreError>,
    { names, conflict }: Befalling<A> = { names: callFaults },
  ): Effect.Effect<A, StoreError> => {
    const called = Effect.callback<A, StoreError>((resume) => {
      const place = placeOf(options, operation);
      process.ready(() => perform(options, { place, operation, effect, resume, names, conflict }));
    });
    return options.store.isFlushedLater && told.has(operation)
      ? Effect.tap(called, () => flushed(options))
      : called;
  };
  return {
    ...store,
    get abilities() {
      return store.abilities;
    },
    enter: (owner) => call("enter", store.enter(owner)),
    leave: (owner) => call("leave", store.leave(owner)),
    dead: call("dead", store.dead),
    read: (request) => call("read", store.read(request)),
    commit: (batch) => {
      const [check] = batch.checks;
      // Only a router's commit can meet another router; that somebody else holds a run would be a lie.
      const isRoute = check?._tag === "Revision" && batch.watermark !== undefined;
      return isRoute
        ? call("route", store.commit(batch), {
            names: routeFaults,
            conflict: { _tag: "Conflict", check },
          })
        : call("commit", store.commit(batch), { names: writeFaults });
    },
    claim: (request) => call("claim", store.claim(request), { names: writeFaults }),
    expiry: (request) => call("expiry", store.expiry(request)),
    list: (table, request) => call("list", store.list(table, request)),
    summary: call("summary", store.summary),
    // It takes the place of a look at the runs.
    owed: (request) => call("list", store.owed(request)),
    changes: (listener, owner) => hinted(store, options, { listener, owner }),
  };
};

/** What is answered only when nothing of it can be lost any more; what a router reads leads to nothing but writes. */
const told: ReadonlySet<string> = new Set(["route", "commit", "claim", "list", "summary"]);

const flushed = ({ store, process }: SteppedOptions): Effect.Effect<void> =>
  store.mustFlush ? store.flushed(process) : Effect.void;

/** Where a call stands among all of its engine's; undefined: nothing can befall it. */
const placeOf = (
  { engine, faults, calls, process }: SteppedOptions,
  operation: string,
): Place | undefined =>
  faults.arePossible ? calls.next(engine, operation, process.elapsed) : undefined;

type Place = ReturnType<Calls["next"]>;

/** What may befall a call, and what it answers when it meets a conflict. */
interface Befalling<A> {
  readonly names: readonly FaultName[];
  readonly conflict?: A | undefined;
}

interface Call<A> extends Befalling<A> {
  readonly place: Place | undefined;
  readonly operation: string;
  readonly effect: Effect.Effect<A, StoreError>;
  readonly resume: (effect: Effect.Effect<A, StoreError>) => void;
}

/** Whether the call meets something that goes on for a while; then it is answered. */
const troubled = <A>(
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

const perform = <A>(options: SteppedOptions, call: Call<A>): void => {
  const { faults, process, tell } = options;
  const { place, operation, effect, resume, names, conflict } = call;
  if (troubled(options, call)) return;
  const fault = place && faults.at(place.point, names, place);
  if (place === undefined || fault === undefined) return resume(effect);
  const { point } = place;
  const { what, millis } = fault;
  const failed = (message: string, unknown: boolean): void =>
    resume(Effect.fail(new StoreError({ operation, message, unknown })));
  switch (what) {
    case "crash-before":
      tell(`✗ crashes before ${operation} (${point}), down for ${millis} ms`);
      return options.crash(millis);
    case "crash-after":
      Effect.runSync(Effect.exit(effect));
      tell(`✗ crashes after ${operation} (${point}), down for ${millis} ms`);
      return options.crash(millis);
    case "power-loss":
      Effect.runSync(Effect.exit(effect));
      tell(`✗ the power fails at ${operation} (${point})`);
      return options.failPower(millis);
    case "reply-lost":
      Effect.runSync(Effect.exit(effect));
      tell(`✗ the reply to ${operation} is lost (${point})`);
      return failed("the reply was lost", true);
    case "busy":
      tell(`✗ the store is busy at ${operation} (${point})`);
      return failed("the store is busy", false);
    case "partition":
      tell(`✗ can't reach the store for ${millis} ms, from ${operation} on (${point})`);
      options.troubles.cutOffUntil = process.elapsed + millis;
      return void troubled(options, call);
    case "full":
      tell(`✗ the store is full for ${millis} ms, from ${operation} on (${point})`);
      options.store.fullUntil = process.elapsed + millis;
      return void troubled(options, call);
    case "conflict-storm":
      tell(`✗ routing meets conflicts for ${millis} ms (${point})`);
      options.troubles.conflictsUntil = process.elapsed + millis;
      return void troubled(options, call);
    case "stop":
      tell(`✗ is asked to stop at ${operation} (${point}), and starts again ${millis} ms after`);
      options.stop(millis, "softly");
      return resume(effect);
    case "stop-hard":
      tell(
        `✗ is asked to stop at once at ${operation} (${point}), and starts again ${millis} ms after`,
      );
      options.stop(millis, "hard");
      return resume(effect);
    case "clock-slow":
    case "clock-fast": {
      const by = what === "clock-slow" ? -millis : millis;
      tell(`✗ the clock gains ${by} ms a minute from now on (${point})`);
      options.drift(by);
      return resume(effect);
    }
    case "deploy":
      tell(`✗ is deployed anew at ${operation} (${point}): stops, and starts ${millis} ms after`);
      options.deploy(millis);
      return resume(effect);
    case "conflict":
      tell(`✗ ${operation} meets a conflict (${point})`);
      return resume(Effect.succeed(conflict as A));
    case "slow":
      tell(`✗ ${operation} takes ${millis} ms (${point})`);
      process.later(millis, () => resume(effect));
      return;
    // What a process has sent ends with it.
    case "request-again":
      tell(`✗ ${operation} will arrive again after ${millis} ms (${point})`);
      process.later(millis, () => void Effect.runSync(Effect.exit(effect)));
      return resume(effect);
    case "request-late":
      tell(`✗ ${operation} fails, and will arrive after ${millis} ms (${point})`);
      process.later(millis, () => void Effect.runSync(Effect.exit(effect)));
      return failed("the store did not answer in time", true);
    case "freeze":
      tell(`✗ stands still for ${millis} ms before ${operation} (${point})`);
      process.freeze(millis);
      process.ready(() => resume(effect));
      return;
    default: {
      const by = what === "clock-back" ? -millis : millis;
      tell(`✗ the clock is set by ${by} ms (${point})`);
      options.setClock(by);
      return resume(effect);
    }
  }
};

interface Listening {
  readonly listener: (news?: News) => void;
  readonly owner: string | undefined;
}

/** A hint is a step too, and may be lost, late or one of many. Those that come at once are one. */
const hinted = (
  store: StorePort,
  options: SteppedOptions,
  { listener, owner }: Listening,
): (() => void) => {
  const { process, faults, tell } = options;
  let pending: News | undefined;
  return store.changes((news = anyNews) => {
    if (process.isOver) return;
    if (pending !== undefined) return void (pending = mergedNews(pending, news));
    const place = placeOf(options, "hint");
    const fault = place && faults.at(place.point, hintFaults, place);
    if (fault?.what === "hint-lost") return tell(`✗ a hint is lost (${fault.point})`);
    if (fault?.what === "hint-late") {
      tell(`✗ a hint comes ${fault.millis} ms late (${fault.point})`);
      return void process.later(fault.millis, () => listener(news));
    }
    if (fault?.what === "hint-burst") {
      tell(`✗ a hint comes ${burstHints} times (${fault.point})`);
      for (let count = 1; count < burstHints; count++) process.ready(() => listener(news));
    }
    pending = news;
    process.ready(() => {
      const told = pending;
      pending = undefined;
      listener(told);
    });
  }, owner);
};
