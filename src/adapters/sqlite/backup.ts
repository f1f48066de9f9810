// A copy of the file while others use it: one snapshot, without the rubbish. In the copy nobody who was open is any more: an engine that opens it takes back what they held.
import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "../../core/errors.ts";
import { Database } from "./database.ts";
import { isSqliteError, messageOf, storeErrorOf } from "./fault.ts";
import { applicationId } from "./schema.ts";

/** For others to let go of the file; a backup has time. */
const patienceMillis = 10_000;

/** Throws a StoreError if it can't be made; then there is no copy. */
export const backUp = (file: string, to: string): void => {
  const refuse = (path: string, reason: string): never => {
    throw new StoreError({ operation: "backup", message: messageOf(path, reason) });
  };
  if (existsSync(to)) refuse(to, "it is there already; give the backup a name of its own");
  if (!existsSync(dirname(to))) refuse(to, `there is no folder ${dirname(to)}; make it first`);
  const part = `${to}.part`;
  let database: Database | undefined;
  try {
    rmSync(part, { force: true });
    database = new Database(file, patienceMillis);
    if (Number(database.pragma("application_id")) !== applicationId)
      refuse(file, "it is a database of another program");
    database.run("VACUUM INTO ?", [part]);
    database.close();
    database = new Database(part, 0);
    database.exec("UPDATE owner SET lock = ''");
    const [verdict] = database.get("PRAGMA integrity_check(1)") ?? [];
    if (verdict !== "ok") refuse(file, `it is damaged, and so is its copy (${String(verdict)})`);
    // One file, whole as it is.
    database.exec("PRAGMA journal_mode = DELETE");
    database.close();
    renameSync(part, to);
  } catch (thrown) {
    database?.close();
    rmSync(part, { force: true });
    throw isSqliteError(thrown)
      ? storeErrorOf({ operation: "backup", file, cause: thrown })
      : thrown;
  }
};
