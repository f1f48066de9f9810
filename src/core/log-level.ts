// How much a line that a task logs matters.

export type LogLevel = "debug" | "info" | "warn" | "error";
export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** The level that a body has given. Throws a TypeError for one that there is not: wherever the body runs, it is told the same. */
export const demandLogLevel = (level: unknown): LogLevel => {
  const known = logLevels.find((it) => it === level);
  if (known !== undefined) return known;
  const given = typeof level === "string" ? JSON.stringify(level) : `of type ${typeof level}`;
  throw new TypeError(
    `ctx.log: the level is ${given}; give ${logLevels.slice(0, -1).join(", ")} or ${logLevels.at(-1)}`,
  );
};
