// The rows that a batch asks to write, copied from the caller and frozen before anything is written. Making them is all that can throw in a commit. The rows of the
// hot path are copied field by field: a row's own fields are texts and numbers, so only what users made is looked into.
import { kept } from "./kept.ts";
import type { Attempt, Run } from "./run.ts";
import type { NewSignal, StoredSignal } from "./signal.ts";
import type { Batch } from "./store.ts";

export interface Rows extends Pick<
  Batch,
  "skips" | "waiting" | "cursors" | "deadlines" | "open" | "generation"
> {
  readonly signals: readonly StoredSignal["signal"][];
  readonly runs: readonly Run[];
  readonly patches: readonly Partial<Run>[];
  readonly attempts: readonly Attempt[];
}

const none: readonly never[] = [];

/** `at`: the instant that the batch's signals get. */
export const rowsOf = (batch: Batch, at: number): Rows => ({
  signals: batch.signals?.map(({ signal }) => contentOf(signal, at)) ?? none,
  runs: batch.runs?.map(runOf) ?? none,
  patches: batch.patches?.map(({ patch }) => patchOf(patch)) ?? none,
  attempts:
    batch.attempts?.map((attempt) =>
      Object.freeze({ ...attempt, outcome: kept(attempt.outcome) }),
    ) ?? none,
  ...(changesState(batch) && stateOf(batch)),
});

/** Kept as a whole, because it is found again in waiting matches and deadlines. */
const contentOf = (signal: NewSignal["signal"], at: number): StoredSignal["signal"] =>
  kept({ ...signal, at });

const runOf = (run: Run): Run =>
  Object.freeze({
    ...run,
    input: kept(run.input),
    cause: kept(run.cause),
    outcome: kept(run.outcome),
  });

const patchOf = (patch: Partial<Run>): Partial<Run> => {
  const copy: { -readonly [Field in keyof Run]?: Run[Field] } = { ...patch };
  if (copy.input !== undefined) copy.input = kept(copy.input);
  if (copy.cause !== undefined) copy.cause = kept(copy.cause);
  if (copy.outcome !== undefined) copy.outcome = kept(copy.outcome);
  return copy;
};

const changesState = ({ skips, waiting, cursors, deadlines, open, generation }: Batch): boolean =>
  (skips ?? waiting ?? cursors ?? deadlines ?? open ?? generation) !== undefined;

const stateOf = ({ skips, waiting, cursors, deadlines, open, generation }: Batch): Partial<Rows> =>
  kept({
    ...(skips && { skips }),
    ...(waiting && { waiting }),
    ...(cursors && { cursors }),
    ...(deadlines && { deadlines }),
    ...(open && { open }),
    ...(generation && { generation }),
  });
