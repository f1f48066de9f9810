// What the store contract needs of an adapter, and the words its tests are written in: a clock that stands still until it is set, rows with defaults, one way to run a test.
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { endless, pausedIdOf, type Subject as PauseSubject } from "../../core/command.ts";
import type { Json } from "../../core/json.ts";
import { isTerminal, type Attempt, type Run } from "../../core/run.ts";
import { statusIdOf, type NewSignal, type StatusState } from "../../core/signal.ts";
import type {
  Batch,
  Cursor,
  Deadline,
  Generation,
  Open,
  Skip,
  StorePort,
  Waiting,
} from "../../core/store.ts";
import type { StoreError } from "../../core/errors.ts";

/** An empty store, opened for a test and closed with its scope. */
export interface Opened {
  readonly store: StorePort;
  /** Another handle on what `store` keeps, as another process has one. It may be the same object. */
  readonly again: Effect.Effect<StorePort, StoreError, Scope.Scope>;
  /** A handle on another app in the same place; null if the adapter keeps one app in one place. */
  readonly otherApp: Effect.Effect<StorePort, StoreError, Scope.Scope> | null;
  /** Makes an owner die without closing it; null if a test in this process can't do that to this adapter. */
  readonly kill: ((owner: string) => void) | null;
}

/** A store as the contract sees it. Instants are those of Effect's Clock, which the rules set; so is a store's `now`. */
export interface Subject {
  readonly open: Effect.Effect<Opened, StoreError, Scope.Scope>;
}

export interface Bench extends Opened {
  readonly clock: { now: number };
}

export const noon = 1_790_000_000_000;

/** Runs a test's effect on an empty store, under a clock that only the test moves. */
export const onStore = (
  subject: Subject,
  test: (bench: Bench) => Effect.Effect<void, StoreError, Scope.Scope>,
): Promise<void> => {
  const clock = { now: noon };
  const program = Effect.flatMap(subject.open, (opened) => test({ ...opened, clock }));
  return Effect.runPromise(
    Effect.provideService(Effect.scoped(program), Clock.Clock, standing(clock)),
  );
};

