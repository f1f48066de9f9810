// Entry point `detent/postgres`: the store in a PostgreSQL database. Its driver is a package of its own, which only who uses PostgreSQL installs.
import { withPeer } from "../../core/peer.ts";

export type { PostgresStoreOptions } from "./store.ts";

/**
 * Connects for as long as the scope lasts. Fails with an InputError for a URL that is none. Importing it rejects with an InputError where the package @effect/sql-pg is not
 * installed.
 */
export const { openPostgresStore } = await withPeer(
  { part: "detent/postgres", peer: "@effect/sql-pg", range: "4" },
  () => import("./store.ts"),
);
