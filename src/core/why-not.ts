// Why not: what each trigger made of a signal, in one answer. Pure: rows, state and definitions in, plain data out. evidence.ts reads the rows from a store.
import { endless, isCommand, pausedTriggerIdOf } from "./command.ts";
import { signalKeyOf } from "./condition.ts";
import type { CompiledTrigger, Definitions } from "./definitions.ts";
import {
  explain,
  explainOccurrence,
  isDueAt,
  schedulesOf,
  type Explanation,
  type Records,
} from "./explain.ts";
import { nearestOf } from "./nearest.ts";
import type { StoredSignal } from "./signal.ts";
import type { State } from "./state.ts";
import type { SkipReason } from "./skip-reason.ts";
import type { Generation, Waiting } from "./store.ts";

/** How a trigger stands now, whatever became of the signal. */
export interface Standing {
  /** Null: it isn't. `until` null: until somebody resumes it. */
  readonly paused: { readonly until: number | null } | null;
  /** Whether the definition that was asked is the active one; `changed` and `new` ones answer for what they would do after the next start. */
  readonly definition: "active" | "changed" | "new";
}

export type Answer = Explanation & Standing;

/** What the store tells of a trigger that was not asked, because these definitions don't have it, or it waits for other signals now. */
export type Recorded = { readonly trigger: string } & (
  | { readonly _tag: "Fired"; readonly run: string }
  | { readonly _tag: "Skipped"; readonly reason: SkipReason; readonly detail: string | null }
  | { readonly _tag: "Waiting"; readonly leaf: string }
);

export interface WhyNot {
  readonly signal: StoredSignal;
  readonly isRouted: boolean;
  /** The triggers that may hear it, or the one that was named. */
  readonly answers: readonly Answer[];
  readonly recorded: readonly Recorded[];
  /** Where no trigger waits for an event of this name: names for which one does, the nearest first. */
  readonly near: readonly string[];
}

/** What a store says that the answer is made from. */
export interface Evidence {
  readonly state: State;
  readonly generation: Generation | null;
  /** Of the signal, and of no other. */
  readonly records: Records;
  /** The rows of the signal that wait. */
  readonly waiting: readonly Pick<Waiting, "trigger" | "leaf">[];
  /** The store's clock. */
  readonly now: number;
}

export const whyNotOf = (
  definitions: Definitions,
  stored: StoredSignal,
  { state, generation, records, waiting }: Evidence,
  trigger?: string,
): WhyNot => {
  const answers = explain(definitions, state, stored, records, trigger);
  const asked = new Set(answers.map((each) => each.trigger));
  return {
    signal: stored,
    isRouted: stored.seq <= state.watermark.seq,
    answers: answers.map((each) => ({
      ...each,
      ...standingOf(definitions.triggers.get(each.trigger) as CompiledTrigger, state, generation),
    })),
    recorded: recordedOf({ records, waiting }).filter((each) => !asked.has(each.trigger)),
    near: nearNames(definitions, stored),
  };
};

/** What became of an instant in the schedules of these triggers. */
export interface WhyNotDue {
  readonly dueAt: number;
  readonly answers: readonly Answer[];
  /** The schedules that don't name the instant, with the occurrences before and after it. */
  readonly others: readonly {
    readonly trigger: string;
    readonly leaf: string;
    readonly previous: number | null;
    readonly next: number | null;
  }[];
}

export const whyNotDueOf = (
  triggers: readonly CompiledTrigger[],
  dueAt: number,
  { state, generation, records, now }: Omit<Evidence, "waiting">,
): WhyNotDue => ({
  dueAt,
  answers: triggers.flatMap((trigger) =>
    explainOccurrence(trigger, state, { dueAt, now }, records).map((each) => ({
      ...each,
      ...standingOf(trigger, state, generation),
    })),
  ),
  others: triggers.flatMap((trigger) =>
    schedulesOf(trigger)
      .filter((leaf) => !isDueAt(leaf, dueAt))
      .map(({ path, schedule }) => ({
        trigger: trigger.id,
        leaf: path,
        previous: schedule?.previous(dueAt) ?? null,
        next: schedule?.next(dueAt) ?? null,
      })),
  ),
});

const standingOf = (
  { id, fingerprint, made }: CompiledTrigger,
  { deadlines }: State,
  generation: Generation | null,
): Standing => {
  const pause = deadlines.get(pausedTriggerIdOf(id));
  const active = generation?.triggers[id];
  return {
    paused: pause === undefined ? null : { until: pause.at >= endless ? null : pause.at },
    definition:
      made !== undefined || active === fingerprint
        ? "active"
        : active === undefined
          ? "new"
          : "changed",
  };
};

/** All that the rows of a signal tell of it. */
export const recordedOf = ({
  records: { runs, skips },
  waiting,
}: Pick<Evidence, "records" | "waiting">): readonly Recorded[] => [
  ...runs.map(({ id: run, trigger }) => ({ trigger, _tag: "Fired" as const, run })),
  ...skips.map(({ trigger, reason, detail }) => ({
    trigger,
    _tag: "Skipped" as const,
    reason,
    detail,
  })),
  ...waiting.map(({ trigger, leaf }) => ({ trigger, _tag: "Waiting" as const, leaf })),
];

/** Names of the same kind: a person may have meant another event, or another task. A command is for the router, and for no trigger. */
const nearNames = (definitions: Definitions, stored: StoredSignal): readonly string[] => {
  const { signal } = stored;
  if (signal._tag !== "Event" || isCommand(stored) || definitions.index.has(signalKeyOf(signal)))
    return [];
  const isOfTask = (name: string): boolean => name.startsWith("@");
  const names = eventNamesOf(definitions).filter(
    (name) => isOfTask(name) === isOfTask(signal.name),
  );
  return nearestOf(signal.name, names);
};

/** The names of the events that some trigger waits for. */
export const eventNamesOf = ({ index }: Definitions): readonly string[] =>
  [...index.keys()]
    .filter((key) => key.startsWith("event:"))
    .map((key) => key.slice("event:".length));
