// What the API shows of all but triggers and events (trigger-view.ts): schemas, from which types, answers and /openapi.json come. Instants are ISO text in UTC, what is absent is null, as on the command line.
import * as Schema from "effect/Schema";
import { runStates } from "../../core/run.ts";

export const Instant = Schema.String;
export const MaybeInstant = Schema.NullOr(Instant);
export const MaybeText = Schema.NullOr(Schema.String);

export const RunState = Schema.Literals(runStates);

export const RunView = Schema.Struct({
  id: Schema.String,
  trigger: Schema.String,
  task: Schema.String,
  state: RunState,
  attempt: Schema.Finite,
  losses: Schema.Finite,
  crashes: Schema.Finite,
  priority: Schema.Finite,
  concurrencyKey: MaybeText,
  cancelRequested: Schema.Boolean,
  dueAt: Instant,
  expiresAt: MaybeInstant,
  createdAt: Instant,
  startedAt: MaybeInstant,
  settledAt: MaybeInstant,
  input: Schema.Json,
  outcome: Schema.NullOr(Schema.Json),
  cause: Schema.Array(Schema.String),
}).annotate({ identifier: "Run" });
export type RunView = typeof RunView.Type;

/** A run as one line of a list. `outcome`: the beginning of its result or error as text. */
export const RunLine = Schema.Struct({
  id: Schema.String,
  trigger: Schema.String,
  task: Schema.String,
  state: RunState,
  attempt: Schema.Finite,
  cancelRequested: Schema.Boolean,
  createdAt: Instant,
  dueAt: Instant,
  startedAt: MaybeInstant,
  settledAt: MaybeInstant,
  outcome: MaybeText,
  /** Of a run whose body goes on in this process. */
  fraction: Schema.NullOr(Schema.Finite),
  message: MaybeText,
}).annotate({ identifier: "RunLine" });
export type RunLine = typeof RunLine.Type;

export const AttemptView = Schema.Struct({
  attempt: Schema.Finite,
  token: Schema.Finite,
  owner: Schema.String,
  startedAt: MaybeInstant,
  settledAt: Instant,
  outcome: Schema.Json,
}).annotate({ identifier: "Attempt" });
export type AttemptView = typeof AttemptView.Type;

export const SignalView = Schema.Struct({
  seq: Schema.Finite,
  id: Schema.String,
  at: Instant,
  /** `event`, or the state that a run came into. */
  kind: Schema.String,
  name: MaybeText,
  task: MaybeText,
  run: MaybeText,
  payload: Schema.NullOr(Schema.Json),
  /** The run that emitted it. */
  origin: MaybeText,
  /** An event with a delay is heard then. */
  dueAt: MaybeInstant,
}).annotate({ identifier: "Signal" });
export type SignalView = typeof SignalView.Type;

export const LogLine = Schema.Struct({
  at: Instant,
  attempt: Schema.Finite,
  level: Schema.String,
  message: Schema.String,
}).annotate({ identifier: "LogLine" });
export type LogLine = typeof LogLine.Type;

/** One step of the chain of causes: how deep it lies, and what it is. */
export const CauseLine = Schema.Struct({
  depth: Schema.Finite,
  kind: Schema.Literals(["run", "event", "outcome", "occurrence", "absence", "unknown"]),
  text: Schema.String,
  run: MaybeText,
  signal: MaybeText,
  at: MaybeInstant,
}).annotate({ identifier: "Cause" });
export type CauseLine = typeof CauseLine.Type;

const WaitingView = Schema.Struct({
  signal: Schema.String,
  at: Instant,
  key: Schema.String,
  text: Schema.String,
  run: MaybeText,
}).annotate({ identifier: "Waiting" });

export interface ConditionView {
  readonly kind: "leaf" | "all" | "any";
  readonly path: string;
  readonly text: string;
  readonly waiting: readonly (typeof WaitingView.Type)[];
  readonly waitingCount: number;
  readonly parts: readonly ConditionView[];
}
export const ConditionView: Schema.Codec<ConditionView> = Schema.Struct({
  kind: Schema.Literals(["leaf", "all", "any"]),
  path: Schema.String,
  text: Schema.String,
  waiting: Schema.Array(WaitingView),
  waitingCount: Schema.Finite,
  parts: Schema.Array(Schema.suspend((): Schema.Codec<ConditionView> => ConditionView)),
}).annotate({ identifier: "Condition" });

export const RunDetail = Schema.Struct({
  run: RunView,
  attempts: Schema.Array(AttemptView),
  signals: Schema.Array(SignalView),
  why: Schema.Array(CauseLine),
  /** The condition of its trigger with the signals that satisfied it; null where the definition is not known. */
  fired: Schema.NullOr(ConditionView),
  logs: Schema.Array(LogLine),
  /** Logs and progress are told to the process that executes; a dashboard of a store alone has none. */
  hasLogs: Schema.Boolean,
  fraction: Schema.NullOr(Schema.Finite),
  message: MaybeText,
  canCancel: Schema.Boolean,
  canRetry: Schema.Boolean,
}).annotate({ identifier: "RunDetail" });
export type RunDetail = typeof RunDetail.Type;

