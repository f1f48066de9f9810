// An app's row in `meta`, held in memory: where its log ends, how far it is routed, how many rows there are of each kind. Valid while nobody else commits, which SQLite's
// `data_version` tells at the beginning of each transaction.
import type { Row } from "../sql/cell.ts";
import { appSpan, metaCells, metaFields, metaOf, type Meta } from "../sql/meta-row.ts";
import type { Database } from "./database.ts";

const select = `SELECT ${metaFields.join(", ")} FROM meta WHERE number = ?`;
const update = `UPDATE meta SET ${metaFields.map((field) => `${field} = ?`).join(", ")} WHERE number = ?`;

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
    this.#database.run(update, [...metaCells(this.#meta), this.#number]);
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
