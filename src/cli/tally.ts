// What an engine has done since it started, counted from its notes: per task how its runs ended, which runs go on now, and how many end a second.
import type { EngineNote } from "../core/engine.ts";
import { runStates, type Run, type RunState } from "../core/run.ts";

export interface TaskTally {
  readonly task: string;
  succeeded: number;
  failed: number;
  /** Cancelled, expired or lost. */
  other: number;
  retries: number;
  /** What its attempts took together. */
  millis: number;
}

export interface Current {
  readonly run: Run;
  readonly startedAt: number;
  readonly fraction: number | null;
  readonly message: string | null;
}

const windowMillis = 5_000;

export class Tally {
  /** The URL of the store, for the summary. */
  store = "";
  readonly tasks = new Map<string, TaskTally>();
  /** The runs whose bodies go on, by id. */
  readonly current = new Map<string, Current>();
  readonly beganAt: number;
  /** How many runs are in each state: what the store said last, moved on by the notes since. Claimed runs count as pending until their bodies begin. */
  readonly counts: Record<RunState, number>;
  #skips = 0;
  readonly #ends: number[] = [];

  constructor(now: number) {
    this.beganAt = now;
    this.counts = Object.fromEntries(runStates.map((state) => [state, 0])) as Tally["counts"];
  }

  get skips(): number {
    return this.#skips;
  }

  hear(note: EngineNote, now: number): void {
    switch (note._tag) {
      case "Owed":
        this.#move(null, "pending");
        return;
      case "Skipped":
        this.#skips += note.skip.count;
        return;
      case "Started":
        this.#go(note.run, now, { fraction: null, message: null });
        return;
      case "Progress":
        this.#go(note.run, now, note);
        return;
      case "Ended":
      case "Expired":
        this.#end(note.run, now);
        return;
      default:
    }
  }

  /** How many runs have ended a second, of late. */
  perSecond(now: number): number {
    const span = Math.max(1_000, Math.min(windowMillis, now - this.beganAt));
    const from = now - span;
    const old = this.#ends.findIndex((at) => at > from);
    this.#ends.splice(0, old === -1 ? this.#ends.length : old);
    return (this.#ends.length * 1_000) / span;
  }

  /** What the attempt that a run has just ended took; null if its body never began. */
  tookMillis(run: Run, now: number): number | null {
    const startedAt = run.startedAt ?? this.current.get(run.id)?.startedAt ?? null;
    return startedAt === null ? null : Math.max(0, (run.settledAt ?? now) - startedAt);
  }

  /** The store has counted its runs. */
  recount(runs: Readonly<Record<RunState, number>>): void {
    const open = runs.pending + runs.claimed + runs.running;
    const running = Math.min(open, this.current.size);
    Object.assign(this.counts, runs, { pending: open - running, claimed: 0, running });
  }

  /** A body goes on; its progress may be told before its beginning is. */
  #go(run: Run, now: number, told: Pick<Current, "fraction" | "message">): void {
    const known = this.current.get(run.id);
    if (known === undefined) this.#move("pending", "running");
    const startedAt = known?.startedAt ?? run.startedAt ?? now;
    const { fraction, message } = told.fraction === null ? (known ?? told) : told;
    this.current.set(run.id, { run, startedAt, fraction, message });
  }

  #move(from: RunState | null, to: RunState): void {
    if (from !== null) this.counts[from] = Math.max(0, this.counts[from] - 1);
    this.counts[to] += 1;
  }

  #end(run: Run, now: number): void {
    const task = this.tasks.get(run.task) ?? {
      task: run.task,
      succeeded: 0,
      failed: 0,
      other: 0,
      retries: 0,
      millis: 0,
    };
    this.tasks.set(run.task, task);
    task.millis += this.tookMillis(run, now) ?? 0;
    this.#move(this.current.delete(run.id) ? "running" : "pending", run.state);
    this.#ends.push(now);
    if (run.state === "pending") task.retries += 1;
    else if (run.state === "succeeded" || run.state === "failed") task[run.state] += 1;
    else task.other += 1;
  }
}
