// The closed list of why something became no run; docs/guarantees.md says what each means.

export type SkipReason =
  | "filtered-by-error"
  | "within-passed"
  | "superseded"
  | "waiting-full"
  | "missed"
  | "missed-too-old"
  | "overlap"
  | "debounced"
  | "throttled"
  | "paused"
  | "retired"
  | "input-failed"
  /** A command that can't be done, or says nothing that is known here. */
  | "refused";

export const skipReasons: readonly string[] = Object.keys({
  "filtered-by-error": true,
  "within-passed": true,
  superseded: true,
  "waiting-full": true,
  missed: true,
  "missed-too-old": true,
  overlap: true,
  debounced: true,
  throttled: true,
  paused: true,
  retired: true,
  "input-failed": true,
  refused: true,
} satisfies Record<SkipReason, true>);
