// What an engine has handed over to BullMQ: each run from its order until its end. docs/decisions/0023 says what is guaranteed.
//
// Invariants:
// 1. Ended is told once for a job: the first word counts, be it the worker's or, when nobody can give one any more, `lookout.ts`'s.
// 2. A job is in Redis only after what older claims of its run have left there is gone (`predecessor.ts`).
// 3. What is told as Released has provably not begun: it was not sent, or was still waiting when it was taken out.
import { randomUUID } from "node:crypto";
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { durationMillis } from "../../core/duration.ts";
import type { ExecutorEvent, Order } from "../../core/executor.ts";
import type { Outcome } from "../../core/run.ts";
import { Inbox } from "./inbox.ts";
import { Lookout } from "./lookout.ts";
import type { BullmqOptions } from "./options.ts";
import {
  cancelChannelOf,
  cancelKeyOf,
  doneKeyOf,
  engineKeyOf,
  jobIdOf,
  waitingKeysOf,
  wordsKeyOf,
  type Place,
} from "./place.ts";
import { atMost } from "./patience.ts";
import { clearPredecessors } from "./predecessor.ts";
import { pipelined, watchClient } from "./redis.ts";
import { placeOf } from "./connection.ts";
import type { Commission, Word } from "./word.ts";

/** A run that was handed over and has not ended. */
export interface Handed {
  readonly order: Order;
  readonly id: string;
  /** Redis has taken it. */
  isSent: boolean;
  /** A worker has said that its body runs. */
  hasBegun: boolean;
  /** Its end was asked for, which stays noted in Redis until it has come. */
  isAsked: boolean;
  /** Since when nothing points to anybody having it; by the monotonic clock. */
  missedSince: number | null;
}

const capacityDefault = 100;
const resendMillis = 1_000;
const closeMillis = 2_000;
/** Of so many jobs it is remembered that they may have been added twice. */
const doubtfulMax = 10_000;
/** How long a worker may be away from Redis and still learn that a run is cancelled. */
const cancelMillis = 86_400_000;

/** The body has not begun, and nothing is wrong with it. */
const unused: Outcome = { _tag: "Released", error: null, holdMillis: 0 };

interface Links {
  readonly client: Redis;
  /** A connection of its own, for it waits for words. */
  readonly reader: Redis;
  readonly jobs: Queue;
  readonly place: Place;
}

export class Remote {
  readonly links: Links;
  readonly engine = randomUUID();
  readonly handed = new Map<string, Handed>();
  readonly lookout: Lookout;
  readonly #shownPlace: string;
  readonly #capacity: number;
  readonly #listeners = new Set<(event: ExecutorEvent) => void>();
  readonly #inbox: Inbox;
  #unsent: Handed[] = [];
  /** Those of which Redis may yet take an addition, or has taken one twice: what says that they are over must stay there. */
  readonly #doubtful = new Set<string>();
  /** How often the connection was lost. */
  #losses = 0;
  #resend: ReturnType<typeof setTimeout> | undefined;
  #isClosing = false;

