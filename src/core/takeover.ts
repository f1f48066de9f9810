// What an engine does before its first turn: takes back what dead owners held (later, too, where others share the store), makes its definitions the active ones, and
// retires the runs of tasks that are gone.
import * as Effect from "effect/Effect";
import { activation, newlyMinding } from "./activation.ts";
import { optionsOf, type Definitions } from "./definitions.ts";
import type { StoreError } from "./errors.ts";
import { moves, reclaimed, retired, statesNotOver, type Run } from "./run.ts";
import type { Generation, StorePort, Where } from "./store.ts";
import { replacedBy, replacementNote } from "./replacement.ts";
import type { TaskOptions } from "./task.ts";

interface Entering {
  readonly store: StorePort;
  readonly definitions: Definitions;
  readonly zones: string | null;
  readonly note: (note: { readonly _tag: "Info" | "Warning"; readonly message: string }) => void;
  /** Its id in the store. */
  readonly owner: string;
}

/** How many rows are taken in hand at once. */
const listMax = 10_000;

/** Makes the definitions the active generation, unless they are. */
export const activate = (self: Entering): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    for (;;) {
      const reading = yield* self.store.read({ revision: null, limit: 1 });
      const running: Run[] = [];
      for (const trigger of newlyMinding(self.definitions, reading))
        yield* forEachRun(self, { trigger, states: statesNotOver }, (run) =>
          Effect.sync(() => running.push(run)),
        );
      const batch = activation(self.definitions, reading, self.zones, running);
      if (batch === undefined) return;
      if ((yield* self.store.commit(batch))._tag === "Conflict") continue;
      const before = reading.generation?.zones ?? null;
      if (before !== null && self.zones !== null && before !== self.zones)
        self.note({
          _tag: "Warning",
          message: `the time zone database is ${self.zones} now, it was ${before}: what schedules name from now on is computed with it, and engines with another route nothing`,
        });
      yield* tellReplaced(self, reading.generation, (reading.generation?.number ?? 0) + 1);
      break;
    }
    yield* retireRuns(self);
  });

/** Whoever has started another app on this store by mistake should learn it here, not only where the other one runs. */
const tellReplaced = (
  { store, owner, definitions, note }: Entering,
  before: Generation | null,
  number: number,
): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const replaced = replacedBy(definitions, before);
    if (replaced === undefined) return;
    const { rows } = yield* store.list("owner", { limit: listMax });
    const others = rows.filter(({ id, closedAt }) => closedAt === null && id !== owner);
    note(replacementNote(replaced, { number, others, url: store.url }));
  });

/** Cancels the runs of tasks that nobody defines any more; they would wait for ever. */
const retireRuns = (self: Entering): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const now = yield* self.store.now;
    const retire = Effect.fnUntraced(function* (run: Run) {
      if (self.definitions.tasks.has(run.task)) return;
      const { signals, patch } = retired(run, now);
      yield* self.store.commit({
        checks: [{ _tag: "InState", run: run.id, token: run.token, states: moves.cancel.from }],
        signals,
        patches: [{ run: run.id, patch }],
      });
      self.note({
        _tag: "Warning",
        message: `run ${run.id} is cancelled: no task ${JSON.stringify(run.task)} is defined any more`,
      });
    });
    yield* forEachRun(self, { states: moves.cancel.from }, retire);
  });

/** Page by page, the oldest first. */
const forEachRun = (
  self: Entering,
  where: Where,
  act: (run: Run) => Effect.Effect<unknown, StoreError>,
): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    let after: string | undefined;
    do {
      const page = yield* self.store.list("run", { where, limit: listMax, order: "oldest", after });
      yield* Effect.forEach(page.rows, act, { discard: true });
      after = page.next ?? undefined;
    } while (after !== undefined);
  });

/** Of a task that this engine does not define nobody here knows whether it may run twice: so it does not. */
const lossOptionsOf = (definitions: Definitions, run: Run): TaskOptions =>
  definitions.tasks.get(run.task) ?? { ...optionsOf(definitions, run), onLost: "fail" };

/** Takes back what owners held that are proved dead, and closes them with the last of it. */
export const reclaimDead = (self: Entering): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    for (const owner of yield* self.store.dead) {
      for (let isLast = false; !isLast;) {
        const { rows } = yield* self.store.list("run", {
          where: { owner: owner.id, states: moves.reclaim.from },
          limit: listMax,
        });
        isLast = rows.length < listMax;
        const now = yield* self.store.now;
        const taken = rows.map((run) => reclaimed(run, now, lossOptionsOf(self.definitions, run)));
        const reply = yield* self.store.commit({
          checks: [{ _tag: "OwnerOpen", owner: owner.id }],
          signals: taken.flatMap(({ signals }) => signals),
          patches: taken,
          attempts: taken.flatMap(({ attempt }) => attempt ?? []),
          ...(isLast && { close: { owner: owner.id, at: now } }),
        });
        if (reply._tag === "Conflict") break; // another engine was first
        if (rows.length > 0)
          self.note({
            _tag: "Warning",
            message: `engine ${owner.id} (process ${owner.process}) died; took back ${rows.length} of its runs`,
          });
      }
    }
  });
