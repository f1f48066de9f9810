// Runs: a page of them by filter or search, and one with all that is known of it.
import * as Effect from "effect/Effect";
import { InputError } from "../../core/errors.ts";
import { whyRun } from "../../core/evidence.ts";
import { refusalOf } from "../../core/refusal.ts";
import { runStates, type RunState } from "../../core/run.ts";
import { demandCount, NotFoundError, refuse, type Failure } from "./failure.ts";
import type { Notes } from "./notes.ts";
import { firedView } from "./fired.ts";
import { attemptView, maybeInstant, runLine, runView, signalView } from "./row.ts";
import { searched } from "./run-search.ts";
import type { Shown } from "./shown.ts";
import type { Subject } from "./subject.ts";
import type { RunDetail, RunPage } from "./view.ts";
import { whyLines } from "./why.ts";

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
    const words = (query.search ?? "").trim();
    if (words === "") {
      const { rows, next } = yield* subject.store.list("run", { where, limit, after });
      return { runs: rows.map((run) => runLine(run)), next, searched: null, searchedTo: null };
    }
    const found = yield* searched(subject, { where, limit, after, words });
    return {
      runs: found.rows.map((run) => runLine(run)),
      next: found.next,
      searched: found.searched,
      searchedTo: maybeInstant(found.searchedTo),
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
