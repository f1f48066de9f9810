// Triggers: all of them with their next occurrences, and one with its tree of conditions and what waits in each leaf.
import * as Effect from "effect/Effect";
import { conditionText } from "../../core/condition-text.ts";
import type { CompiledTrigger, Node } from "../../core/definitions.ts";
import type { StoreError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import type { Deadline, Waiting } from "../../core/store.ts";
import { NotFoundError, type Failure } from "./failure.ts";
import { knownOf, nextOf, pausesOf, type Known } from "./known.ts";
import { instantText, runLine, shortened, skipView } from "./row.ts";
import type { Shown } from "./shown.ts";
import type { Subject } from "./subject.ts";
import type { TriggerDetail, TriggerLine, TriggerPage } from "./trigger-view.ts";
import type { ConditionView } from "./view.ts";

const nextShown = 3;
const nextOfOne = 10;
const waitingMax = 10_000;
const waitingShown = 20;
const rowsShown = 20;
const deadlinesShown = 50;

export const triggerPage = (subject: Subject): Effect.Effect<TriggerPage, StoreError> =>
  Effect.gen(function* () {
    const { store, definitions } = subject;
    const now = yield* store.now;
    const known = yield* knownOf(subject);
    const pauses = yield* pausesOf(subject, known);
    const counts = yield* waitingCounts(subject);
    return {
      triggers: known.triggers.map((trigger) =>
        lineOf(trigger, {
          next: nextOf(trigger, now, nextShown),
          paused: pauses.triggers.get(trigger.id) ?? null,
          waiting: counts.get(trigger.id) ?? 0,
        }),
      ),
      tasks: known.tasks.map((id) => ({ id, paused: pauses.tasks.get(id) ?? null })),
      hasDefinitions: definitions !== undefined,
    };
  });

const waitingCounts = ({
  store,
}: Subject): Effect.Effect<ReadonlyMap<string, number>, StoreError> =>
  Effect.gen(function* () {
    const counts = new Map<string, number>();
    if ((yield* store.summary).waiting === 0) return counts;
    const { rows } = yield* store.list("waiting", { limit: waitingMax });
    for (const { trigger } of rows) counts.set(trigger, (counts.get(trigger) ?? 0) + 1);
    return counts;
  });

const lineOf = (
  { id, task, when, isMade, isSchedule }: Known,
  of: {
    readonly next: readonly number[];
    readonly paused: { readonly until: string | null } | null;
    readonly waiting: number;
  },
): TriggerLine => ({
  id,
  task,
  when,
  next: of.next.map(instantText),
  made: isMade,
  paused: of.paused,
  isSchedule,
  waiting: of.waiting,
});

export const triggerDetail = (subject: Shown, id: string): Effect.Effect<TriggerDetail, Failure> =>
  Effect.gen(function* () {
    const { store } = subject;
    const known = yield* knownOf(subject);
    const trigger = known.triggers.find((it) => it.id === id);
    if (trigger === undefined)
      return yield* Effect.fail(
        new NotFoundError(
          `there is no trigger ${JSON.stringify(id)}; the page Triggers lists those of the app ${JSON.stringify(subject.app)}`,
        ),
      );
    const now = yield* store.now;
    const pauses = yield* pausesOf(subject, { triggers: [trigger], tasks: [] });
    const waiting = yield* store.list("waiting", { where: { trigger: id }, limit: waitingMax });
    const runs = yield* store.list("run", { where: { trigger: id }, limit: rowsShown });
    const skips = yield* store.list("skip", { where: { trigger: id }, limit: rowsShown });
    const deadlines = yield* store.list("deadline", { where: { trigger: id }, limit: waitingMax });
    const { compiled } = trigger;
    const given = inputOf(compiled);
    const input = given === undefined ? undefined : subject.hide("input", given);
    return {
      trigger: lineOf(trigger, {
        next: nextOf(trigger, now, nextOfOne),
        paused: pauses.triggers.get(id) ?? null,
        waiting: waiting.rows.length,
      }),
      condition:
        compiled === undefined
          ? storedCondition(waiting.rows)
          : treeOf(compiled, compiled.tree, waiting.rows),
      deadlines: deadlines.rows
        .flatMap((row) => deadlineView(row, compiled))
        .slice(0, deadlinesShown),
      options: compiled === undefined ? [] : optionsOf(compiled),
      input: input ?? null,
      hasInput: input !== undefined,
      runs: runs.rows.map((run) => runLine(run)),
      skips: skips.rows.map(skipView),
    };
  });

const treeOf = (
  trigger: CompiledTrigger,
  node: Node,
  rows: readonly Waiting[],
  path = "",
): ConditionView => {
  if (node._tag === "Leaf") {
    const leaf = trigger.leaves[node.index];
    const waits = rows.filter((row) => row.leaf === leaf?.key);
    return {
      kind: "leaf",
      path: leaf?.path ?? path,
      text: leaf === undefined ? "" : conditionText(leaf.condition),
      waiting: waits.slice(0, waitingShown).map(waitingView),
      waitingCount: waits.length,
      parts: [],
    };
  }
  const kind = node._tag === "All" ? "all" : "any";
  return {
    kind,
    path: path === "" ? "when" : path,
    text: kind === "all" ? "all of" : "any of",
    waiting: [],
    waitingCount: 0,
    parts: node.parts.map((part, index) =>
      treeOf(trigger, part, rows, `${path === "" ? "" : `${path}.`}${kind}.${index}`),
    ),
  };
};

/** Without definitions the leaves are known by what waits in them. */
const storedCondition = (rows: readonly Waiting[]): ConditionView | null => {
  if (rows.length === 0) return null;
  const leaves = [...Map.groupBy(rows, ({ leaf }) => leaf)];
  const parts = leaves.map(([leaf, waits]): ConditionView => ({
    kind: "leaf",
    path: leaf,
    text: leaf,
    waiting: waits.slice(0, waitingShown).map(waitingView),
    waitingCount: waits.length,
    parts: [],
  }));
  return { kind: "all", path: "when", text: "what waits", waiting: [], waitingCount: 0, parts };
};

/** A deadline that people wait for; how long a match may wait is told by the options. */
const deadlineView = (
  { id, at, due }: Deadline,
  trigger: CompiledTrigger | undefined,
): TriggerDetail["deadlines"] => {
  const told = (text: string): TriggerDetail["deadlines"] => [{ id, at: instantText(at), text }];
  switch (due._tag) {
    case "Absent": {
      const leaf = trigger?.leaves.find(({ key }) => key === due.leaf);
      const what = leaf === undefined ? "an absent leaf" : conditionText(leaf.condition);
      const key = due.key === "" ? "" : `, key ${due.key}`;
      return told(`${what}${key}: watched since ${instantText(due.since)}; satisfied then`);
    }
    case "Release":
      return told(
        `a firing of ${due.matches.length === 1 ? "one match" : `${due.matches.length} matches`} is kept back${due.key === "" ? "" : `, key ${due.key}`}; runs then`,
      );
    case "Gate":
      return told(`throttled${due.key === "" ? "" : `, key ${due.key}`}; runs again then`);
    default:
      return [];
  }
};

const waitingView = ({ heard, key, at }: Waiting): ConditionView["waiting"][number] => {
  const { id, signal } = heard;
  return {
    signal: id,
    at: instantText(at),
    key,
    text: textOf(signal),
    run: "run" in signal ? signal.run : null,
  };
};

const textOf = (signal: Waiting["heard"]["signal"]): string => {
  switch (signal._tag) {
    case "Event":
      return `event ${signal.name} ${shortened(JSON.stringify(signal.payload), 200)}`;
    case "Status":
      return `${signal.task} ${signal.state}`;
    case "Result":
      return `result of ${signal.task}: ${shortened(JSON.stringify(signal.result), 200)}`;
    case "Failure":
      return `failure of ${signal.task}: ${shortened(`${signal.error.name}: ${signal.error.message}`, 200)}`;
    case "Occurrence":
      return `occurrence of ${instantText(signal.dueAt)}`;
    case "Absence":
      return `nothing from ${instantText(signal.since)} to ${instantText(signal.at)}`;
  }
};

const optionsOf = ({ definition, take, waitingMax }: CompiledTrigger): readonly string[] => {
  const { by, within, debounce, throttle, batch } = definition;
  const isJoin = definition.when._tag === "All" || definition.when._tag === "Any";
  return [
    ...(by === undefined ? [] : ["by a correlation key"]),
    ...(isJoin
      ? [`take ${take}`, `at most ${waitingMax.toLocaleString("en")} wait in a leaf`]
      : []),
    ...(within === undefined ? [] : [`within ${shownOf(within)}`]),
    ...(debounce === undefined ? [] : [`debounce ${shownOf(debounce)}`]),
    ...(throttle === undefined ? [] : [`throttle ${shownOf(throttle)}`]),
    ...(batch === undefined ? [] : [`batch ${shownOf(batch)}`]),
  ];
};

const shownOf = (option: unknown): string =>
  typeof option === "number"
    ? `${option} ms`
    : typeof option === "string"
      ? option
      : JSON.stringify(option);

/** The input that each run is given; undefined if it is made from the firing. */
const inputOf = (trigger: CompiledTrigger | undefined): Json | undefined => {
  if (trigger === undefined) return undefined;
  if (trigger.made !== undefined) return trigger.made.input;
  const { input } = trigger.definition;
  return typeof input === "function" ? undefined : ((input ?? null) as Json);
};
