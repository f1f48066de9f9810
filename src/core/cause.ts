// Why a run is there: the chain of causes, from its signals to the runs that told them, and so on to what came from outside. Made from rows; plain data.
import type { ErrorData } from "./errors.ts";
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
      /** What the run had returned, where that is what was heard. */
      readonly result?: Json;
      readonly error?: Pick<ErrorData, "name" | "message">;
      readonly from: Reason;
    }
  | { readonly _tag: "Occurrence"; readonly signal: string; readonly dueAt: number }
  /** Nothing answered a watch. `since`: when it began, where that is not told by `after`, which started it; null: the trigger's activation did. */
  | {
      readonly _tag: "Absence";
      readonly signal: string;
      readonly since: number | null;
      readonly after: Cause | null;
    }
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

/** The id under which the log has a signal: results and failures are heard of a stored status. Undefined for an occurrence or an absence, which the log does not have. */
export const storedIdOf = (heardId: string): string | undefined =>
  /^(?:\{|absence:)/.test(heardId) ? undefined : heardId.replace(/^(?:result|failure):/, "status:");

/** The instant that an occurrence's id names. */
const dueAtOf = (id: string): number => Number(id.slice(id.lastIndexOf("@") + 1));

/** What an absence's id says: which leaf watched, and since when, or after which signal. Undefined if the id is none of an absence. */
export const readAbsenceId = (
  id: string,
): { readonly leaf: string; readonly since: string | number } | undefined => {
  if (!id.startsWith("absence:")) return undefined;
  // A leaf's key ends with its ordinal; where the key's own text looks like that end, what follows is no pair.
  for (const { index, 0: end } of id.matchAll(/#\d+:(?=\[)/g)) {
    const leaf = id.slice("absence:".length, index + end.length - 1);
    const pair = pairOf(id.slice(index + end.length));
    if (pair !== undefined) return { leaf, since: pair[1] };
  }
  return undefined;
};

const pairOf = (text: string): readonly [string, string | number] | undefined => {
  try {
    const pair = JSON.parse(text) as unknown;
    return Array.isArray(pair) && pair.length === 2
      ? (pair as [string, string | number])
      : undefined;
  } catch {
    return undefined;
  }
};

/** The ids by which rows are looked up for a cause: its own in the log, or that of what started the watch of an absence. */
export const rowIdOf = (heardId: string): string | undefined => {
  const since = readAbsenceId(heardId)?.since;
  return storedIdOf(typeof since === "string" ? since : heardId);
};

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
    if (storedId === undefined) return unstoredCauseOf(signal);
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
    const { task, state, result, error, run: from } = stored.signal;
    return {
      _tag: "Move",
      signal,
      task,
      state,
      at,
      ...(signal.startsWith("result:") && { result: result ?? null }),
      ...(signal.startsWith("failure:") &&
        error !== undefined && { error: { name: error.name, message: error.message } }),
      from: reasonOf(from),
    };
  };

  const unstoredCauseOf = (signal: string): Cause => {
    const absence = readAbsenceId(signal);
    if (absence === undefined) return { _tag: "Occurrence", signal, dueAt: dueAtOf(signal) };
    const { since } = absence;
    return typeof since === "string"
      ? { _tag: "Absence", signal, since: null, after: causeOf(since) }
      : { _tag: "Absence", signal, since, after: null };
  };

  const reason = reasonOf(run);
  return { reason, missing: { runs: [...runs], signals: [...signals] } };
};
