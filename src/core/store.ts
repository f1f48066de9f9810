// The store port: whoever keeps an app's state. The contract in words; src/adapters/testing says the same in tests.
//
// A store is opened for one app. It has few operations, and none of them decides anything: the protocol (who may route, claim, settle) lives in the core, which
// says what must still be true (`checks`) and what is then written. Rules for every adapter:
// 1. A batch is all or nothing, for readers and after a crash. A failed check writes nothing. Several batches may share one flush, each by itself.
// 2. When `commit` answers Committed to a store with `abilities.durable`, the writes survive what its durability promises.
// 3. `seq` grows by one with each stored signal of the app; `at` = max(the store's clock, the newest `at`, the watermark's `at`): it never falls along the log.
// 4. Signals, runs, skips and attempts are created if absent: a second one with the same id changes nothing and is no conflict. What has left a tombstone is not absent.
// 5. A claim never grants more runs of one task and concurrency key than its limit, those counted that are claimed or running, whoever holds them. Pending runs of a full
//    key hide no others, nor do they slow down a claim, however many there are.
// 6. Values come back equal to what JSON made of them, whatever the adapter.
// 7. What `purge` has forgotten is as absent as if it had never been, but for its tombstones (purge.ts).
import type * as Effect from "effect/Effect";
import * as Context from "effect/Context";
import type { Subject } from "./command.ts";
import type { StoreError } from "./errors.ts";
import type { Json } from "./json.ts";
import type { OwedReply, OwedRequest, PurgeReply, PurgeRequest, Tombstone } from "./purge.ts";
import type { Attempt, Run, RunState } from "./run.ts";
import type { Heard, NewSignal, StoredSignal, StoredStatus } from "./signal.ts";
import type { SkipReason } from "./skip-reason.ts";
import type { LoadRequest } from "./store-load.ts";
import type { Match } from "./trigger.ts";
import type { News } from "./news.ts";

export type { News } from "./news.ts";

/** How far the log has been routed. `revision` grows with every commit that changes what a router has read; it is what routers compare and set. */
export interface Watermark {
  readonly revision: number;
  /** The last routed signal; 0 before the first. */
  readonly seq: number;
  /** Everything due up to and including this instant has been routed. */
  readonly at: number;
}

/** The active set of definitions of an app. */
export interface Generation {
  readonly number: number;
  readonly fingerprint: string;
  readonly activatedAt: number;
  /** Per trigger its own fingerprint, so that the next generation can tell which ones changed. */
  readonly triggers: { readonly [trigger: string]: string };
  /** The version of the time zone database that its schedules are computed with; null: its engine didn't say. */
  readonly zones: string | null;
}

/** How far a schedule has got: occurrences up to and including `at` are runs or skips. */
export interface Cursor {
  readonly trigger: string;
  readonly leaf: string;
  readonly at: number;
  /** Of a schedule that was made at run time; its rule is what the leaf's key says. */
  readonly made?: Made;
}

/** What a schedule that was made at run time runs. */
export interface Made {
  readonly task: string;
  readonly input: Json;
}

/** A match that waits in a join. One signal that waits in several leaves has one row for each. */
export interface Waiting {
  readonly trigger: string;
  readonly leaf: string;
  /** The correlation key; "" without one. */
  readonly key: string;
  /** Unique within a trigger's leaf; with `at` it orders matches as the router heard them. May be negative (occurrences), always a safe integer. */
  readonly order: number;
  readonly at: number;
  readonly heard: Heard;
  /** The scopes that the signal belongs to. */
  readonly scopes: readonly string[];
}

