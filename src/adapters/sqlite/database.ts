// Opens a database file: every pragma set by name, the right program's file, a schema that this version understands.
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { StoreError } from "../../core/errors.ts";
import { applicationId, steps } from "./schema.ts";

export type Durability = "power" | "process";

/** A connection with its prepared statements, each prepared once. */
export class Database {
  readonly connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync) {
    this.connection = connection;
  }

  prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  all(sql: string, ...values: readonly Value[]): readonly Row[] {
    return this.prepared(sql).all(...values) as unknown as Row[];
  }

  get(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.prepared(sql).get(...values) as unknown as Row | undefined;
  }

  /** How many rows were changed. */
  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.prepared(sql).run(...values).changes);
  }

  /** Whether another connection has committed since the last call. */
  dataVersion(): number {
    return this.get("PRAGMA data_version")?.["data_version"] as number;
  }
}

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** SQLite before these versions can corrupt a WAL file that several connections write (fixed in 3.51.3, 3.50.7 and 3.44.6). */
const isWalSound = (version: string): boolean => {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major !== 3) return major > 3;
  return (
    minor > 51 ||
    (minor === 51 && patch >= 3) ||
    (minor === 50 && patch >= 7) ||
    (minor === 44 && patch >= 6)
  );
};

export const openDatabase = (file: string, durability: Durability): Database => {
  let database: Database | undefined;
  try {
    // The timeout stands before journal_mode: several processes that open a new file at once would else meet a locked one.
    database = new Database(
      new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: false }),
    );
    const version = database.get("SELECT sqlite_version() AS version")?.["version"] as string;
    if (!isWalSound(version))
      throw failure(
        "open",
        `SQLite ${version} can corrupt files that several processes write; use Node 22.23, 24 or later`,
      );
    const { connection } = database;
    demandOurs(database, file);
    connection.exec("PRAGMA journal_mode = WAL");
    connection.exec(`PRAGMA synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`);
    connection.exec("PRAGMA wal_autocheckpoint = 1000");
    connection.exec("PRAGMA journal_size_limit = 67108864");
    connection.exec("PRAGMA temp_store = MEMORY");
    connection.exec("PRAGMA cache_size = -16384");
    migrate(database);
    connection.exec("PRAGMA busy_timeout = 0"); // from here on a busy file is waited for without blocking the process
    return database;
  } catch (error) {
    database?.connection.close();
    throw storeError("open", error, file);
  }
};

const demandOurs = (database: Database, file: string): void => {
  const id = database.get("PRAGMA application_id")?.["application_id"] as number;
  const tables = database.get("SELECT count(*) AS tables FROM sqlite_master")?.["tables"] as number;
  if (id !== applicationId && (id !== 0 || tables > 0))
    throw failure(
      "open",
      `${file} is the database of another program; give detent a file of its own`,
    );
};

const migrate = (database: Database): void => {
  const { connection } = database;
  connection.exec("BEGIN IMMEDIATE");
  try {
    const had = database.get("PRAGMA user_version")?.["user_version"] as number;
    if (had > steps.length)
      throw failure(
        "open",
        `the file was written by a newer detent (its schema is ${had}, this one knows ${steps.length}); update detent`,
      );
    for (const step of steps.slice(had)) connection.exec(step);
    connection.exec(`PRAGMA application_id = ${applicationId}`);
    connection.exec(`PRAGMA user_version = ${steps.length}`);
    connection.exec("COMMIT");
  } catch (error) {
    connection.exec("ROLLBACK");
    throw error;
  }
};

const failure = (operation: string, message: string): StoreError =>
  new StoreError({ operation, message });

const busy = 5;
const locked = 6;

export const isBusy = (error: unknown): boolean => [busy, locked].includes(codeOf(error) & 0xff);

const codeOf = (error: unknown): number =>
  Number((error as { errcode?: unknown } | null)?.errcode ?? 0);

/** What SQLite's own result codes mean for the person who runs this. */
const mends: Readonly<Record<number, string>> = {
  5: "another process holds it locked; end that process, or wait",
  8: "the file or its folder is read-only; make both writable",
  10: "the disk failed to read or write it",
  11: "the file is damaged; restore it from a backup",
  13: "the disk is full; make room",
  14: "it can't be opened; check that its folder exists and is writable",
  26: "it is no SQLite database; give another file",
};

/** Anything that went wrong inside an operation, as the one error that callers know. */
export const storeError = (operation: string, error: unknown, file: string): StoreError => {
  if (error instanceof StoreError) return error;
  const mend = mends[codeOf(error) & 0xff];
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError({ operation, message: `store ${file}: ${mend ?? message}`, cause: error });
};
