// An app's row in `meta`, held in memory: where its log ends, how far it is routed, how many rows there are of each kind. Valid while nobody else commits, which SQLite's
// `data_version` tells at the beginning of each transaction.
import { runStates, type RunState } from "../../core/run.ts";
import type { Cell, Row } from "./cell.ts";
import type { Database } from "./database.ts";
import { appSpan } from "./schema.ts";

/** docs/store.md says what each field counts. */
export interface Meta {
  revision: number;
  routedSeq: number;
  routedAt: number;
  newestAt: number;
  signals: number;
  strays: number;
  runs: number;
  skips: number;
  matches: number;
  signalsPurged: number;
  skipsPurged: number;
  tombstones: number;
  generation: number | null;
  readonly states: { [state in RunState]: number };
}

const fields = [
  "revision",
  "routed_seq",
  "routed_at",
  "newest_at",
  "signals",
  "strays",
  "runs",
  "skips",
  "matches",
  "signals_purged",
  "skips_purged",
  "tombstones",
  "generation",
  ...runStates,
];
const select = `SELECT ${fields.join(", ")} FROM meta WHERE number = ?`;
const update = `UPDATE meta SET ${fields.map((field) => `${field} = ?`).join(", ")} WHERE number = ?`;

export class Ledger {
  readonly app: string;
  /** The place before the app's first row in a table that has places. */
  readonly base: number;
  readonly #database: Database;
  readonly #number: number;
  #meta: Meta;
  #changed = false;
  /** The version of the file that `meta` is of; -1: none. */
  #version = -1;
  /** The newest version that this process has seen or made. */
  #seen: number;

  constructor(database: Database, app: string) {
    this.app = app;
    this.#database = database;
    this.#number = numberOf(database, app);
    this.base = this.#number * appSpan;
    this.#meta = this.#read();
    this.#seen = database.dataVersion();
  }

  get meta(): Readonly<Meta> {
    return this.#meta;
  }

  /** For writing; `save` puts it into the file. */
  change(): Meta {
    this.#changed = true;
    return this.#meta;
  }

  /** Called first in each transaction: brings `meta` up to date. Tells whether it was out of date, and whether others have committed since the last call. */
  refresh(): { readonly wasStale: boolean; readonly isNews: boolean } {
    const version = this.#database.dataVersion();
    const isNews = version !== this.#seen;
    const wasStale = version !== this.#version;
    if (wasStale) this.#meta = this.#read();
    this.#seen = this.#version = version;
    return { wasStale, isNews };
  }

  /** Called last in each transaction that writes. */
  save(): void {
    if (!this.#changed) return;
    this.#database.run(update, [...valuesOf(this.#meta), this.#number]);
    this.#changed = false;
  }

  /** Called when a transaction was undone. */
  forget(): void {
    this.#version = -1;
    this.#changed = false;
  }

  #read(): Meta {
    return metaOf(this.#database.get(select, this.#number) as Row);
  }
}

/** The number that stands for an app in the places of its rows. */
const numberOf = (database: Database, app: string): number => {
  const known = database.get("SELECT number FROM meta WHERE app = ?", app);
  if (known !== undefined) return Number(known[0]);
  database.run(
    "INSERT INTO meta (number, app) SELECT coalesce(max(number) + 1, 0), ? FROM meta WHERE true ON CONFLICT DO NOTHING",
    [app],
  );
  return numberOf(database, app);
};

const counted = [
  "revision",
  "routedSeq",
  "routedAt",
  "newestAt",
  "signals",
  "strays",
  "runs",
  "skips",
  "matches",
  "signalsPurged",
  "skipsPurged",
  "tombstones",
] as const satisfies readonly (keyof Meta)[];

/** The row has the cells in the order of `fields`. */
const metaOf = (row: Row): Meta => {
  const [generation, ...states] = row.slice(counted.length) as readonly (number | null)[];
  return {
    ...(Object.fromEntries(counted.map((field, index) => [field, row[index]])) as Omit<
      Meta,
      "generation" | "states"
    >),
    generation: generation ?? null,
    states: Object.fromEntries(
      runStates.map((state, index) => [state, states[index]]),
    ) as Meta["states"],
  };
};

const valuesOf = (meta: Meta): readonly Cell[] => [
  ...counted.map((field) => meta[field]),
  meta.generation,
  ...runStates.map((state) => meta.states[state]),
];
