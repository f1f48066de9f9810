// One slot: room for one run at a time, and the thread that keeps it. The slot opens its thread, replaces it when it has died, is worn or can't be trusted
// any more, and is taken for as long as any code of its last run might still be running.
import type { ErrorData } from "../../core/errors.ts";
import type { ExecutorEvent, Order } from "../../core/executor.ts";
import { Attempt, type AttemptOptions, type Ended } from "./attempt.ts";
import type { Host, HostEvent } from "./host.ts";
import { isWorn } from "./memory.ts";
import { Wish, type Note } from "./wire.ts";

export interface SlotOptions extends AttemptOptions {
  /** A thread is replaced after so many runs. */
  readonly runsMax: number;
  /** A thread that has not loaded its modules for this long is ended. */
  readonly bootMillis: number;
  /** A thread that has not exited this long after it was ended is a zombie. */
  readonly zombieMillis: number;
}

export interface SlotLinks {
  readonly openThread: (tell: (event: HostEvent) => void) => Host;
  readonly openProcess: (order: Order, tell: (event: HostEvent) => void) => Host;
  readonly tell: (event: ExecutorEvent) => void;
}

type Phase = "opening" | "idle" | "ending" | "resting" | "closed";

const wornPollMillis = 1_000;
const restMillisMax = 30_000;

