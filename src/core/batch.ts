// What batches and summaries mean beyond their rows; the same in every store.
import { pausedTasks } from "./command.ts";
import type { Batch, CommitReply, Summary } from "./store.ts";

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

/** Whether others may now have something to route, claim or cancel. */
export const isNews = (batch: Batch, reply: CommitReply): boolean =>
  reply._tag === "Committed" &&
  (reply.signals.includes("accepted") ||
    (batch.runs?.length ?? 0) + (batch.patches?.length ?? 0) > 0 ||
    batch.close !== undefined ||
    freesRuns(batch));

/** Whether a paused task is resumed: its runs may be claimed again. */
export const freesRuns = ({ deadlines }: Pick<Batch, "deadlines">): boolean =>
  deadlines?.remove.some((id) => id.startsWith(pausedTasks)) ?? false;
