// Lists for people: which rows of a table a filter lets through, page by page. Keys, order and pages are those of src/core/store-order.ts.
import { defaultOrder, keyOfPage, pageOf } from "../../core/store-order.ts";
import type { ListRequest, Page, Tables as Listed, Where } from "../../core/store.ts";
import type { Cell, Row } from "../sql/cell.ts";
import { listings, type Listing } from "../sql/listing.ts";
import { appSpan } from "../sql/meta-row.ts";
import { filters, type Term } from "./filter.ts";
import type { Tables } from "./tables.ts";

/** The page, or undefined if `after` is no `next` of this table. */
export const list = <Table extends keyof Listed>(
  tables: Tables,
  table: Table,
  request: ListRequest,
): Page<Listed[Table]> | undefined => {
  const listing: Listing<Listed[Table]> = listings[table];
  const after = request.after === undefined ? null : keyOfPage(table, request.after);
  if (after === undefined) return undefined;
  const isNewest = (request.order ?? defaultOrder[table]) === "newest";
  const limit = Math.min(Math.max(request.limit, 1), 10_000);
  const most = rowsMax(tables, table, request);
  if (most === 0) return { rows: [], next: null };
  const filtered = filterOf(tables, table, request);
  const terms = [
    ...filtered,
    ...scopeOf(tables, listing, filtered),
    ...pageTerm(tables, listing, after, isNewest),
  ];
  const rows = tables.database.all(
    `SELECT ${listing.key.join(", ")}, ${listing.selection} FROM ${listing.source} WHERE ${terms.map(({ sql }) => sql).join(" AND ")} ` +
      `ORDER BY ${listing.key.map((column) => `${column} ${isNewest ? "DESC" : "ASC"}`).join(", ")} LIMIT ?`,
    ...terms.flatMap(({ parameters }) => parameters),
    Math.min(limit + 1, most),
  );
  const width = listing.key.length;
  const page = rows.slice(0, limit).map((row) => listing.rowOf(row.slice(width)));
  const last = rows[limit - 1];
  return {
    rows: page,
    next: rows.length > limit && last !== undefined ? pageOf(keyOf(tables, listing, last)) : null,
  };
};

/** More rows than the app has runs in these states there can't be: when the last is found, nobody looks for another. */
const rowsMax = ({ ledger }: Tables, table: keyof Listed, { where }: ListRequest): number =>
  table === "run" && where?.states !== undefined
    ? [...new Set(where.states)].reduce((sum, state) => sum + ledger.meta.states[state], 0)
    : Number.MAX_SAFE_INTEGER;

const filterOf = (
  tables: Tables,
  table: keyof Listed,
  { where = {} }: ListRequest,
): readonly Term[] =>
  Object.entries(where).flatMap(
    ([field, wanted]: [string, string | readonly string[] | undefined]) => {
      if (wanted === undefined) return [];
      const filter = filters[table][field as keyof Where] as
        | ((wanted: string | readonly string[], tables: Tables) => Term)
        | undefined;
      return [filter === undefined ? { sql: "false", parameters: [] } : filter(wanted, tables)];
    },
  );

/** The rows of the app. Rows that have places lie side by side; a "+" keeps SQLite from going through them when a filter leads to few. */
const scopeOf = <Of>(
  { ledger, app }: Tables,
  { key: [first], hasPlaces, table }: Listing<Of>,
  filtered: readonly Term[],
): readonly Term[] => {
  const ofApp: Term = { sql: `${table}.app = ?`, parameters: [app] };
  if (!hasPlaces) return [ofApp];
  const column = filtered.some(({ isFew }) => isFew === true) ? `+${first}` : first;
  return [
    ofApp,
    { sql: `${column} > ? AND ${column} <= ?`, parameters: [ledger.base, ledger.base + appSpan] },
  ];
};

const pageTerm = <Of>(
  { ledger }: Tables,
  { key, hasPlaces }: Listing<Of>,
  after: readonly Cell[] | null,
  isNewest: boolean,
): readonly Term[] => {
  if (after === null) return [];
  const [first, ...others] = after;
  const parameters = hasPlaces ? [(first as number) + ledger.base, ...others] : after;
  return [
    {
      sql: `(${key.join(", ")}) ${isNewest ? "<" : ">"} (${key.map(() => "?").join(", ")})`,
      parameters,
    },
  ];
};

const keyOf = <Of>(
  { ledger }: Tables,
  { key, hasPlaces }: Listing<Of>,
  row: Row,
): readonly (string | number)[] => {
  const [first, ...others] = row.slice(0, key.length) as (string | number)[];
  return [hasPlaces ? (first as number) - ledger.base : (first as string | number), ...others];
};
