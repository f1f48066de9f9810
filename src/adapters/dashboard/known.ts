// The triggers of an app as far as they are known: by its definitions, by the schedules that were made at run time, or, without definitions, by what the store tells.
import * as Effect from "effect/Effect";
import { scheduleOf } from "../../core/activation.ts";
import { pausedIdOf, pauseEnd } from "../../core/command.ts";
import { conditionText } from "../../core/condition-text.ts";
import type { CompiledTrigger } from "../../core/definitions.ts";
import type { StoreError } from "../../core/errors.ts";
import { triggerOfRow } from "../../core/made.ts";
import { scheduleOfKey, type CompiledSchedule } from "../../core/schedule.ts";
import type { Subject } from "./subject.ts";

export interface Known {
  readonly id: string;
  /** Null: the store doesn't say. */
  readonly task: string | null;
  readonly when: string;
  readonly schedules: readonly CompiledSchedule[];
  readonly isMade: boolean;
  /** Whether it waits for one schedule and nothing else. */
  readonly isSchedule: boolean;
  readonly compiled: CompiledTrigger | undefined;
}

export interface AllKnown {
  readonly triggers: readonly Known[];
  readonly tasks: readonly string[];
}

const rowsMax = 10_000;

export const knownOf = (subject: Subject): Effect.Effect<AllKnown, StoreError> =>
  Effect.gen(function* () {
    const { store, definitions } = subject;
    const { rows } = yield* store.list("cursor", { limit: rowsMax });
    const made = rows.flatMap((row) => triggerOfRow(row) ?? []);
    if (definitions !== undefined) {
      const defined = [...definitions.triggers.values()].filter(({ id }) => !id.startsWith("@"));
      return {
        triggers: [...defined, ...made].map(compiledKnown),
        tasks: [...definitions.tasks.keys()],
      };
    }
    const { generation } = yield* store.read({ revision: null, limit: 0 });
    const ids = Object.keys(generation?.triggers ?? {});
    const leaves = Map.groupBy(rows, ({ trigger }) => trigger);
    const stored = ids
      .filter((id) => !id.startsWith("@"))
      .map((id): Known => {
        const keys = (leaves.get(id) ?? []).map(({ leaf }) => leaf);
        const schedules = keys.flatMap((key) => scheduleOf(key, id) ?? []);
        const texts = keys.flatMap((key) => scheduleOfKey(key) ?? []).map(conditionText);
        const when = texts.length === 0 ? "" : texts.join(", ");
        return {
          id,
          task: null,
          when,
          schedules,
          isMade: false,
          isSchedule: schedules.length === 1,
          compiled: undefined,
        };
      });
    return {
      triggers: [...stored, ...made.map(compiledKnown)],
      tasks: ids.flatMap((id) => (id.startsWith("@") ? [id.slice(1)] : [])),
    };
  });

/** An app may have thousands, and live updates ask again and again. */
const knownTriggers = new WeakMap<CompiledTrigger, Known>();

const compiledKnown = (compiled: CompiledTrigger): Known => {
  const before = knownTriggers.get(compiled);
  if (before !== undefined) return before;
  const known = knownFrom(compiled);
  knownTriggers.set(compiled, known);
  return known;
};

const knownFrom = (compiled: CompiledTrigger): Known => {
  const { id, task, leaves, flow, definition, made } = compiled;
  const schedules = leaves.flatMap(({ schedule }) => schedule ?? []);
  return {
    id,
    task,
    when: conditionText(definition.when),
    schedules,
    isMade: made !== undefined,
    isSchedule: leaves.length === 1 && schedules.length === 1 && flow === null,
    compiled,
  };
};

/** The next occurrences of any of its schedules after an instant, at most so many. */
export const nextOf = (
  { schedules }: Pick<Known, "schedules">,
  after: number,
  count: number,
): readonly number[] => {
  const found: number[] = [];
  for (let from = after; found.length < count;) {
    const due = schedules.flatMap((schedule) => schedule.next(from) ?? []);
    if (due.length === 0) break;
    from = Math.min(...due);
    found.push(from);
  }
  return found;
};

type Pause = { readonly until: string | null };

/** The pauses there are, by the id of the trigger or task. */
export const pausesOf = (
  { store }: Subject,
  { triggers, tasks }: AllKnown,
): Effect.Effect<
  { readonly triggers: ReadonlyMap<string, Pause>; readonly tasks: ReadonlyMap<string, Pause> },
  StoreError
> =>
  Effect.gen(function* () {
    const ofTriggers = triggers.map(({ id }) => pausedIdOf({ trigger: id }));
    const ofTasks = tasks.map((task) => pausedIdOf({ task }));
    const ids = [...ofTriggers, ...ofTasks];
    const { rows } =
      ids.length === 0
        ? { rows: [] }
        : yield* store.list("deadline", { where: { ids }, limit: rowsMax });
    const of = (kind: "trigger" | "task"): ReadonlyMap<string, Pause> =>
      new Map(
        rows.flatMap(({ at, due }) => {
          const paused: { readonly trigger?: string; readonly task?: string } =
            due._tag === "Paused" ? due.subject : {};
          const id = paused[kind];
          return id === undefined ? [] : [[id, { until: pauseEnd(at) }] as const];
        }),
      );
    return { triggers: of("trigger"), tasks: of("task") };
  });
