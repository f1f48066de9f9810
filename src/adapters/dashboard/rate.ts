// A limit on how often: each address has a bucket that fills again with time, and takes one from it for each request.
const addressesMax = 1_000;

interface Bucket {
  left: number;
  at: number;
}

export class Rate {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: { readonly perSecond: number; readonly burst: number }) {
    this.#perSecond = limit.perSecond;
    this.#burst = limit.burst;
  }

  /** Takes one; false if there is none left. `now` in milliseconds. */
  take(address: string, now: number): boolean {
    const bucket = this.#filled(address, now);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }

  /** Whether there is one to take. */
  has(address: string, now: number): boolean {
    return this.#filled(address, now).left >= 1;
  }

  #filled(address: string, now: number): Bucket {
    const known = this.#buckets.get(address) ?? { left: this.#burst, at: now };
    const gained = (Math.max(0, now - known.at) / 1_000) * this.#perSecond;
    const bucket = { left: Math.min(this.#burst, known.left + gained), at: now };
    // Put at the end, so that the first is the one that asked longest ago.
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > addressesMax && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}
