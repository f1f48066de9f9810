// What can be wrong with an `absent` condition. Its parts are looked at by whoever looks at conditions.
import type { AbsentCondition, Condition } from "./condition.ts";
import { durationFault, durationMillis } from "./duration.ts";
import { noOption, shown } from "./reading.ts";

/** One line for each fault, with its place and its mend. */
export const absentFaults = (
  condition: AbsentCondition,
  path: string,
  faultsOf: (part: Condition, path: string) => readonly string[],
): string[] => {
  const at = `condition ${JSON.stringify(path)}`;
  const { condition: answer, after, within, by, ...rest } = condition;
  const faults = Object.keys(rest)
    .filter((option) => option !== "_tag")
    .map((option) => `${at}: ${shown(option)} ${noOption(option, ["within", "after", "by"])}`);
  const duration =
    within === undefined
      ? 'is missing; say how long nothing must come, such as "1 hour"'
      : (durationFault(within) ??
        (durationMillis(within) < 1 ? "is no time at all; give at least 1 ms" : undefined));
  if (duration !== undefined) faults.push(`${at}: within ${duration}`);
  if (by !== undefined && typeof by !== "function") faults.push(`${at}: by is no function`);
  faults.push(...partFaults(answer, `${path}.absent`, "answer", faultsOf));
  if (after !== undefined) faults.push(...partFaults(after, `${path}.after`, "start", faultsOf));
  return faults;
};

/** A part is a leaf or `any` of leaves. */
const partFaults = (
  part: Condition,
  path: string,
  role: "answer" | "start",
  faultsOf: (part: Condition, path: string) => readonly string[],
): readonly string[] => {
  const fault = unfitFault(part, role);
  if (fault !== undefined) return [`condition ${JSON.stringify(path)}: ${fault}`];
  if (part !== null && "overlap" in part)
    return [
      `condition ${JSON.stringify(path)}: overlap does nothing here, where an occurrence starts a watch and no run; leave it out`,
    ];
  if (part?._tag !== "Any" || !Array.isArray(part.conditions) || part.conditions.length === 0)
    return faultsOf(part, path);
  return part.conditions.flatMap((inner: Condition, index: number) =>
    partFaults(inner, `${path}.any.${index}`, role, faultsOf),
  );
};

const unfitFault = (part: Condition, role: "answer" | "start"): string | undefined => {
  switch (part?._tag) {
    case "All":
      return role === "answer"
        ? "the absence of several together is none; give any([…]), or one absent for each in all([…])"
        : "several together don't start a watch; give one condition or any([…])";
    case "Absent":
      return `an absence is no ${role} of another; put both in all([…]) or any([…])`;
    case "Cron":
    case "Every":
    case "At":
      return role === "answer"
        ? "a schedule is never absent; give what should come, and the schedule as after"
        : undefined;
    default:
      return undefined;
  }
};
