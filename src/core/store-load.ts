// From a store to plain lines and back: what `detent dump` writes and `detent load` reads, between any two stores. Rows keep everything, their numbers and instants too, so that
// the dump of what was loaded is the dump that it was loaded from.
//
// Runs come before signals: a move belongs to its run. The head comes last into a store: until it has, the app there has routed nothing, and an app that has routed something
// takes no load.
import * as Effect from "effect/Effect";
import { StoreError } from "./errors.ts";
import type { Tombstone } from "./purge.ts";
import type { Attempt, Run } from "./run.ts";
import type { NewSignal, StoredSignal } from "./signal.ts";
import type {
  Cursor,
  Deadline,
  Generation,
  Open,
  Owner,
  Skip,
  StorePort,
  Tables,
  Waiting,
  Watermark,
} from "./store.ts";

/** Of the lines of a dump. */
export const dumpVersion = 1;

interface DumpHead {
  readonly watermark: Watermark;
  readonly generation: Generation | null;
}

/** By table, what one row of a dump is. */
interface DumpRows {
  readonly run: Run;
  readonly attempt: Attempt;
  readonly signal: StoredSignal;
  readonly skip: Skip;
  readonly waiting: Waiting;
  readonly cursor: Cursor;
  readonly deadline: Deadline;
  readonly open: Open;
  readonly owner: Owner;
  readonly tombstone: Tombstone;
}

export type DumpTable = keyof DumpRows;

/** In the order in which they are written and loaded. */
export const dumpTables = [
  "owner",
  "run",
  "attempt",
  "signal",
  "skip",
  "tombstone",
  "waiting",
  "cursor",
  "deadline",
  "open",
] as const satisfies readonly DumpTable[];

/** Rows as another store had them, written as they are. An owner that is open there is none here: its death is proved. */
export type LoadRequest =
  | {
      [Table in DumpTable]: { readonly table: Table; readonly rows: readonly DumpRows[Table][] };
    }[DumpTable]
  /** The end of a load: what routers share. */
  | { readonly table: "head"; readonly head: DumpHead };

const pageMax = 1_000;

/** Gives each page of rows to `write`, and then the head. One snapshot only while nobody writes. */
export const dumpTo = (
  store: StorePort,
  write: (request: LoadRequest) => void,
): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const { watermark, generation, state } = yield* store.read({ revision: null, limit: 0 });
    for (const table of dumpTables) {
      if (table === "open") {
        write({ table, rows: state?.open ?? [] });
        continue;
      }
      let after: string | undefined;
      do {
        const page = yield* store.list(table satisfies keyof Tables, {
          limit: pageMax,
          order: "oldest",
          after,
        });
        write({ table, rows: page.rows } as LoadRequest);
        after = page.next ?? undefined;
      } while (after !== undefined);
    }
    write({ table: "head", head: { watermark, generation } });
  });

/** The signal as it was given to be stored. */
export const givenSignalOf = ({ id, at, signal, origin, dueAt }: StoredSignal): NewSignal => {
  const { at: happenedAt, ...content } = signal;
  const isSaid = content._tag === "Event" && happenedAt !== at;
  return {
    id,
    signal: isSaid ? { ...content, at: happenedAt } : content,
    origin,
    dueAt,
  };
};

export const notEmpty = (): StoreError =>
  new StoreError({
    operation: "load",
    message: "the app has routed something in this store already; load into a store without it",
  });
