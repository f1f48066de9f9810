// An event, or another signal of the log: what became of it in each trigger that waits for such, down to the leaf and the field that differs.
import * as Effect from "effect/Effect";
import { isCommand } from "../../core/command.ts";
import { conditionText } from "../../core/condition-text.ts";
import { signalNamed, whatBecameOf, whyNot } from "../../core/evidence.ts";
import type { ExplainedCondition, ExplainedPart, LeafVerdict } from "../../core/explain.ts";
import { scheduleOfKey } from "../../core/schedule.ts";
import { mismatchText, standingText, verdictText } from "../../core/verdict-text.ts";
import type { Redact } from "../../core/redact.ts";
import type { Answer, Recorded } from "../../core/why-not.ts";
import { NotFoundError, type Failure } from "./failure.ts";
import { tagText } from "../../core/tag.ts";
import { signalView } from "./row.ts";
import { hiddenAt, type Shown } from "./shown.ts";
import type { EventDetail, EventVerdict, LeafView } from "./trigger-view.ts";

export const eventDetail = (subject: Shown, id: string): Effect.Effect<EventDetail, Failure> =>
  Effect.gen(function* () {
    const { store, whole, definitions, hide } = subject;
    const stored = yield* signalNamed(store, id);
    if (stored === undefined)
      return yield* Effect.fail(
        new NotFoundError(`there is no event ${JSON.stringify(id)} in ${store.url}`),
      );
    const event = signalView(stored);
    if (definitions === undefined) {
      const recorded = yield* whatBecameOf(store, stored);
      return {
        event,
        isCommand: isCommand(stored),
        hasDefinitions: false,
        verdicts: recorded.map(recordedVerdict),
        near: [],
      };
    }
    const asked = (yield* signalNamed(whole, id)) ?? stored;
    const { answers, recorded, near } = yield* whyNot(whole, definitions, asked);
    return {
      event,
      isCommand: isCommand(stored),
      hasDefinitions: true,
      verdicts: [
        ...answers.map((answer) => answerVerdict(answer, hide)),
        ...recorded.map(recordedVerdict),
      ],
      near,
    };
  });

const answerVerdict = (
  { trigger, verdict, condition, paused, definition }: Answer,
  hide: Redact,
): EventVerdict => {
  const leaves = leavesOf(condition);
  const standing = standingText({ paused, definition, verdict });
  return {
    trigger,
    kind: tagText(verdict._tag),
    text: [verdictText(verdict, leaves), ...standing].join("; "),
    run: verdict._tag === "Fired" ? verdict.run : null,
    leaves: leafViews(condition, hide),
  };
};

const recordedVerdict = (recorded: Recorded): EventVerdict => ({
  trigger: recorded.trigger,
  kind: tagText(recorded._tag),
  text:
    recorded._tag === "Fired"
      ? "fired"
      : recorded._tag === "Skipped"
        ? `skipped: ${recorded.reason}${recorded.detail === null ? "" : `, ${recorded.detail}`}`
        : `waits in ${leafText(recorded.leaf)}`,
  run: recorded._tag === "Fired" ? recorded.run : null,
  leaves: [],
});

const leafText = (key: string): string => {
  const schedule = scheduleOfKey(key);
  return schedule === undefined ? key.replace(/#\d+$/, "") : conditionText(schedule);
};

type Leaf = ExplainedCondition & { readonly _tag: "Leaf" };

const leavesOf = (condition: ExplainedCondition): readonly Leaf[] =>
  condition._tag === "Leaf" ? [condition] : condition.parts.flatMap(leavesOf);

const leafViews = (condition: ExplainedCondition, hide: Redact): readonly LeafView[] =>
  leavesOf(condition).flatMap((leaf) => [
    leafView(leaf, leaf.waiting, hide),
    ...leaf.parts.map((part) => leafView(part, [], hide)),
  ]);

const leafView = (
  { path, condition, verdict }: ExplainedPart,
  waiting: readonly string[],
  hide: Redact,
): LeafView => ({
  path,
  condition,
  kind: tagText(verdict._tag),
  text: leafVerdictText(verdict, hide),
  waiting: waiting.slice(0, 20),
});

const leafVerdictText = (verdict: LeafVerdict, hide: Redact): string => {
  switch (verdict._tag) {
    case "Satisfied":
      return "satisfied";
    case "Elsewhere":
      return "waits for other signals";
    case "Error":
      return `${verdict.name}: ${verdict.message}`;
    case "Mismatch":
      return mismatchText(hiddenMismatch(verdict, hide), 200);
  }
};

type Mismatch = LeafVerdict & { readonly _tag: "Mismatch" };

/** What the name of a predicate is, is no value. */
const hiddenMismatch = (verdict: Mismatch, hide: Redact): Mismatch => {
  const { path, expected } = verdict;
  const isName = typeof expected === "string" && expected.startsWith("the predicate");
  return {
    ...verdict,
    expected: isName ? expected : hiddenAt(hide, path, expected),
    ...("actual" in verdict && { actual: hiddenAt(hide, path, verdict.actual) }),
  };
};
