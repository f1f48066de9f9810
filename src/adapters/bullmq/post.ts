// A worker's post: its words, to the engines that have commissioned it, in the order in which it says them. What must arrive is sent until Redis has taken it. Redis itself may forget
// its last second when it is killed, so a worker says anew how runs have ended that ended shortly before it lost the connection: who hears it twice hears the same.
import type { Redis } from "ioredis";
import { doneKeyOf, jobIdOf, wordsKeyOf, wordsMillis, type Place } from "./place.ts";
import { atMost } from "./patience.ts";
import { pipelined } from "./redis.ts";
import type { Word } from "./word.ts";

interface Letter {
  readonly engine: string;
  readonly text: string;
  /** The job that it ends. */
  readonly ends: string | null;
  readonly sent: () => void;
}

const batchMax = 200;
/** Progress and lines of logs are left out while so many words wait. */
const waitingMax = 1_000;
const retryMillisMax = 5_000;
/** Redis writes its log to the disk every second. */
const forgottenMillis = 5_000;
const againMax = 5_000;

export class Post {
  readonly #client: Redis;
  readonly #place: Place;
  readonly #warn: (warning: string) => void;
  readonly #waiting: Letter[] = [];
  #ended: { readonly letter: Letter; readonly at: number }[] = [];
  #isSending = false;
  readonly #closed = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(client: Redis, place: Place, warn: (warning: string) => void) {
    this.#client = client;
    this.#place = place;
    this.#warn = warn;
  }

  /** Resolves when Redis has taken it; for progress and logs, when it was taken or left out. */
  say(engine: string, word: Word): Promise<void> {
    const mayMiss = word._tag === "Progress" || word._tag === "Logged";
    const isBusy = this.#client.status !== "ready" || this.#waiting.length >= waitingMax;
    if (mayMiss && isBusy) return Promise.resolve();
    return new Promise((sent) => {
      const ends = word._tag === "Ended" ? jobIdOf(word) : null;
      this.#waiting.push({ engine, text: JSON.stringify(word), ends, sent });
      // Those that are said in one go are sent in one.
      if (!this.#isSending) {
        this.#isSending = true;
        setImmediate(() => void this.#send());
      }
    });
  }

  /** What was said long ago is on the disk. */
  forgetOld(): void {
    const since = performance.now() - forgottenMillis;
    const isOld = (at: number): boolean => at < since || this.#ended.length > againMax;
    while (this.#ended[0] !== undefined && isOld(this.#ended[0].at)) this.#ended.shift();
  }

  /** The connection is there again. */
  sayAgain(): void {
    const letters = this.#ended.map(({ letter }) => ({ ...letter, sent: () => undefined }));
    this.#ended = [];
    this.#waiting.push(...letters);
    if (this.#isSending || letters.length === 0) return;
    this.#isSending = true;
    void this.#send();
  }

  /** What is not sent yet, never is. */
  close(): void {
    this.#isClosed = true;
    this.#closed.resolve();
  }

  async #send(): Promise<void> {
    for (let failures = 0; this.#waiting.length > 0 && !this.#isClosed;) {
      const batch = this.#waiting.slice(0, batchMax);
      try {
        // oxlint-disable-next-line no-await-in-loop -- their order is kept
        await this.#sendBatch(batch);
        failures = 0;
        this.#waiting.splice(0, batch.length);
        for (const letter of batch) this.#sent(letter);
      } catch (error) {
        if (this.#client.status === "ready" && !this.#isClosed)
          this.#warn(
            `Redis does not take outcomes: ${error instanceof Error ? error.message : String(error)}; trying again`,
          );
        const millis = Math.min(retryMillisMax, 50 * 2 ** failures++);
        // oxlint-disable-next-line no-await-in-loop
        await atMost(millis, this.#closed.promise);
      }
    }
    this.#isSending = false;
  }

  async #sendBatch(batch: readonly Letter[]): Promise<void> {
    const engines = new Set(batch.map(({ engine }) => engine));
    await pipelined(this.#client, [
      ...batch.map(
        ({ engine, text }) => ["xadd", wordsKeyOf(this.#place, engine), "*", "word", text] as const,
      ),
      ...batch.flatMap(({ ends }) =>
        ends === null
          ? []
          : [["set", doneKeyOf(this.#place, ends), "1", "PX", wordsMillis] as const],
      ),
      // Nobody empties the stream of an engine that is gone.
      ...[...engines].map(
        (engine) => ["pexpire", wordsKeyOf(this.#place, engine), wordsMillis] as const,
      ),
    ]);
  }

  #sent(letter: Letter): void {
    letter.sent();
    if (letter.ends === null) return;
    this.#ended.push({ letter, at: performance.now() });
    this.forgetOld();
  }
}
