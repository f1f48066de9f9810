/** A law that did not hold. */
export interface Violation {
  readonly law: string;
  /** What was expected, and what was found instead. */
  readonly message: string;
  /** The instant at which it was broken, as far as that can be said. */
  readonly at: number;
  /** Ids of the runs and signals that it is about. */
  readonly about: readonly string[];
}