/** Sleeps are real, so that an adapter's own retries go on; instants are the test's. */
const standing = (clock: { readonly now: number }): Clock.Clock => {
  const live = Effect.runSync(Effect.clockWith((current) => Effect.succeed(current)));
  const nanos = (): bigint => BigInt(clock.now) * 1_000_000n;
  return {
    currentTimeMillisUnsafe: () => clock.now,
    currentTimeMillis: Effect.sync(() => clock.now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: () => live.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: live.monotonicTimeNanos,
    sleep: (duration) => live.sleep(duration),
  };
};

/** A batch without checks. */
export const writes = (batch: Omit<Batch, "checks">): Batch => ({ checks: [], ...batch });

export const anEvent = (
  id: string,
  fields: {
    name?: string;
    payload?: Json;
    origin?: string | null;
    dueAt?: number | null;
    at?: number;
  } = {},
): NewSignal => {
  const { name = "arrived", payload = null, origin = null, dueAt = null, ...more } = fields;
  return { id, signal: { _tag: "Event", id, name, payload, ...more }, origin, dueAt };
};

export const aStatus = (
  run: string,
  state: StatusState,
  fields: { token?: number; input?: Json; result?: Json; origin?: string | null } = {},
): NewSignal => {
  const { token = 1, input = null, origin = run, ...outcome } = fields;
  return {
    id: statusIdOf(run, token, state),
    signal: { _tag: "Status", task: "resize", run, attempt: 1, state, input, token, ...outcome },
    origin,
    dueAt: null,
  };
};

export const aRun = (id: string, fields: Partial<Run> = {}): Run => {
  const run: Run = {
    id,
    trigger: "thumbnail",
    task: "resize",
    input: null,
    idempotencyKey: id,
    cause: [`event-of-${id}`],
    priority: 0,
    concurrencyKey: null,
    expiresAt: null,
    createdAt: noon,
    dueAt: noon,
    state: "pending",
    token: 0,
    attempt: 0,
    losses: 0,
    crashes: 0,
    owner: null,
    nonce: null,
    startedAt: null,
    settledAt: null,
    cancelRequested: false,
    outcome: null,
    ...fields,
  };
  return isTerminal(run.state) && run.settledAt === null ? { ...run, settledAt: noon } : run;
};

export const anAttempt = (run: string, token = 1, fields: Partial<Attempt> = {}): Attempt => ({
  run,
  token,
  attempt: token,
  owner: "engine",
  startedAt: noon,
  settledAt: noon,
  outcome: { _tag: "Succeeded", result: null },
  ...fields,
});

export const aSkip = (id: string, fields: Partial<Skip> = {}): Skip => ({
  id,
  trigger: "thumbnail",
  signal: "event",
  from: null,
  to: null,
  count: 1,
  reason: "superseded",
  detail: null,
  at: noon,
  ...fields,
});

export const aWaiting = (order: number, fields: Partial<Waiting> = {}): Waiting => ({
  trigger: "publish",
  leaf: "event:approved",
  key: "",
  order,
  at: noon,
  heard: {
    id: `approved-${order}`,
    signal: {
      _tag: "Event",
      id: `approved-${order}`,
      name: "approved",
      payload: { order },
      at: noon,
    },
  },
  scopes: [],
  ...fields,
});

export const aCursor = (trigger: string, fields: Partial<Cursor> = {}): Cursor => ({
  trigger,
  leaf: "cron:0 2 * * *",
  at: noon,
  ...fields,
});

export const aDelay = (id: string, at: number): Deadline => ({
  id,
  at,
  due: {
    _tag: "Hear",
    stored: {
      seq: 1,
      at: noon,
      id,
      signal: { _tag: "Event", id, name: "late", payload: null, at: noon },
      origin: null,
      dueAt: at,
    },
  },
});

export const aWithin = (id: string, at: number): Deadline => ({
  id,
  at,
  due: { _tag: "Within", trigger: "publish", leaf: "event:approved", key: "", order: 1 },
});

/** A firing that is kept back. */
export const aRelease = (id: string, at: number): Deadline => ({
  id,
  at,
  due: {
    _tag: "Release",
    trigger: "publish",
    key: "k",
    since: noon,
    order: 1,
    heldAt: noon,
    matches: [
      {
        leaf: "when",
        id: "e1",
        signal: { _tag: "Event", id: "e1", name: "approved", payload: { page: "ü" }, at: noon },
      },
    ],
    scopes: ["settled:r1"],
  },
});

export const aGate = (id: string, at: number): Deadline => ({
  id,
  at,
  due: { _tag: "Gate", trigger: "publish", key: "k" },
});

/** A pause of a task or trigger; without end unless said otherwise. */
export const aPause = (subject: PauseSubject, at = endless): Deadline => ({
  id: pausedIdOf(subject),
  at,
  due: { _tag: "Paused", subject },
});

export const anOpen = (scope: string, run: string, fields: Partial<Open> = {}): Open => ({
  scope,
  run,
  ended: null,
  ...fields,
});

export const aGeneration = (number: number, fields: Partial<Generation> = {}): Generation => ({
  number,
  fingerprint: `print-${number}`,
  activatedAt: noon,
  triggers: { thumbnail: "a", publish: "b" },
  zones: null,
  ...fields,
});

export const anOwner = (
  id: string,
): { readonly id: string; readonly host: string; readonly process: number } => ({
  id,
  host: "here",
  process: 7,
});

/** Enters the engine that most tests claim with. */
export const entered = (store: StorePort): Effect.Effect<void, StoreError> =>
  store.enter(anOwner("engine"));

let requests = 0;

/** Claims for the engine that has entered. */
export const claimAs = (
  store: StorePort,
  fields: {
    owner?: string;
    tasks?: readonly string[];
    limit?: number;
    limits?: { readonly [task: string]: number };
  } = {},
) =>
  store.claim({
    owner: "engine",
    nonce: `request-${++requests}`,
    tasks: ["resize"],
    limit: 100,
    ...fields,
  });
