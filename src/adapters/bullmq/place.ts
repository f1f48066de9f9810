// Where things stand in Redis. The queue's own keys are BullMQ's; detent's stand beside them, below `detent`, a name that no job can have.
import type { Order } from "../../core/executor.ts";

export interface Place {
  /** What all keys of this Redis server begin with that are BullMQ's. */
  readonly prefix: string;
  readonly queue: string;
}

export const prefixDefault = "bull";

/** The queue of an app whose engines and workers name none. */
export const queueOf = (app: string): string => `detent-${app}`;

/** The id of the job that a claim becomes: a run's next claim has another token, so it is another job. */
export const jobIdOf = ({ run, token }: Pick<Order, "run" | "token">): string => `${run}~${token}`;

const base = ({ prefix, queue }: Place): string => `${prefix}:${queue}`;

/** A hash while the job is waiting or being done; then it is gone. */
export const jobKeyOf = (place: Place, job: string): string => `${base(place)}:${job}`;
/** There as long as a worker renews its lease on the job. */
export const lockKeyOf = (place: Place, job: string): string => `${jobKeyOf(place, job)}:lock`;
/** The lists in which jobs wait: while the queue is paused they are in another one. */
export const waitingKeysOf = (place: Place): readonly string[] =>
  ["wait", "paused"].map((list) => `${base(place)}:${list}`);
/** There as long as the engine lives: jobs of an engine that is gone are not begun. */
export const engineKeyOf = (place: Place, engine: string): string =>
  `${base(place)}:detent:engine:${engine}`;
/** The stream of words for an engine. It takes out what it has heard. */
export const wordsKeyOf = (place: Place, engine: string): string =>
  `${base(place)}:detent:words:${engine}`;
/** There when the job's end is asked for, for workers that were not listening. */
export const cancelKeyOf = (place: Place, job: string): string =>
  `${base(place)}:detent:cancel:${job}`;
/** There when a word of the job's end is: should it be added once more, it is not begun. */
export const doneKeyOf = (place: Place, job: string): string => `${base(place)}:detent:done:${job}`;
/** The channel on which ids of jobs are told whose end is asked for. */
export const cancelChannelOf = (place: Place): string => `${base(place)}:detent:cancels`;

/** How long an engine that is not heard of counts as alive. */
export const engineMillis = 15_000;
/** How long words wait for an engine that may be gone, and what is over is known to be. */
export const wordsMillis = 86_400_000;
