// What readers are told: a router's snapshot, counts, and pages for people.
import { StoreError } from "../../core/errors.ts";
import { runStates, type RunState } from "../../core/run.ts";
import { defaultOrder, keyOfPage, pageOf, type Key } from "../../core/store-order.ts";
import type { ListRequest, Page, Reading, Summary, Tables, Where } from "../../core/store.ts";
import type { Database, Row, Value } from "./database.ts";
import {
  attemptOfRow,
  cursorOfRow,
  deadlineOfRow,
  generationOfRow,
  openOfRow,
  ownerOfRow,
  runOfRow,
  signalOfRow,
  skipOfRow,
  waitingOfRow,
} from "./rows.ts";
import { metaOf } from "./write.ts";

export const readingOf = (
  database: Database,
  app: string,
  request: { readonly revision: number | null; readonly limit: number },
  now: number,
): Reading => {
  const meta = metaOf(database, app);
  const signals = database
    .all(
      "SELECT * FROM signal WHERE app = ? AND seq > ? ORDER BY seq LIMIT ?",
      app,
      meta.routed_seq,
      request.limit,
    )
    .map(signalOfRow);
  const generation = database.get(
    "SELECT * FROM generation WHERE app = ? ORDER BY number DESC LIMIT 1",
    app,
  );
  return {
    watermark: { revision: meta.revision, seq: meta.routed_seq, at: meta.routed_at },
    generation: generation === undefined ? null : generationOfRow(generation),
    state: request.revision === meta.revision ? null : stateOf(database, app),
    signals,
    more: meta.last_seq > meta.routed_seq + signals.length,
    now,
  };
};

const stateOf = (database: Database, app: string): NonNullable<Reading["state"]> => ({
  cursors: database
    .all("SELECT * FROM cursor WHERE app = ? ORDER BY trigger, leaf", app)
    .map(cursorOfRow),
  waiting: database
    .all(`SELECT * FROM match WHERE app = ? ORDER BY trigger, leaf, at, "order"`, app)
    .map(waitingOfRow),
  deadlines: database
    .all("SELECT * FROM deadline WHERE app = ? ORDER BY at, id", app)
    .map(deadlineOfRow),
  open: database.all("SELECT * FROM open WHERE app = ? ORDER BY scope, run", app).map(openOfRow),
});

export const summaryOf = (database: Database, app: string, now: number): Summary => {
  const meta = metaOf(database, app);
  const count = (sql: string, ...values: readonly Value[]): number =>
    database.get(sql, ...values)?.["n"] as number;
  const states = new Map(
    database
      .all("SELECT state, count(*) AS n FROM run WHERE app = ? GROUP BY state", app)
      .map((row) => [row["state"], row["n"] as number]),
  );
  const delayed = count(
    "SELECT count(*) AS n FROM signal WHERE app = ? AND seq > ? AND due_at > ?",
    app,
    meta.routed_seq,
    now,
  );
  return {
    runs: Object.fromEntries(runStates.map((state) => [state, states.get(state) ?? 0])) as {
      [state in RunState]: number;
    },
    unrouted: meta.last_seq - meta.routed_seq,
    deadlines:
      delayed + count("SELECT count(*) AS n FROM deadline WHERE app = ? AND kind <> 'within'", app),
    signals: meta.last_seq,
    skips: count("SELECT count(*) AS n FROM skip WHERE app = ?", app),
    waiting: count("SELECT count(*) AS n FROM match WHERE app = ?", app),
  };
};

/** How a table is listed: its rows, what orders them, and what a filter's fields compare with. A table that lacks a field has no row with it. */
interface Listing<Table extends keyof Tables> {
  readonly from: string;
  readonly key: readonly string[];
  readonly where: { readonly [Field in keyof Where]?: string };
  readonly rowOf: (row: Row) => Tables[Table];
}

const listings: { readonly [Table in keyof Tables]: Listing<Table> } = {
  run: {
    from: "run",
    key: ["ordinal - 1"],
    where: {
      ids: "id",
      states: "state",
      task: "task",
      trigger: "trigger",
      owner: "owner",
      run: "id",
    },
    rowOf: runOfRow,
  },
  attempt: {
    from: "(SELECT attempt.*, run.ordinal FROM attempt JOIN run ON run.app = attempt.app AND run.id = attempt.run)",
    key: ["ordinal - 1", "token"],
    where: { run: "run", owner: "owner" },
    rowOf: attemptOfRow,
  },
  signal: {
    from: "signal",
    key: ["seq - 1"],
    where: { ids: "id", states: "state", task: "task", run: "origin", name: "name" },
    rowOf: signalOfRow,
  },
  skip: {
    from: "skip",
    key: ["ordinal - 1"],
    where: { ids: "id", trigger: "trigger" },
    rowOf: skipOfRow,
  },
  waiting: {
    from: "match",
    key: ["trigger", "leaf", "at", `"order"`],
    where: { ids: "signal", trigger: "trigger" },
    rowOf: waitingOfRow,
  },
  cursor: {
    from: "cursor",
    key: ["trigger", "leaf"],
    where: { trigger: "trigger" },
    rowOf: cursorOfRow,
  },
  deadline: {
    from: "deadline",
    key: ["at", "id"],
    where: { ids: "id", trigger: "trigger" },
    rowOf: deadlineOfRow,
  },
  owner: {
    from: "owner",
    key: ["ordinal - 1"],
    where: { ids: "id", owner: "id" },
    rowOf: ownerOfRow,
  },
};

export const listed = <Table extends keyof Tables>(
  database: Database,
  app: string,
  table: Table,
  request: ListRequest,
): Page<Tables[Table]> => {
  const { from, key, where, rowOf } = listings[table];
  const newest = (request.order ?? defaultOrder[table]) === "newest";
  const limit = Math.min(Math.max(request.limit, 1), 10_000);
  const conditions = ["app = ?"];
  const values: Value[] = [app];
  for (const [field, wanted] of Object.entries(request.where ?? {}) as [
    keyof Where,
    string | readonly string[] | undefined,
  ][]) {
    if (wanted === undefined) continue;
    const column = where[field];
    conditions.push(column === undefined ? "0" : `${column} IN (SELECT value FROM json_each(?))`);
    if (column !== undefined)
      values.push(JSON.stringify(typeof wanted === "string" ? [wanted] : wanted));
  }
  if (request.after !== undefined) {
    const after: Key | undefined = keyOfPage(table, request.after);
    if (after === undefined)
      throw new StoreError({
        operation: "list",
        message: `"${request.after}" is not the end of a page of ${table}s: pass the "next" of an earlier page`,
      });
    conditions.push(`(${key.join(", ")}) ${newest ? "<" : ">"} (${key.map(() => "?").join(", ")})`);
    values.push(...after);
  }
  const order = key.map((column) => `${column} ${newest ? "DESC" : "ASC"}`).join(", ");
  const keys = key.map((column, index) => `${column} AS key${index}`).join(", ");
  const rows = database.all(
    `SELECT *, ${keys} FROM ${from} WHERE ${conditions.join(" AND ")} ORDER BY ${order} LIMIT ?`,
    ...values,
    limit + 1,
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    rows: rows.slice(0, limit).map(rowOf),
    next:
      last === undefined
        ? null
        : pageOf(key.map((_, index) => last[`key${index}`] as string | number)),
  };
};
