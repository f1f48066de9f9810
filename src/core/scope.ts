// Scopes: names under which runs are kept while they are not over. What they are for is said where they are entered (fire.ts) and left (draft.ts, overlap.ts).

const settledPrefix = "settled:";

/** The scope of a run and of everything that it causes. */
export const settledScopeOf = (run: string): string => `${settledPrefix}${run}`;

/** The run that a scope is of; undefined for scopes of another kind. */
export const rootOf = (scope: string): string | undefined =>
  scope.startsWith(settledPrefix) ? scope.slice(settledPrefix.length) : undefined;

/** The scope of a trigger's runs, for schedules that mind them. */
export const overlapScopeOf = (trigger: string): string => `overlap:${trigger}`;
