// One order in hand: from handing it to a host until the host is free of it. Stopping has two phases, the abort signal and, after a grace, the end of the
// host; which of "finished" and "ended" came first is decided by the ledger alone.
//
// Invariants:
// 1. `ended` is called once, and only when no code of the body can run any more, or the body has answered.
// 2. What the body has told is told before the end, in its order.
import type { ErrorData } from "../../core/errors.ts";
import type { ExecutorEvent } from "../../core/executor.ts";
import type { Emitted, Outcome } from "../../core/run.ts";
import type { Use } from "./ahead.ts";
import type { Host, HostEvent } from "./host.ts";
import { isUnbegun, Stage, type Ledger } from "./ledger.ts";
import { heapFault, type Heap } from "./memory.ts";
import { crashed, outcomeOf, refused, stopped, unused } from "./outcome.ts";
import { Wish, type Answer, type BodyNote, type Note, type SentOrder } from "./wire.ts";

export interface AttemptOptions {
  /** Between asking a body to end and ending its thread. */
  readonly graceMillis: number;
  /** A host that has not begun a body for this long is not listening: something that an earlier run left behind keeps it. */
  readonly deafMillis: number;
  /** What then becomes of the run. */
  readonly deafOutcome: Outcome;
  /** The most heap, in bytes, for bodies without a limit of their own; null: as much as V8 can bear. */
  readonly heapBytesMax: number | null;
}

export interface Ended {
  readonly outcome: Outcome;
  readonly emitted: readonly Emitted[];
  /** How long the body ran, if it has answered. */
  readonly millis: number | null;
  /** What the host is good for now. "unfit": it could not load what it needs. */
  readonly host: "ready" | "unfit" | "gone";
}

export interface AttemptLinks {
  readonly host: Host;
  readonly tell: (event: ExecutorEvent) => void;
  readonly ended: (ended: Ended) => void;
  /** The host is being ended. */
  readonly ending: () => void;
}

const heapPollMillis = 50;

export class Attempt {
  readonly order: SentOrder;
  readonly #options: AttemptOptions;
  readonly #links: AttemptLinks;
  readonly #ledger: Ledger;
  /** When it was sent, or the host came to it. */
  readonly #sentAt: number;
  /** By the monotonic clock, as it was noticed. */
  #begunAt: number | null = null;
  /** As it was noticed; the answer was not there by then. */
  #finishedAt: number | null = null;
  #startedTold = false;
  #stop: { readonly wish: Wish; killAt: number } | null = null;
  /** Set when the host is being ended: what to tell when it is gone. */
  #verdict: Outcome | null = null;
  #exit: (Note & { _tag: "Exit" }) | null = null;
  #heapAt = 0;
  #over = false;

  constructor(order: SentOrder, options: AttemptOptions, links: AttemptLinks) {
    this.order = order;
    this.#options = options;
    this.#links = links;
    this.#ledger = links.host.ledgerOf(order.number);
    this.#sentAt = performance.now();
    this.#heapAt = this.#sentAt;
  }

  isOn(host: Host | null): boolean {
    return this.#links.host === host;
  }

  get isStopping(): boolean {
    return this.#stop !== null;
  }

