// An event, or another signal of the log: what became of it in each trigger that waits for such, down to the leaf and the field that differs.
import * as Effect from "effect/Effect";
import { isCommand } from "../../core/command.ts";
import { conditionText } from "../../core/condition-text.ts";
import { signalNamed, whatBecameOf, whyNot } from "../../core/evidence.ts";
import type { ExplainedCondition, ExplainedPart, LeafVerdict } from "../../core/explain.ts";
import { scheduleOfKey } from "../../core/schedule.ts";
import { mismatchText, standingText, verdictText } from "../../core/verdict-text.ts";
import type { Answer, Recorded } from "../../core/why-not.ts";
import { NotFoundError, type Failure } from "./failure.ts";
import { kindOf, signalView } from "./row.ts";
import type { Subject } from "./subject.ts";
import type { EventDetail, EventVerdict, LeafView } from "./view.ts";

export const eventDetail = (subject: Subject, id: string): Effect.Effect<EventDetail, Failure> =>
  Effect.gen(function* () {
    const { store, definitions } = subject;
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
    const { answers, recorded, near } = yield* whyNot(store, definitions, stored);
    return {
      event,
      isCommand: isCommand(stored),
      hasDefinitions: true,
      verdicts: [...answers.map(answerVerdict), ...recorded.map(recordedVerdict)],
      near,
    };
  });

const answerVerdict = ({
  trigger,
  verdict,
  condition,
  paused,
  definition,
}: Answer): EventVerdict => {
  const leaves = leavesOf(condition);
  const standing = standingText({ paused, definition, verdict });
  return {
    trigger,
    kind: kindOf(verdict._tag),
    text: [verdictText(verdict, leaves), ...standing].join("; "),
    run: verdict._tag === "Fired" ? verdict.run : null,
    leaves: leafViews(condition),
  };
};

const recordedVerdict = (recorded: Recorded): EventVerdict => ({
  trigger: recorded.trigger,
  kind: kindOf(recorded._tag),
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

const leafViews = (condition: ExplainedCondition): readonly LeafView[] =>
  leavesOf(condition).flatMap((leaf) => [
    leafView(leaf, leaf.waiting),
    ...leaf.parts.map((part) => leafView(part, [])),
  ]);

const leafView = (
  { path, condition, verdict }: ExplainedPart,
  waiting: readonly string[],
): LeafView => ({
  path,
  condition,
  kind: kindOf(verdict._tag),
  text: leafVerdictText(verdict),
  waiting: waiting.slice(0, 20),
});

const leafVerdictText = (verdict: LeafVerdict): string => {
  switch (verdict._tag) {
    case "Satisfied":
      return "satisfied";
    case "Elsewhere":
      return "waits for other signals";
    case "Error":
      return `${verdict.name}: ${verdict.message}`;
    case "Mismatch":
      return mismatchText(verdict, 200);
  }
};
