// What an engine has done since it started, counted from its notes: per task how its runs ended, which runs go on now, and how many end a second.
import type { EngineNote } from "../core/engine.ts";
import type { Run } from "../core/run.ts";

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
  fraction: number | null;
  message: string | null;
}

const windowMillis = 5_000;

export class Tally {
  readonly tasks = new Map<string, TaskTally>();
  /** The runs whose bodies go on, by id. */
  readonly current = new Map<string, Current>();
  readonly beganAt: number;
  #skips = 0;
  #owed = 0;
  readonly #ends: number[] = [];

  constructor(now: number) {
    this.beganAt = now;
  }

  get skips(): number {
    return this.#skips;
  }
  get owed(): number {
    return this.#owed;
  }

  hear(note: EngineNote, now: number): void {
    switch (note._tag) {
      case "Owed":
        this.#owed += 1;
        return;
      case "Skipped":
        this.#skips += note.skip.count;
        return;
      case "Started":
        this.current.set(note.run.id, {
          run: note.run,
          startedAt: note.run.startedAt ?? now,
          fraction: null,
          message: null,
        });
        return;
      case "Progress":
        this.#progress(note, now);
        return;
      case "Ended":
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

  #progress(note: EngineNote & { _tag: "Progress" }, now: number): void {
    const { run, fraction, message } = note;
    const known = this.current.get(run.id);
    const startedAt = known?.startedAt ?? run.startedAt ?? now;
    this.current.set(run.id, { run, startedAt, fraction, message });
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
    this.current.delete(run.id);
    this.#ends.push(now);
    if (run.state === "pending") task.retries += 1;
    else if (run.state === "succeeded" || run.state === "failed") task[run.state] += 1;
    else task.other += 1;
  }
}
