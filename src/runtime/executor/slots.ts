// All slots of an executor, the one timer that looks at them, and the talk with whoever listens.
import { counted } from "../../core/counted.ts";
import type { ExecutorEvent, Order } from "../../core/executor.ts";
import { Ahead, type Use, type Waiting } from "./ahead.ts";
import { unused } from "./outcome.ts";
import { Scales } from "./payload.ts";
import { Slot, type SlotLinks, type SlotOptions } from "./slot.ts";

export interface SlotsOptions extends SlotOptions {
  readonly slots: number;
}

const pulseMillis = 5;
/** How long an end may go untold while there is plenty to do. */
const endsMillisMax = 10;
const abortMillis = 500;

export class Slots {
  readonly #options: SlotsOptions;
  readonly #slots: readonly Slot[];
  readonly #tell: (event: ExecutorEvent) => void;
  readonly #ahead = new Ahead();
  /** Ends that are not told yet, because there is work enough: told together, they cost the engine one turn. */
  #ends: (ExecutorEvent & { _tag: "Ended" })[] = [];
  #endsSince = 0;
  /** How many may still be started of those that `capacity` has told. */
  #offered = 0;
  #closing = false;
  #pulse: ReturnType<typeof setInterval> | null = null;

  constructor(
    options: SlotsOptions,
    links: Omit<SlotLinks, "weigh" | "freed" | "retracted" | "time">,
  ) {
    this.#options = options;
    this.#tell = links.tell;
    const scales = new Scales((warning) => links.tell({ _tag: "Capacity", warning }));
    const watching: SlotLinks = {
      ...links,
      tell: (event) => {
        if (event._tag === "Ended") this.#tellEnd(event);
        else links.tell(event);
      },
      freed: () => this.#handOver(),
      retracted: (waiting) => this.#hearRetracted(waiting),
      time: (task, millis) => this.#ahead.learn(task, millis),
      weigh: (task, what, value) => scales.weigh(task, what, value),
      openThread: (tell) => {
        this.#watch();
        return links.openThread(tell);
      },
    };
    this.#slots = Array.from({ length: options.slots }, () => new Slot(options, watching));
  }

  get capacity(): number {
    if (this.#closing) return 0;
    const free = this.#slots.filter((slot) => slot.free).length;
    this.#offered = free + this.#ahead.room(this.#uses(), this.#followers, performance.now());
    return this.#offered;
  }

  #uses(): Use[] {
    return this.#slots.flatMap(({ use }) => use ?? []);
  }

  get #followers(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.followers, 0);
  }

  get zombies(): number {
    return this.#slots.filter((slot) => slot.isStuck).length;
  }

  /** Whether what still runs can't be ended. */
  get isStuck(): boolean {
    return this.zombies > 0 && this.#slots.every((slot) => slot.isStuck || !slot.isBusy);
  }

  /** Resolves when each slot's first thread is ready or has failed. */
  async opened(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.opened));
  }

  start(order: Order): void {
    const free = this.#slots.find((slot) => slot.free);
    if (free !== undefined) free.take(order);
    else if (!this.#closing && this.#offered > 0) {
      this.#ahead.push(order, performance.now());
      this.#follow();
    } else this.#giveBack(order); // More than was offered.
    this.#offered--;
    this.#watch();
  }

  /** At the end of a run, before it is told: the thread goes on meanwhile. */
  #handOver(): void {
    for (const slot of this.#slots) {
      if (!slot.free) continue;
      const waiting = this.#ahead.next() ?? this.#takenBack();
      if (waiting === undefined) return;
      slot.take(waiting.order);
    }
    this.#follow();
  }

  /** Puts those that wait into threads, behind the bodies that run there. */
  #follow(): void {
    for (let slot = this.#shallowest(); slot !== undefined; slot = this.#shallowest()) {
      const waiting = this.#ahead.nextForThread();
      if (waiting === undefined) return;
      slot.follow(waiting);
    }
  }

  /** The slot with the fewest followers of those that can have one more. */
  #shallowest(): Slot | undefined {
    let found: Slot | undefined;
    for (const slot of this.#slots)
      if (
        slot.canFollow &&
        slot.followers < this.#ahead.depth(slot.lastTask ?? "") &&
        (found === undefined || slot.followers < found.followers)
      )
        found = slot;
    return found;
  }

  /** What waits behind bodies in other slots, where the most do. */
  #takenBack(): Waiting | undefined {
    const [deepest] = this.#slots.toSorted((one, other) => other.followers - one.followers);
    return deepest?.retract();
  }

  /** The thread that it waited in is not to be used, or for long. */
  #hearRetracted(waiting: Waiting): void {
    if (this.#closing) this.#giveBack(waiting.order);
    else this.#ahead.putBack(waiting);
  }

  #tellEnd(event: ExecutorEvent & { _tag: "Ended" }): void {
    const now = performance.now();
    if (this.#ends.push(event) === 1) this.#endsSince = now;
    if (!this.#ahead.isPlenty(this.#uses(), this.#followers, now)) this.#tellEnds();
  }

  #tellEnds(): void {
    for (const event of this.#ends.splice(0)) this.#tell(event);
  }

  /** It has not begun, so nothing is lost. */
  #giveBack({ run, token }: Order): void {
    this.#tellEnd({ _tag: "Ended", run, token, outcome: unused, emitted: [] });
  }

  cancel(run: string): void {
    const waiting = this.#ahead.withdraw(run);
    if (waiting !== undefined) this.#giveBack(waiting);
    for (const slot of this.#slots) {
      const unbegun = slot.cancel(run);
      if (unbegun !== undefined) this.#giveBack(unbegun.order);
    }
    this.#watch();
  }

  /** Resolves when all threads have exited, or those that have not are known to be zombies. */
  async close(): Promise<void> {
    const { graceMillis, zombieMillis } = this.#options;
    await this.#end(graceMillis, graceMillis + zombieMillis + 1_000);
    const { zombies } = this;
    if (zombies > 0)
      this.#tell({
        _tag: "Capacity",
        warning: `${counted(zombies, "worker thread")} can't be ended: only the end of the process ends them`,
      });
  }

  /** Ends all threads without a grace. Resolves to whether they have exited, after a while that native code may need. */
  async abort(): Promise<boolean> {
    await this.#end(0, abortMillis);
    return this.#slots.every((slot) => slot.isGone);
  }

  async #end(graceMillis: number, patienceMillis: number): Promise<void> {
    this.#closing = true;
    for (const order of this.#ahead.overdue()) this.#giveBack(order);
    for (const slot of this.#slots) slot.close(graceMillis);
    this.#watch();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMillis);
    });
    await Promise.race([Promise.all(this.#slots.map((slot) => slot.closed)), patience]);
    clearTimeout(timer);
  }

  #watch(): void {
    if (this.#pulse !== null) return;
    this.#pulse = setInterval(() => this.#look(), pulseMillis);
    this.#pulse.unref();
  }

  #look(): void {
    const now = performance.now();
    for (const order of this.#ahead.overdue(now)) this.#giveBack(order);
    if (now - this.#endsSince >= endsMillisMax) this.#tellEnds();
    let watched = false;
    for (const slot of this.#slots) {
      for (const late of slot.overdue(now)) this.#giveBack(late.order);
      slot.look(now);
      watched ||= slot.watched;
    }
    if (watched || this.#ahead.size + this.#ends.length > 0 || this.#pulse === null) return;
    clearInterval(this.#pulse);
    this.#pulse = null;
  }
}
