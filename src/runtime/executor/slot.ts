// One slot: room for one run at a time, the thread that keeps it, and the followers in it. The slot opens its thread, replaces it when it has died, is worn or can't be trusted
// any more, and is taken for as long as any code of its last run might still be running.
import type { ErrorData } from "../../core/errors.ts";
import type { ExecutorEvent, Order } from "../../core/executor.ts";
import { placeText, userFrames } from "../../core/frames.ts";
import type { Json } from "../../core/json.ts";
import { Attempt, type AttemptOptions, type Ended } from "./attempt.ts";
import { patienceMillis, type Use, type Waiting } from "./ahead.ts";
import { Follower, Followers } from "./followers.ts";
import type { Host, HostEvent } from "./host.ts";
import { ledgersPerThread } from "./ledger.ts";
import { isWorn } from "./memory.ts";
import { refused, unused } from "./outcome.ts";
import { Wish, type Note, type SentOrder } from "./wire.ts";

export interface SlotOptions extends Omit<AttemptOptions, "deafOutcome"> {
  /** A thread is replaced after so many runs. */
  readonly runsMax: number;
  /** A thread that has not loaded its modules for this long is ended. */
  readonly bootMillis: number;
  /** A thread that has not exited this long after it was ended is a zombie. */
  readonly zombieMillis: number;
}

export interface SlotLinks {
  readonly openThread: (tell: (event: HostEvent) => void) => Host;
  readonly openProcess: (order: SentOrder, tell: (event: HostEvent) => void) => Host;
  readonly tell: (event: ExecutorEvent) => void;
  /** The slot may be free for another run: it has a thread, and what it did before is over. Called before the end of that is told. */
  readonly freed: () => void;
  /** A follower was taken back unbegun. */
  readonly retracted: (waiting: Waiting) => void;
  /** Sees how long bodies take. */
  readonly time: (task: string, millis: number) => void;
  /** Sees what goes to threads and comes from them. */
  readonly weigh: (task: string, what: "input" | "result", value: Json) => void;
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
  readonly #followers = new Followers();
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

  /** Whether time can change anything here. */
  get watched(): boolean {
    return this.#attempt !== null || this.#phase === "opening" || this.#phase === "ending";
  }

  /** Resolves when the first thread is ready, or has failed to be. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Resolves when this slot is closed: its thread has exited, or is known not to. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Whether it is closed and its thread has exited. */
  get isGone(): boolean {
    return this.#phase === "closed";
  }

  /** Whether only the end of the process ends what runs here. */
  get isStuck(): boolean {
    return this.#zombie;
  }

  get isBusy(): boolean {
    return this.#attempt !== null;
  }

