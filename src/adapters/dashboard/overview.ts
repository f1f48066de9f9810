// What goes on now: what the page Now shows, and what live updates carry.
import * as Effect from "effect/Effect";
import type { StoreError } from "../../core/errors.ts";
import { formatInstant } from "../../core/instant.ts";
import type { Summary } from "../../core/store.ts";
import { knownOf, nextOf, pausesOf } from "./known.ts";
import type { Notes } from "./notes.ts";
import { pendingRuns } from "./pending.ts";
import { beatMillis, type Pulse } from "./pulse.ts";
import { runLine } from "./row.ts";
import type { Subject } from "./subject.ts";
import type { Counts, Overview } from "./view.ts";

const shownMax = 50;
const nextMax = 8;
const overdueMillis = 10_000;
const beatsShown = 120;

export interface Watching {
  readonly subject: Subject;
  readonly notes: Notes;
  readonly pulse: Pulse;
  readonly isReadOnly: boolean;
}

/** The overview but for its version, which tells one from the next. */
export const overviewOf = ({
  subject,
  notes,
  pulse,
  isReadOnly,
}: Watching): Effect.Effect<Omit<Overview, "version">, StoreError> =>
  Effect.gen(function* () {
    const { store } = subject;
    const now = yield* store.now;
    const summary = yield* store.summary;
    yield* pulse.feel(summary, now);
    const owners = yield* store.list("owner", { limit: 1_000, order: "newest" });
    const dead = yield* store.dead;
    const open = owners.rows.filter(({ closedAt }) => closedAt === null);
    const held = yield* Effect.forEach(open, ({ id }) =>
      store.list("run", { where: { owner: id }, limit: shownMax }),
    );
    const pending = yield* pendingRuns(store, summary);
    const due = pending.filter(({ dueAt }) => dueAt <= now);
    const known = yield* knownOf(subject);
    const pauses = yield* pausesOf(subject, known);
    const next = known.triggers
      .flatMap((trigger) => {
        const [dueAt] = pauses.triggers.has(trigger.id) ? [] : nextOf(trigger, now, 1);
        return dueAt === undefined ? [] : [{ trigger, dueAt }];
      })
      .sort((one, other) => one.dueAt - other.dueAt);
    return {
      app: subject.app,
      store: store.url,
      at: formatInstant(now),
      isReadOnly,
      hasEngine: notes.hasEngine,
      counts: countsOf(summary),
      running: held
        .flatMap(({ rows }) => rows)
        .slice(0, shownMax)
        .map((run) => {
          const startedAt = run.startedAt ?? notes.startedAtOf(run.id) ?? null;
          const state = startedAt === null ? run.state : "running";
          return runLine({ ...run, state, startedAt }, notes.progressOf(run.id));
        }),
      due: due.slice(0, shownMax).map((run) => runLine(run)),
      overdue: due.filter(({ dueAt }) => dueAt < now - overdueMillis).length,
      later: pending
        .filter(({ dueAt }) => dueAt > now)
        .slice(0, shownMax)
        .map((run) => runLine(run)),
      next: next.slice(0, nextMax).map(({ trigger, dueAt }) => ({
        trigger: trigger.id,
        task: trigger.task ?? "",
        dueAt: formatInstant(dueAt),
      })),
      paused: pauses.triggers.size + pauses.tasks.size,
      engines: { open: open.length - dead.length, dead: dead.length },
      spanMillis: beatMillis,
      beats: pulse.beats(now, beatsShown),
    };
  });

export const countsOf = (summary: Summary): Counts => ({ ...summary, runs: { ...summary.runs } });
