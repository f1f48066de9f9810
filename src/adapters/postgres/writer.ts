// How rows are written: a statement for a table and its columns, to which the rows are given column by column (`unnest`).
import type { Cell } from "../sql/cell.ts";
import { column, text, type ColumnType, type Parameter } from "./parameter.ts";
import type { Statement } from "./session.ts";

/** Columns with their types, `*` behind those that are bigint. */
export interface Columns {
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
  /** `name, name, …` and `$2::bigint[], $3::text[], …` */
  readonly list: string;
  readonly arrays: string;
}

export const columnsOf = (given: string): Columns => {
  const words = given.split(" ");
  const names = words.map((word) => word.replace("*", ""));
  const types = words.map((word): ColumnType => (word.endsWith("*") ? "bigint" : "text"));
  return {
    names,
    types,
    list: names.join(", "),
    arrays: types.map((type, index) => `$${index + 2}::${type}[]`).join(", "),
  };
};

/** The parameters of a batch: the app, and a column for each cell. */
const batchOf = (
  app: string,
  { types }: Columns,
  rows: readonly (readonly Cell[])[],
): readonly Parameter[] => [
  text(app),
  ...types.map((type, index) =>
    column(
      type,
      rows.map((row) => row[index] as Cell),
    ),
  ),
];

export interface Writer {
  readonly columns: Columns;
  readonly sql: string;
}

export const insertion = (table: string, given: string, conflict = ""): Writer => {
  const columns = columnsOf(given);
  return {
    columns,
    sql: `INSERT INTO ${table} (app, ${columns.list}) SELECT $1, * FROM unnest(${columns.arrays}) ${conflict}`,
  };
};

/** Replaces what is there under the first `keys` columns and the app. */
export const replacement = (table: string, given: string, keys: number): Writer => {
  const { names } = columnsOf(given);
  const others = names.slice(keys).map((name) => `${name} = excluded.${name}`);
  return insertion(
    table,
    given,
    `ON CONFLICT (app, ${names.slice(0, keys).join(", ")}) DO UPDATE SET ${others.join(", ")}`,
  );
};

export const removal = (table: string, given: string): Writer => {
  const columns = columnsOf(given);
  const same = columns.names.map((name) => `${table}.${name} = gone.${name}`).join(" AND ");
  return {
    columns,
    sql: `DELETE FROM ${table} USING unnest(${columns.arrays}) AS gone(${columns.list}) WHERE ${table}.app = $1 AND ${same}`,
  };
};

export const written = (
  { columns, sql }: Writer,
  app: string,
  rows: readonly (readonly Cell[])[],
): readonly Statement[] =>
  rows.length === 0 ? [] : [{ sql, parameters: batchOf(app, columns, rows) }];