export const RunPage = Schema.Struct({
  runs: Schema.Array(RunLine),
  next: MaybeText,
  /** How many runs a search has looked at, for this answer; null without a search. */
  searched: Schema.NullOr(Schema.Finite),
  /** When the oldest of them was created: so far back it has looked. */
  searchedTo: MaybeInstant,
}).annotate({ identifier: "RunPage" });
export type RunPage = typeof RunPage.Type;

export const Counts = Schema.Struct({
  runs: Schema.Record(Schema.String, Schema.Finite),
  unrouted: Schema.Finite,
  deadlines: Schema.Finite,
  signals: Schema.Finite,
  skips: Schema.Finite,
  waiting: Schema.Finite,
}).annotate({ identifier: "Counts" });
export type Counts = typeof Counts.Type;

const Upcoming = Schema.Struct({
  trigger: Schema.String,
  task: Schema.String,
  dueAt: Instant,
}).annotate({ identifier: "Upcoming" });

/** What ended in a span of time: how many runs, and how long they waited and ran. */
export const Beat = Schema.Struct({
  at: Schema.Finite,
  succeeded: Schema.Finite,
  failed: Schema.Finite,
  other: Schema.Finite,
  waitP50: Schema.NullOr(Schema.Finite),
  waitP95: Schema.NullOr(Schema.Finite),
  tookP50: Schema.NullOr(Schema.Finite),
  tookP95: Schema.NullOr(Schema.Finite),
}).annotate({ identifier: "Beat" });
export type Beat = typeof Beat.Type;

export const Overview = Schema.Struct({
  app: Schema.String,
  store: Schema.String,
  at: Instant,
  /** Grows with whatever changes. */
  version: Schema.Finite,
  isReadOnly: Schema.Boolean,
  hasEngine: Schema.Boolean,
  counts: Counts,
  running: Schema.Array(RunLine),
  /** Due and not begun, first those that have waited longest. */
  due: Schema.Array(RunLine),
  /** Of those looked at, how many have been due for more than ten seconds. */
  overdue: Schema.Finite,
  /** Not due yet: tried again later, or spread out. */
  later: Schema.Array(RunLine),
  next: Schema.Array(Upcoming),
  paused: Schema.Finite,
  engines: Schema.Struct({ open: Schema.Finite, dead: Schema.Finite }),
  spanMillis: Schema.Finite,
  beats: Schema.Array(Beat),
}).annotate({ identifier: "Overview" });
export type Overview = typeof Overview.Type;

const EngineView = Schema.Struct({
  id: Schema.String,
  host: Schema.String,
  process: Schema.Finite,
  enteredAt: Instant,
  closedAt: MaybeInstant,
  state: Schema.Literals(["alive", "dead", "closed"]),
  held: Schema.Array(RunLine),
}).annotate({ identifier: "Engine" });

export const EnginePage = Schema.Struct({
  engines: Schema.Array(EngineView),
  generation: Schema.NullOr(
    Schema.Struct({
      number: Schema.Finite,
      activatedAt: Instant,
      fingerprint: Schema.String,
      zones: MaybeText,
      triggers: Schema.Finite,
    }),
  ),
  watermark: Schema.Struct({ seq: Schema.Finite, at: Instant, unrouted: Schema.Finite }),
  now: Instant,
}).annotate({ identifier: "EnginePage" });
export type EnginePage = typeof EnginePage.Type;

export const Bar = Schema.Struct({
  run: Schema.String,
  task: Schema.String,
  attempt: Schema.Finite,
  from: Schema.Finite,
  /** Null: it goes on. */
  to: Schema.NullOr(Schema.Finite),
  kind: Schema.String,
  lane: Schema.Finite,
}).annotate({ identifier: "Bar" });
export type Bar = typeof Bar.Type;

export const Timeline = Schema.Struct({
  from: Schema.Finite,
  to: Schema.Finite,
  lanes: Schema.Array(Schema.Struct({ engine: Schema.String, lane: Schema.Finite })),
  bars: Schema.Array(Bar),
  /** Whether attempts were left out, because there are more than are shown. */
  isCut: Schema.Boolean,
}).annotate({ identifier: "Timeline" });
export type Timeline = typeof Timeline.Type;

/** A plan with which a simulation has broken a law; or why the file is none. */
export const SavedPlanView = Schema.Struct({
  file: Schema.String,
  /** The folder that it is in; that of an app, where `detent simulate` has saved it. */
  app: Schema.String,
  savedAt: Instant,
  plan: Schema.NullOr(
    Schema.Struct({
      law: Schema.String,
      message: Schema.String,
      timeline: Schema.Array(Schema.String),
      seed: Schema.Finite,
      engines: Schema.Finite,
      faults: Schema.Finite,
    }),
  ),
  fault: MaybeText,
}).annotate({ identifier: "SavedPlan" });
export type SavedPlanView = typeof SavedPlanView.Type;

export const SimulationPage = Schema.Struct({
  folder: Schema.String,
  plans: Schema.Array(SavedPlanView),
  /** How many older ones are not shown. */
  more: Schema.Finite,
}).annotate({ identifier: "SimulationPage" });
export type SimulationPage = typeof SimulationPage.Type;
