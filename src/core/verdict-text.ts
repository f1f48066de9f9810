// What a trigger made of a signal, in words, the same wherever people read it: on the command line and in the dashboard.
import type { ExplainedPart, LeafVerdict, Verdict } from "./explain.ts";
import { formatInstant } from "./instant.ts";
import type { Answer } from "./why-not.ts";

/** `leaves`: those of the trigger's tree. */
export const verdictText = (verdict: Verdict, leaves: readonly ExplainedPart[]): string => {
  switch (verdict._tag) {
    case "Fired":
      return `fired: run ${verdict.run}`;
    case "Skipped":
      return `skipped: ${verdict.reason}${verdict.detail === null ? "" : `, ${verdict.detail}`}`;
    case "Waiting":
      return `waits for ${textsOf(verdict.for, leaves)}`;
    case "KeptBack":
      return verdict.until === null
        ? "waits for its turn: runs of the trigger are not over"
        : `kept back by ${verdict.by} until ${formatInstant(verdict.until)}`;
    case "Watched":
      return `began or ended a watch of ${textsOf(verdict.for, leaves)}`;
    case "Delayed":
      return `to come, ${formatInstant(verdict.until)}`;
    case "Paused":
      return `paused${pausedText(verdict.until)}: it will be a skip, nothing is made up for`;
    case "Unrouted":
      return "not routed yet: no engine has come to it; is one running?";
    case "Unsatisfied":
      return "not satisfied";
    case "NotHeard":
      return "waits for other signals";
    case "Unrecorded":
      return "satisfied, but nothing is recorded: the trigger began later, or its history is gone";
  }
};

/** The conditions at these paths. */
const textsOf = (paths: readonly string[], leaves: readonly ExplainedPart[]): string =>
  paths.map((path) => leaves.find((leaf) => leaf.path === path)?.condition ?? path).join(", ");

/** How the trigger stands now, where that is not as one would expect. */
export const standingText = ({
  paused,
  definition,
  verdict,
}: Pick<Answer, "paused" | "definition" | "verdict">): readonly string[] => [
  ...(paused === null || verdict._tag === "Paused"
    ? []
    : [`it is paused now${pausedText(paused.until)}`]),
  ...(definition === "active"
    ? []
    : [
        definition === "new"
          ? "no engine has activated this trigger yet: this is what it would make of it"
          : "the active definition is another one: this is what the one in the file would make of it",
      ]),
];

const pausedText = (until: number | null): string =>
  until === null ? ", until somebody resumes it" : ` until ${formatInstant(until)}`;

/** What differs, both values cut at `lengthMax` characters of JSON. */
export const mismatchText = (
  verdict: LeafVerdict & { _tag: "Mismatch" },
  lengthMax: number,
): string => {
  const { path, expected } = verdict;
  const textOf = (value: unknown): string => {
    const text = JSON.stringify(value) ?? "";
    return text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
  };
  const actual = "actual" in verdict ? `is ${textOf(verdict.actual)}` : "is not there";
  const isPredicate = typeof expected === "string" && expected.startsWith("the predicate");
  return isPredicate
    ? `${expected} says no to ${path}, which ${actual}`
    : `${path} ${actual}, not ${textOf(expected)}`;
};