  /** What its thread is in use for; undefined: nothing, or what will not leave it free. */
  get use(): Use | undefined {
    const attempt = this.#attempt;
    if (this.#phase === "ending" || attempt?.order.isolation !== "thread") return undefined;
    return attempt.use;
  }

  /** The task of the order that its thread comes to last. */
  get lastTask(): string | undefined {
    return (this.#followers.last ?? this.#attempt)?.order.task;
  }

  get followers(): number {
    return this.#followers.count;
  }

  /** Whether its thread can be handed one more while it runs one. */
  get canFollow(): boolean {
    const attempt = this.#attempt;
    return (
      attempt !== null &&
      attempt.order.isolation === "thread" &&
      !attempt.isStopping &&
      this.#phase === "idle" &&
      this.#orders + 1 - attempt.order.number < ledgersPerThread &&
      this.#runs + this.#followers.count < this.#options.runsMax &&
      !this.#spent &&
      !this.#closing
    );
  }

  take(order: Order): void {
    this.#links.weigh(order.task, "input", order.input);
    const sent = { ...order, number: ++this.#orders };
    const attempt: Attempt =
      order.isolation === "process" ? this.#inProcess(sent) : this.#inThread(sent);
    this.#attempt = attempt;
    attempt.begin();
  }

  /** Hands one more to the thread, which begins it the moment that it has answered those before it. Only if it `canFollow`. */
  follow({ order, since }: Waiting): void {
    this.#links.weigh(order.task, "input", order.input);
    const sent = { ...order, number: ++this.#orders };
    this.#followers.push(new Follower(this.#host(), sent, since));
  }

  /** Takes back the last follower; undefined: there is none that has not begun. */
  retract(): Waiting | undefined {
    return this.#followers.retractLast();
  }

  /** Takes back the followers that have waited for too long. */
  overdue(now: number): Waiting[] {
    return this.#followers.retractOverdue(now - patienceMillis);
  }

  /** Asks a run to end that is here. It is handed back instead if it has not begun and waits. */
  cancel(run: string): Waiting | undefined {
    if (this.#attempt?.order.run === run) {
      this.#attempt.stop(Wish.cancel);
      this.#clear();
      return undefined;
    }
    return this.#followers.cancel(run, this.#options.graceMillis);
  }

  look(now: number): void {
    this.#attempt?.look(now);
    const since = now - this.#phaseAt;
    if (this.#phase === "opening" && since >= this.#options.bootMillis) {
      this.#warn(
        `a worker thread has not loaded its modules for ${this.#options.bootMillis} ms, and is being replaced: is there a top-level await that never ends?`,
      );
      this.#failures += 1;
      this.#opened.resolve();
      this.#end();
    }
    if (this.#phase === "ending" && since >= this.#options.zombieMillis && !this.#zombie) {
      this.#zombie = true;
      const what =
        this.#attempt === null
          ? ""
          : `, which ran ${this.#attempt.order.task} (run ${this.#attempt.order.run}),`;
      this.#warn(
        `a worker thread${what} can't be ended: it has not exited for ${this.#options.zombieMillis} ms. Its slot stays taken`,
      );
      if (this.#closing) this.#closed.resolve();
    }
  }

  /** Lets go of everything, as soon as it is safe. Once more shortens the grace. */
  close(graceMillis: number): void {
    this.#closing = true;
    if (this.#zombie) this.#closed.resolve();
    clearTimeout(this.#rest);
    this.#attempt?.stop(Wish.close, graceMillis);
    this.#clear();
    this.#followers.stop(Wish.close, graceMillis);
    this.#settle();
  }

  #open(): void {
    this.#spent = false;
    this.#runs = 0;
    this.#enter("opening");
    this.#thread = this.#links.openThread((event) => this.#hearThread(event));
  }

  #host(): Host {
    if (this.#thread === null) throw new Error("a slot without a thread was taken");
    return this.#thread;
  }

  #inThread(order: SentOrder, host = this.#host()): Attempt {
    this.#runs += 1;
    return new Attempt(
      order,
      { ...this.#options, deafOutcome: unused },
      {
        host,
        tell: this.#links.tell,
        ended: (ended) => this.#endedInThread(ended),
        ending: () => this.#enter("ending"),
      },
    );
  }

  /** Takes back all that wait in the thread. */
  #clear(): void {
    for (let waiting = this.retract(); waiting !== undefined; waiting = this.retract())
      this.#links.retracted(waiting);
  }

  /** The slot's thread idles meanwhile. */
  #inProcess(order: SentOrder): Attempt {
    const { bootMillis, graceMillis, heapBytesMax } = this.#options;
    const deafOutcome = refused({
      name: "StartError",
      message: `its process has not loaded the modules with tasks for ${bootMillis} ms`,
    });
    const attempt: Attempt = new Attempt(
      order,
      { graceMillis, heapBytesMax, deafMillis: bootMillis, deafOutcome },
      {
        host: this.#links.openProcess(order, (event) => attempt.hear(event)),
        tell: this.#links.tell,
        ended: (ended) => this.#ended(ended),
        ending: () => {},
      },
    );
    return attempt;
  }

  #hearThread(event: HostEvent): void {
    if (event._tag === "Ready") this.#ready(event.faults);
    else if (event._tag === "Noted" && event.note._tag === "Leftover") this.#leftover(event.note);
    else if (event._tag === "Gone") this.#gone(event);
    else if (!this.#followers.hear(event)) this.#attempt?.hear(event);
  }

  #ready(faults: readonly ErrorData[]): void {
    if (this.#phase !== "opening") return;
    this.#enter("idle");
    this.#opened.resolve();
    this.#links.freed();
    if (faults.length === 0) this.#links.tell({ _tag: "Capacity", warning: null });
    for (const { message, stack } of faults) {
      const [frame] = userFrames(stack);
      const place = frame === undefined ? "" : ` (${placeText(frame)})`;
      this.#warn(`a module with tasks can't be imported: ${message}${place}`);
    }
  }

  #leftover({ run, error }: Note & { _tag: "Leftover" }): void {
    // What one run left behind may throw again and again.
    if (this.#spent || this.#phase === "ending") return;
    const who = run === null ? "A module with tasks, or a run," : `Run ${run}`;
    this.#warn(
      `${who} has left something behind that threw: ${error.name}: ${error.message}. Its thread is being replaced`,
    );
    // If it was a module, the next thread will go the same way: not without a rest.
    if (run === null) this.#failures += 1;
    this.#spent = true;
    this.#settle();
  }

  #gone(event: HostEvent & { _tag: "Gone" }): void {
    const { how, error } = event;
    const booting = this.#phase === "opening";
    const expected = this.#phase === "ending";
    const thread = this.#thread;
    this.#thread = null;
    this.#zombie = false;
    if (!expected) this.#failures += 1;
    if (booting)
      this.#warn(
        `a worker thread has died while it started: ${how}${error === null ? "" : `: ${error.name}: ${error.message}`}`,
      );
    this.#opened.resolve();
    if (!this.#closing) this.#reopen(booting ? 250 : 50);
    // What it was running has ended with it, and what it had begun after that. An attempt in a process of its own goes on.
    for (let heard: Attempt | null = null; this.#attempt !== heard;) {
      heard = this.#attempt;
      if (heard?.isOn(thread) === true) heard.hear(event);
    }
    this.#settle();
  }

