// Retention: what a store forgets, and what it still knows of it. Plain data; each store does the same.
//
// What is over before an instant goes. An event and a run leave a tombstone, which says that there was one under this id:
// 1. An event whose id has a tombstone is a duplicate, also when its row is gone.
// 2. A run whose id has a tombstone is not created again, whatever brings its cause back.
// 3. A tombstone counts from the last instant that had to do with it: an event's from when it was to be heard, a run's from when it was over. So a run's outlives those of
//    the events that caused it, and an event that is emitted anew in between makes no second run.
// 4. When a run's tombstone goes, its trigger keeps how far it has forgotten: a backfill of what lies before is refused, for nobody knows any more what has run.
import { canonical } from "./json.ts";
import { digestOf } from "./run-id.ts";
import type { Run } from "./run.ts";
import type { NewSignal, StoredSignal } from "./signal.ts";

/** What is left of an event or a run that is forgotten; or, of a trigger, how far its runs are. */
export interface Tombstone {
  readonly kind: "event" | "run" | "trigger";
  readonly id: string;
  /** When it was over; of a trigger: the latest such instant of its runs whose tombstones are gone. */
  readonly at: number;
  /** Of an event: what tells its name and payload from others. */
  readonly digest: string | null;
  /** Of a run: its trigger. */
  readonly trigger: string | null;
}

export interface PurgeRequest {
  /** Routed signals, skips, runs that are over and owners that are closed go if that was before this instant. */
  readonly before: number;
  /** Tombstones that are older than this instant go. */
  readonly tombstonesBefore: number;
  /** So many of each go at most. 1 to 10,000. */
  readonly limit: number;
}

/** How many went. */
export interface PurgeReply {
  readonly signals: number;
  readonly runs: number;
  readonly skips: number;
  readonly tombstones: number;
  /** Whether there is more to go: ask again. */
  readonly more: boolean;
}

/** How long a store remembers by default: 30 days. */
export const retentionMillisDefault = 30 * 86_400_000;

/** What goes now if things are kept for so long, and their tombstones for as long again. */
export const purgeAt = (
  now: number,
  retentionMillis: number,
): Pick<PurgeRequest, "before" | "tombstonesBefore"> => ({
  before: now - retentionMillis,
  tombstonesBefore: now - 2 * retentionMillis,
});

/** Equal for signals that differ in nothing but their instant: that of storing, or whatever the emitter has said. */
export const contentOf = (signal: NewSignal["signal"] | StoredSignal["signal"]): string =>
  canonical({ ...signal, at: undefined });

/** A status leaves none: while its run is remembered nobody makes the same move again. */
export const eventTombstoneOf = ({ id, signal, at, dueAt }: StoredSignal): Tombstone | undefined =>
  signal._tag === "Event"
    ? {
        kind: "event",
        id,
        at: Math.max(at, dueAt ?? at),
        digest: digestOf(contentOf(signal)),
        trigger: null,
      }
    : undefined;

export const runTombstoneOf = ({ id, trigger, createdAt, dueAt, settledAt }: Run): Tombstone => ({
  kind: "run",
  id,
  at: Math.max(createdAt, dueAt, settledAt ?? 0),
  digest: null,
  trigger,
});

/** What is asked before runs are owed whose cause may have been heard before. */
export interface OwedRequest {
  readonly runs: readonly string[];
  readonly triggers: readonly string[];
}

export interface OwedReply {
  /** Those of the runs that are stored or have a tombstone. */
  readonly runs: readonly string[];
  /** By trigger, how far its runs are forgotten, tombstones and all. */
  readonly forgotten: { readonly [trigger: string]: number };
}
