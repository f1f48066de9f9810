// The ledger of one order in hand: a few words of shared memory that say how far it has come, whatever becomes of the messages. Each side moves it by compare-and-set
// alone, so "did the body begin?" and "had it finished before it was killed?" have one answer, the same for both.
//
//   free ──main──→ sent ──thread──→ begun ──thread──→ finished         main: any of those on the right → sent (a later order)
//                    │                └────main────→ doomed
//                    ├──main──→ withdrawn ─thread─→ declined
//                    └──main──────────┴───main────→ abandoned
//
// A thread has several, used in turns, because orders may wait in it behind the one that it runs. The stage stands in one word with the order's number, so that an order
// that was withdrawn before the thread came to it can't begin in the name of a later one.
import { Wish } from "./wire.ts";

export const Stage = {
  free: 0,
  sent: 1,
  begun: 2,
  finished: 3,
  withdrawn: 4,
  doomed: 5,
  abandoned: 6,
  declined: 7,
} as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

/** Of an order whose body will not begin, or has not. */
export const isUnbegun = (stage: Stage): boolean =>
  stage !== Stage.begun && stage !== Stage.finished && stage !== Stage.doomed;

const stageWord = 0;
const wishWord = 1;
/** The instant stands in the second half, which is aligned for a 64-bit number. */
const instantByte = 8;
const bytes = 16;
const stageBits = 3;
export const ledgersPerThread = 16;
/** Numbers count anew after 2^28 orders: long after all that know the former one are gone. */
const numberMask = 0xf_ff_ff_ff;

export class Ledger {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #instant: Float64Array;
  /** Of the order that this side last sent or began. */
  #number = 0;

  constructor(buffer: SharedArrayBuffer = ledgerBuffer(1), index = 0) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, index * bytes, 2);
    this.#instant = new Float64Array(buffer, index * bytes + instantByte, 1);
  }

  get stage(): Stage {
    return (Atomics.load(this.#words, stageWord) & ((1 << stageBits) - 1)) as Stage;
  }

  /** When the body began; milliseconds since the epoch. Means nothing before it has. */
  get begunAt(): number {
    return this.#instant[0] ?? 0;
  }

  get wish(): Wish {
    return Atomics.load(this.#words, wishWord) as Wish;
  }

  /** Main: the order with this number is about to go out. */
  send(number: number): void {
    this.#number = number;
    Atomics.store(this.#words, wishWord, Wish.none);
    Atomics.store(this.#words, stageWord, this.#word(Stage.sent));
  }

  /** Main: takes the order back. False: the body has begun. */
  withdraw(): boolean {
    return this.#move(Stage.sent, Stage.withdrawn);
  }

  /** Main: the thread is going to be ended. False: the body has finished, and its answer is on its way. */
  doom(): boolean {
    return this.#move(Stage.begun, Stage.doomed);
  }

  /** Thread: it has come to an order that was withdrawn. False: the thread is going to be ended, or the words are another order's now. */
  decline(): boolean {
    return this.#move(Stage.withdrawn, Stage.declined);
  }

  /** Main: the thread is going to be ended, because it has not come to this order. False: it has. */
  abandon(): boolean {
    return this.#move(Stage.sent, Stage.abandoned) || this.#move(Stage.withdrawn, Stage.abandoned);
  }

  /** Main: asks the body to end. The first wish holds. */
  ask(wish: Wish): void {
    if (Atomics.compareExchange(this.#words, wishWord, Wish.none, wish) === Wish.none)
      Atomics.notify(this.#words, wishWord);
  }

  /** Thread: the body of the order with this number begins now. False: it was withdrawn. */
  begin(number: number, at: number): boolean {
    this.#number = number;
    this.#instant[0] = at; // Before the move: whoever sees the stage sees the instant.
    return this.#move(Stage.sent, Stage.begun);
  }

  /** Thread: the body has ended by itself. False: the thread is going to be ended, and nobody waits for the answer. */
  finish(): boolean {
    return this.#move(Stage.begun, Stage.finished);
  }

  /** Thread: resolves when the body is asked to end, maybe at once, maybe for no reason. */
  async wished(): Promise<void> {
    const waiting = Atomics.waitAsync(this.#words, wishWord, Wish.none);
    if (waiting.async) await waiting.value;
  }

  #word(stage: Stage): number {
    return ((this.#number & numberMask) << stageBits) | stage;
  }

  #move(from: Stage, to: Stage): boolean {
    const word = this.#word(from);
    return Atomics.compareExchange(this.#words, stageWord, word, this.#word(to)) === word;
  }
}

const ledgerBuffer = (count: number): SharedArrayBuffer => new SharedArrayBuffer(count * bytes);

/** The ledgers of a thread, on either side. */
export class Ledgers {
  readonly buffer: SharedArrayBuffer;
  readonly #all: Ledger[] = [];

  constructor(buffer: SharedArrayBuffer = ledgerBuffer(ledgersPerThread)) {
    this.buffer = buffer;
    for (let index = 0; index < ledgersPerThread; index++)
      this.#all.push(new Ledger(buffer, index));
  }

  /** The one of the order with this number. */
  of(number: number): Ledger {
    return this.#all[number % ledgersPerThread] as Ledger;
  }
}
