// `detent why`: the chain of causes of a run, back to what came from outside, and the condition of its trigger with the signals that satisfied it.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { storedIdOf, type Cause, type Reason } from "../core/cause.ts";
import { conditionText } from "../core/condition-text.ts";
import type { Definitions } from "../core/definitions.ts";
import { whyRun, type WhyRun } from "../core/evidence.ts";
import { firedOf, type Fired, type FiredCondition } from "../core/fired.ts";
import { formatInstant } from "../core/instant.ts";
import { scheduleOfKey } from "../core/schedule.ts";
import { app, argument, doing, json, store } from "./options.ts";
import { print, printJson, shortJson, stateStyles, styled } from "./output.ts";
import { appNamed, withStore } from "./reach.ts";
import { instantText, noRun, runView } from "./run-view.ts";
import { tagText } from "../core/tag.ts";

export const why = Command.make(
  "why",
  { run: argument("RUN", "The run's id"), app, store, json },
  doing(async (options) => {
    const { name, definitions } = await appNamed(options.app);
    const found = await withStore({ store: options.store, app: name, absent: "refuse" }, (port) =>
      Effect.flatMap(whyRun(port, options.run), (told) =>
        told === undefined ? Effect.fail(noRun(options.run, port)) : Effect.succeed(told),
      ),
    );
    const fired = firedIn(found, definitions);
    if (options.json) return printJson(viewOf(found, fired));
    print(textOf(found, fired).join("\n"));
  }),
).pipe(
  Command.withDescription(
    "Say why a run is there: its causes back to the first event or occurrence; with --app FILE the condition that they satisfied, too",
  ),
  Command.withExamples([{ command: "detent why publish~01JQ8Z5K3V9W2X7Y4R6T8P0M1N --app app.ts" }]),
);

const firedIn = (
  { run, signals }: WhyRun,
  definitions: Definitions | undefined,
): Fired | undefined => {
  const trigger = definitions?.triggers.get(run.trigger);
  return trigger && firedOf(trigger, run, signals);
};

const causesOf = ({ why: { reason } }: WhyRun): readonly Cause[] =>
  reason._tag === "Run" ? reason.causes : [];

// As JSON

const viewOf = (found: WhyRun, fired: Fired | undefined) => ({
  run: runView(found.run),
  condition: fired === undefined ? null : conditionView(fired.condition),
  causes: causesOf(found).map((it) => causeView(it)),
  missing: found.why.missing,
});

const conditionView = (condition: FiredCondition): object => {
  if (condition._tag !== "Leaf")
    return { kind: tagText(condition._tag), parts: condition.parts.map(conditionView) };
  const { path, condition: text, signals } = condition;
  return { kind: "leaf", path, condition: text, signals };
};

const causeView = (cause: Cause): object => {
  const kind = tagText(cause._tag);
  switch (cause._tag) {
    case "Event": {
      const { signal, name, payload, at, from } = cause;
      return { kind, signal, name, payload, at: formatInstant(at), from: from && reasonView(from) };
    }
    case "Move": {
      const { _tag, at, from, ...rest } = cause;
      return { kind, ...rest, at: formatInstant(at), from: reasonView(from) };
    }
    case "Occurrence":
      return { kind, signal: cause.signal, dueAt: formatInstant(cause.dueAt) };
    case "Absence": {
      const { signal, since, after } = cause;
      return { kind, signal, since: instantText(since), after: after && causeView(after) };
    }
    case "Unknown":
      return { kind, signal: cause.signal };
  }
};

const reasonView = (reason: Reason): object => {
  const kind = tagText(reason._tag);
  if (reason._tag !== "Run") return { kind, run: reason.run };
  const { run, trigger, task, state, createdAt, causes } = reason;
  const head = { kind, run, trigger, task, state, createdAt: formatInstant(createdAt) };
  return { ...head, causes: causes.map(causeView) };
};

// As text

