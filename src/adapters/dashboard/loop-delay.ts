// How long the event loop stood still: a timer that ought to ring every half second, and how late it was.
const everyMillis = 500;
const keptMillis = 10_000;

export class LoopDelay {
  readonly #clock: () => number;
  readonly #timer: NodeJS.Timeout;
  #late: { readonly at: number; readonly millis: number }[] = [];
  #expectedAt: number;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#expectedAt = clock() + everyMillis;
    this.#timer = setInterval(() => this.#ring(), everyMillis);
    this.#timer.unref();
  }

  /** The longest of the last ten seconds, one that goes on included. */
  seconds(now: number): number {
    const kept = this.#late.filter(({ at }) => at > now - keptMillis);
    return Math.max(0, now - this.#expectedAt, ...kept.map(({ millis }) => millis)) / 1_000;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #ring(): void {
    const now = this.#clock();
    const millis = Math.max(0, now - this.#expectedAt);
    this.#late = [...this.#late.filter(({ at }) => at > now - keptMillis), { at: now, millis }];
    this.#expectedAt = now + everyMillis;
  }
}
