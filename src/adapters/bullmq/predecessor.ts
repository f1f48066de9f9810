// Before a run's new claim becomes a job, what its older claims have left in Redis must be gone: a job that waits is taken out, a body that still runs is asked to end and waited
// for. So two executions of a run overlap only if Redis has forgotten one, or a worker goes on after its lease.
import { jobIdOf, jobKeyOf, lockKeyOf } from "./place.ts";
import { pause } from "./patience.ts";
import { pipelined } from "./redis.ts";
import type { Handed, Remote } from "./remote.ts";

/** How many claims are looked for. Each has waited for those before it, so more than one is seldom there. */
const claimsMax = 8;
const pauseMillisMax = 200;
/** A worker that has told its outcome needs a moment to let go of the job. */
const patienceMillis = 20;
const askMillis = 60_000;

/** Resolves when they are gone, or when the claim in hand is over itself. */
export const clearPredecessors = async (remote: Remote, handed: Handed): Promise<void> => {
  const { run, token } = handed.order;
  const { jobs } = remote.links;
  let ids = Array.from({ length: Math.min(claimsMax, token - 1) }, (_, index) =>
    jobIdOf({ run, token: token - 1 - index }),
  );
  const asked = new Set<string>();
  for (
    let millis = 5;
    remote.handed.has(handed.id);
    millis = Math.min(pauseMillisMax, 2 * millis)
  ) {
    // oxlint-disable no-await-in-loop -- until they are gone
    ids = await thereOf(remote, ids);
    if (ids.length === 0) return remote.askNoMore([...asked]);
    for (const id of ids) {
      // BullMQ removes no job that a worker has.
      if ((await jobs.remove(id)) === 1 || millis < patienceMillis || asked.has(id)) continue;
      asked.add(id);
      await remote.askToEnd(id, askMillis);
    }
    await pause(millis);
    // oxlint-enable no-await-in-loop
  }
};

/** Those of which Redis has a trace. */
const thereOf = async (
  { links: { client, place } }: Remote,
  ids: readonly string[],
): Promise<string[]> => {
  const replies = await pipelined(
    client,
    ids.map((id) => ["exists", jobKeyOf(place, id), lockKeyOf(place, id)] as const),
  );
  return ids.filter((_, index) => replies[index] !== 0);
};
