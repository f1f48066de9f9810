// What a trigger made of a signal, in words and as JSON.
import type { ExplainedCondition, ExplainedPart, Verdict } from "../core/explain.ts";
import { tagText } from "../core/tag.ts";
import { mismatchText, standingText, verdictText } from "../core/verdict-text.ts";
import type { Answer } from "../core/why-not.ts";
import { styled, type Style } from "./output.ts";
import { instantText } from "./run-view.ts";

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
  const kind = tagText(verdict._tag);
  return "until" in rest ? { kind, ...rest, until: instantText(rest.until) } : { kind, ...rest };
};

const conditionView = (condition: ExplainedCondition): object => {
  const kind = tagText(condition._tag);
  if (condition._tag !== "Leaf") return { kind, parts: condition.parts.map(conditionView) };
  const { waiting, parts } = condition;
  return { kind, ...partView(condition), waiting, parts: parts.map(partView) };
};

const partView = ({ path, condition, verdict }: ExplainedPart): object => {
  const { _tag, ...rest } = verdict;
  return { path, condition, verdict: { kind: tagText(verdict._tag), ...rest } };
};

// As text

/** One answer: what became of it, then the tree where that says more. */
export const answerText = (answer: Answer): readonly string[] => {
  const { trigger, verdict, condition } = answer;
  const text = verdictText(verdict, leavesOf(condition));
  return [
    `${styled("bold", trigger)}  ${styled(styles[verdict._tag], text)}`,
    ...standingText(answer).map((line) => `  ${line}`),
    ...treeText(condition, 1),
  ];
};

const leavesOf = (condition: ExplainedCondition): readonly ExplainedPart[] =>
  condition._tag === "Leaf" ? [condition] : condition.parts.flatMap(leavesOf);

const styles: { readonly [Tag in Verdict["_tag"]]: Style } = {
  Fired: "green",
  Skipped: "red",
  Waiting: "yellow",
  KeptBack: "yellow",
  Watched: "yellow",
  Delayed: "yellow",
  Paused: "red",
  Unrouted: "yellow",
  Unsatisfied: "red",
  NotHeard: "red",
  Unrecorded: "yellow",
};

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
      return `${indent}${styled("red", "✗")} ${condition}: ${mismatchText(verdict, 80)}`;
  }
};
