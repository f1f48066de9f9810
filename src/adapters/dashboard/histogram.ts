// A histogram as Prometheus reads it: how many values were at most so large.

/** Seconds. */
const bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 3_600] as const;

export class Histogram {
  sum = 0;
  count = 0;
  readonly #counts: number[] = bounds.map(() => 0);

  add(value: number): void {
    this.sum += value;
    this.count += 1;
    const index = bounds.findIndex((bound) => value <= bound);
    if (index !== -1) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** Each bound with the number of values up to it. */
  buckets(): readonly (readonly [bound: number, count: number])[] {
    let sum = 0;
    return bounds.map((bound, index) => [bound, (sum += this.#counts[index] ?? 0)]);
  }
}
