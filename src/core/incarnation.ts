// One engine incarnation: what it holds, what it knows of the log, and what it hears from its ports between turns. engine.ts has the turns.
import type * as Effect from "effect/Effect";
import type * as Latch from "effect/Latch";
import { anyNews, newsOf } from "./batch.ts";
import type { Definitions } from "./definitions.ts";
import type { StoreError } from "./errors.ts";
import type { ExecutorEvent, ExecutorPort } from "./executor.ts";
import { Holdings, type Note } from "./holdings.ts";
import type { LogLevel } from "./log-level.ts";
import type { Alarm } from "./rest.ts";
import type { Run } from "./run.ts";
import type { State } from "./state.ts";
import type { Batch, CommitReply, News, Owner, Skip, StorePort } from "./store.ts";

/** What an engine tells those who watch it. Nothing depends on it. */
export type EngineNote =
  | Note
  | { readonly _tag: "Owed"; readonly run: Run }
  | { readonly _tag: "Expired"; readonly run: Run }
  | { readonly _tag: "Skipped"; readonly skip: Skip }
  | {
      readonly _tag: "Progress";
      readonly run: Run;
      readonly fraction: number;
      readonly message: string | null;
    }
  | {
      readonly _tag: "Logged";
      readonly run: Run;
      readonly level: LogLevel;
      readonly message: string;
    }
  /** What is as it should be, and yet worth a line. */
  | { readonly _tag: "Info"; readonly message: string }
  | { readonly _tag: "Warning"; readonly message: string };

export interface EngineOptions {
  readonly definitions: Definitions;
  readonly owner: Pick<Owner, "id" | "host" | "process">;
  readonly onNote?: (note: EngineNote) => void;
  /** The version of the time zone database that instants are computed with, such as "2026a". Left out: not known, and any will do. */
  readonly zones?: string;
}

export class Incarnation {
  /** Something has come up since the last turn began. */
  isHinted = false;
  /** Ends the rest between two turns; undefined: it is not resting. */
  endRest: (() => void) | undefined;
  /** When the rest ends by itself, and what ends it. */
  restUntil = 0;
  alarm: Alarm | undefined;
  readonly idleWaiters = new Set<Latch.Latch>();
  holdings: Holdings;
  readonly definitions: Definitions;
  /** Its id in the store. */
  owner: string;
  readonly entrant: EngineOptions["owner"];
  /** How often it has entered anew, after its lease was over. */
  entries = 0;
  isLapsed = false;
  endWatch: (() => void) | undefined;
  readonly store: StorePort;
  readonly executor: ExecutorPort;
  readonly note: (note: EngineNote) => void;
  readonly tasks: readonly string[];
  /** Whether any task's runs expire. */
  readonly canExpire: boolean;
  /** Whether any trigger asks for runs that have begun. */
  readonly hearsBegun: boolean;
  /** Whether any task limits how many of its runs are held at once. */
  readonly isLimited: boolean;
  /** Of the tasks that limit how many of their runs are held at once. */
  readonly limits: { readonly [task: string]: number };
  readonly zones: string | null;
  /** The generation of others that it has told its watchers of. */
  toldGeneration: number | null = null;
  /** What the router knows; undefined when it must be read again. */
  state: State | undefined;
  deafen: readonly (() => void)[] = [];
  draining = false;
  isOver = false;
  /** The log may have something that it has not read. */
  mayRoute = true;
  readAt = -Infinity;
  /** How often in a row another router was first. */
  conflicts = 0;
  /** There may be pending runs that the last claim did not see. */
  mayClaim = true;
  claimedAt = -Infinity;
  /** A claim may have been granted whose reply was lost. */
  isUnsure = false;
  /** When it has last asked the store what it holds. */
  ownCheckedAt = -Infinity;
  /** When the next pending run is due. */
  claimAt: number | null = null;
  /** When the next pending run expires. */
  expiryAt: number | null = null;
  expiryCheckedAt = -Infinity;
  /** When the router forgets again, and whether it is in the middle of it. */
  forgetAt = -Infinity;
  isForgetting = false;
  claims = 0;
  cancelsCheckedAt = -Infinity;
  /** The store's clock is behind what has been routed, and that has been told. */
  isSetBack = false;
  /** Per trigger the longest that its code took, of what has been told. */
  readonly slowest = new Map<string, number>();
  deadCheckedAt = -Infinity;

