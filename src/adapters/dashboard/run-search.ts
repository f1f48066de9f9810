// A search through the runs. What an id leads to is looked up; the rest is looked through from the newest, for so long that an answer stays an answer: it says how far it has
// looked, and the next one goes on there. The pages ask again by themselves.
import * as Effect from "effect/Effect";
import { signalKeyOf } from "../../core/condition.ts";
import type { StoreError } from "../../core/errors.ts";
import { signalNamed } from "../../core/evidence.ts";
import { runIdOf } from "../../core/run-id.ts";
import type { Run } from "../../core/run.ts";
import { heardOf, type StoredSignal } from "../../core/signal.ts";
import type { Where } from "../../core/store.ts";
import { knownOf } from "./known.ts";
import type { Subject } from "./subject.ts";

/** How long one answer looks; the page that is being read then is still read to its end. */
const lookMillis = 25;
const pageSize = 500;
/** Of so many triggers those are asked whose runs a signal may have caused alone. */
const triggersMax = 1_000;

export interface Search {
  readonly where: Where;
  readonly limit: number;
  readonly after: string | undefined;
  /** As they were typed. */
  readonly words: string;
}

interface Found {
  readonly rows: readonly Run[];
  readonly next: string | null;
  /** How many runs were looked at. */
  readonly searched: number;
  /** When the oldest of them was created; null: none was looked at. */
  readonly searchedTo: number | null;
}

/** Runs that have the words in their id or task, their input, their outcome, or the id of a signal that caused them. */
export const searched = (
  subject: Subject,
  { where, limit, after, words }: Search,
): Effect.Effect<Found, StoreError> =>
  Effect.gen(function* () {
    const { store } = subject;
    const began = performance.now();
    if (after === undefined) {
      // A whole id is found wherever it lies.
      const { rows } = yield* store.list("run", { where: { ids: [idOf(words)] }, limit: 1 });
      const [run] = rows;
      if (run !== undefined) return { rows, next: null, searched: 1, searchedTo: run.createdAt };
    }
    const ids = yield* idsCausedBy(subject, words);
    const caused =
      ids.length === 0 || after !== undefined
        ? { rows: [] }
        : yield* store.list("run", { where: { ...where, ids }, limit: triggersMax });
    const rows: Run[] = [...caused.rows];
    const known = new Set(ids);
    const lower = words.toLowerCase();
    let seen = 0;
    let last: Run | undefined;
    let next: string | null | undefined = after;
    // However many were known before: those that an event has caused together with others are found by looking.
    while (next !== null && (rows.length < limit || last === undefined)) {
      const page: { readonly rows: readonly Run[]; readonly next: string | null } =
        yield* store.list("run", { where, limit: pageSize, after: next });
      rows.push(...page.rows.filter((run) => !known.has(run.id) && hasWords(run, lower)));
      seen += page.rows.length;
      last = page.rows.at(-1) ?? last;
      next = page.next;
      if (performance.now() - began >= lookMillis) break;
      // An engine may work in the same process.
      yield* Effect.yieldNow;
    }
    return { rows, next: next ?? null, searched: seen, searchedTo: last?.createdAt ?? null };
  });

/** The random half of a run's id is upper case. */
const idOf = (words: string): string => {
  const end = words.lastIndexOf("~");
  return end === -1
    ? words.toLowerCase()
    : `${words.slice(0, end).toLowerCase()}${words.slice(end).toUpperCase()}`;
};

/** Where the words are the id of a signal: the ids of the runs that it may have caused alone. Those that it has caused together with others are found by looking. */
const idsCausedBy = (
  subject: Subject,
  words: string,
): Effect.Effect<readonly string[], StoreError> =>
  Effect.gen(function* () {
    const stored = yield* signalNamed(subject.store, words);
    if (stored === undefined) return [];
    const names = yield* mayHear(subject, stored);
    return heardOf(stored).flatMap(({ id }) => names.map((name) => runIdOf(name, [id])));
  });

const mayHear = (
  subject: Subject,
  stored: StoredSignal,
): Effect.Effect<readonly string[], StoreError> =>
  Effect.gen(function* () {
    const { definitions } = subject;
    // A run that was asked for is owed by the trigger of its task.
    const own = stored.signal._tag === "Event" ? [stored.signal.name] : [];
    const hearing = heardOf(stored).flatMap(({ signal }) =>
      signal._tag === "Absence" || signal._tag === "Occurrence"
        ? []
        : (definitions?.index.get(signalKeyOf(signal)) ?? []).map(({ trigger }) => trigger.id),
    );
    const all = (yield* knownOf(subject)).triggers.map(({ id }) => id);
    return [...new Set([...own, ...hearing, ...all])].slice(0, triggersMax);
  });

const hasWords = (run: Run, words: string): boolean =>
  run.id.toLowerCase().includes(words) ||
  run.task.toLowerCase().includes(words) ||
  run.cause.some((id) => id.toLowerCase().includes(words)) ||
  JSON.stringify(run.input).toLowerCase().includes(words) ||
  (run.outcome !== null && JSON.stringify(run.outcome).toLowerCase().includes(words));
