// Why a run is there: the chain of causes, from its signals to the runs that told them, and so on to what came from outside. Made from rows; plain data.
import type { Json } from "./json.ts";
import type { Run, RunState } from "./run.ts";
import type { StoredSignal } from "./signal.ts";

/** A signal that a run came of. */
export type Cause =
  | {
      readonly _tag: "Event";
      readonly signal: string;
      readonly name: string;
      readonly payload: Json;
      readonly at: number;
      /** The run that emitted it; null: it came from outside. */
      readonly from: Reason | null;
    }
  | {
      readonly _tag: "Move";
      /** As it was heard: the id of a result, a failure or a status. */
      readonly signal: string;
      readonly task: string;
      readonly state: string;
      readonly at: number;
      readonly from: Reason;
    }
  | { readonly _tag: "Occurrence"; readonly signal: string; readonly dueAt: number }
  /** The store has it no more, or it was not among the rows. */
  | { readonly _tag: "Unknown"; readonly signal: string };

/** A run and what it came of. One that was told of before in the same answer has no causes: look there. */
export type Reason =
  | {
      readonly _tag: "Run";
      readonly run: string;
      readonly trigger: string;
      readonly task: string;
      readonly state: RunState;
      readonly createdAt: number;
      readonly causes: readonly Cause[];
    }
  | { readonly _tag: "ToldBefore" | "Unknown"; readonly run: string };

export interface Rows {
  readonly runs: ReadonlyMap<string, Run>;
  /** By their own id, not by the one under which they were heard. */
  readonly signals: ReadonlyMap<string, StoredSignal>;
}

export interface Why {
  readonly reason: Reason;
  /** What the rows lack: with these the answer goes further. Signals by the id under which the log has them. */
  readonly missing: { readonly runs: readonly string[]; readonly signals: readonly string[] };
}

/** The id under which the log has a signal: results and failures are heard of a stored status. Undefined for an occurrence, which the log does not have. */
export const storedIdOf = (heardId: string): string | undefined =>
  heardId.startsWith("{") ? undefined : heardId.replace(/^(?:result|failure):/, "status:");

/** Why the run is there. Runs come later than what they came of, so the chain ends; nothing is told twice. */
export const whyOf = (run: string, rows: Rows): Why => {
  const told = new Set<string>();
  const runs = new Set<string>();
  const signals = new Set<string>();

  const reasonOf = (id: string): Reason => {
    if (told.has(id)) return { _tag: "ToldBefore", run: id };
    const row = rows.runs.get(id);
    if (row === undefined) {
      runs.add(id);
      return { _tag: "Unknown", run: id };
    }
    told.add(id);
    const { trigger, task, state, createdAt } = row;
    return {
      _tag: "Run",
      run: id,
      trigger,
      task,
      state,
      createdAt,
      causes: row.cause.map(causeOf),
    };
  };

  const causeOf = (signal: string): Cause => {
    const storedId = storedIdOf(signal);
    if (storedId === undefined)
      return {
        _tag: "Occurrence",
        signal,
        dueAt: Number(signal.slice(signal.lastIndexOf("@") + 1)),
      };
    const stored = rows.signals.get(storedId);
    if (stored === undefined) {
      signals.add(storedId);
      return { _tag: "Unknown", signal };
    }
    const { at, origin } = stored;
    if (stored.signal._tag === "Event") {
      const { name, payload } = stored.signal;
      const from = origin === null ? null : reasonOf(origin);
      return { _tag: "Event", signal, name, payload, at, from };
    }
    const { task, state } = stored.signal;
    return { _tag: "Move", signal, task, state, at, from: reasonOf(stored.signal.run) };
  };

  const reason = reasonOf(run);
  return { reason, missing: { runs: [...runs], signals: [...signals] } };
};