  constructor(
    { definitions, owner, onNote, zones }: EngineOptions,
    store: StorePort,
    executor: ExecutorPort,
  ) {
    this.definitions = definitions;
    this.owner = owner.id;
    this.entrant = owner;
    this.store = store;
    this.executor = executor;
    this.note = (note) => {
      try {
        onNote?.(note);
      } catch {
        // Nothing depends on those who watch.
      }
    };
    this.zones = zones ?? null;
    this.tasks = [...definitions.tasks.keys()];
    this.canExpire = [...definitions.tasks.values()].some(
      ({ expireAfterMillis }) => expireAfterMillis !== null,
    );
    this.hearsBegun = [...definitions.index.keys()].some((key) => /^status:.*:running$/.test(key));
    this.isLimited = [...definitions.tasks.values()].some(
      ({ concurrency }) => concurrency !== null,
    );
    this.limits = Object.fromEntries(
      [...definitions.tasks.values()].flatMap(({ id, concurrency }) =>
        concurrency === null ? [] : [[id, concurrency.limit]],
      ),
    );
    this.holdings = new Holdings(definitions, owner.id);
  }

  /** It was asked to stop, and holds nothing any more. */
  get isDrained(): boolean {
    return this.draining && this.holdings.size === 0;
  }

  /** Whether there is something to do for the next turn. */
  get mayGoOn(): boolean {
    return this.holdings.hasEnded || this.mayRoute || this.isHinted || this.isDrained;
  }

  listen(): void {
    this.deafen = [
      this.store.changes((news) => this.learn(news), this.owner),
      this.executor.events((event) => this.hear(event)),
    ];
  }

  /** A hint of the store; what it says is only looked at. */
  learn(news: News = anyNews): void {
    const mayRoute = this.#hasRoutable(news);
    const mayClaim = news.pending || (news.freed && this.isLimited);
    const mayCancel = news.cancels && this.holdings.size > 0;
    this.mayRoute ||= mayRoute;
    this.mayClaim ||= mayClaim;
    if (mayCancel) this.cancelsCheckedAt = -Infinity;
    if (mayRoute || mayClaim || mayCancel) this.wake();
  }

  /** Writes a batch of its own. Nobody needs to hint what is in that. */
  commit(batch: Batch): Effect.Effect<CommitReply, StoreError> {
    return this.store.commit({ ...batch, by: this.owner });
  }

  /** What it has to do itself because of a batch of its own that ends or starts runs. */
  wrote(batch: Batch, reply: CommitReply): void {
    const news = newsOf(batch, reply);
    if (news === undefined) return;
    this.mayRoute ||= this.#hasRoutable(news);
    this.mayClaim ||= news.freed && this.isLimited;
  }

  /** That a run has begun may wait until there is more to route, if nothing listens to it. */
  #hasRoutable({ log, begun }: News): boolean {
    return log || (begun && this.hearsBegun);
  }

  /** There may be work: the next turn begins now. */
  wake(): void {
    this.isHinted = true;
    this.endRest?.();
  }

  drain(): void {
    this.draining = true;
    this.wake();
  }

  end(): void {
    this.isOver = true;
    for (const stop of this.deafen) stop();
    this.endWatch?.();
    for (const waiter of this.idleWaiters) waiter.openUnsafe();
  }

  hear(event: ExecutorEvent): void {
    if (event._tag === "Capacity") {
      if (event.warning !== null) this.note({ _tag: "Warning", message: event.warning });
      this.wake();
      return;
    }
    const run = this.holdings.hear(event);
    if (run === undefined) return;
    if (event._tag === "Progress")
      this.note({ _tag: "Progress", run, fraction: event.fraction, message: event.message });
    else if (event._tag === "Logged")
      this.note({ _tag: "Logged", run, level: event.level, message: event.message });
    else if (event._tag !== "Started" || this.definitions.index.has(`status:${run.task}:running`))
      this.wake();
  }
}
