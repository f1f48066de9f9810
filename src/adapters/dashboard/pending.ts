// The runs that are still to begin. Where there are few, all of them; otherwise those that were created first.
import * as Effect from "effect/Effect";
import type { StoreError } from "../../core/errors.ts";
import type { Run } from "../../core/run.ts";
import type { StorePort, Summary } from "../../core/store.ts";

const pendingMax = 200;

/** Ordered by when they are due. */
export const pendingRuns = (
  store: StorePort,
  { runs }: Pick<Summary, "runs">,
): Effect.Effect<readonly Run[], StoreError> => {
  if (runs.pending === 0) return Effect.succeed([]);
  const page = store.list("run", {
    where: { states: ["pending"] },
    limit: pendingMax,
    // Few are mostly new, and are found sooner from there.
    order: runs.pending <= pendingMax ? "newest" : "oldest",
  });
  return Effect.map(page, ({ rows }) =>
    rows.toSorted((one, other) => one.dueAt - other.dueAt || one.createdAt - other.createdAt),
  );
};
