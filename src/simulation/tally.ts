// What has come of the plans that were played, all together.
import { mixed, numberOf } from "../core/simulation/chance.ts";
import { kindOf, type FaultKind } from "../core/simulation/fault.ts";
import { unmodelledOf } from "../core/simulation/owed.ts";
import type { Played } from "../core/simulation/play.ts";
import type { SimulationReport } from "./report.ts";

/** What is counted of a plan that was played: plain data, for it may have been played in another thread. */
export interface Digest {
  readonly steps: number;
  readonly owed: number;
  readonly traceHash: string;
  readonly seen: readonly string[];
  readonly faults: readonly FaultKind[];
  readonly expected: readonly (readonly [FaultKind, number])[];
  readonly unmodelled: readonly string[];
  /** No law was broken. */
  readonly isClean: boolean;
  /** Why nothing was owed, as far as a skip tells; null: none does. */
  readonly skipped: string | null;
}

export const digestOf = (result: Played): Digest => ({
  steps: result.steps,
  owed: result.world.store.mirror.runs.length - result.world.store.mirror.runsBefore,
  traceHash: result.traceHash,
  seen: [...result.seen],
  faults: result.faults.map(kindOf),
  expected: [...result.expected],
  unmodelled: unmodelledOf(result.world.editions),
  isClean: result.violations.length === 0,
  skipped: skippedIn(result),
});

const skippedIn = ({ world }: Played): string | null => {
  const [skip] = world.store.mirror.skips;
  if (skip === undefined) return null;
  const detail = skip.detail === null ? "" : ` (${skip.detail.split("\n", 1)[0]})`;
  return `${skip.trigger}: ${skip.reason}${detail}`;
};

/** A kind of fault that should have happened so often, and never did, is no coincidence. */
const expectedMin = 8;

export class Tally {
  readonly #traces = new Set<string>();
  readonly #faults = new Map<FaultKind, number>();
  readonly #expected = new Map<FaultKind, number>();
  readonly #seen = new Set<string>();
  #skipped: string | null = null;
  #hash = 0;
  #runs = 0;
  #steps = 0;
  #owed = 0;
  #unmodelled: readonly string[] = [];

  /** How many runs were owed. */
  get owed(): number {
    return this.#owed;
  }

  add({ steps, owed, traceHash, seen, faults, expected, unmodelled, skipped }: Digest): void {
    this.#skipped ??= skipped;
    this.#runs += 1;
    this.#steps += steps;
    this.#owed += owed;
    this.#traces.add(traceHash);
    this.#hash = mixed(this.#hash, numberOf(traceHash));
    this.#unmodelled = unmodelled;
    for (const law of seen) this.#seen.add(law);
    for (const kind of faults) this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
    for (const [kind, times] of expected)
      this.#expected.set(kind, (this.#expected.get(kind) ?? 0) + times);
  }

  /** @param laws the names of what should have held sometimes */
  report(
    laws: readonly string[],
  ): Omit<SimulationReport, "seed" | "violations" | "isExhausted" | "saved"> {
    return {
      runs: this.#runs,
      distinct: this.#traces.size,
      steps: this.#steps,
      vacuous: this.#vacuous(laws),
      traceHash: this.#hash.toString(16).padStart(8, "0"),
      faults: Object.fromEntries([...this.#faults].sort(byName)),
      unmodelled: this.#unmodelled,
    };
  }

  #vacuous(laws: readonly string[]): readonly string[] {
    const vacuous: string[] = [];
    if (this.#owed === 0)
      vacuous.push(
        `no run was owed in any plan; ${this.#skipped === null ? "no trigger was satisfied" : `the first skip is of ${this.#skipped}`}`,
      );
    for (const [kind, times] of [...this.#expected].sort(byName))
      if (times >= expectedMin && !this.#faults.has(kind))
        vacuous.push(`the fault ${JSON.stringify(kind)} never happened`);
    for (const law of laws) if (!this.#seen.has(law)) vacuous.push(`sometimes: ${law} never held`);
    return vacuous;
  }
}

const byName = ([one]: readonly [string, number], [other]: readonly [string, number]): number =>
  one < other ? -1 : 1;
