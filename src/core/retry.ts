// Retry delays: a function of the policy, the run and the attempt. Nothing here is random: jitter is a hash of the run id, so a replay waits just as long.
import { hash32 } from "./hash.ts";
import type { ErrorData } from "./errors.ts";
import type { TaskOptions } from "./task.ts";

/**
 * How long a run waits before its next attempt, or undefined when it has none left or its error is not retried.
 * `attempt` is the attempt that failed, counted from 1, losses not included.
 */
export const retryDelayMillis = (
  options: TaskOptions,
  failed: { runId: string; attempt: number; error: ErrorData },
): number | undefined => {
  if (failed.attempt >= options.attemptsMax || options.retryUnless.includes(failed.error.name))
    return undefined;
  const growth = Math.min(
    Number.MAX_SAFE_INTEGER,
    {
      constant: 1,
      linear: failed.attempt,
      exponential: options.retryFactor ** (failed.attempt - 1),
    }[options.backoff],
  );
  const delay = Math.min(options.retryMaxMillis, options.retryFirstMillis * growth);
  const share = hash32(`${failed.runId}/${failed.attempt}`) / 0x1_0000_0000;
  // Jitter only shortens, so that `max` stays a bound.
  return Math.round(delay * (1 - options.retryJitter * share));
};