/** Something that the router must do at an instant: hear a delayed event, give up a waiting match, let go a firing that was kept back, end a pause. */
export interface Deadline {
  readonly id: string;
  readonly at: number;
  readonly due:
    | { readonly _tag: "Hear"; readonly stored: StoredSignal }
    | {
        readonly _tag: "Within";
        readonly trigger: string;
        readonly leaf: string;
        readonly key: string;
        readonly order: number;
      }
    /** What was kept for a changed trigger may satisfy its new tree already: it is looked at then. */
    | { readonly _tag: "Join"; readonly trigger: string; readonly key: string }
    /** A watch of an `absent` leaf: unless an answer removes it, the absence is heard then. */
    | {
        readonly _tag: "Absent";
        readonly trigger: string;
        readonly leaf: string;
        readonly key: string;
        /** Unique within a trigger's leaf, as a waiting match's: the absence will wait under it. */
        readonly order: number;
        readonly since: number;
        readonly after: Heard | null;
        /** The scopes that the signal belongs to which started it. */
        readonly scopes: readonly string[];
      }
    /** Paused until then; at the end of time (8,640,000,000,000,000): until somebody resumes it. */
    | { readonly _tag: "Paused"; readonly subject: Subject }
    | HeldBack
    /** Throttled: while it is there, no firing of the key runs. */
    | { readonly _tag: "Gate"; readonly trigger: string; readonly key: string };
}

/** A firing that is kept back: by flow control until the deadline, or for its turn, until the trigger's runs before it are over; then the deadline is the end of time. */
export type HeldBack = HeldBackFor<"Release"> | Turn;

interface Turn extends HeldBackFor<"Turn"> {
  /** The runs in whose place it runs: they are to be cancelled. Empty under policies that cancel none. */
  readonly instead: readonly string[];
}

interface HeldBackFor<Tag extends "Release" | "Turn"> {
  readonly _tag: Tag;
  readonly trigger: string;
  /** That of flow control; "" of those that wait for their turn. */
  readonly key: string;
  /** When it fired, or the first of those that it took the place of: what the longest wait counts from. */
  readonly since: number;
  /** With `heldAt` it orders those that are kept back together as they came, like that of a waiting match. */
  readonly order: number;
  readonly heldAt: number;
  readonly matches: readonly Match[];
  readonly scopes: readonly string[];
}

export interface HeldFiring extends Deadline {
  readonly due: HeldBack;
}

/**
 * A run that is not over in a scope. `settled:<root>` holds a root run and everything that it caused, also firings that are kept back, by the ids of their deadlines; the
 * root's own row stays until the others are gone, with its last status in `ended`, from which the scope's own signal is made. `overlap:<trigger>` holds the runs of a trigger
 * with a schedule that minds them. Identified by scope and run; a second put replaces the first.
 */
export interface Open {
  readonly scope: string;
  readonly run: string;
  readonly ended: Omit<StoredStatus, "at"> | null;
}

/** A recorded decision not to run. Of a schedule: `signal: null` and the range of occurrences `from` … `to` (both included), `count` of them. */
export interface Skip {
  readonly id: string;
  readonly trigger: string;
  readonly signal: string | null;
  readonly from: number | null;
  readonly to: number | null;
  readonly count: number;
  readonly reason: SkipReason;
  readonly detail: string | null;
  readonly at: number;
}

/** One engine incarnation that has entered the store. */
export interface Owner {
  readonly id: string;
  readonly enteredAt: number;
  readonly closedAt: number | null;
  readonly host: string;
  readonly process: number;
}

export type Check =
  | { readonly _tag: "Revision"; readonly revision: number }
  /** The run is held by this owner with this token, in one of these states. */
  | {
      readonly _tag: "Held";
      readonly run: string;
      readonly owner: string;
      readonly token: number;
      readonly states: readonly RunState[];
      /** Whether a person has asked for its end; left out: either. */
      readonly cancelRequested?: boolean;
    }
  /** The run is in one of these states, whoever holds it. */
  | {
      readonly _tag: "InState";
      readonly run: string;
      readonly token: number;
      readonly states: readonly RunState[];
    }
  | { readonly _tag: "OwnerOpen"; readonly owner: string };

