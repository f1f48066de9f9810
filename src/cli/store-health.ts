// Whether a store's file is whole and of this version: asked of the file itself, before anything else opens it.
import { existsSync } from "node:fs";
import * as path from "node:path";
import { fault, note, ok, type Finding } from "./finding.ts";

/** Findings of a `sqlite:` URL; none of others, and of files that are not there. */
export const storeHealth = async (url: string): Promise<readonly Finding[]> => {
  if (!url.startsWith("sqlite:")) return [];
  const file = path.resolve(url.slice("sqlite:".length));
  if (!existsSync(file)) return [];
  const { DatabaseSync } = await import("node:sqlite");
  const { schemaVersion } = await import("../adapters/sqlite/schema.ts");
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    const ask = (sql: string): readonly unknown[] =>
      database!
        .prepare(sql)
        .all()
        .map((row) => Object.values(row)[0]);
    const [sqlite] = ask("SELECT sqlite_version()");
    const [version] = ask("PRAGMA user_version");
    const damages = ask("PRAGMA quick_check(3)");
    const about = `SQLite ${String(sqlite)}, tables of version ${String(version)}`;
    const findings = [
      version === schemaVersion || damages[0] !== "ok"
        ? undefined
        : note(`${about}; this detent brings them to version ${schemaVersion}`),
      damages[0] === "ok"
        ? version === schemaVersion
          ? ok(`${about}, the file is whole`)
          : undefined
        : fault(
            `the file is damaged (${damages.map(String).join("; ")}): stop all engines and restore a backup`,
          ),
    ];
    return findings.filter((it) => it !== undefined);
  } catch (error) {
    return [fault(`the file can't be read: ${(error as Error).message}`)];
  } finally {
    database?.close();
  }
};

/** The apps of which the file keeps anything; none of a file that can't be read, which others tell. */
export const appsIn = async (file: string): Promise<readonly string[]> => {
  const { DatabaseSync } = await import("node:sqlite");
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    // Whoever closes the file last holds it for a moment.
    database.exec("PRAGMA busy_timeout = 2000");
    return database
      .prepare("SELECT app FROM meta WHERE revision > 0 OR newest_at > 0")
      .all()
      .map(({ app }) => String(app));
  } catch {
    return [];
  } finally {
    database?.close();
  }
};
