// What batches and summaries mean beyond their rows; the same in every store.
import { pausedTasks } from "./command.ts";
import { isHeld, type Run } from "./run.ts";
import type { NewSignal } from "./signal.ts";
import type { Batch, CommitReply, News, Summary } from "./store.ts";

/** The `at` of signals stored now: it never falls along the log, nor behind what has been routed or is by the same batch, whatever the clock does. */
export const instantOf = (
  batch: Batch,
  log: { readonly now: number; readonly newestAt: number; readonly routedAt: number },
): number => Math.max(log.now, log.newestAt, log.routedAt, batch.watermark?.at ?? 0);

/** Whether a router that has read before must read again: then the revision grows. New signals alone don't ask for that. */
export const changesReading = ({
  watermark,
  generation,
  waiting,
  cursors,
  deadlines,
  open,
}: Batch): boolean =>
  (watermark ?? generation) !== undefined ||
  [waiting, cursors, deadlines, open].some(
    (rows) => rows !== undefined && rows.put.length + rows.remove.length > 0,
  );

/** Whether nothing is left to do but to wait for schedules, people and matches. */
export const isIdle = ({ runs, unrouted, deadlines }: Summary): boolean =>
  runs.pending + runs.claimed + runs.running + unrouted + deadlines === 0;

/** What others may now have to do because of a batch; undefined: nothing. */
export const newsOf = (batch: Batch, reply: CommitReply): News | undefined => {
  if (reply._tag === "Conflict") return undefined;
  const { signals = [], runs = [], patches = [], close } = batch;
  const isStored = reply.signals.includes("accepted");
  const begun = isStored && signals.some(isBegun);
  const log = isStored && !signals.every(isBegun);
  const pending = runs.length > 0 || patches.some(isPending) || freesRuns(batch);
  const freed = patches.some(({ patch: { state } }) => state !== undefined && !isHeld(state));
  const cancels = patches.some(({ patch }) => patch.cancelRequested === true);
  if (!isStored && !pending && !freed && !cancels && patches.length === 0 && close === undefined)
    return undefined;
  return { log, begun, pending, freed, cancels };
};

const isBegun = ({ signal }: NewSignal): boolean =>
  signal._tag === "Status" && signal.state === "running";

const isPending = ({ patch }: { readonly patch: Partial<Run> }): boolean =>
  patch.state === "pending";

/** Two hints as one. */
export const mergedNews = (one: News, other: News): News => ({
  log: one.log || other.log,
  begun: one.begun || other.begun,
  pending: one.pending || other.pending,
  freed: one.freed || other.freed,
  cancels: one.cancels || other.cancels,
});

/** A hint that does not say what it is about. */
export const anyNews: News = {
  log: true,
  begun: true,
  pending: true,
  freed: true,
  cancels: true,
};

/** Whether others may now have something to route, claim or cancel. */
export const isNews = (batch: Batch, reply: CommitReply): boolean =>
  newsOf(batch, reply) !== undefined;

/** Whether a paused task is resumed: its runs may be claimed again. */
export const freesRuns = ({ deadlines }: Pick<Batch, "deadlines">): boolean =>
  deadlines?.remove.some((id) => id.startsWith(pausedTasks)) ?? false;