  /** The first failure costs nothing; those that follow in a row, ever more. */
  #reopen(stepMillis: number): void {
    const restMillis =
      this.#failures < 2 ? 0 : Math.min(stepMillis * 2 ** (this.#failures - 1), restMillisMax);
    this.#enter("resting");
    if (restMillis === 0) {
      this.#open();
      return;
    }
    this.#rest = setTimeout(() => this.#open(), restMillis);
    this.#rest.unref();
  }

  #endedInThread(ended: Ended): void {
    if (ended.host === "ready") this.#failures = 0;
    if (ended.host === "unfit") this.#failures += 1;
    if (ended.host === "unfit" || this.#runs >= this.#options.runsMax) this.#spent = true;
    this.#ended(ended);
  }

  #ended({ outcome, emitted, millis }: Ended): void {
    const order = this.#attempt?.order;
    if (order === undefined) return;
    this.#attempt = null;
    const catchUp = this.#advance();
    this.#settle();
    this.#look();
    if (millis !== null) this.#links.time(order.task, millis);
    this.#links.freed();
    if (outcome._tag === "Succeeded") this.#links.weigh(order.task, "result", outcome.result);
    this.#links.tell({ _tag: "Ended", run: order.run, token: order.token, outcome, emitted });
    catchUp?.();
  }

  /**
   * The first follower becomes the order in hand, unless its thread is not to be used any more and has not begun it. To be called when the end of the one before is told: what
   * makes up for lost time.
   */
  #advance(): (() => void) | undefined {
    const isWanted = this.#followers.first?.host === this.#thread && !this.#spent && !this.#closing;
    if (!isWanted) this.#clear();
    const follower = this.#followers.shift();
    if (follower === undefined) return undefined;
    const attempt = this.#inThread(follower.order, follower.host);
    this.#attempt = attempt;
    return () => follower.catchUp(attempt);
  }

  /** Replaces a thread whose heap has grown too large, as soon as it is idle. */
  #look(): void {
    const now = performance.now();
    const thread = this.#thread;
    if (thread === null || this.#phase !== "idle" || now - this.#wornAt < wornPollMillis) return;
    this.#wornAt = now;
    void thread.heap().then((heap) => {
      if (heap === undefined || thread !== this.#thread || !isWorn(heap)) return;
      this.#spent = true;
      this.#settle();
    });
  }

  /** Lets go of a thread that is not wanted any more, unless a run still needs this slot. */
  #settle(): void {
    if (this.#attempt !== null) return;
    if (this.#thread !== null && (this.#spent || this.#closing)) this.#end();
    if (this.#thread !== null || !this.#closing) return;
    this.#enter("closed");
    this.#closed.resolve();
  }

  #end(): void {
    if (this.#phase === "ending") return;
    this.#enter("ending");
    this.#thread?.end();
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseAt = performance.now();
  }

  #warn(warning: string): void {
    this.#links.tell({ _tag: "Capacity", warning });
  }
}
