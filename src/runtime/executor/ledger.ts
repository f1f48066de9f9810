// The ledger of one thread: a few words of shared memory that say how far the order in hand has come, whatever becomes of the messages. Each side moves it
// by compare-and-set alone, so "did the body begin?" and "had it finished before it was killed?" have one answer, the same for both.
//
//   free ──main──→ sent ──thread──→ begun ──thread──→ finished
//                    └──main──→ withdrawn └──main──→ doomed            main: any of the last three → sent (the next order)
import { Wish } from "./wire.ts";

export const Stage = { free: 0, sent: 1, begun: 2, finished: 3, withdrawn: 4, doomed: 5 } as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

const stageWord = 0;
const wishWord = 1;
/** The instant stands in the second half, which is aligned for a 64-bit number. */
const instantByte = 8;
const bytes = 16;

export class Ledger {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #instant: Float64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(bytes)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, 2);
    this.#instant = new Float64Array(buffer, instantByte, 1);
  }

  get stage(): Stage {
    return Atomics.load(this.#words, stageWord) as Stage;
  }

  /** When the body began; milliseconds since the epoch. Means nothing before it has. */
  get begunAt(): number {
    return this.#instant[0] ?? 0;
  }

  get wish(): Wish {
    return Atomics.load(this.#words, wishWord) as Wish;
  }

  /** Main: an order is about to go out. */
  send(): void {
    Atomics.store(this.#words, wishWord, Wish.none);
    Atomics.store(this.#words, stageWord, Stage.sent);
  }

  /** Main: takes the order back. False: the body has begun. */
  withdraw(): boolean {
    return this.#move(Stage.sent, Stage.withdrawn);
  }

  /** Main: the thread is going to be ended. False: the body has finished, and its answer is on its way. */
  doom(): boolean {
    return this.#move(Stage.begun, Stage.doomed);
  }

  /** Main: asks the body to end. The first wish holds. */
  ask(wish: Wish): void {
    if (Atomics.compareExchange(this.#words, wishWord, Wish.none, wish) === Wish.none)
      Atomics.notify(this.#words, wishWord);
  }

  /** Thread: the body begins now. False: the order was withdrawn. */
  begin(at: number): boolean {
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

  #move(from: Stage, to: Stage): boolean {
    return Atomics.compareExchange(this.#words, stageWord, from, to) === from;
  }
}
