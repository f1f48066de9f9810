// What this process has read or written last, kept in memory: the end of the log, runs, lines of pending runs, who is open. Valid exactly as long as the ledger; never
// needed for correctness: after `forget` everything is read from the file again.
import type { Run } from "../../core/run.ts";
import type { StoredSignal } from "../../core/signal.ts";
import type { Generation } from "../../core/store.ts";

export interface PlacedRun {
  readonly place: number;
  readonly run: Run;
  /** Of the longest of its texts, in characters. */
  readonly length: number;
}

/** The pending runs of one task and priority. */
export interface Line {
  readonly task: string;
  readonly priority: number;
  /** Known to be none without a concurrency key. */
  isEmpty: boolean;
  /** Known to be no key with pending runs that is not full. */
  hasNoKeys: boolean;
  /** The limit of the last claim; undefined: not known. */
  keyLimit: number | undefined;
}

const signalsMax = 4_096;
const runsMax = 10_000;
/** In characters of JSON. */
const signalsLengthMax = 8_000_000;
const runLengthMax = 4_096;

export class Recent {
  generation: Generation | null | undefined;
  lines: Map<string, Line[]> | undefined;
  pausedTasks: ReadonlySet<string> | undefined;
  readonly owners = new Map<string, boolean>();
  #runs = new Map<string, PlacedRun>();
  /** A run is in both if it was touched again. */
  #olderRuns = new Map<string, PlacedRun>();
  #signals: StoredSignal[] = [];
  #lengths: number[] = [];
  #length = 0;

  forget(): void {
    this.generation = undefined;
    this.lines = undefined;
    this.pausedTasks = undefined;
    this.owners.clear();
    this.#runs.clear();
    this.#olderRuns.clear();
    this.#drop(this.#signals.length);
  }

  runOf(id: string): PlacedRun | undefined {
    return this.#runs.get(id) ?? this.#olderRuns.get(id);
  }

  /** A large run is not kept; the oldest give way, half of all at a time. */
  keepRun(placed: PlacedRun): PlacedRun {
    const { id } = placed.run;
    if (placed.length > runLengthMax) {
      this.dropRun(id);
      return placed;
    }
    if (this.#runs.size >= runsMax / 2) {
      this.#olderRuns = this.#runs;
      this.#runs = new Map();
    }
    this.#runs.set(id, placed);
    return placed;
  }

  dropRun(id: string): void {
    this.#runs.delete(id);
    this.#olderRuns.delete(id);
  }

  /** Those up to and including this one are purged. */
  dropSignals(through: number): void {
    const [first] = this.#signals;
    if (first !== undefined && first.seq <= through)
      this.#drop(Math.min(through - first.seq + 1, this.#signals.length));
  }

  /** The signal that was stored after all the others. */
  keepSignal(stored: StoredSignal, length: number): void {
    this.#signals.push(stored);
    this.#lengths.push(length);
    this.#length += length;
    if (this.#signals.length > 2 * signalsMax || this.#length > signalsLengthMax)
      this.#drop(Math.ceil(this.#signals.length / 2));
  }

  /** The signals after `seq`, at most `limit`; undefined if not all of them are at hand. */
  signalsAfter(seq: number, limit: number, newest: number): readonly StoredSignal[] | undefined {
    if (seq >= newest || limit === 0) return [];
    const [first] = this.#signals;
    if (first === undefined || first.seq > seq + 1 || this.#signals.at(-1)?.seq !== newest)
      return undefined;
    const start = seq + 1 - first.seq;
    return this.#signals.slice(start, start + limit);
  }

  #drop(count: number): void {
    this.#signals = this.#signals.slice(count);
    for (const length of this.#lengths.splice(0, count)) this.#length -= length;
  }
}
