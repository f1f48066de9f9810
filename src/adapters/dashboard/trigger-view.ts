// What the API shows of triggers, and of what they make of events: schemas, as in view.ts.
import * as Schema from "effect/Schema";
import { ConditionView, Instant, MaybeInstant, MaybeText, RunLine, SignalView } from "./view.ts";

export const TriggerLine = Schema.Struct({
  id: Schema.String,
  task: MaybeText,
  when: Schema.String,
  next: Schema.Array(Instant),
  made: Schema.Boolean,
  paused: Schema.NullOr(Schema.Struct({ until: MaybeInstant })),
  /** Whether a backfill can be asked for. */
  isSchedule: Schema.Boolean,
  waiting: Schema.Finite,
}).annotate({ identifier: "TriggerLine" });
export type TriggerLine = typeof TriggerLine.Type;

const TaskLine = Schema.Struct({
  id: Schema.String,
  paused: Schema.NullOr(Schema.Struct({ until: MaybeInstant })),
}).annotate({ identifier: "TaskLine" });

export const TriggerPage = Schema.Struct({
  triggers: Schema.Array(TriggerLine),
  tasks: Schema.Array(TaskLine),
  /** Whether conditions are known, or only what the store tells of triggers. */
  hasDefinitions: Schema.Boolean,
}).annotate({ identifier: "TriggerPage" });
export type TriggerPage = typeof TriggerPage.Type;

export const SkipView = Schema.Struct({
  id: Schema.String,
  trigger: Schema.String,
  signal: MaybeText,
  from: MaybeInstant,
  to: MaybeInstant,
  count: Schema.Finite,
  reason: Schema.String,
  detail: MaybeText,
  at: Instant,
}).annotate({ identifier: "Skip" });

export const TriggerDetail = Schema.Struct({
  trigger: TriggerLine,
  condition: Schema.NullOr(ConditionView),
  /** What will act by itself: watches of absent leaves, firings that are kept back, shut gates. */
  deadlines: Schema.Array(Schema.Struct({ id: Schema.String, at: Instant, text: Schema.String })),
  /** Options of the join and of flow control, as text. */
  options: Schema.Array(Schema.String),
  /** What its task is given, where that is the same for each run. */
  input: Schema.NullOr(Schema.Json),
  hasInput: Schema.Boolean,
  runs: Schema.Array(RunLine),
  skips: Schema.Array(SkipView),
}).annotate({ identifier: "TriggerDetail" });
export type TriggerDetail = typeof TriggerDetail.Type;

export const EventLine = Schema.Struct({
  seq: Schema.Finite,
  id: Schema.String,
  name: Schema.String,
  at: Instant,
  payload: Schema.Json,
  origin: MaybeText,
  dueAt: MaybeInstant,
  /** A command of people, such as a pause, or a run that somebody asked for. */
  isCommand: Schema.Boolean,
  /** Runs that it has caused: alone, or together with others if they are among the newest. */
  runs: Schema.Array(RunLine),
}).annotate({ identifier: "EventLine" });
export type EventLine = typeof EventLine.Type;

export const EventPage = Schema.Struct({
  events: Schema.Array(EventLine),
  next: MaybeText,
}).annotate({ identifier: "EventPage" });
export type EventPage = typeof EventPage.Type;

const LeafView = Schema.Struct({
  path: Schema.String,
  condition: Schema.String,
  kind: Schema.String,
  text: Schema.String,
  waiting: Schema.Array(Schema.String),
}).annotate({ identifier: "Leaf" });
export type LeafView = typeof LeafView.Type;

/** What a trigger made of an event. */
const EventVerdict = Schema.Struct({
  trigger: Schema.String,
  kind: Schema.String,
  text: Schema.String,
  run: MaybeText,
  leaves: Schema.Array(LeafView),
}).annotate({ identifier: "EventVerdict" });
export type EventVerdict = typeof EventVerdict.Type;

export const EventDetail = Schema.Struct({
  event: SignalView,
  isCommand: Schema.Boolean,
  hasDefinitions: Schema.Boolean,
  verdicts: Schema.Array(EventVerdict),
  /** Names for which a trigger waits and that are near to the event's, for which none does. */
  near: Schema.Array(Schema.String),
}).annotate({ identifier: "EventDetail" });
export type EventDetail = typeof EventDetail.Type;
