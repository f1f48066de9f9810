// What a trigger made of a signal, in words and as JSON.
import type { ExplainedCondition, ExplainedPart, LeafVerdict, Verdict } from "../core/explain.ts";
import { formatInstant } from "../core/instant.ts";
import type { Answer } from "../core/why-not.ts";
import { shortJson, styled, type Style } from "./output.ts";
import { instantText } from "./run-view.ts";

/** A tag as scripts read it: `KeptBack` is `kept-back`. */
export const kindOf = ({ _tag }: { readonly _tag: string }): string =>
  _tag.replace(/\B[A-Z]/g, (it) => `-${it}`).toLowerCase();

// As JSON

export const answerView = ({
  trigger,
  signal,
  verdict,
  paused,
  definition,
  condition,
}: Answer) => ({
  trigger,
  signal,
  verdict: verdictView(verdict),
  paused: paused && { until: instantText(paused.until) },
  definition,
  condition: conditionView(condition),
});

const verdictView = (verdict: Verdict): object => {
  const { _tag, ...rest } = verdict;
  const kind = kindOf(verdict);
  return "until" in rest ? { kind, ...rest, until: instantText(rest.until) } : { kind, ...rest };
};

const conditionView = (condition: ExplainedCondition): object => {
  const kind = kindOf(condition);
  if (condition._tag !== "Leaf") return { kind, parts: condition.parts.map(conditionView) };
  const { waiting, parts } = condition;
  return { kind, ...partView(condition), waiting, parts: parts.map(partView) };
};

const partView = ({ path, condition, verdict }: ExplainedPart): object => {
  const { _tag, ...rest } = verdict;
  return { path, condition, verdict: { kind: kindOf(verdict), ...rest } };
};

// As text

/** One answer: what became of it, then the tree where that says more. */
export const answerText = (answer: Answer): readonly string[] => {
  const { trigger, verdict, condition } = answer;
  const { style, text } = verdictText(verdict, leavesOf(condition));
  return [
    `${styled("bold", trigger)}  ${styled(style, text)}`,
    ...standingText(answer).map((line) => `  ${line}`),
    ...treeText(condition, 1),
  ];
};

const leavesOf = (condition: ExplainedCondition): readonly ExplainedPart[] =>
  condition._tag === "Leaf" ? [condition] : condition.parts.flatMap(leavesOf);

const standingText = ({ paused, definition, verdict }: Answer): readonly string[] => [
  ...(paused === null || verdict._tag === "Paused"
    ? []
    : [`it is paused now${untilText(paused.until)}`]),
  ...(definition === "active"
    ? []
    : [
        definition === "new"
          ? "no engine has activated this trigger yet: this is what it would make of it"
          : "the active definition is another one: this is what the one in the file would make of it",
      ]),
];

const untilText = (until: number | null): string =>
  until === null ? ", until somebody resumes it" : ` until ${formatInstant(until)}`;

const verdictText = (
  verdict: Verdict,
  leaves: readonly ExplainedPart[],
): { readonly style: Style; readonly text: string } => {
  switch (verdict._tag) {
    case "Fired":
      return { style: "green", text: `fired: run ${verdict.run}` };
    case "Skipped":
      return {
        style: "red",
        text: `skipped: ${verdict.reason}${verdict.detail === null ? "" : `, ${verdict.detail}`}`,
      };
    case "Waiting":
      return { style: "yellow", text: `waits for ${textsOf(verdict.for, leaves)}` };
    case "KeptBack":
      return {
        style: "yellow",
        text:
          verdict.until === null
            ? "waits for its turn: runs of the trigger are not over"
            : `kept back by ${verdict.by} until ${formatInstant(verdict.until)}`,
      };
    case "Watched":
      return { style: "yellow", text: `began or ended a watch of ${textsOf(verdict.for, leaves)}` };
    case "Delayed":
      return { style: "yellow", text: `to come, ${formatInstant(verdict.until)}` };
    case "Paused":
      return {
        style: "red",
        text: `paused${untilText(verdict.until)}: it will be a skip, nothing is made up for`,
      };
    case "Unrouted":
      return {
        style: "yellow",
        text: "not routed yet: no engine has come to it; is one running?",
      };
    case "Unsatisfied":
      return { style: "red", text: "not satisfied" };
    case "NotHeard":
      return { style: "red", text: "waits for other signals" };
    case "Unrecorded":
      return {
        style: "yellow",
        text: "satisfied, but nothing is recorded: the trigger began later, or its history is gone",
      };
  }
};

/** The conditions at these paths. */
const textsOf = (paths: readonly string[], leaves: readonly ExplainedPart[]): string =>
  paths.map((path) => leaves.find((leaf) => leaf.path === path)?.condition ?? path).join(", ");

const treeText = (condition: ExplainedCondition, depth: number): readonly string[] => {
  if (condition._tag !== "Leaf")
    return [
      `${"  ".repeat(depth)}${condition._tag.toLowerCase()}`,
      ...condition.parts.flatMap((part) => treeText(part, depth + 1)),
    ];
  const { waiting, parts } = condition;
  const [first, ...others] = waiting;
  const waits =
    first === undefined
      ? ""
      : `  ${styled("dim", `${first}${others.length > 0 ? ` and ${others.length} more` : ""} waits`)}`;
  return [
    `${leafText(condition, depth)}${waits}`,
    ...parts.map((part) => leafText(part, depth + 1)),
  ];
};

const leafText = ({ condition, verdict }: ExplainedPart, depth: number): string => {
  const indent = "  ".repeat(depth);
  switch (verdict._tag) {
    case "Satisfied":
      return `${indent}${styled("green", "✓")} ${condition}`;
    case "Elsewhere":
      return `${indent}${styled("dim", `· ${condition}`)}`;
    case "Error":
      return `${indent}${styled("red", "✗")} ${condition}: ${verdict.name}: ${verdict.message}`;
    case "Mismatch":
      return `${indent}${styled("red", "✗")} ${condition}: ${mismatchText(verdict)}`;
  }
};

const mismatchText = (verdict: LeafVerdict & { _tag: "Mismatch" }): string => {
  const { path, expected } = verdict;
  const actual = "actual" in verdict ? `is ${shortJson(verdict.actual)}` : "is not there";
  const isPredicate = typeof expected === "string" && expected.startsWith("the predicate");
  return isPredicate
    ? `${expected} says no to ${path}, which ${actual}`
    : `${path} ${actual}, not ${shortJson(expected)}`;
};
