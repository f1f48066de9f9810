// How each field of a filter is asked of a table. A field that a table lacks lets no row through.
import type { Tables as Listed, Where } from "../../core/store.ts";
import type { Cell } from "../sql/cell.ts";
import { stateIn } from "../sql/listing.ts";
import { placeOf } from "./log.ts";
import type { Tables } from "./tables.ts";

/** A condition with its parameters. `isFew`: an index leads to its rows. */
export interface Term {
  readonly sql: string;
  readonly parameters: readonly Cell[];
  readonly isFew?: boolean;
}

type Filters = {
  readonly [Field in keyof Where]?: (wanted: NonNullable<Where[Field]>, tables: Tables) => Term;
};

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

const inStates =
  (column: string) =>
  (wanted: readonly string[]): Term => ({ sql: stateIn(column, wanted), parameters: [] });

export const filters: { readonly [Table in keyof Listed]: Filters } = {
  run: {
    ids: anyOf("run.id"),
    run: equals("run.id", true),
    owner: equals("run.owner", true),
    states: inStates("run.state"),
    task: equals("run.task"),
    trigger: equals("run.trigger"),
  },
  attempt: {
    run: (run, tables) => ({
      sql: "attempt.run_place = ?",
      parameters: [tables.runOf(run)?.place ?? -1],
      isFew: true,
    }),
    owner: equals("attempt.owner"),
  },
  signal: {
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
  skip: { ids: anyOf("skip.id"), trigger: equals("skip.trigger") },
  waiting: { ids: anyOf("heard ->> '$.id'"), trigger: equals("trigger") },
  cursor: { trigger: equals("trigger") },
  deadline: { ids: anyOf("id"), trigger: equals("trigger") },
  owner: { ids: anyOf("owner.id"), owner: equals("owner.id", true) },
  tombstone: { ids: anyOf("id"), trigger: equals("trigger") },
};
