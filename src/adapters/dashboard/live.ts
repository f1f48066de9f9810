// Live updates: one overview for all who watch, made anew when the store or an engine of this process hints that something has changed, but never so often that making it
// takes more than a tenth of the time.
import * as Effect from "effect/Effect";
import * as Queue from "effect/Queue";
import * as Stream from "effect/Stream";
import type { StoreError } from "../../core/errors.ts";
import { overviewOf, type Watching } from "./overview.ts";
import { beatMillis } from "./pulse.ts";
import type { Overview } from "./view.ts";

const pauseMillisMin = 200;
/** Without a hint: what is due comes closer, and engines of other processes may have died. */
const lookMillis = 2_000;
/** A watcher that hears nothing for longer may think the connection lost. */
const silenceMillisMax = 10_000;

export class Live {
  readonly #watching: Watching;
  readonly #clock: () => number;
  readonly #onFault: (fault: unknown) => void;
  readonly #watchers = new Set<(overview: Overview) => void>();
  #deafen: readonly (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #pulse: NodeJS.Timeout;
  #isLooking = false;
  #isOwed = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #tookMillis = 0;
  #toldAt = 0;
  #version = 0;
  #text = "";

  constructor(
    watching: Watching,
    options: { readonly clock: () => number; readonly onFault: (fault: unknown) => void },
  ) {
    this.#watching = watching;
    this.#clock = options.clock;
    this.#onFault = options.onFault;
    // Somebody who opens a page wants to see the last minutes, too.
    this.#pulse = setInterval(() => this.#feel(), beatMillis);
    this.#pulse.unref();
  }

  /** How many watch. */
  get size(): number {
    return this.#watchers.size;
  }

  overview(): Effect.Effect<Overview, StoreError> {
    return Effect.map(overviewOf(this.#watching), (overview) => {
      const { at: _, beats: __, ...rest } = overview;
      const text = JSON.stringify(rest);
      if (text !== this.#text) this.#version += 1;
      this.#text = text;
      return { ...overview, version: this.#version };
    });
  }

  /** The overview now and whenever it has changed. A slow reader misses some, never the last. */
  stream(): Stream.Stream<Overview> {
    return Stream.callback<Overview>(
      (queue) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            const tell = (overview: Overview): void => void Queue.offerUnsafe(queue, overview);
            this.#watchers.add(tell);
            if (this.#watchers.size === 1) this.#attend();
            this.#toldAt = 0;
            this.#look();
            return tell;
          }),
          (tell) =>
            Effect.sync(() => {
              this.#watchers.delete(tell);
              if (this.#watchers.size === 0) this.#ignore();
            }),
        ),
      { bufferSize: 1, strategy: "sliding" },
    );
  }

  close(): void {
    clearInterval(this.#pulse);
    this.#ignore();
  }

  #attend(): void {
    const { subject, notes } = this.#watching;
    const hint = (): void => this.#hint();
    this.#deafen = [subject.store.changes(hint), notes.listen(hint)];
    this.#schedule(lookMillis);
  }

  #ignore(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const deafen of this.#deafen) deafen();
    this.#deafen = [];
  }

  #hint(): void {
    if (this.#isOwed || this.#watchers.size === 0) return;
    this.#isOwed = true;
    const pause = Math.max(pauseMillisMin, this.#tookMillis * 10);
    this.#schedule(Math.max(0, this.#lookedAt + pause - this.#clock()));
  }

  #schedule(millis: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), millis);
    this.#timer.unref();
  }

  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#isOwed = false;
    const before = this.#version;
    const from = this.#clock();
    this.#lookedAt = from;
    const told = (overview: Overview): void => {
      const now = this.#clock();
      this.#tookMillis = now - from;
      const isNews = overview.version !== before || now - this.#toldAt >= silenceMillisMax;
      if (!isNews) return;
      this.#toldAt = now;
      for (const watcher of this.#watchers) watcher(overview);
    };
    // A store that can't answer now is told by the pages and /readyz; the next look tries again.
    const look = Effect.ignore(Effect.map(this.overview(), told));
    void this.#run(look).finally(() => {
      this.#isLooking = false;
      if (this.#watchers.size > 0 && !this.#isOwed) this.#schedule(lookMillis);
    });
  }

  #feel(): void {
    if (this.#watchers.size > 0) return;
    const { subject, pulse } = this.#watching;
    const feel = Effect.gen(function* () {
      yield* pulse.feel(yield* subject.store.summary, yield* subject.store.now);
    });
    void this.#run(Effect.ignore(feel));
  }

  #run(look: Effect.Effect<void>): Promise<void> {
    return Effect.runPromise(look).catch(this.#onFault);
  }
}
