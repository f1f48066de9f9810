// What an engine of this process tells while it goes on and no store keeps: how far bodies have got and what they log. Bounded; the oldest gives way. It also counts how
// runs ended, for /metrics.
import type { EngineNote } from "../../core/engine.ts";
import type { Run } from "../../core/run.ts";
import { formatInstant } from "../../core/instant.ts";
import { Histogram } from "./histogram.ts";
import type { Progress } from "./row.ts";
import type { LogLine } from "./view.ts";

const runsMax = 500;
const linesMax = 500;
const lineLengthMax = 4_000;

/** Per task, since the engine started. */
export interface Ends {
  readonly byState: Map<string, number>;
  readonly tookSeconds: Histogram;
  readonly waitSeconds: Histogram;
}

export class Notes {
  readonly ends = new Map<string, Ends>();
  retries = 0;
  #hasEngine = false;
  readonly #progress = new Map<string, Progress>();
  readonly #logs = new Map<string, LogLine[]>();
  readonly #startedAt = new Map<string, number>();
  readonly #listeners = new Set<() => void>();

  /** Whether an engine of this process has told anything, or is about to. */
  get hasEngine(): boolean {
    return this.#hasEngine;
  }

  attend(): void {
    this.#hasEngine = true;
  }

  hear(note: EngineNote, now: number): void {
    this.#hasEngine = true;
    switch (note._tag) {
      case "Started":
        this.#startedAt.set(note.run.id, note.run.startedAt ?? now);
        return;
      case "Progress":
        this.#progress.set(note.run.id, { fraction: note.fraction, message: note.message });
        break;
      case "Logged":
        this.#log(note, now);
        break;
      case "Ended":
        this.#end(note.run, now);
        return;
      default:
        return;
    }
    for (const told of this.#listeners) told();
  }

  /** Calls the listener when there is progress or a line; what becomes of runs the store tells. */
  listen(listener: () => void): () => void {
    const told = (): void => listener();
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  progressOf(run: string): Progress | undefined {
    return this.#progress.get(run);
  }

  /** Since when the body goes on, before the store knows. */
  startedAtOf(run: string): number | undefined {
    return this.#startedAt.get(run);
  }

  logsOf(run: string): readonly LogLine[] {
    return this.#logs.get(run) ?? [];
  }

  #log(note: EngineNote & { readonly _tag: "Logged" }, now: number): void {
    const { run, level } = note;
    const lines = this.#logs.get(run.id) ?? [];
    this.#logs.delete(run.id);
    this.#logs.set(run.id, lines);
    const message = note.message.slice(0, lineLengthMax);
    lines.push({ at: formatInstant(now), attempt: run.attempt, level, message });
    if (lines.length > linesMax) lines.shift();
    const [oldest] = this.#logs.keys();
    if (this.#logs.size > runsMax && oldest !== undefined) this.#logs.delete(oldest);
  }

  #end(run: Run, now: number): void {
    const startedAt = run.startedAt ?? this.#startedAt.get(run.id);
    this.#startedAt.delete(run.id);
    this.#progress.delete(run.id);
    if (run.state === "pending") {
      this.retries += 1;
      return;
    }
    const ends = this.#endsOf(run.task);
    ends.byState.set(run.state, (ends.byState.get(run.state) ?? 0) + 1);
    if (startedAt === undefined) return;
    ends.tookSeconds.add(Math.max(0, (run.settledAt ?? now) - startedAt) / 1_000);
    ends.waitSeconds.add(Math.max(0, startedAt - run.dueAt) / 1_000);
  }

  #endsOf(task: string): Ends {
    const known = this.ends.get(task);
    if (known !== undefined) return known;
    const fresh: Ends = {
      byState: new Map(),
      tookSeconds: new Histogram(),
      waitSeconds: new Histogram(),
    };
    this.ends.set(task, fresh);
    return fresh;
  }
}
