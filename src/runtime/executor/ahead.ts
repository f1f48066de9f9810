// Runs that are handed over a little before a slot is free for them, so that no thread idles while the engine writes what has ended and claims what comes next. Only behind
// bodies that are known to be short: a run waits for milliseconds, or goes back unbegun, so that another engine with a free slot can have it. The first that wait are in the
// threads already (followers.ts); the others wait here.
import type { Order } from "../../core/executor.ts";

/** A slot in use: since when by the monotonic clock, and with which task. */
export interface Use {
  readonly task: string;
  readonly since: number;
}

export interface Waiting {
  readonly order: Order;
  /** By the monotonic clock. */
  readonly since: number;
}

/** For how long what waits should keep a slot in work: several turns of the engine, so that they can be fewer and larger. */
const aheadMillis = 20;
/** Nobody waits for longer, here or in a thread. */
export const patienceMillis = 100;
export const perSlotMax = 16;
/** How much of an average its newest value makes. */
const newestShare = 0.25;
/** What waits in a thread should last for a turn of the engine, and is at most so many. */
const inThreadMillis = 5;
const inThreadMax = 8;

export class Ahead {
  /** How long the bodies of a task take, in milliseconds: a moving average. */
  readonly #millisOf = new Map<string, number>();
  readonly #waiting: Waiting[] = [];

  /** Learns how long a body took. */
  learn(task: string, millis: number): void {
    const known = this.#millisOf.get(task);
    this.#millisOf.set(task, known === undefined ? millis : known + (millis - known) * newestShare);
  }

  /** How many may wait in the thread itself behind a body of this task: none, if it is not known to be short. */
  depth(task: string): number {
    const millis = this.#millisOf.get(task);
    if (millis === undefined || millis > aheadMillis) return 0;
    return Math.min(Math.ceil(inThreadMillis / Math.max(millis, 0.001)), inThreadMax);
  }

  /** How many more may be handed over behind what runs. None while there is plenty, so that the engine claims seldom and many. `followers`: how many wait in threads. */
  room(uses: readonly Use[], followers: number, now: number): number {
    if (this.isPlenty(uses, followers, now)) return 0;
    return Math.max(this.#most(uses, now) - this.size - followers, 0);
  }

  /** Whether more than half of those wait that may. */
  isPlenty(uses: readonly Use[], followers: number, now: number): boolean {
    const most = this.#most(uses, now);
    return most > 0 && (this.size + followers) * 2 > most;
  }

  /** How many may wait. None if any body has run for so long that nobody can say when a slot will be free. */
  #most(uses: readonly Use[], now: number): number {
    let most = 0;
    for (const { task, since } of uses) {
      if (now - since >= patienceMillis) return 0;
      const millis = this.#millisOf.get(task);
      if (millis !== undefined && millis <= aheadMillis)
        most += Math.min(Math.ceil(aheadMillis / Math.max(millis, 0.001)), perSlotMax);
    }
    return most;
  }

  get size(): number {
    return this.#waiting.length;
  }

  push(order: Order, now: number): void {
    this.#waiting.push({ order, since: now });
  }

  /** It waits as the first again. */
  putBack(waiting: Waiting): void {
    this.#waiting.unshift(waiting);
  }

  next(): Waiting | undefined {
    return this.#waiting.shift();
  }

  /** The next one, if it can wait in a thread. */
  nextForThread(): Waiting | undefined {
    return this.#waiting[0]?.order.isolation === "thread" ? this.next() : undefined;
  }

  /** Takes back a run that waits; undefined: it doesn't. */
  withdraw(run: string): Order | undefined {
    const index = this.#waiting.findIndex(({ order }) => order.run === run);
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0]?.order;
  }

  /** Takes back those that have waited for too long; with no instant, all. */
  overdue(now = Number.POSITIVE_INFINITY): Order[] {
    const count = this.#waiting.findIndex(({ since }) => now - since < patienceMillis);
    return this.#waiting
      .splice(0, count < 0 ? this.#waiting.length : count)
      .map(({ order }) => order);
  }
}
