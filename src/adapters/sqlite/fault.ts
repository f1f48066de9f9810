// What SQLite's failures mean to an operator: what is the matter, and how to mend it, in one line.
import { StoreError } from "../../core/errors.ts";

/** SQLite's own errors carry its result code; everything else that is thrown is a bug, here or in the caller. */
interface SqliteError extends Error {
  readonly code: "ERR_SQLITE_ERROR";
  readonly errcode: number;
  readonly errstr: string;
}

export const isSqliteError = (thrown: unknown): thrown is SqliteError =>
  thrown instanceof Error && (thrown as { code?: unknown }).code === "ERR_SQLITE_ERROR";

/** The primary result code: https://sqlite.org/rescode.html. */
const codeOf = ({ errcode }: SqliteError): number => errcode & 0xff;

const busy = 5;
const locked = 6;
const readOnly = 8;
const ioError = 10;
const corrupt = 11;
const full = 13;
const cantOpen = 14;
const schemaChanged = 17;
const constraint = 19;
const mismatch = 20;
const notADatabase = 26;

/** Another connection is writing: to be tried again. */
export const isBusy = (thrown: unknown): boolean =>
  isSqliteError(thrown) && (codeOf(thrown) === busy || codeOf(thrown) === locked);

/** Whether the fault lies in what was to be written, so that others in the same transaction may succeed without it. */
export const isOfOne = (thrown: unknown): boolean =>
  !isSqliteError(thrown) || [1, constraint, mismatch, 18, 25].includes(codeOf(thrown));

/** What is the matter; and, after the semicolon, what the operator can do. */
const reasons: Readonly<Record<number, string>> = {
  [busy]:
    "another process has kept it locked for too long; find it with lsof and end it, or wait until it is done",
  [locked]: "another connection of this process has locked it; close that one",
  [readOnly]: "it can't be written to; let this user write to the file and to its folder",
  [ioError]:
    "the disk reports an error; look into the system's log, and restore the newest backup if it goes on",
  [corrupt]:
    "it is damaged; stop what uses it, keep a copy, and try `sqlite3 FILE .recover` or the newest backup",
  [full]: "the disk is full; make room, nothing that was acknowledged is lost",
  [cantOpen]:
    "it can't be opened; its folder must be there, and this user must be able to create files in it",
  [schemaChanged]: "another program has changed its tables; open it again",
  [notADatabase]: "it is no SQLite database; give the store another file",
};

/** The error of a port's operation. `unknown`: the commit itself failed, so that the writes may have been made. */
export const storeErrorOf = (fields: {
  readonly operation: string;
  readonly file: string;
  readonly cause: SqliteError;
  readonly unknown?: boolean;
}): StoreError => {
  const { operation, file, cause, unknown = false } = fields;
  const reason =
    reasons[codeOf(cause)] ?? `${cause.errstr} (SQLite ${cause.errcode}): ${cause.message}`;
  return new StoreError({ operation, message: messageOf(file, reason), cause, unknown });
};

/** Committed, and not known to be on the disk: whether it is shows when the store is read again. */
export const flushError = (fields: {
  readonly operation: string;
  readonly file: string;
  readonly fault: Error;
}): StoreError =>
  new StoreError({
    operation: fields.operation,
    message: messageOf(
      fields.file,
      `the disk did not take what was written (${fields.fault.message}); look into the system's log, and whether the disk is full`,
    ),
    cause: fields.fault,
    unknown: true,
  });

export const messageOf = (file: string, reason: string): string => `store ${file}: ${reason}`;
