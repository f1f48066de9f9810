// The closed list of why something became no run.

export const skipReasons = [
  "filtered-by-error",
  "within-passed",
  "superseded",
  "waiting-full",
  "missed",
  "missed-too-old",
  "overlap",
  "debounced",
  "throttled",
  "paused",
  "retired",
  "input-failed",
  /** A command that can't be done, or says nothing that is known here. */
  "refused",
] as const;

export type SkipReason = (typeof skipReasons)[number];
