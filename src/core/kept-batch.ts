// A batch that nobody can change any more: what a store works with once it has been called. Making it is all that can throw in a commit, so nothing is written before. The
// rows of the hot path are copied field by field: their own fields are texts and numbers, so only what users made is looked into.
import { kept } from "./kept.ts";
import type { Run } from "./run.ts";
import type { NewSignal } from "./signal.ts";
import type { Batch } from "./store.ts";

export const keptBatch = (batch: Batch): Batch => {
  const { checks, signals, runs, patches, attempts, close, watermark } = batch;
  return {
    checks,
    ...(signals && { signals: signals.map(signalOf) }),
    ...(runs && { runs: runs.map(runOf) }),
    ...(patches && { patches: patches.map(({ run, patch }) => ({ run, patch: patchOf(patch) })) }),
    ...(attempts && { attempts: attempts.map((it) => ({ ...it, outcome: kept(it.outcome) })) }),
    ...(close && { close }),
    ...(watermark && { watermark }),
    ...(writesState(batch) && stateOf(batch)),
  };
};

const signalOf = ({ id, signal, origin, dueAt }: NewSignal): NewSignal => ({
  id,
  signal: signal._tag === "Event" ? eventOf(signal) : statusOf(signal),
  origin,
  dueAt,
});

const eventOf = (event: NewSignal["signal"] & { readonly _tag: "Event" }): NewSignal["signal"] => ({
  ...event,
  payload: kept(event.payload),
});

const statusOf = (
  status: NewSignal["signal"] & { readonly _tag: "Status" },
): NewSignal["signal"] => {
  const { task, run, token, attempt, state, input, result, error } = status;
  return {
    _tag: "Status",
    task,
    run,
    attempt,
    state,
    input: kept(input),
    token,
    ...(result !== undefined && { result: kept(result) }),
    ...(error !== undefined && { error: kept(error) }),
  };
};

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

const writesState = ({ skips, waiting, cursors, deadlines, open, generation }: Batch): boolean =>
  (skips ?? waiting ?? cursors ?? deadlines ?? open ?? generation) !== undefined;

const stateOf = ({ skips, waiting, cursors, deadlines, open, generation }: Batch) =>
  kept({
    ...(skips && { skips }),
    ...(waiting && { waiting }),
    ...(cursors && { cursors }),
    ...(deadlines && { deadlines }),
    ...(open && { open }),
    ...(generation && { generation }),
  });