  constructor(links: Links, options: BullmqOptions) {
    const { client, reader, place } = links;
    this.links = links;
    this.#shownPlace = placeOf(options.connection);
    this.#capacity = options.capacity ?? capacityDefault;
    this.lookout = new Lookout(this, durationMillis(options.lostAfter ?? "30 seconds"));
    this.#inbox = new Inbox(reader, wordsKeyOf(place, this.engine), {
      hear: (word) => this.hear(word),
      warn: (warning) => this.#warn(warning),
    });
    watchClient(client, {
      lost: () => {
        this.#losses += 1;
        if (!this.#isClosing) this.#warn(`Redis at ${this.#shownPlace} is away: no run is begun`);
      },
      back: () => {
        this.lookout.doubtNothing();
        void this.#sendAgain();
        this.#warn(`Redis at ${this.#shownPlace} is back`);
      },
    });
  }

  get isThere(): boolean {
    return this.links.client.status === "ready" && !this.#isClosing;
  }

  get capacity(): number {
    return this.isThere ? Math.max(0, this.#capacity - this.handed.size) : 0;
  }

  listen(listener: (event: ExecutorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  start(order: Order): void {
    const id = jobIdOf(order);
    const handed: Handed = {
      order,
      id,
      isSent: false,
      hasBegun: false,
      isAsked: false,
      missedSince: null,
    };
    this.handed.set(id, handed);
    if (!this.isThere) {
      this.end(handed, unused);
      return;
    }
    // The claim that it came with may bring more: they go out together.
    if (this.#unsent.push(handed) === 1) queueMicrotask(() => void this.#send());
  }

  cancel(run: string): void {
    for (const handed of this.handed.values()) {
      if (handed.order.run !== run) continue;
      if (handed.isSent) void this.#cancelSent(handed).catch(() => undefined);
      else this.end(handed, unused);
    }
  }

  /** What a worker says. Returns the key in Redis that is needed no more after it. */
  hear(word: Word): string | null {
    const id = jobIdOf(word);
    const isOver = word._tag === "Ended" && !this.#doubtful.has(id);
    const spent = isOver ? doneKeyOf(this.links.place, id) : null;
    const handed = this.handed.get(id);
    if (handed === undefined) return spent;
    handed.missedSince = null;
    if (word._tag !== "Ended") handed.hasBegun = true;
    else this.#forget(handed);
    if (word._tag !== "Held") this.#tell(word);
    return spent;
  }

  /** Says itself how a job has ended. */
  end(handed: Handed, outcome: Outcome, isLost = false): void {
    if (!this.handed.has(handed.id)) return;
    this.#forget(handed);
    const { run, token } = handed.order;
    this.#tell({ _tag: "Ended", run, token, outcome, emitted: [], ...(isLost && { isLost }) });
  }

  /** Asks whoever has the job, or gets it within that time, to end it. */
  async askToEnd(job: string, millis: number): Promise<void> {
    const { client, place } = this.links;
    await pipelined(client, [
      ["set", cancelKeyOf(place, job), "1", "PX", millis],
      ["publish", cancelChannelOf(place), job],
    ]);
  }

  async askNoMore(jobs: readonly string[]): Promise<void> {
    const { client, place } = this.links;
    await pipelined(
      client,
      jobs.map((job) => ["del", cancelKeyOf(place, job)] as const),
    );
  }

  /** Jobs that wait are taken out; those that are being done are left to the lease of their worker. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.lookout.close();
    clearTimeout(this.#resend);
    const { client, reader, jobs, place } = this.links;
    const farewell = async (): Promise<void> => {
      await pipelined(client, [["del", engineKeyOf(place, this.engine)]]);
      await Promise.all([...this.handed.keys()].map((id) => jobs.remove(id)));
      await pipelined(client, [["del", wordsKeyOf(place, this.engine)]]);
    };
    if (client.status === "ready")
      await atMost(
        closeMillis,
        farewell().catch(() => undefined),
      );
    this.#inbox.close();
    reader.disconnect();
    client.disconnect();
    // It has no connection of its own, and would wait for ours.
    void jobs.close().catch(() => undefined);
  }

  async #cancelSent(handed: Handed): Promise<void> {
    const { client, jobs, place } = this.links;
    handed.isAsked = true;
    await this.askToEnd(handed.id, cancelMillis);
    // Of all who take it from where it waits, one succeeds.
    const taken = await pipelined(
      client,
      waitingKeysOf(place).map((key) => ["lrem", key, 1, handed.id] as const),
    );
    if (!taken.includes(1)) return;
    this.end(handed, unused);
    await jobs.remove(handed.id);
  }

  #forget({ id, isAsked }: Handed): void {
    this.handed.delete(id);
    if (isAsked) void this.askNoMore([id]).catch(() => undefined);
  }

  async #send(): Promise<void> {
    const batch = this.#unsent.splice(0).filter(({ id }) => this.handed.has(id));
    const isFirst = ({ order }: Handed): boolean => order.token === 1;
    const rest = batch.filter((handed) => !isFirst(handed));
    await Promise.all([
      this.#add(batch.filter(isFirst)),
      ...rest.map(async (handed) => {
        try {
          await clearPredecessors(this, handed);
          await this.#add(this.handed.has(handed.id) ? [handed] : []);
        } catch {
          this.#keep([handed]);
        }
      }),
    ]);
  }

  async #add(batch: readonly Handed[]): Promise<void> {
    if (batch.length === 0) return;
    const jobs = batch.map(({ id, order }) => ({
      name: order.task,
      data: { order, engine: this.engine } satisfies Commission,
      // How often a run is tried is the engine's to decide, and the engine has its history.
      opts: { jobId: id, attempts: 1, removeOnComplete: true, removeOnFail: true },
    }));
    const losses = this.#losses;
    const fresh = new Set(batch.filter(({ isSent }) => !isSent).map(({ id }) => id));
    for (const handed of batch) {
      handed.isSent = true;
      this.#doubtful.add(handed.id);
    }
    try {
      await this.links.jobs.addBulk(jobs);
      const isOnce = losses === this.#losses;
      await this.#settle(batch.map(({ id }) => ({ id, isOnce: isOnce && fresh.has(id) })));
    } catch (error) {
      if (this.isThere)
        this.#warn(
          `Redis at ${this.#shownPlace} took no jobs: ${error instanceof Error ? error.message : String(error)}; trying again`,
        );
      this.#keep(batch);
    }
  }

  /** Redis has taken these. What was added a second time after its end has no business there. */
  async #settle(jobs: readonly { readonly id: string; readonly isOnce: boolean }[]): Promise<void> {
    const { client, jobs: queue, place } = this.links;
    for (const { id, isOnce } of jobs) if (isOnce) this.#doubtful.delete(id);
    for (const id of this.#doubtful) {
      if (this.#doubtful.size <= doubtfulMax) break;
      this.#doubtful.delete(id);
    }
    const over = jobs.filter(({ id }) => !this.handed.has(id));
    const spent = over.filter(({ isOnce }) => isOnce).map(({ id }) => doneKeyOf(place, id));
    const added = over.filter(({ isOnce }) => !isOnce);
    try {
      if (spent.length > 0) await client.del(...spent);
      await Promise.all(added.map(({ id }) => queue.remove(id)));
    } catch {
      // Then the keys pass, and a worker finds them.
    }
  }

  /** Whether Redis has taken these is not known. */
  #keep(batch: readonly Handed[]): void {
    this.#unsent.push(...batch);
    clearTimeout(this.#resend);
    if (!this.#isClosing) this.#resend = setTimeout(() => void this.#sendAgain(), resendMillis);
  }

  /** A job that was taken after all is not taken twice; unless it is over already, and then the words say so. */
  async #sendAgain(): Promise<void> {
    if (this.#unsent.length === 0 || !this.isThere) return;
    try {
      await this.#inbox.catchUp(this.links.client);
    } catch {
      this.#keep([]);
      return;
    }
    await this.#send();
  }

  #warn(warning: string): void {
    this.#tell({ _tag: "Capacity", warning });
  }

  #tell(event: ExecutorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
