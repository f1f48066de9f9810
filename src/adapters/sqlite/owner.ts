// Owners of runs: engines that have entered.
import { dirname, join } from "node:path";
import type { Owner, Proof } from "../../core/store.ts";
import type { Database } from "./database.ts";
import { isDead, leaveLock, sweepLocks, takeLock } from "./owner-lock.ts";
import { ownerOf, ownerSelection } from "../sql/state-row.ts";
import type { Tables } from "./tables.ts";

/** The lock of an owner that came with a backup or a load: it was open elsewhere, and nobody is it here. */
const foreign = "";

/** Inside of a transaction. */
export const enter = (
  tables: Tables,
  owner: Pick<Owner, "id" | "host" | "process">,
  now: number,
): void => {
  const { database, app, ledger } = tables;
  if (database.get("SELECT 1 FROM owner WHERE id = ? AND app = ?", owner.id, app) !== undefined)
    return;
  sweepLocks(database.file, openLocks(database));
  // Before the row is there for others to see.
  const lock = takeLock(database.file);
  tables.whenUndone(() => leaveLock(database.file, lock));
  database.run(
    "INSERT INTO owner (place, app, id, host, process, entered_at, lock) SELECT coalesce(max(place), ?) + 1, ?, ?, ?, ?, ?, ? FROM owner WHERE app = ?",
    [ledger.base, app, owner.id, owner.host, owner.process, now, lock, app],
  );
  tables.recent.owners.set(owner.id, true);
};

/** Owners of the app that are proved dead. */
export const deadOwners = (tables: Tables): readonly Owner[] =>
  openOwners(tables)
    .filter(({ lock }) => lock === foreign || isDead(tables.database.file, lock))
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
  if (lock !== foreign) tables.whenCommitted(() => leaveLock(database.file, lock));
};

/** Inside of a transaction: closes an owner that holds no run. */
export const leave = (tables: Tables, id: string, at: number): void => {
  const { database, app } = tables;
  const held = database.get("SELECT 1 FROM run WHERE app = ? AND owner = ? LIMIT 1", app, id);
  if (held === undefined) closeOwner(tables, id, at);
};

/** Of all apps. */
const openLocks = (database: Database): ReadonlySet<string> =>
  new Set(
    database.all("SELECT lock FROM owner WHERE closed_at IS NULL").map(([lock]) => lock as string),
  );

interface LockedOwner extends Owner {
  /** The file name. */
  readonly lock: string;
}

const openOwners = ({ database, app }: Tables): readonly LockedOwner[] =>
  database
    .all(`SELECT lock, ${ownerSelection} FROM owner WHERE closed_at IS NULL AND app = ?`, app)
    .map(([lock, ...row]) => ({ ...ownerOf(row), lock: lock as string }));

/** What a process must do that executes for an owner. */
export const proofOf = ({ database, app }: Tables, owner: string): Proof | null => {
  const lock = database.get(
    "SELECT lock FROM owner WHERE id = ? AND app = ? AND closed_at IS NULL",
    owner,
    app,
  )?.[0];
  if (typeof lock !== "string" || lock === foreign) return null;
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return {
    module: new URL(`./hold.${extension}`, import.meta.url).href,
    path: join(dirname(database.file), lock),
  };
};