/** Writes that stand or fall together. Applied in the order of the fields. */
export interface Batch {
  readonly checks: readonly Check[];
  /** The owner that writes it, if it is one: it knows what it has written, and needs no hint of that. */
  readonly by?: string;
  /** Appended to the log in this order. */
  readonly signals?: readonly NewSignal[];
  readonly runs?: readonly Run[];
  readonly patches?: readonly { readonly run: string; readonly patch: Partial<Run> }[];
  readonly attempts?: readonly Attempt[];
  readonly skips?: readonly Skip[];
  readonly waiting?: {
    readonly put: readonly Waiting[];
    readonly remove: readonly Pick<Waiting, "trigger" | "leaf" | "order">[];
  };
  readonly cursors?: {
    readonly put: readonly Cursor[];
    readonly remove: readonly Pick<Cursor, "trigger" | "leaf">[];
  };
  readonly deadlines?: { readonly put: readonly Deadline[]; readonly remove: readonly string[] };
  readonly open?: {
    readonly put: readonly Open[];
    readonly remove: readonly Pick<Open, "scope" | "run">[];
  };
  /** Closes an owner. */
  readonly close?: { readonly owner: string; readonly at: number };
  readonly generation?: Generation;
  /** Sets how far the log is routed and raises the revision by one. */
  readonly watermark?: { readonly seq: number; readonly at: number };
}

export type CommitReply =
  | { readonly _tag: "Committed"; readonly signals: readonly SignalReply[] }
  /** Nothing was written: this check did not hold. */
  | { readonly _tag: "Conflict"; readonly check: Check };

/** `differs`: a signal with that id is there, but with another name or payload. */
export type SignalReply = "accepted" | "duplicate" | "differs";

/** All that a router needs beside the log. */
export interface StoredState {
  readonly cursors: readonly Cursor[];
  readonly waiting: readonly Waiting[];
  readonly deadlines: readonly Deadline[];
  readonly open: readonly Open[];
}

/** One snapshot. */
export interface Reading {
  readonly watermark: Watermark;
  readonly generation: Generation | null;
  /** Left out when the caller's revision is still the stored one. */
  readonly state: StoredState | null;
  /** The signals after the watermark, in order, at most `limit`. */
  readonly signals: readonly StoredSignal[];
  /** Whether more signals follow. */
  readonly more: boolean;
  /** The store's clock at the snapshot. */
  readonly now: number;
}

export interface ClaimRequest {
  readonly owner: string;
  /** Unique a request. */
  readonly nonce: string;
  /** Only runs of these tasks, and of them only of those that are not paused: a Paused deadline of a task holds its runs. */
  readonly tasks: readonly string[];
  readonly limit: number;
  /** By task: how many of its runs with the same concurrency key may be held at once. Left out: no limit. */
  readonly limits?: { readonly [task: string]: number };
}

export interface ExpiryReply {
  /** Pending runs whose `expiresAt` has come, at most `limit`: those that came first, in this order, then in that of creation. */
  readonly runs: readonly Run[];
  /** The next `expiresAt` of a pending run that is not among them; null: none. */
  readonly nextAt: number | null;
}

export interface ClaimReply {
  /** Now claimed, none whose `expiresAt` has come: token and attempt raised by one, owner and nonce set. By priority (higher first), then `dueAt`, then creation. */
  readonly runs: readonly Run[];
  /**
   * When the next pending run of these tasks is due that was not claimed now, has not expired and whose concurrency key is not full, paused tasks left out; null: none. May lie in the past if the limit was
   * reached. A key ceases to be full when one of its runs is over, which is told as a change.
   */
  readonly nextDueAt: number | null;
}

/** What `list` can show, by table. */
export interface Tables {
  readonly run: Run;
  readonly attempt: Attempt;
  readonly signal: StoredSignal;
  readonly skip: Skip;
  readonly waiting: Waiting;
  readonly cursor: Cursor;
  readonly deadline: Deadline;
  readonly owner: Owner;
  readonly tombstone: Tombstone;
}

/** Every given field must be equal. `state` and `id` accept several. */
export interface Where {
  readonly ids?: readonly string[];
  readonly states?: readonly RunState[];
  readonly task?: string;
  readonly trigger?: string;
  readonly owner?: string;
  readonly run?: string;
  readonly name?: string;
}

