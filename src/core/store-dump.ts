// Everything that a store keeps of an app, as plain data in one canonical order: what two stores are compared by.
import * as Effect from "effect/Effect";
import type { StoreError } from "./errors.ts";
import type { Tombstone } from "./purge.ts";
import type { Attempt, Run } from "./run.ts";
import type { StoredSignal } from "./signal.ts";
import type {
  Generation,
  Owner,
  Skip,
  StorePort,
  StoredState,
  Tables,
  Watermark,
} from "./store.ts";

export interface Dump extends StoredState {
  readonly watermark: Watermark;
  readonly generation: Generation | null;
  readonly signals: readonly StoredSignal[];
  readonly runs: readonly Run[];
  readonly attempts: readonly Attempt[];
  readonly skips: readonly Skip[];
  readonly owners: readonly Owner[];
  readonly tombstones: readonly Tombstone[];
}

/** Reads page by page: one snapshot only while nobody writes. */
export const dump = (store: StorePort): Effect.Effect<Dump, StoreError> =>
  Effect.gen(function* () {
    const { watermark, generation, state } = yield* store.read({ revision: null, limit: 0 });
    const { cursors, waiting, deadlines, open } = state ?? {
      cursors: [],
      waiting: [],
      deadlines: [],
      open: [],
    };
    const signals = yield* all(store, "signal");
    const runs = yield* all(store, "run");
    const attempts = yield* all(store, "attempt");
    const skips = yield* all(store, "skip");
    const owners = yield* all(store, "owner");
    const tombstones = yield* all(store, "tombstone");
    return {
      watermark,
      generation,
      cursors,
      waiting,
      deadlines,
      open,
      signals,
      runs,
      attempts,
      skips,
      owners,
      tombstones,
    };
  });

const all = Effect.fnUntraced(function* <Table extends keyof Tables>(
  store: StorePort,
  table: Table,
) {
  const rows: Tables[Table][] = [];
  let after: string | null | undefined;
  do {
    const page = yield* store.list(table, {
      limit: 10_000,
      order: "oldest",
      after: after ?? undefined,
    });
    rows.push(...page.rows);
    after = page.next;
  } while (after !== null);
  return rows;
});
