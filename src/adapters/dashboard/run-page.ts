// Runs: a page of them by filter or search, and one with all that is known of it.
import * as Effect from "effect/Effect";
import { InputError, type StoreError } from "../../core/errors.ts";
import { whyRun } from "../../core/evidence.ts";
import { refusalOf } from "../../core/refusal.ts";
import { runStates, type Run, type RunState } from "../../core/run.ts";
import type { Where } from "../../core/store.ts";
import { demandCount, NotFoundError, refuse, type Failure } from "./failure.ts";
import type { Notes } from "./notes.ts";
import { firedView } from "./fired.ts";
import { attemptView, runLine, runView, signalView } from "./row.ts";
import type { Shown } from "./shown.ts";
import type { Subject } from "./subject.ts";
import type { RunDetail, RunPage } from "./view.ts";
import { whyLines } from "./why.ts";

/** How many runs one search looks at; the next page goes on. */
const searchedMax = 2_000;
const searchPage = 500;
const rowsMax = 1_000;

export interface RunQuery {
  readonly state?: string;
  readonly task?: string;
  readonly trigger?: string;
  readonly search?: string;
  readonly after?: string;
  readonly limit?: string;
}

export const runPage = (subject: Subject, query: RunQuery): Effect.Effect<RunPage, Failure> =>
  Effect.gen(function* () {
    const bounds = { least: 1, most: 500, otherwise: 50 };
    const limit = yield* demandCount("limit", query.limit, bounds);
    const where = {
      ...((query.state ?? "") === "" ? {} : { states: yield* statesOf(query.state ?? "") }),
      ...((query.task ?? "") === "" ? {} : { task: query.task ?? "" }),
      ...((query.trigger ?? "") === "" ? {} : { trigger: query.trigger ?? "" }),
    };
    const after = query.after === "" ? undefined : query.after;
    const words = (query.search ?? "").trim().toLowerCase();
    const page =
      words === ""
        ? { ...(yield* subject.store.list("run", { where, limit, after })), searched: null }
        : yield* searched(subject, { where, limit, after, words });
    return {
      runs: page.rows.map((run) => runLine(run)),
      next: page.next,
      searched: page.searched,
    };
  }).pipe(Effect.mapError(pageFault(query.after)));

/** A wrong `after` is the client's fault, not the store's. */
export const pageFault =
  (after: string | undefined) =>
  (fault: Failure): Failure =>
    after !== undefined && after !== "" && fault.message.includes('pass the "next"')
      ? new InputError(`after is ${JSON.stringify(after)}; give the "next" of an earlier page`)
      : fault;

const statesOf = (text: string): Effect.Effect<readonly RunState[], InputError> =>
  Effect.gen(function* () {
    const states: RunState[] = [];
    for (const word of text.split(",")) {
      const state = runStates.find((it) => it === word.trim());
      if (state === undefined)
        return yield* refuse(
          `state: ${JSON.stringify(word)} is no state; there are ${runStates.join(", ")}`,
        );
      states.push(state);
    }
    return states;
  });

interface Search {
  readonly where: Where;
  readonly limit: number;
  readonly after: string | undefined;
  /** In lower case. */
  readonly words: string;
}

interface Found {
  readonly rows: readonly Run[];
  readonly next: string | null;
  readonly searched: number;
}

/** Runs that have the words in an id, their input or their outcome: page by page from the newest, as far as one answer may go. */
const searched = (
  { store }: Subject,
  { where, limit, after, words }: Search,
): Effect.Effect<Found, StoreError> =>
  Effect.gen(function* () {
    if (after === undefined) {
      // A whole id is found wherever it lies.
      const exact = yield* store.list("run", { where: { ids: [idOf(words)] }, limit: 1 });
      if (exact.rows.length > 0) return { rows: exact.rows, next: null, searched: 1 };
    }
    const rows: Run[] = [];
    let seen = 0;
    let next: string | null | undefined = after;
    while (next !== null && seen < searchedMax && rows.length < limit) {
      const page: { readonly rows: readonly Run[]; readonly next: string | null } =
        yield* store.list("run", { where, limit: searchPage, after: next });
      rows.push(...page.rows.filter((run) => hasWords(run, words)));
      seen += page.rows.length;
      next = page.next;
    }
    return { rows, next: next ?? null, searched: seen };
  });

/** The random half of a run's id is upper case. */
const idOf = (words: string): string => {
  const end = words.lastIndexOf("~");
  return end === -1 ? words : `${words.slice(0, end)}${words.slice(end).toUpperCase()}`;
};

const hasWords = (run: Run, words: string): boolean =>
  run.id.toLowerCase().includes(words) ||
  run.task.toLowerCase().includes(words) ||
  JSON.stringify(run.input).toLowerCase().includes(words) ||
  (run.outcome !== null && JSON.stringify(run.outcome).toLowerCase().includes(words));

export const runDetail = (
  subject: Shown,
  notes: Notes,
  id: string,
): Effect.Effect<RunDetail, Failure> =>
  Effect.gen(function* () {
    const { store, whole, definitions } = subject;
    const [run] = (yield* store.list("run", { where: { ids: [id] }, limit: 1 })).rows;
    if (run === undefined)
      return yield* Effect.fail(
        new NotFoundError(
          `there is no run ${JSON.stringify(id)} in ${store.url}; the page Runs lists them`,
        ),
      );
    const attempts = yield* store.list("attempt", { where: { run: id }, limit: rowsMax });
    const signals = yield* store.list("signal", {
      where: { run: id },
      limit: rowsMax,
      order: "oldest",
    });
    const why = yield* whyRun(store, id);
    const trigger = definitions?.triggers.get(run.trigger);
    const isWhole = whole === store || trigger === undefined;
    const wholeSignals = (isWhole ? why : yield* whyRun(whole, id))?.signals ?? new Map();
    const progress = notes.progressOf(id);
    return {
      run: runView({ ...run, startedAt: run.startedAt ?? notes.startedAtOf(id) ?? null }),
      attempts: attempts.rows.map(attemptView),
      signals: signals.rows.map(signalView),
      why: why === undefined ? [] : whyLines(why.why.reason),
      fired:
        trigger === undefined || why === undefined
          ? null
          : firedView(trigger, run, { whole: wholeSignals, shown: why.signals }),
      logs: notes.logsOf(id),
      hasLogs: notes.hasEngine,
      fraction: progress?.fraction ?? null,
      message: progress?.message ?? null,
      canCancel: refusalOf(run, { request: "cancel" }) === undefined && !run.cancelRequested,
      canRetry: refusalOf(run, { request: "retry" }) === undefined,
    };
  });
