// Each table as a list: what is selected, and by which key it is ordered. How a filter is asked of it is each store's own.
import { runStates } from "../../core/run.ts";
import type { Tables } from "../../core/store.ts";
import type { Row } from "./cell.ts";
import { attemptOf, attemptSelection, runOf, runSelection } from "./run-row.ts";
import { signalOf, signalSelection, signalSource } from "./signal-row.ts";
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
  tombstoneOf,
  tombstoneSelection,
  waitingOf,
} from "./state-row.ts";

export interface Listing<Of> {
  readonly table: string;
  readonly source: string;
  readonly selection: string;
  readonly key: readonly string[];
  /** The key begins with a place, which says the app too. */
  readonly hasPlaces: boolean;
  readonly rowOf: (row: Row) => Of;
}

export const listings: { readonly [Table in keyof Tables]: Listing<Tables[Table]> } = {
  run: {
    table: "run",
    source: "run",
    selection: runSelection,
    key: ["run.place"],
    hasPlaces: true,
    rowOf: runOf,
  },
  attempt: {
    table: "attempt",
    source: "attempt",
    selection: attemptSelection,
    key: ["attempt.run_place", "attempt.token"],
    hasPlaces: true,
    rowOf: attemptOf,
  },
  signal: {
    table: "signal",
    source: signalSource,
    selection: signalSelection,
    key: ["signal.place"],
    hasPlaces: true,
    rowOf: signalOf,
  },
  skip: {
    table: "skip",
    source: "skip",
    selection: skipSelection,
    key: ["skip.place"],
    hasPlaces: true,
    rowOf: skipOf,
  },
  waiting: {
    table: "match",
    source: "match",
    selection: matchSelection,
    key: ["trigger", "leaf", "at", "number"],
    hasPlaces: false,
    rowOf: waitingOf,
  },
  cursor: {
    table: "cursor",
    source: "cursor",
    selection: cursorSelection,
    key: ["trigger", "leaf"],
    hasPlaces: false,
    rowOf: cursorOf,
  },
  deadline: {
    table: "deadline",
    source: "deadline",
    selection: deadlineSelection,
    key: ["at", "id"],
    hasPlaces: false,
    rowOf: deadlineOf,
  },
  owner: {
    table: "owner",
    source: "owner",
    selection: ownerSelection,
    key: ["owner.place"],
    hasPlaces: true,
    rowOf: ownerOf,
  },
  tombstone: {
    table: "tombstone",
    source: "tombstone",
    selection: tombstoneSelection,
    key: ["kind", "id"],
    hasPlaces: false,
    rowOf: tombstoneOf,
  },
};

/** That a column has one of some states: in words of the query, so that an index over some states can serve it. */
export const stateIn = (column: string, wanted: readonly string[]): string => {
  const states = runStates.filter((state) => wanted.includes(state));
  return states.length === 0
    ? "false"
    : `${column} IN (${states.map((state) => `'${state}'`).join(", ")})`;
};
