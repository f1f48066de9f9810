// What of a subject people are shown: its store with the values redacted that nobody is to see. Conditions are still asked of the whole values, or they would answer otherwise.
import * as Effect from "effect/Effect";
import type { Json } from "../../core/json.ts";
import { redactOf, signalShown, valuesShown, type Redact } from "../../core/redact.ts";
import type { Attempt, Run } from "../../core/run.ts";
import type { Signal } from "../../core/signal.ts";
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
    signal: (stored) => ({ ...stored, signal: signalShown(stored.signal, hide) }),
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
  outcome: run.outcome === null ? null : valuesShown(run.outcome, hide),
});

const attemptOf = (attempt: Attempt, hide: Redact): Attempt => ({
  ...attempt,
  outcome: valuesShown(attempt.outcome, hide),
});

const signalOf = (signal: Signal, hide: Redact): Signal =>
  signal._tag === "Absence" && signal.after !== null
    ? { ...signal, after: signalOf(signal.after, hide) }
    : signalShown(signal, hide);

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
