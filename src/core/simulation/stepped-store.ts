// The store as an engine of a world reaches it: each call is a step that faults may befall.
import * as Effect from "effect/Effect";
import type { StoreError } from "../errors.ts";
import { anyNews, mergedNews } from "../batch.ts";
import type { News, StorePort } from "../store.ts";
import {
  befall,
  troubled,
  type Befalling,
  type Call,
  type Place,
  type SteppedOptions,
} from "./call-fault.ts";
import type { FaultName } from "./fault.ts";

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

const perform = <A>(options: SteppedOptions, call: Call<A>): void => {
  const { place, names, resume, effect } = call;
  if (troubled(options, call)) return;
  const fault = place && options.faults.at(place.point, names, place);
  if (fault === undefined) resume(effect);
  else befall(options, call, fault);
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
