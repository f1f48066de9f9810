// Owners of runs: engines that have entered. One at a time may be in a file for now.
import { dirname, join } from "node:path";
import { StoreError } from "../../core/errors.ts";
import type { Owner } from "../../core/store.ts";
import { messageOf } from "./fault.ts";
import { leaveLock, lockState, takeLock } from "./owner-lock.ts";
import { ownerOf, ownerSelection } from "./state-row.ts";
import type { Tables } from "./tables.ts";

/** Inside of a transaction. The refusal, if another engine is in the file, or may be. */
export const enter = (
  tables: Tables,
  owner: Pick<Owner, "id" | "host" | "process">,
  now: number,
): StoreError | undefined => {
  const { database, app, ledger } = tables;
  if (database.get("SELECT 1 FROM owner WHERE id = ? AND app = ?", owner.id, app) !== undefined)
    return undefined;
  for (const other of openOwners(tables, "every app")) {
    const state = lockState(database.file, other.lock);
    if (state !== "free") return refusal(database.file, other, state);
  }
  // Before the row is there for others to see.
  const lock = takeLock(database.file);
  tables.whenUndone(() => leaveLock(database.file, lock));
  database.run(
    "INSERT INTO owner (place, app, id, host, process, entered_at, lock) SELECT coalesce(max(place), ?) + 1, ?, ?, ?, ?, ?, ? FROM owner WHERE app = ?",
    [ledger.base, app, owner.id, owner.host, owner.process, now, lock, app],
  );
  tables.recent.owners.set(owner.id, true);
  return undefined;
};

const refusal = (
  file: string,
  { id, host, process, enteredAt, lock }: LockedOwner,
  state: "held" | "unknown",
): StoreError => {
  const who = `(process ${process} on ${host}, since ${new Date(enteredAt).toISOString()})`;
  const reason =
    state === "held"
      ? `an engine is running on it already ${who}; stop that one first, or give another file`
      : `an engine may be running on it ${who}: the lock file of ${id} is missing, so nobody can tell; if that process is gone, say so with: touch ${join(dirname(file), lock)}`;
  return new StoreError({ operation: "enter", message: messageOf(file, reason) });
};

/** Owners of the app that are proved dead. */
export const deadOwners = (tables: Tables): readonly Owner[] =>
  openOwners(tables, "this app")
    .filter(({ lock }) => lockState(tables.database.file, lock) === "free")
    .map(({ lock: _, ...owner }) => Object.freeze(owner));

/** Inside of a transaction: closes an owner that is open. Its lock goes when that is committed; of a dead one, too. */
export const closeOwner = (tables: Tables, id: string, at: number): void => {
  const { database, app, recent } = tables;
  const lock = database.get(
    "UPDATE owner SET closed_at = ? WHERE id = ? AND app = ? AND closed_at IS NULL RETURNING lock",
    at,
    id,
    app,
  )?.[0];
  if (typeof lock !== "string") return;
  recent.owners.set(id, false);
  tables.whenCommitted(() => leaveLock(database.file, lock));
};

interface LockedOwner extends Owner {
  /** The file name. */
  readonly lock: string;
}

const openOwners = (
  { database, app }: Tables,
  of: "this app" | "every app",
): readonly LockedOwner[] =>
  database
    .all(
      `SELECT lock, ${ownerSelection} FROM owner WHERE closed_at IS NULL AND (app = ? OR ?)`,
      app,
      Number(of === "every app"),
    )
    .map(([lock, ...row]) => ({ ...ownerOf(row), lock: lock as string }));
