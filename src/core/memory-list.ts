// Lists of a store in memory: which rows a filter lets through, in which order, and where a page ends.
import type { MemoryTables, RunRow } from "./memory-tables.ts";
import {
  compareKeys,
  cursorKeyOf,
  deadlineKeyOf,
  defaultOrder,
  keyOfPage,
  pageOf,
  tombstoneKeyOf,
  triggerOfDeadline,
  waitingKeyOf,
  type Key,
} from "./store-order.ts";
import type { Where, ListRequest, Page, Tables } from "./store.ts";

type Fields = {
  readonly [Table in keyof Tables]: {
    readonly [Field in keyof Where]?: (row: Tables[Table]) => string | null;
  };
};

/** What a filter compares with, by table. A table that lacks a field has no row with it. */
const fields: Fields = {
  run: {
    ids: (run) => run.id,
    states: (run) => run.state,
    task: (run) => run.task,
    trigger: (run) => run.trigger,
    owner: (run) => run.owner,
    run: (run) => run.id,
  },
  attempt: { run: (attempt) => attempt.run, owner: (attempt) => attempt.owner },
  signal: {
    ids: (stored) => stored.id,
    states: ({ signal }) => (signal._tag === "Status" ? signal.state : null),
    task: ({ signal }) => (signal._tag === "Status" ? signal.task : null),
    // A run's own statuses and the events that it emitted.
    run: (stored) => stored.origin,
    name: ({ signal }) => (signal._tag === "Event" ? signal.name : null),
  },
  skip: { ids: (skip) => skip.id, trigger: (skip) => skip.trigger },
  waiting: { ids: (waiting) => waiting.heard.id, trigger: (waiting) => waiting.trigger },
  cursor: { trigger: (cursor) => cursor.trigger },
  deadline: {
    ids: (deadline) => deadline.id,
    trigger: ({ due }) => triggerOfDeadline(due),
  },
  owner: { ids: (owner) => owner.id, owner: (owner) => owner.id },
  tombstone: { ids: (tombstone) => tombstone.id, trigger: (tombstone) => tombstone.trigger },
};

/** The rows of a table, oldest first. */
interface Sequence<Row> {
  readonly size: number;
  readonly row: (index: number) => Row;
  readonly keyOf: (index: number) => Key;
}

/** The page, or undefined if `after` is no `next` of this table. */
export const listed = <Table extends keyof Tables>(
  tables: MemoryTables,
  table: Table,
  request: ListRequest,
): Page<Tables[Table]> | undefined => {
  const where = request.where ?? {};
  const rows = sequences[table](tables, where);
  const passes = filterOf(table, where);
  const step = (request.order ?? defaultOrder[table]) === "newest" ? -1 : 1;
  const limit = Math.min(Math.max(request.limit, 1), 10_000);
  const after = request.after === undefined ? null : keyOfPage(table, request.after);
  if (after === undefined) return undefined;
  const page: Tables[Table][] = [];
  let last = 0;
  for (let index = firstIndex(rows, after, step); index >= 0 && index < rows.size; index += step) {
    const row = rows.row(index);
    if (!passes(row)) continue;
    if (page.length === limit) return { rows: page, next: pageOf(rows.keyOf(last)) };
    page.push(row);
    last = index;
  }
  return { rows: page, next: null };
};

const filterOf = <Table extends keyof Tables>(
  table: Table,
  where: Where,
): ((row: Tables[Table]) => boolean) => {
  const tests = Object.entries(where).flatMap(
    ([field, wanted]: [string, string | readonly string[] | undefined]) => {
      if (wanted === undefined) return [];
      const valueOf = fields[table][field as keyof Where];
      const accepted: ReadonlySet<string | null> = new Set(
        typeof wanted === "string" ? [wanted] : wanted,
      );
      return [(row: Tables[Table]): boolean => valueOf !== undefined && accepted.has(valueOf(row))];
    },
  );
  return (row) => tests.every((test) => test(row));
};

/** Where a page begins: at the end that is listed first, or behind the key, found by halving. */
const firstIndex = (rows: Sequence<unknown>, after: Key | null, step: 1 | -1): number => {
  if (after === null) return step === 1 ? 0 : rows.size - 1;
  let low = 0;
  let high = rows.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareKeys(rows.keyOf(middle), after);
    if (order < 0 || (order === 0 && step === 1)) low = middle + 1;
    else high = middle;
  }
  return step === 1 ? low : low - 1;
};

const sequences: {
  readonly [Table in keyof Tables]: (tables: MemoryTables, where: Where) => Sequence<Tables[Table]>;
} = {
  run: (tables, where) => {
    const rows = runRows(tables, where);
    const rowOf = (index: number): RunRow => rows[index] as RunRow;
    return {
      size: rows.length,
      row: (index) => rowOf(index).run,
      keyOf: (index) => [rowOf(index).ordinal],
    };
  },
  attempt: (tables, { run }) => {
    const rows = runRows(tables, run === undefined ? {} : { ids: [run] }).flatMap(
      ({ ordinal, attempts }) => attempts.map((attempt) => ({ ordinal, attempt })),
    );
    const rowOf = (index: number) => rows[index] as (typeof rows)[number];
    return {
      size: rows.length,
      row: (index) => rowOf(index).attempt,
      keyOf: (index) => [rowOf(index).ordinal, rowOf(index).attempt.token],
    };
  },
  signal: (tables) => numbered(tables.signals, tables.signalsPurged),
  skip: (tables) => numbered(tables.skips, tables.skipsPurged),
  owner: (tables) => numbered([...tables.owners.values()]),
  tombstone: (tables) => keyed(tables.tombstones.all(), tombstoneKeyOf),
  waiting: (tables) => keyed(tables.waiting.values(), waitingKeyOf),
  cursor: (tables) => keyed(tables.cursors.values(), cursorKeyOf),
  deadline: (tables) => keyed(tables.deadlines.values(), deadlineKeyOf),
};

/** Runs that are asked for by id or holder are found without going through all of them. */
const runRows = (tables: MemoryTables, { ids, owner }: Where): readonly RunRow[] => {
  const byOrdinal = (rows: Iterable<RunRow>): readonly RunRow[] =>
    [...rows].sort((a, b) => a.ordinal - b.ordinal);
  if (ids !== undefined)
    return byOrdinal([...new Set(ids)].flatMap((id) => tables.runOf.get(id) ?? []));
  if (owner !== undefined) return byOrdinal(tables.held.get(owner) ?? []);
  return tables.runs.filter(({ isPurged }) => !isPurged);
};

/** Rows that are added at one end and go at the other: their number, counted from the first that ever was, is their key. */
const numbered = <Row>(rows: readonly Row[], purged = 0): Sequence<Row> => ({
  size: rows.length,
  row: (index) => rows[index] as Row,
  keyOf: (index) => [purged + index],
});

/** Rows that come and go, sorted when somebody looks. */
const keyed = <Row>(unsorted: Iterable<Row>, keyOf: (row: Row) => Key): Sequence<Row> => {
  const rows = sorted(unsorted, keyOf);
  return {
    size: rows.length,
    row: (index) => rows[index] as Row,
    keyOf: (index) => keyOf(rows[index] as Row),
  };
};

export const sorted = <Row>(rows: Iterable<Row>, keyOf: (row: Row) => Key): readonly Row[] =>
  [...rows].sort((a, b) => compareKeys(keyOf(a), keyOf(b)));