  get use(): Use {
    return { task: this.order.task, since: this.#sentAt };
  }

  /** Not for an order that the host has already. */
  begin(): void {
    this.#links.host.send(this.order);
  }

  /** Asks the body to end. The first wish names the outcome; a later one can only shorten the grace. */
  stop(wish: Wish, graceMillis: number = this.#options.graceMillis): void {
    if (this.#over || this.#verdict !== null) return;
    if (this.#ledger.withdraw()) return; // The host will answer that it has not begun.
    const now = performance.now();
    if (this.#stop === null) {
      this.#stop = { wish, killAt: now + graceMillis };
      this.#links.host.ask(this.order.number, wish);
    } else this.#stop.killAt = Math.min(this.#stop.killAt, now + graceMillis);
    this.#kill(now);
  }

  /** Looks at the clock and the ledger. Called every few milliseconds. */
  look(now: number): void {
    if (this.#over || this.#verdict !== null) return;
    const ledger = this.#ledger;
    const { deafMillis, deafOutcome } = this.#options;
    if (isUnbegun(ledger.stage)) {
      const deaf = now - this.#sentAt >= deafMillis;
      if (deaf && ledger.abandon()) this.#end(deafOutcome);
      return;
    }
    if (ledger.stage === Stage.finished) {
      this.#finishedAt ??= now;
      if (now - this.#finishedAt >= deafMillis)
        this.#end(crashed("its answer has not come, though it had ended", null));
      return;
    }
    this.#begunAt ??= now;
    this.#tellStarted();
    const { timeoutMillis } = this.order;
    if (this.#stop === null && timeoutMillis !== null && now - this.#begunAt >= timeoutMillis)
      this.stop(Wish.timeout);
    this.#kill(now);
    if (now - this.#heapAt >= heapPollMillis) this.#weigh(now);
  }

  hear(event: HostEvent): void {
    if (event._tag === "Noted") this.#hearNote(event.note);
    else if (event._tag === "Answered") this.#hearAnswer(event.answer);
    else if (event._tag === "Unsendable") this.#hearUnsendable(event);
    else if (event._tag === "Gone") this.#hearGone(event.how, event.error);
  }

  #hearUnsendable({ number, error }: HostEvent & { _tag: "Unsendable" }): void {
    if (number === this.order.number)
      this.#finish({ outcome: refused(error), emitted: [], millis: null, host: "ready" });
  }

  #hearNote(note: Note): void {
    if (this.#over || note._tag === "Leftover" || note.number !== this.order.number) return;
    if (note._tag === "Exit") {
      this.#exit = note;
      return;
    }
    this.#tellStarted();
    this.#links.tell(this.#eventOf(note.note));
  }

  #hearAnswer(answer: Answer): void {
    if (this.#over || this.#verdict !== null || answer.number !== this.order.number) return;
    if (answer.end._tag !== "Withdrawn" && answer.end._tag !== "Refused") this.#tellStarted();
    this.#conclude(answer);
  }

  #hearGone(how: string, error: ErrorData | null): void {
    const unbegun = isUnbegun(this.#ledger.stage);
    if (!unbegun) this.#tellStarted();
    const outcome = this.#verdict ?? (unbegun ? unused : this.#crash(how, error));
    this.#finish({ outcome, emitted: [], millis: null, host: "gone" });
  }

  #crash(how: string, error: ErrorData | null): Outcome {
    if (this.#exit === null)
      return crashed(error === null ? how : `${how}: ${error.message}`, error);
    const { code, stack } = this.#exit;
    return crashed(`the task called process.exit(${code})`, {
      name: "Exit",
      message: `process.exit(${code})`,
      stack,
    });
  }

  #conclude(answer: Answer): void {
    const outcome = outcomeOf(answer.end, this.order);
    if (answer.end._tag === "Strayed") this.#end(outcome); // What threw may have left the body running.
    else
      this.#finish({
        outcome,
        emitted: answer.emitted,
        millis: answer.millis,
        host: answer.end._tag === "Refused" ? "unfit" : "ready",
      });
  }

  #kill(now: number): void {
    if (this.#stop === null || now < this.#stop.killAt) return;
    if (!this.#ledger.doom()) return;
    this.#tellStarted(); // It had begun, though nobody has looked since.
    this.#end(stopped(this.#stop.wish, this.order, null));
  }

  #weigh(now: number): void {
    this.#heapAt = Number.POSITIVE_INFINITY; // One look at a time.
    void this.#links.host.heap().then((heap) => {
      this.#heapAt = now;
      if (heap !== undefined && !this.#over && this.#verdict === null) this.#judge(heap);
    });
  }

  #judge(heap: Heap): void {
    const fault = heapFault(heap, this.order.memoryBytes ?? this.#options.heapBytesMax);
    if (fault !== undefined && this.#ledger.doom()) this.#end(crashed(fault, null));
  }

  #end(verdict: Outcome): void {
    this.#verdict = verdict;
    this.#links.ending();
    this.#links.host.end();
  }

  #finish(ended: Ended): void {
    if (this.#over) return;
    this.#over = true;
    this.#links.ended(ended);
  }

  #tellStarted(): void {
    if (this.#startedTold) return;
    this.#startedTold = true;
    const { run, token } = this.order;
    this.#links.tell({ _tag: "Started", run, token, at: this.#ledger.begunAt });
  }

  #eventOf(note: BodyNote): ExecutorEvent {
    const { run, token } = this.order;
    return { ...note, run, token };
  }
}