export class Slot {
  readonly #options: SlotOptions;
  readonly #links: SlotLinks;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #phase: Phase = "resting";
  /** When the phase began, by the monotonic clock. */
  #phaseAt = 0;
  #thread: Host | null = null;
  #attempt: Attempt | null = null;
  #closing = false;
  #zombie = false;
  #spent = false;
  #orders = 0;
  #runs = 0;
  /** Ends in a row that were the thread's fault. */
  #failures = 0;
  #wornAt = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SlotOptions, links: SlotLinks) {
    this.#options = options;
    this.#links = links;
    this.#open();
  }

  get free(): boolean {
    return this.#phase === "idle" && this.#attempt === null && !this.#closing;
  }

  get zombie(): boolean {
    return this.#zombie;
  }

  /** Whether time can change anything here. */
  get watched(): boolean {
    return this.#attempt !== null || this.#phase === "opening" || this.#phase === "ending";
  }

  /** Resolves when the first thread is ready, or has failed to be. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Resolves when this slot is closed and its thread has exited. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  holds(run: string): boolean {
    return this.#attempt?.order.run === run;
  }

  take(order: Order): void {
    const sent = { ...order, number: ++this.#orders };
    const host = order.isolation === "process" ? this.#links.openProcess(order, (event) => this.#hearAttempt(event)) : this.#thread;
    if (host === null) throw new Error("a slot without a thread was taken");
    this.#runs += 1;
    this.#attempt = new Attempt(sent, this.#options, {
      host,
      tell: this.#links.tell,
      ended: (ended) => this.#ended(ended, host),
      ending: () => {
        if (host === this.#thread) this.#enter("ending");
      },
    });
    this.#attempt.begin();
  }

  stop(wish: Wish): void {
    this.#attempt?.stop(wish);
  }

  look(now: number): void {
    this.#attempt?.look(now);
    const since = now - this.#phaseAt;
    if (this.#phase === "opening" && since >= this.#options.bootMillis) {
      this.#warn(`a worker thread has not loaded its modules for ${this.#options.bootMillis} ms, and is being replaced: is there a top-level await that never ends?`);
      this.#failures += 1;
      this.#end();
    }
    if (this.#phase === "ending" && since >= this.#options.zombieMillis && !this.#zombie) {
      this.#zombie = true;
      const what = this.#attempt === null ? "" : `, which ran ${this.#attempt.order.task} (run ${this.#attempt.order.run}),`;
      this.#warn(`a worker thread${what} can't be ended: it has not exited for ${this.#options.zombieMillis} ms. Its slot stays taken`);
    }
  }

  /** Lets go of everything, as soon as it is safe. */
  close(graceMillis: number): void {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#rest);
    if (this.#attempt !== null) this.#attempt.stop(Wish.close, graceMillis);
    else this.#end();
  }

  #open(): void {
    this.#spent = false;
    this.#runs = 0;
    this.#enter("opening");
    this.#thread = this.#links.openThread((event) => this.#hearThread(event));
  }

  #hearThread(event: HostEvent): void {
    if (event._tag === "Ready") this.#ready(event.faults);
    else if (event._tag === "Noted" && event.note._tag === "Leftover") this.#leftover(event.note);
    else if (event._tag === "Gone") this.#gone(event);
    else this.#hearAttempt(event);
  }

  #hearAttempt(event: HostEvent): void {
    if (event._tag === "Answered") this.#attempt?.hearAnswer(event.answer);
    else if (event._tag === "Noted") this.#attempt?.hearNote(event.note);
    else if (event._tag === "Unsendable") this.#attempt?.hearUnsendable(event.error);
    else if (event._tag === "Gone") this.#attempt?.hearGone(event.how, event.error);
  }

  #ready(faults: readonly ErrorData[]): void {
    if (this.#phase !== "opening") return;
    this.#enter("idle");
    this.#opened.resolve();
    if (faults.length === 0) this.#links.tell({ _tag: "Capacity", warning: null });
    for (const fault of faults) this.#warn(`a module with tasks can't be imported: ${fault.message}`);
  }

  #leftover({ run, error }: Note & { _tag: "Leftover" }): void {
    const who = run === null ? "A run" : `Run ${run}`;
    this.#warn(`${who} has left something behind that threw after its end: ${error.name}: ${error.message}. Its thread is being replaced`);
    this.#spent = true;
    if (this.free) this.#end();
  }

  #gone({ how, error }: HostEvent & { _tag: "Gone" }): void {
    const booting = this.#phase === "opening";
    const expected = this.#phase === "ending";
    this.#thread = null;
    this.#zombie = false;
    if (!expected) this.#failures += 1;
    if (booting) this.#warn(`a worker thread has died while it started: ${how}${error === null ? "" : `: ${error.name}: ${error.message}`}`);
    this.#opened.resolve();
    if (this.#closing) this.#enter("closed");
    else this.#reopen(booting ? 250 : 50);
    // An attempt on this thread has ended with it. One in a process of its own goes on.
    if (this.#attempt !== null && this.#attempt.order.isolation === "thread") this.#attempt.hearGone(how, error);
    this.#settleClosed();
  }

  /** The first failure costs nothing; those that follow in a row, ever more. */
  #reopen(stepMillis: number): void {
    const restMillis = this.#failures < 2 ? 0 : Math.min(stepMillis * 2 ** (this.#failures - 1), restMillisMax);
    this.#enter("resting");
    if (restMillis === 0) {
      this.#open();
      return;
    }
    this.#rest = setTimeout(() => this.#open(), restMillis);
    this.#rest.unref();
  }

  #ended({ outcome, emitted, host: state }: Ended, host: Host): void {
    const order = this.#attempt?.order;
    this.#attempt = null;
    if (order === undefined) return;
    if (state === "ready") this.#failures = 0;
    if (state === "unfit") this.#failures += 1;
    const replaced = state === "unfit" || this.#spent || this.#runs >= this.#options.runsMax || this.#closing;
    if (replaced && this.#phase === "idle") this.#end();
    else if (host === this.#thread && this.#phase === "idle") this.#look();
    this.#links.tell({ _tag: "Ended", run: order.run, token: order.token, outcome, emitted });
  }

  /** Replaces a thread whose heap has grown too large, when it is idle. */
  #look(): void {
    const now = performance.now();
    const thread = this.#thread;
    if (thread === null || now - this.#wornAt < wornPollMillis) return;
    this.#wornAt = now;
    void thread.heap().then((heap) => {
      if (heap === undefined || thread !== this.#thread || !isWorn(heap)) return;
      this.#spent = true;
      if (this.free) this.#end();
    });
  }

  #end(): void {
    if (this.#thread === null) {
      if (this.#closing) this.#enter("closed");
      this.#settleClosed();
      return;
    }
    if (this.#phase === "ending") return;
    this.#enter("ending");
    this.#thread.end();
  }

  #settleClosed(): void {
    if (this.#phase === "closed" && this.#attempt === null) this.#closed.resolve();
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseAt = performance.now();
  }

  #warn(warning: string): void {
    this.#links.tell({ _tag: "Capacity", warning });
  }
}
