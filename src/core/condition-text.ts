// Conditions as people write them.
import type { Condition } from "./condition.ts";
import type { DurationInput } from "./duration.ts";

/** A condition on one line: `all(result(resize), event(approved))`. */
export const conditionText = (condition: Condition): string => {
  switch (condition._tag) {
    case "Cron":
      return `cron(${[JSON.stringify(condition.expression), condition.timeZone].filter(Boolean).join(", ")})`;
    case "Every":
      return `every(${JSON.stringify(condition.duration)})`;
    case "At":
      return `at(${JSON.stringify(condition.instant)})`;
    case "Event":
      return `event(${withFilter(condition.name, condition.where)})`;
    case "Status":
      return `status(${withFilter(`${condition.task}, ${condition.states.join(" | ")}`, condition.input)})`;
    case "Result":
      return `result(${withFilter(condition.task, "is" in condition ? condition.is : (condition.where ?? condition.input))})`;
    case "Failure":
      return `failure(${withFilter(condition.task, condition.error ?? condition.input)})`;
    case "Settled":
      return `settled(${condition.task})`;
    case "Absent":
      return `absent(${[conditionText(condition.condition), `within ${durationText(condition.within)}`, ...(condition.after === undefined ? [] : [`after ${conditionText(condition.after)}`])].join(", ")})`;
    case "All":
    case "Any":
      return `${condition._tag.toLowerCase()}(${condition.conditions.map(conditionText).join(", ")})`;
  }
};

const durationText = (duration: DurationInput): string =>
  typeof duration === "number" ? `${duration} ms` : duration;

const withFilter = (text: string, filter: unknown): string => {
  if (filter === undefined) return text;
  return `${text}, ${typeof filter === "function" ? "predicate" : JSON.stringify(filter)}`;
};
