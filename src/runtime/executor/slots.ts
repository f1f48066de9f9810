// All slots of an executor, the one timer that looks at them, and the talk with whoever listens.
import type { ExecutorEvent, Order } from "../../core/executor.ts";
import { unused } from "./outcome.ts";
import { Scales } from "./payload.ts";
import { Slot, type SlotLinks, type SlotOptions } from "./slot.ts";
import { Wish } from "./wire.ts";

export interface SlotsOptions extends SlotOptions {
  readonly slots: number;
}

const pulseMillis = 5;
const abortMillis = 500;

export class Slots {
  readonly #options: SlotsOptions;
  readonly #slots: readonly Slot[];
  readonly #tell: (event: ExecutorEvent) => void;
  #pulse: ReturnType<typeof setInterval> | null = null;

  constructor(options: SlotsOptions, links: Omit<SlotLinks, "weigh">) {
    this.#options = options;
    this.#tell = links.tell;
    const scales = new Scales((warning) => links.tell({ _tag: "Capacity", warning }));
    const watching: SlotLinks = {
      ...links,
      weigh: (task, what, value) => scales.weigh(task, what, value),
      openThread: (tell) => {
        this.#watch();
        return links.openThread(tell);
      },
    };
    this.#slots = Array.from({ length: options.slots }, () => new Slot(options, watching));
  }

  get capacity(): number {
    return this.#slots.filter((slot) => slot.free).length;
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
    const slot = this.#slots.find((slot) => slot.free);
    if (slot === undefined) {
      // More than there is capacity for. It has not begun, so nothing is lost.
      this.#tell({
        _tag: "Ended",
        run: order.run,
        token: order.token,
        outcome: unused,
        emitted: [],
      });
      return;
    }
    slot.take(order);
    this.#watch();
  }

  cancel(run: string): void {
    for (const slot of this.#slots) if (slot.holds(run)) slot.stop(Wish.cancel);
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
        warning: `${zombies} worker threads can't be ended: only the end of the process ends them`,
      });
  }

  /** Ends all threads without a grace. Resolves to whether they have exited, after a while that native code may need. */
  async abort(): Promise<boolean> {
    await this.#end(0, abortMillis);
    return this.#slots.every((slot) => slot.isGone);
  }

  async #end(graceMillis: number, patienceMillis: number): Promise<void> {
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
    let watched = false;
    for (const slot of this.#slots) {
      slot.look(now);
      watched ||= slot.watched;
    }
    if (watched || this.#pulse === null) return;
    clearInterval(this.#pulse);
    this.#pulse = null;
  }
}
