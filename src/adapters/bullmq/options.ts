// The options of both sides: read once, at the door.
import { durationFault, durationMillis, type DurationInput } from "../../core/duration.ts";
import { InputError } from "../../core/errors.ts";
import { optionFault, shown } from "../../core/reading.ts";
import { connectionFault, type RedisConnection } from "./connection.ts";

export interface BullmqOptions {
  /** `redis://USER:PASSWORD@HOST:PORT/DATABASE` (`rediss://` with TLS), or the options of ioredis. */
  readonly connection: RedisConnection;
  /** The queue's name, the same for engines and workers of one store, and for those alone. Default `detent-` and the app's name. */
  readonly queue?: string;
  /** What the names of BullMQ's keys begin with. Default "bull", as with BullMQ. */
  readonly prefix?: string;
  /** How many runs are with BullMQ at a time, those that wait for a worker and those that run: about twice of what all workers do at once. Default 100. */
  readonly capacity?: number;
  /**
   * After how long a run is given up that Redis has no trace of any more, or whose worker has let its lease pass. Counted while Redis can be reached. At least 2 seconds;
   * default 30 seconds.
   */
  readonly lostAfter?: DurationInput;
}

export interface WorkerOptions extends Pick<BullmqOptions, "connection" | "queue" | "prefix"> {
  /** How many runs at a time. Default: one for each core, on worker threads; 16 for tasks given as values. */
  readonly concurrency?: number;
  /**
   * How long a run stays this worker's when nothing is heard of it; renewed several times meanwhile. A worker that can't renew it ends what it runs before it is over. At
   * least 1 second; default 30 seconds.
   */
  readonly lease?: DurationInput;
  /** Hears, in one line each, what an operator should know: that Redis is away, a module that can't be imported. Default: nobody does. */
  readonly onWarning?: (message: string) => void;
}

/** Throws an InputError that names the first fault. */
export const checkOptions = (
  place: string,
  given: BullmqOptions | WorkerOptions,
  names: readonly string[],
): void => {
  if (typeof given !== "object" || given === null)
    throw new InputError(`${place} needs options: at least { connection: "redis://HOST:PORT" }`);
  const fault = optionFault(place, given, names);
  if (fault !== undefined) throw new InputError(fault);
  const values = given as object as { readonly [name: string]: unknown };
  for (const [name, faultOf] of Object.entries(faults)) {
    const value = values[name];
    const wrong = value === undefined && name !== "connection" ? undefined : faultOf(value, name);
    if (wrong !== undefined) throw new InputError(`${place}: ${wrong}`);
  }
};

const nameFault = (value: unknown, name: string): string | undefined =>
  typeof value === "string" && value !== "" && !value.includes(":")
    ? undefined
    : `${name} is ${shown(value)}; give a name without a colon`;

const countFault = (value: unknown, name: string): string | undefined =>
  Number.isInteger(value) && (value as number) >= 1
    ? undefined
    : `${name} is ${shown(value)}; give a whole number of at least 1`;

const spanFault =
  (least: "1 second" | "2 seconds") =>
  (value: unknown, name: string): string | undefined => {
    const fault = durationFault(value);
    if (fault !== undefined) return `${name}: ${fault}`;
    return durationMillis(value as DurationInput) < durationMillis(least)
      ? `${name} is ${shown(value)}; give at least ${least}`
      : undefined;
  };

const faults: { readonly [name: string]: (value: unknown, name: string) => string | undefined } = {
  connection: connectionFault,
  queue: nameFault,
  prefix: (value, name) =>
    typeof value === "string" && value !== "" ? undefined : `${name} is ${shown(value)}; give text`,
  capacity: countFault,
  concurrency: countFault,
  // A worker says each second what it has that Redis does not know.
  lostAfter: spanFault("2 seconds"),
  lease: spanFault("1 second"),
  onWarning: (value, name) =>
    typeof value === "function" ? undefined : `${name} is ${shown(value)}; give a function`,
};
