// What a store's hint may be about.

/** What may be new. */
export interface News {
  /** Signals to route, others than that a run has begun. */
  readonly log: boolean;
  /** That a run has begun: few triggers ask for it, and there will be more of that run. */
  readonly begun: boolean;
  /** Runs to claim. */
  readonly pending: boolean;
  /** Runs that are over, or have gone back: their concurrency keys have room again. */
  readonly freed: boolean;
  /** Runs whose end a person has asked for. */
  readonly cancels: boolean;
}
