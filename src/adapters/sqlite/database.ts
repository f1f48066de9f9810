// One connection to a SQLite file: prepared statements kept by their text, rows as arrays (objects of twenty columns cost 2.5 times as much), transactions, and all
// settings made explicit, because their defaults differ between Node, Deno and Bun.
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from "node:sqlite";
import type { Row } from "../sql/cell.ts";

export class Database {
  readonly file: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #rowsWritten = 0;
  readonly #begin: StatementSync;
  readonly #beginImmediate: StatementSync;
  readonly #commit: StatementSync;
  readonly #dataVersion: StatementSync;
  readonly #userVersion: StatementSync;

  /** Waits up to `patienceMillis` for others, blocking this thread; set it to 0 once the file is open. */
  constructor(file: string, patienceMillis: number) {
    this.file = file;
    this.#connection = new DatabaseSync(file, {
      timeout: patienceMillis,
      enableForeignKeyConstraints: false,
      enableDoubleQuotedStringLiterals: false,
      allowExtension: false,
    });
    this.#begin = this.#connection.prepare("BEGIN");
    this.#beginImmediate = this.#connection.prepare("BEGIN IMMEDIATE");
    this.#commit = this.#connection.prepare("COMMIT");
    this.#dataVersion = this.prepare("PRAGMA data_version");
    this.#userVersion = this.prepare("PRAGMA user_version");
  }

  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    statement.setReturnArrays(true);
    this.#statements.set(sql, statement);
    return statement;
  }

  all(sql: string, ...parameters: readonly SQLInputValue[]): readonly Row[] {
    return this.prepare(sql).all(...parameters) as unknown as readonly Row[];
  }

  get(sql: string, ...parameters: readonly SQLInputValue[]): Row | undefined {
    return this.prepare(sql).get(...parameters) as unknown as Row | undefined;
  }

  /** How many rows were written. */
  run(sql: string, parameters: readonly SQLInputValue[]): number {
    const changes = this.prepare(sql).run(...parameters).changes as number;
    this.#rowsWritten += changes;
    return changes;
  }

  /** How many rows were written since the last call. */
  takeRowsWritten(): number {
    const rows = this.#rowsWritten;
    this.#rowsWritten = 0;
    return rows;
  }

  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  pragma(name: string): SQLOutputValue {
    const row: Readonly<Record<string, SQLOutputValue>> | undefined = this.#connection
      .prepare(`PRAGMA ${name}`)
      .get();
    return row === undefined ? null : (Object.values(row)[0] ?? null);
  }

  /** Changes when another connection, of any process, has committed. Cheap inside of a transaction (0.3 µs), not so outside (8 µs). */
  dataVersion(): number {
    return Number((this.#dataVersion.get() as unknown as Row)[0]);
  }

  /** Of the tables. */
  userVersion(): number {
    return Number((this.#userVersion.get() as unknown as Row)[0]);
  }

  begin(mode: "DEFERRED" | "IMMEDIATE"): void {
    (mode === "IMMEDIATE" ? this.#beginImmediate : this.#begin).run();
  }

  commit(): void {
    this.#commit.run();
  }

  /** Undoes the open transaction, if SQLite has not done so by itself. */
  rollback(): void {
    if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
  }

  transaction<A>(mode: "DEFERRED" | "IMMEDIATE", work: () => A): A {
    this.begin(mode);
    try {
      const value = work();
      this.commit();
      return value;
    } finally {
      this.rollback();
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#connection.isOpen) this.#connection.close();
  }
}