export interface ListRequest {
  readonly where?: Where;
  /** 1 to 10,000. */
  readonly limit: number;
  /** A `next` of an earlier page. */
  readonly after?: string | undefined;
  /** "newest" first (default for runs, signals, skips) or "oldest" first. */
  readonly order?: "newest" | "oldest";
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

/** Counts for people and for `idle`; of what is stored, not of what is forgotten. */
export interface Summary {
  readonly runs: { readonly [state in RunState]: number };
  /** Signals stored but not yet routed. */
  readonly unrouted: number;
  /** Events with a delay that has not passed, routed or not, and other deadlines that will act by themselves (waiting matches' `within`, shut gates and pauses not counted). */
  readonly deadlines: number;
  readonly signals: number;
  readonly skips: number;
  readonly waiting: number;
}

export interface Abilities {
  /** Whether what was committed is still there after the process is gone. */
  readonly durable: boolean;
  /** Who may share it: the engines of one process, of one machine, or of a network. */
  readonly scope: "process" | "machine" | "network";
  /** Whether `dead` proves the death of an owner. Otherwise owners have leases, and `dead` tells those whose lease is over. */
  readonly ownerProof: boolean;
}

/** The process calls what `module` exports as `holdAsChild`, with `path`, before it executes anything. */
export interface Proof {
  readonly module: string;
  readonly path: string;
}

export interface StorePort {
  readonly abilities: Abilities;
  /** What a person would call this store: its URL without secrets. */
  readonly url: string;
  /** The store's clock, in milliseconds since the epoch. */
  readonly now: Effect.Effect<number>;
  /** Makes an owner known and takes the proof that it lives. */
  readonly enter: (
    owner: Pick<Owner, "id" | "host" | "process">,
  ) => Effect.Effect<void, StoreError>;
  /**
   * Closes the owner and gives up its proof; done by the owner itself, after its runs are over. One that holds a run stays open: of a closed one nobody would ever take it back. In one
   * step, for a claim may be on its way that its engine has given up.
   */
  readonly leave: (owner: string) => Effect.Effect<void, StoreError>;
  /**
   * Of a store without owner proof: calls the listener when the owner's lease could not be renewed, or is taken from it. After `graceMillis` others may take back what it holds,
   * so all of that must have ended by then; its lease is not renewed any more. Left out where there are no leases.
   */
  readonly lapses?: (owner: string, listener: (graceMillis: number) => void) => () => void;
  /** Owners that have entered, are not closed and are proved dead, or whose lease is over. */
  readonly dead: Effect.Effect<readonly Owner[], StoreError>;
  /** How a process of its own that executes for an owner keeps `dead` from telling before it has ended, too; null where no process outlives the owner. */
  readonly proof: (owner: string) => Effect.Effect<Proof | null, StoreError>;
  readonly read: (request: {
    readonly revision: number | null;
    readonly limit: number;
  }) => Effect.Effect<Reading, StoreError>;
  readonly commit: (batch: Batch) => Effect.Effect<CommitReply, StoreError>;
  readonly claim: (request: ClaimRequest) => Effect.Effect<ClaimReply, StoreError>;
  /** What has expired of the given tasks and is still to be ended, paused ones included. */
  readonly expiry: (request: {
    readonly tasks: readonly string[];
    readonly limit: number;
  }) => Effect.Effect<ExpiryReply, StoreError>;
  readonly list: <Table extends keyof Tables>(
    table: Table,
    request: ListRequest,
  ) => Effect.Effect<Page<Tables[Table]>, StoreError>;
  readonly summary: Effect.Effect<Summary, StoreError>;
  /** Which runs were owed before. */
  readonly owed: (request: OwedRequest) => Effect.Effect<OwedReply, StoreError>;
  /** Forgets what is old, a little at a time. Nothing that a router, a claim or a settle needs is ever old. */
  readonly purge: (request: PurgeRequest) => Effect.Effect<PurgeReply, StoreError>;
  /** Writes rows of another store as they were there, into an app that has routed nothing: in the order of `dumpTables`, the head last. */
  readonly load: (request: LoadRequest) => Effect.Effect<void, StoreError>;
  /**
   * Calls the listener when there may be something new to route, claim or cancel, from whichever engine; a listener of an owner may be spared its own batches. A hint: never
   * needed for correctness. Without news it may be about anything.
   */
  readonly changes: (listener: (news?: News) => void, owner?: string) => () => void;
}

export class Store extends Context.Service<Store, StorePort>()("detent/core/Store") {}
