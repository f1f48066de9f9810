// What of a subject people are shown: its store with the values redacted that nobody is to see. Conditions are still asked of the whole values, or they would answer otherwise.
import * as Effect from "effect/Effect";
import type { Json } from "../../core/json.ts";
import { redactOf, type Redact } from "../../core/redact.ts";
import type { Attempt, Run } from "../../core/run.ts";
import type { Signal, StoredSignal } from "../../core/signal.ts";
import type { StorePort, Tables } from "../../core/store.ts";
import type { Subject } from "./subject.ts";

export interface Shown extends Subject {
  /** Nothing that is read here goes into an answer as it is. */
  readonly whole: StorePort;
  readonly hide: Redact;
}

export const shownOf = (subject: Subject, redact: readonly string[]): Shown => {
  const { store } = subject;
  const hide = redactOf(redact);
  return {
    ...subject,
    whole: store,
    hide,
    store: redact.length === 0 ? store : { ...store, list: listOf(store, hide) },
  };
};

type Rows = { readonly [Table in keyof Tables]?: (row: Tables[Table]) => Tables[Table] };

const listOf = (store: StorePort, hide: Redact): StorePort["list"] => {
  const rows: Rows = {
    run: (run) => runOf(run, hide),
    attempt: (attempt) => attemptOf(attempt, hide),
    signal: (stored) => storedOf(stored, hide),
    waiting: (row) => ({
      ...row,
      heard: { ...row.heard, signal: signalOf(row.heard.signal, hide) },
    }),
  };
  return (table, request) =>
    Effect.map(store.list(table, request), (page) => {
      const rowOf = rows[table] as ((row: unknown) => unknown) | undefined;
      return rowOf === undefined ? page : { ...page, rows: page.rows.map(rowOf) as never };
    });
};

const runOf = (run: Run, hide: Redact): Run => ({
  ...run,
  input: hide("input", run.input),
  outcome: run.outcome === null ? null : valuesOf(run.outcome, hide),
});

const attemptOf = (attempt: Attempt, hide: Redact): Attempt => ({
  ...attempt,
  outcome: valuesOf(attempt.outcome, hide),
});

/** Each value of these names, wherever it is kept. */
const valuesOf = <Holder extends object>(holder: Holder, hide: Redact): Holder => {
  const names = ["payload", "input", "result", "error"] as const;
  const values = holder as { readonly [name: string]: Json | undefined };
  const hidden = names.flatMap((name) => {
    const value = values[name];
    return value === undefined || value === null ? [] : [[name, hide(name, value)] as const];
  });
  return { ...holder, ...Object.fromEntries(hidden) };
};

const storedOf = (stored: StoredSignal, hide: Redact): StoredSignal => ({
  ...stored,
  signal: valuesOf(withInputHidden(stored.signal, hide), hide),
});

/** What asks for a run has the run's input as its payload; a command may have one in it. */
const withInputHidden = <Told extends StoredSignal["signal"]>(signal: Told, hide: Redact): Told => {
  if (signal._tag !== "Event" || !signal.name.startsWith("@")) return signal;
  const { name, payload } = signal;
  if (!name.startsWith("@:")) return { ...signal, payload: hide("input", payload) };
  return typeof payload === "object" && payload !== null
    ? { ...signal, payload: valuesOf(payload, hide) }
    : signal;
};

const signalOf = (signal: Signal, hide: Redact): Signal =>
  signal._tag === "Absence" && signal.after !== null
    ? { ...signal, after: signalOf(signal.after, hide) }
    : valuesOf(signal, hide);

/** A value that stands at a path, such as `payload.card.number`, as people are shown it. */
export const hiddenAt = (hide: Redact, path: string, value: Json): Json => {
  const [root = "", ...names] = path.split(".");
  const nested = names.reduceRight<Json>((inner, name) => ({ [name]: inner }), value);
  return names.reduce<Json>(
    (inner, name) =>
      typeof inner === "object" && inner !== null
        ? ((inner as { readonly [key: string]: Json })[name] ?? null)
        : inner,
    hide(root, nested),
  );
};
