// From a path to a database that is detent's, of this version and set up: or to an error that says what is in the way.
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "../../core/errors.ts";
import { Database } from "./database.ts";
import { isBusy, isSqliteError, messageOf, storeErrorOf } from "./fault.ts";
import { applicationId, migrate, versionFault } from "./schema.ts";
import { sharingFault } from "./sharing.ts";

/** What is still there after a loss: of power, or of a process. */
export type Durability = "power" | "process";

/** For others to finish opening or migrating the file; this thread waits. */
const patienceMillis = 5_000;

export interface Connected {
  readonly database: Database;
  /** Other connections may be made, by this process or by others. */
  readonly isShared: boolean;
}

export const connect = (file: string, durability: Durability): Connected => {
  let database: Database | undefined;
  let alone: string | undefined;
  try {
    database = new Database(file, patienceMillis);
    claimFile(database);
    alone = sharingFault(dirname(file), String(database.get("SELECT sqlite_version()")?.[0]));
    for (const [name, value] of settings(durability, alone !== undefined))
      database.exec(`PRAGMA ${name} = ${value}`);
    migrate(database);
    database.exec("PRAGMA busy_timeout = 0");
    return { database, isShared: alone === undefined };
  } catch (thrown) {
    database?.close();
    throw faultOf(file, thrown, alone);
  }
};

/** Refuses a file that is not detent's, before anything in it is changed. */
const claimFile = (database: Database): void => {
  const { file } = database;
  const id = Number(database.pragma("application_id"));
  const isEmpty = database.get("SELECT count(*) FROM sqlite_schema")?.[0] === 0;
  if (id !== applicationId && !isEmpty)
    throw openError(file, "it is a database of another program; give the store another file");
  const fault = id === applicationId ? versionFault(database) : undefined;
  if (fault !== undefined) throw openError(file, fault);
};

/** All of them explicit: the defaults differ between Node, Deno and Bun. The patience for others comes first, in the constructor. */
const settings = (durability: Durability, isAlone: boolean): readonly Setting[] => [
  ["page_size", 4_096],
  ["encoding", "'UTF-8'"],
  ["auto_vacuum", "NONE"],
  ["locking_mode", isAlone ? "EXCLUSIVE" : "NORMAL"],
  ["journal_mode", "WAL"],
  ...flushSettings(durability),
  // 16 MB if this thread has to do it, 64 MB if it only has to help; checkpointer.ts begins earlier.
  ["wal_autocheckpoint", isAlone ? 4_000 : 16_000],
  ["journal_size_limit", 64 * 1_024 * 1_024],
  ["cache_size", -64 * 1_024],
  ["mmap_size", 0],
  ["temp_store", "MEMORY"],
  ["foreign_keys", 0],
  ["recursive_triggers", 0],
  ["secure_delete", 0],
  ["trusted_schema", 0],
];

/** How a connection makes what it writes last. That commits survive a loss of power is not left to it: flusher.ts sees to that. */
export const flushSettings = (durability: Durability): readonly Setting[] => [
  ["synchronous", "NORMAL"],
  // macOS keeps what was flushed in the disk's own cache otherwise.
  ["fullfsync", durability === "power" ? 1 : 0],
  ["checkpoint_fullfsync", durability === "power" ? 1 : 0],
];

type Setting = readonly [name: string, value: string | number];

const openError = (file: string, reason: string, cause?: unknown): StoreError =>
  new StoreError({ operation: "open", message: messageOf(file, reason), cause });

const faultOf = (file: string, thrown: unknown, alone: string | undefined): unknown => {
  if (!isSqliteError(thrown)) return thrown;
  if (!existsSync(dirname(file)))
    return openError(file, `there is no folder ${dirname(file)}; make it first`, thrown);
  if (isBusy(thrown) && alone !== undefined)
    return openError(file, `another process has it open, and only one can: ${alone}`, thrown);
  return storeErrorOf({ operation: "open", file, cause: thrown });
};
