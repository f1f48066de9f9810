// Lists for people: which rows of a table a filter lets through, page by page. Keys, order and pages are those of src/core/store-order.ts.
import { defaultOrder, keyOfPage, pageOf } from "../../core/store-order.ts";
import type { ListRequest, Page, Tables, Where } from "../../core/store.ts";
import type { Row } from "../sql/cell.ts";
import { listings, stateIn, type Listing } from "../sql/listing.ts";
import { appSpan } from "../sql/meta-row.ts";
import { moveOf } from "../sql/signal-row.ts";
import { integer, integers, text, texts, type Parameter } from "./parameter.ts";
import type { AppPlace, Question } from "./reading.ts";

/** Puts a parameter behind the others and gives its `$n`. */
type Bind = (parameter: Parameter) => string;

/** The condition that a filter is. A field that a table lacks lets no row through. */
type Filters = {
  readonly [Field in keyof Where]?: (wanted: NonNullable<Where[Field]>, bind: Bind) => string;
};

const equals =
  (column: string) =>
  (wanted: string, bind: Bind): string =>
    `${column} = ${bind(text(wanted))}`;

const anyOf =
  (column: string) =>
  (wanted: readonly string[], bind: Bind): string =>
    `${column} = ANY(${bind(texts(wanted))})`;

/** Rows that have places, by id: one probe of the index for each, whatever the plan was made for. */
const byIds =
  (table: string) =>
  (wanted: readonly string[], bind: Bind): string =>
    `${table}.place = ANY(ARRAY(SELECT found.place FROM unnest(${bind(texts(wanted))}::text[]) AS wanted(id) CROSS JOIN LATERAL (SELECT place FROM ${table} WHERE id = wanted.id AND app = $1 OFFSET 0) AS found))`;

const inStates =
  (column: string) =>
  (wanted: readonly string[]): string =>
    stateIn(column, wanted);

/** A status of a run has no id of its own: it is found by the move. */
const bySignalId = (ids: readonly string[], bind: Bind): string => {
  const moves = ids.flatMap((id) => moveOf(id) ?? []);
  const own = `signal.place IN (SELECT move.place FROM unnest(${bind(texts(moves.map(({ run }) => run)))}, ${bind(
    integers(moves.map(({ token }) => token)),
  )}, ${bind(texts(moves.map(({ state }) => state)))}) AS wanted(run, token, state) CROSS JOIN LATERAL (SELECT place FROM run WHERE id = wanted.run AND app = $1 OFFSET 0) AS mover CROSS JOIN LATERAL (SELECT place FROM signal WHERE run_place = mover.place AND token = wanted.token AND state = wanted.state OFFSET 0) AS move)`;
  const others = byIds("signal")(ids, bind);
  return moves.length === 0 ? others : `(${others} OR ${own})`;
};

const ofRun = (run: string, bind: Bind): string => {
  const id = bind(text(run));
  return `signal.place IN (SELECT place FROM signal WHERE run_place = (SELECT place FROM run WHERE id = ${id} AND app = $1) UNION ALL SELECT place FROM signal WHERE origin = ${id} AND app = $1)`;
};

const filters: { readonly [Table in keyof Tables]: Filters } = {
  run: {
    ids: byIds("run"),
    run: equals("run.id"),
    owner: equals("run.owner"),
    states: inStates("run.state"),
    task: equals("run.task"),
    trigger: equals("run.trigger"),
  },
  attempt: {
    run: (run, bind) =>
      `attempt.run_place = (SELECT place FROM run WHERE id = ${bind(text(run))} AND app = $1)`,
    owner: equals("attempt.owner"),
  },
  signal: {
    ids: bySignalId,
    run: ofRun,
    name: equals("signal.name"),
    task: equals("signal.task"),
    states: inStates("signal.state"),
  },
  skip: { ids: byIds("skip"), trigger: equals("skip.trigger") },
  waiting: { ids: anyOf("(heard::json ->> 'id')"), trigger: equals("trigger") },
  cursor: { trigger: equals("trigger") },
  deadline: { ids: anyOf("id"), trigger: equals("trigger") },
  owner: { ids: byIds("owner"), owner: equals("owner.id") },
  tombstone: { ids: anyOf("id"), trigger: equals("trigger") },
};

/** The page, or undefined if `after` is no `next` of this table. */
export const list = <Table extends keyof Tables>(
  { app, number }: AppPlace,
  table: Table,
  request: ListRequest,
): Question<Page<Tables[Table]>> | undefined => {
  const listing: Listing<Tables[Table]> = listings[table];
  const { key, hasPlaces, selection } = listing;
  const after = request.after === undefined ? null : keyOfPage(table, request.after);
  if (after === undefined) return undefined;
  const isNewest = (request.order ?? defaultOrder[table]) === "newest";
  const limit = Math.min(Math.max(request.limit, 1), 10_000);
  const parameters: Parameter[] = [text(app)];
  const bind: Bind = (parameter) => `$${parameters.push(parameter)}`;
  const base = number * appSpan;
  const terms = [`${listing.table}.app = $1`, ...filtersOf(filters[table], request.where, bind)];
  if (hasPlaces) {
    const [first] = key;
    terms.push(`${first} > ${bind(integer(base))}`, `${first} <= ${bind(integer(base + appSpan))}`);
  }
  if (after !== null) {
    const cells = after.map((part, index) =>
      bind(
        typeof part === "string"
          ? text(part)
          : integer(hasPlaces && index === 0 ? part + base : part),
      ),
    );
    terms.push(`(${key.join(", ")}) ${isNewest ? "<" : ">"} (${cells.join(", ")})`);
  }
  const order = key.map((column) => `${column} ${isNewest ? "DESC" : "ASC"}`).join(", ");
  return {
    statements: [
      {
        sql: `SELECT ${key.join(", ")}, ${selection} FROM ${listing.source} WHERE ${terms.join(" AND ")} ORDER BY ${order} LIMIT ${bind(integer(limit + 1))}`,
        parameters,
      },
    ],
    answer: ([rows = []]) => {
      const last = rows[limit - 1];
      return {
        rows: rows.slice(0, limit).map((row) => listing.rowOf(row.slice(key.length))),
        next:
          rows.length > limit && last !== undefined
            ? pageOf(keyOf(last.slice(0, key.length), hasPlaces ? base : 0))
            : null,
      };
    },
  };
};

const keyOf = (cells: Row, base: number): readonly (string | number)[] => {
  const [first, ...others] = cells as (string | number)[];
  return [typeof first === "number" ? first - base : (first as string), ...others];
};

const filtersOf = (ofTable: Filters, where: Where = {}, bind: Bind): readonly string[] =>
  Object.entries(where).flatMap(([field, wanted]: [string, unknown]) => {
    if (wanted === undefined) return [];
    const filter = ofTable[field as keyof Where] as
      | ((wanted: unknown, bind: Bind) => string)
      | undefined;
    return [filter === undefined ? "false" : filter(wanted, bind)];
  });
