// The pulse of a store: how many runs ended in each few seconds, and how long they waited and ran. Counts are exact while the pulse is felt: differences of the store's own
// counts. Durations are those of the runs that ended last, at most so many of them at a time; what ended before the pulse was felt first is known from these alone.
import * as Effect from "effect/Effect";
import type { StoreError } from "../../core/errors.ts";
import { isTerminal, type Run, type RunState } from "../../core/run.ts";
import type { StorePort, Summary } from "../../core/store.ts";
import type { Beat } from "./view.ts";

export const beatMillis = 5_000;
const beatsMax = 720;
/** How much of the log is looked at, at first and then each time. */
const firstSignalsMax = 3_000;
const signalsMax = 500;
const samplesMax = 500;

interface Span {
  succeeded: number;
  failed: number;
  other: number;
  readonly waits: number[];
  readonly tooks: number[];
}

export class Pulse {
  readonly #store: StorePort;
  /** By the number of the span: instants divided by its length. */
  readonly #spans = new Map<number, Span>();
  #seen = 0;
  #counts: Summary["runs"] | undefined;

  constructor(store: StorePort) {
    this.#store = store;
  }

  /** Feels the pulse: reads what has ended since the last time. */
  feel(summary: Summary, now: number): Effect.Effect<void, StoreError> {
    return Effect.gen({ self: this }, function* () {
      const before = this.#counts;
      this.#counts = summary.runs;
      if (before !== undefined) this.#count(before, summary.runs, now);
      const ended = yield* this.#ended();
      for (const run of ended) this.#sample(run, before === undefined);
      this.#forget(now);
    });
  }

  /** The last spans up to now, oldest first; the last one is not over. */
  beats(now: number, count: number): readonly Beat[] {
    const last = Math.floor(now / beatMillis);
    return Array.from({ length: count }, (_, index) => {
      const number = last - count + 1 + index;
      const span = this.#spans.get(number) ?? fresh();
      const [waitP50, waitP95] = middleAndTail(span.waits);
      const [tookP50, tookP95] = middleAndTail(span.tooks);
      const { succeeded, failed, other } = span;
      return {
        at: number * beatMillis,
        succeeded,
        failed,
        other,
        waitP50,
        waitP95,
        tookP50,
        tookP95,
      };
    });
  }

  #count(before: Summary["runs"], after: Summary["runs"], now: number): void {
    const gained = (...states: readonly RunState[]): number =>
      states.reduce((sum, state) => sum + Math.max(0, after[state] - before[state]), 0);
    const span = this.#spanAt(now);
    span.succeeded += gained("succeeded");
    span.failed += gained("failed", "lost");
    span.other += gained("cancelled", "expired");
  }

  /** The runs that the log says have ended since the last look, as far as that goes. */
  #ended(): Effect.Effect<readonly Run[], StoreError> {
    return Effect.gen({ self: this }, function* () {
      const newest = yield* this.#store.list("signal", { limit: 1 });
      const seq = newest.rows[0]?.seq ?? 0;
      const most = this.#seen === 0 ? firstSignalsMax : signalsMax;
      const limit = Math.min(seq - this.#seen, most);
      this.#seen = seq;
      if (limit <= 0) return [];
      const { rows } = yield* this.#store.list("signal", { limit });
      const ids = new Set(
        rows.flatMap(({ signal }) =>
          signal._tag === "Status" && signal.state !== "settled" && isOver(signal.state)
            ? [signal.run]
            : [],
        ),
      );
      if (ids.size === 0) return [];
      const runs = yield* this.#store.list("run", { where: { ids: [...ids] }, limit: ids.size });
      return runs.rows;
    });
  }

  #sample(run: Run, isFirst: boolean): void {
    if (run.settledAt === null) return;
    const span = this.#spanAt(run.settledAt);
    if (isFirst) {
      if (run.state === "succeeded") span.succeeded += 1;
      else if (run.state === "failed" || run.state === "lost") span.failed += 1;
      else span.other += 1;
    }
    if (run.startedAt === null || span.tooks.length >= samplesMax) return;
    span.waits.push(Math.max(0, run.startedAt - run.dueAt));
    span.tooks.push(Math.max(0, run.settledAt - run.startedAt));
  }

  #spanAt(at: number): Span {
    const number = Math.floor(at / beatMillis);
    const known = this.#spans.get(number);
    if (known !== undefined) return known;
    const span = fresh();
    this.#spans.set(number, span);
    return span;
  }

  #forget(now: number): void {
    const oldest = Math.floor(now / beatMillis) - beatsMax;
    for (const number of this.#spans.keys()) if (number < oldest) this.#spans.delete(number);
  }
}

const isOver = (state: string): boolean => isTerminal(state as RunState);

const fresh = (): Span => ({ succeeded: 0, failed: 0, other: 0, waits: [], tooks: [] });

/** The median and the 95th of a hundred. */
const middleAndTail = (
  values: readonly number[],
): readonly [median: number | null, tail: number | null] => {
  const ordered = values.toSorted((one, other) => one - other);
  const at = (share: number): number | null =>
    ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? null;
  return [at(0.5), at(0.95)];
};
