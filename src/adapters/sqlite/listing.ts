// Each table as a list: what is selected, by which key it is ordered, and how each field of a filter is asked of it. A field that a table lacks lets no row through.
import { runStates } from "../../core/run.ts";
import type { Tables as Listed, Where } from "../../core/store.ts";
import type { Cell, Row } from "../sql/cell.ts";
import { placeOf } from "./log.ts";
import { attemptOf, attemptSelection, runOf, runSelection } from "../sql/run-row.ts";
import { signalOf, signalSelection, signalSource } from "../sql/signal-row.ts";
import {
  cursorOf,
  cursorSelection,
  deadlineOf,
  deadlineSelection,
  matchSelection,
  ownerOf,
  ownerSelection,
  skipOf,
  skipSelection,
  waitingOf,
  tombstoneOf,
  tombstoneSelection,
} from "../sql/state-row.ts";
import type { Tables } from "./tables.ts";

/** A condition with its parameters. `isFew`: an index leads to its rows. */
export interface Term {
  readonly sql: string;
  readonly parameters: readonly Cell[];
  readonly isFew?: boolean;
}

export interface Listing<Of> {
  readonly table: string;
  readonly source: string;
  readonly selection: string;
  readonly key: readonly string[];
  /** The key begins with a place, which says the app too. */
  readonly hasPlaces: boolean;
  readonly rowOf: (row: Row) => Of;
  readonly filters: {
    readonly [Field in keyof Where]?: (wanted: NonNullable<Where[Field]>, tables: Tables) => Term;
  };
}

const equals =
  (column: string, isFew = false) =>
  (wanted: string): Term => ({ sql: `${column} = ?`, parameters: [wanted], isFew });

const anyOf =
  (column: string) =>
  (wanted: readonly (string | number)[]): Term => ({
    sql: `${column} IN (SELECT value FROM json_each(?))`,
    parameters: [JSON.stringify(wanted)],
    isFew: true,
  });

/** In words of the query, so that an index over some states can serve it. */
const inStates =
  (column: string) =>
  (wanted: readonly string[]): Term => {
    const states = runStates.filter((state) => wanted.includes(state));
    return {
      sql:
        states.length === 0
          ? "false"
          : `${column} IN (${states.map((state) => `'${state}'`).join(", ")})`,
      parameters: [],
    };
  };

export const listings: { readonly [Table in keyof Listed]: Listing<Listed[Table]> } = {
  run: {
    table: "run",
    source: "run",
    selection: runSelection,
    key: ["run.place"],
    hasPlaces: true,
    rowOf: runOf,
    filters: {
      ids: anyOf("run.id"),
      run: equals("run.id", true),
      owner: equals("run.owner", true),
      states: inStates("run.state"),
      task: equals("run.task"),
      trigger: equals("run.trigger"),
    },
  },
  attempt: {
    table: "attempt",
    source: "attempt",
    selection: attemptSelection,
    key: ["attempt.run_place", "attempt.token"],
    hasPlaces: true,
    rowOf: attemptOf,
    filters: {
      run: (run, tables) => ({
        sql: "attempt.run_place = ?",
        parameters: [tables.runOf(run)?.place ?? -1],
        isFew: true,
      }),
      owner: equals("attempt.owner"),
    },
  },
  signal: {
    table: "signal",
    source: signalSource,
    selection: signalSelection,
    key: ["signal.place"],
    hasPlaces: true,
    rowOf: signalOf,
    filters: {
      ids: (ids, tables) => anyOf("signal.place")(ids.flatMap((id) => placeOf(tables, id) ?? [])),
      run: (run, tables) => ({
        sql: "signal.place IN (SELECT place FROM signal WHERE run_place = ? UNION ALL SELECT place FROM signal WHERE origin = ? AND app = ?)",
        parameters: [tables.runOf(run)?.place ?? -1, run, tables.app],
        isFew: true,
      }),
      name: equals("signal.name"),
      task: equals("signal.task"),
      states: inStates("signal.state"),
    },
  },
  skip: {
    table: "skip",
    source: "skip",
    selection: skipSelection,
    key: ["skip.place"],
    hasPlaces: true,
    rowOf: skipOf,
    filters: { ids: anyOf("skip.id"), trigger: equals("skip.trigger") },
  },
  waiting: {
    table: "match",
    source: "match",
    selection: matchSelection,
    key: ["trigger", "leaf", "at", "number"],
    hasPlaces: false,
    rowOf: waitingOf,
    filters: { ids: anyOf("heard ->> '$.id'"), trigger: equals("trigger") },
  },
  cursor: {
    table: "cursor",
    source: "cursor",
    selection: cursorSelection,
    key: ["trigger", "leaf"],
    hasPlaces: false,
    rowOf: cursorOf,
    filters: { trigger: equals("trigger") },
  },
  deadline: {
    table: "deadline",
    source: "deadline",
    selection: deadlineSelection,
    key: ["at", "id"],
    hasPlaces: false,
    rowOf: deadlineOf,
    filters: { ids: anyOf("id"), trigger: equals("trigger") },
  },
  owner: {
    table: "owner",
    source: "owner",
    selection: ownerSelection,
    key: ["owner.place"],
    hasPlaces: true,
    rowOf: ownerOf,
    filters: { ids: anyOf("owner.id"), owner: equals("owner.id", true) },
  },
  tombstone: {
    table: "tombstone",
    source: "tombstone",
    selection: tombstoneSelection,
    key: ["kind", "id"],
    hasPlaces: false,
    rowOf: tombstoneOf,
    filters: { ids: anyOf("id"), trigger: equals("trigger") },
  },
};
