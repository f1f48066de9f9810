// An engine's inbox: the stream to which workers add their words. What was heard is taken out, so the stream is read from its beginning each time: what was added while the engine
// could not reach Redis is heard afterwards, and what is heard twice says the same twice.
import type { Redis } from "ioredis";
import { answered } from "./redis.ts";
import { readWord, type Word } from "./word.ts";

const countMax = 500;
/** Then the server answers at the latest, so that a connection that is dead is noticed. */
const blockMillis = 5_000;
const pauseMillis = 200;

interface Ears {
  /** The key in Redis that is needed no more after it. */
  readonly hear: (word: Word) => string | null;
  readonly warn: (warning: string) => void;
}

type Entry = readonly [id: string, fields: readonly string[]];

export class Inbox {
  readonly #reader: Redis;
  readonly #key: string;
  readonly #ears: Ears;
  #isClosed = false;
  #endPause: (() => void) | undefined;

  constructor(reader: Redis, key: string, ears: Ears) {
    this.#reader = reader;
    this.#key = key;
    this.#ears = ears;
    void this.#listen();
  }

  close(): void {
    this.#isClosed = true;
    this.#endPause?.();
  }

  /** Hears, by another connection, all that is there now. */
  async catchUp(client: Redis): Promise<void> {
    for (const entry of await client.xrange(this.#key, "-", "+")) this.#hear(entry);
  }

  async #listen(): Promise<void> {
    while (!this.#isClosed) {
      // oxlint-disable-next-line no-await-in-loop -- one look after the other
      const entries = await this.#next().catch(() => undefined);
      if (entries === undefined) {
        if (this.#isClosed) return;
        // oxlint-disable-next-line no-await-in-loop
        await this.#pause();
        continue;
      }
      const spent = entries.map((entry) => this.#hear(entry)).filter((key) => key !== null);
      // The next look is behind these on the same connection.
      if (entries.length > 0)
        this.#reader.xdel(this.#key, ...entries.map(([id]) => id)).catch(() => undefined);
      if (spent.length > 0) this.#reader.del(...spent).catch(() => undefined);
    }
  }

  async #next(): Promise<readonly Entry[]> {
    const wait = ["COUNT", countMax, "BLOCK", blockMillis, "STREAMS", this.#key, "0"] as const;
    const reply = await answered(this.#reader, this.#reader.xread(...wait));
    return reply?.[0]?.[1] ?? [];
  }

  #hear([, fields]: Entry): string | null {
    const word = readWord(fields[1] ?? "");
    if (word !== undefined) return this.#ears.hear(word);
    this.#ears.warn(
      "a worker of detent/bullmq said what this version does not know; give engines and workers the same version",
    );
    return null;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMillis);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