const textOf = (found: WhyRun, fired: Fired | undefined): readonly string[] => {
  const { run, why: answer } = found;
  const { missing } = answer;
  const further = missing.runs.filter((id) => id !== run.id);
  return [
    `${styled("bold", run.id)}  ${styled(stateStyles[run.state], run.state)}`,
    `  task ${run.task} was owed by trigger ${run.trigger}, ${formatInstant(run.createdAt)}`,
    "",
    ...(fired === undefined ? [] : [...firedText(fired), ""]),
    styled("bold", "because of"),
    ...causesOf(found).flatMap((cause) => causeText(cause, 1)),
    ...(further.length === 0
      ? []
      : ["", `the chain goes on: detent why ${further[0]}${further.length > 1 ? ", …" : ""}`]),
  ];
};

const firedText = ({ condition, elsewhere }: Fired): readonly string[] => [
  styled("bold", "condition"),
  ...treeText(condition, 1),
  ...elsewhere.map((id) => `  ${id} satisfied a condition that the trigger does not have any more`),
];

const treeText = (condition: FiredCondition, depth: number): readonly string[] => {
  const indent = "  ".repeat(depth);
  if (condition._tag !== "Leaf")
    return [
      `${indent}${condition._tag.toLowerCase()}`,
      ...condition.parts.flatMap((part) => treeText(part, depth + 1)),
    ];
  const { signals, condition: text } = condition;
  if (signals.length === 0) return [`${indent}${styled("dim", `· ${text}`)}`];
  // What an occurrence's or an absence's id says, the condition says, too.
  const named = signals.filter((id) => storedIdOf(id) !== undefined);
  const more = named.length > 1 ? ` and ${named.length - 1} more` : "";
  const which = named.length === 0 ? "" : `  ${styled("dim", `${named[0]}${more}`)}`;
  return [`${indent}${styled("green", "✓")} ${text}${which}`];
};

const causeText = (cause: Cause, depth: number): readonly string[] => {
  const indent = "  ".repeat(depth);
  switch (cause._tag) {
    case "Event": {
      const { name, payload, at, signal, from } = cause;
      const line = `${indent}event ${name} ${shortJson(payload)}, ${formatInstant(at)}  ${styled("dim", signal)}`;
      return [line, ...(from === null ? [] : reasonText(from, depth + 1, "emitted by"))];
    }
    case "Move":
      return [
        `${indent}${moveText(cause)}, ${formatInstant(cause.at)}`,
        ...reasonText(cause.from, depth + 1, "of"),
      ];
    case "Occurrence":
      return [`${indent}${scheduleText(cause.signal)} was due, ${formatInstant(cause.dueAt)}`];
    case "Absence": {
      const { since, after } = cause;
      if (after !== null) return [`${indent}no answer after`, ...causeText(after, depth + 1)];
      return [`${indent}no answer since ${instantText(since) ?? "the activation of its trigger"}`];
    }
    case "Unknown":
      return [`${indent}${cause.signal}, of which the store has no row any more`];
  }
};

const moveText = ({ task, state, result, error }: Cause & { _tag: "Move" }): string => {
  if (error !== undefined) return `${task} ${state} with ${error.name}: ${error.message}`;
  return result === undefined ? `${task} ${state}` : `${task} returned ${shortJson(result)}`;
};

const scheduleText = (signal: string): string => {
  const schedule = scheduleOfKey(signal.slice(0, signal.lastIndexOf("@")));
  return schedule === undefined ? signal : conditionText(schedule);
};

const reasonText = (reason: Reason, depth: number, word: string): readonly string[] => {
  const indent = "  ".repeat(depth);
  if (reason._tag !== "Run")
    return [
      `${indent}${word} ${reason.run}${reason._tag === "ToldBefore" ? ", as told above" : ""}`,
    ];
  const { run, state, task, trigger, causes } = reason;
  return [
    `${indent}${word} ${run}  ${styled(stateStyles[state], state)}, task ${task}, trigger ${trigger}, because of`,
    ...causes.flatMap((cause) => causeText(cause, depth + 1)),
  ];
};
