// Conditions as people write them.
import type { Condition } from "./condition.ts";
import type { DurationInput } from "./duration.ts";
import { formatInstant } from "./instant.ts";
import { scheduleOfKey } from "./schedule.ts";

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

/** A text in which ids of occurrences stand, with them as people write them: `cron("0 2 * * *") at 2026-03-29T02:00:00.000Z`. */
export const occurrencesText = (text: string): string =>
  text.replace(
    /(\{"_tag":"(?:At|Cron|Every)".*?\}#\d+)@(-?\d+)/g,
    (id, key: string, at: string) => {
      const schedule = scheduleOfKey(key);
      return schedule === undefined
        ? id
        : `${conditionText(schedule)} at ${formatInstant(Number(at))}`;
    },
  );

const durationText = (duration: DurationInput): string =>
  typeof duration === "number" ? `${duration} ms` : duration;

const withFilter = (text: string, filter: unknown): string => {
  if (filter === undefined) return text;
  return `${text}, ${typeof filter === "function" ? "predicate" : JSON.stringify(filter)}`;
};
