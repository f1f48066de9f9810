// The orders that wait in a thread behind the one that it runs: it begins them by itself, one after another, without a word from the main thread, which may be busy for
// milliseconds. Until an order has begun it can be taken back; its ledger says which came first.
import type { Waiting } from "./ahead.ts";
import type { Attempt } from "./attempt.ts";
import type { Host, HostEvent } from "./host.ts";
import { Wish, type SentOrder } from "./wire.ts";

export class Follower {
  readonly order: SentOrder;
  readonly since: number;
  readonly host: Host;
  /** What was heard of it while the one before it was not known to be over. */
  readonly #events: HostEvent[] = [];
  #stop: { readonly wish: Wish; readonly graceMillis: number } | null = null;

  constructor(host: Host, order: SentOrder, since: number) {
    this.host = host;
    this.order = order;
    this.since = since;
    host.send(order);
  }

  /** Takes it back. False: it has begun. */
  retract(): boolean {
    return this.host.ledgerOf(this.order.number).withdraw();
  }

  /** Asks its body, which has begun, to end. */
  stop(wish: Wish, graceMillis: number): void {
    const { wish: first, graceMillis: shortest } = this.#stop ?? { wish, graceMillis };
    this.#stop = { wish: first, graceMillis: Math.min(shortest, graceMillis) };
    this.host.ask(this.order.number, wish);
  }

  hear(event: HostEvent): void {
    this.#events.push(event);
  }

  /** It is the order in hand now: its attempt learns what has happened so far. */
  catchUp(attempt: Attempt): void {
    if (this.#stop !== null) attempt.stop(this.#stop.wish, this.#stop.graceMillis);
    for (const event of this.#events) attempt.hear(event);
  }
}

/** In the sequence in which they begin. */
export class Followers {
  readonly #all: Follower[] = [];

  get count(): number {
    return this.#all.length;
  }

  get first(): Follower | undefined {
    return this.#all[0];
  }

  get last(): Follower | undefined {
    return this.#all.at(-1);
  }

  /** Asks those to end that have begun: to be called when all others are taken back. */
  stop(wish: Wish, graceMillis: number): void {
    for (const follower of this.#all) follower.stop(wish, graceMillis);
  }

  push(follower: Follower): void {
    this.#all.push(follower);
  }

  shift(): Follower | undefined {
    return this.#all.shift();
  }

  /** Takes this run back; or asks its body to end, if that has begun, and it is here. */
  cancel(run: string, graceMillis: number): Waiting | undefined {
    const follower = this.#all.find(({ order }) => order.run === run);
    if (follower === undefined) return undefined;
    const waiting = this.#retract(follower);
    if (waiting === undefined) follower.stop(Wish.cancel, graceMillis);
    return waiting;
  }

  /** Whether the event concerns one of them, which has heard it then. */
  hear(event: HostEvent): boolean {
    const number = numberOf(event);
    const follower = this.#all.find(({ order }) => order.number === number);
    follower?.hear(event);
    return follower !== undefined;
  }

  /** Takes back the last one. Undefined: there is none that has not begun. */
  retractLast(): Waiting | undefined {
    return this.last && this.#retract(this.last);
  }

  /** Takes back those that have waited since this instant or longer. */
  retractOverdue(since: number): Waiting[] {
    return this.#all
      .filter((follower) => follower.since <= since)
      .flatMap((follower) => this.#retract(follower) ?? []);
  }

  /** Takes back this one. Undefined: it has begun. */
  #retract(follower: Follower): Waiting | undefined {
    if (!follower.retract()) return undefined;
    this.#all.splice(this.#all.indexOf(follower), 1);
    return follower;
  }
}

const numberOf = (event: HostEvent): number | undefined => {
  switch (event._tag) {
    case "Answered":
      return event.answer.number;
    case "Unsendable":
      return event.number;
    case "Noted":
      return event.note._tag === "Leftover" ? undefined : event.note.number;
    default:
      return undefined;
  }
};
