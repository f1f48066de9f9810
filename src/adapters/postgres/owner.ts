// Owners of runs: engines that have entered, and their leases. A lease counts by the server's clock. One statement a few times in its length renews those of all engines of
// this handle. Whoever takes back the runs of an owner that has not renewed in time condemns it in the same commit, unless it has renewed meanwhile; from then
// on it can't renew: so an owner that comes back finds out, and nobody's runs are taken back who could still believe that it holds them.
import * as Effect from "effect/Effect";
import type { Owner } from "../../core/store.ts";
import { ownerSelection } from "../sql/state-row.ts";
import { clockSelection } from "./found.ts";
import type { Begun } from "./transaction.ts";
import { integer, text, texts } from "./parameter.ts";
import type { Failed, Statement } from "./session.ts";

const insertOwner =
  "INSERT INTO owner (place, app, id, host, process, entered_at, lease_until) SELECT coalesce(max(place), $2) + 1, $1, $3, $4, $5, $6, $6 + $7 FROM owner WHERE app = $1 ON CONFLICT DO NOTHING";

export const enter = (
  { session, now, overlay: { app, base } }: Begun,
  { id, host, process }: Pick<Owner, "id" | "host" | "process">,
  leaseMillis: number,
): Effect.Effect<void, Failed> =>
  Effect.asVoid(
    session.send([
      {
        sql: insertOwner,
        parameters: [
          text(app),
          integer(base),
          text(id),
          text(host),
          integer(process),
          integer(now),
          integer(leaseMillis),
        ],
      },
    ]),
  );

/** Closes an owner that holds no run. Whether it is closed. */
export const leave = (
  { session, now, overlay: { app } }: Begun,
  id: string,
): Effect.Effect<boolean, Failed> =>
  Effect.map(
    session.send([
      {
        sql: "UPDATE owner SET closed_at = $3 WHERE app = $1 AND id = $2 AND closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM run WHERE run.app = $1 AND run.owner = $2)",
        parameters: [text(app), text(id), integer(now)],
      },
      {
        sql: "SELECT 1 FROM owner WHERE app = $1 AND id = $2 AND closed_at IS NULL",
        parameters: [text(app), text(id)],
      },
    ]),
    ([, open = []]) => open.length === 0,
  );

/** Gives the ids of those that still have their lease. `now` null: the server's clock. */
export const renewal = (
  app: string,
  ids: readonly string[],
  { now, leaseMillis }: { readonly now: number | null; readonly leaseMillis: number },
): Statement => ({
  sql: `UPDATE owner SET lease_until = greatest(lease_until, coalesce($3, ${clockSelection}) + $4) WHERE app = $1 AND id = ANY($2) AND closed_at IS NULL AND condemned_at IS NULL RETURNING id`,
  parameters: [text(app), texts(ids), integer(now), integer(leaseMillis)],
});

/** Those whose lease is over, or was when somebody began to take their runs back. */
export const selectDead = (app: string, now: number | null): Statement => ({
  sql: `SELECT ${ownerSelection} FROM owner WHERE app = $1 AND closed_at IS NULL AND (condemned_at IS NOT NULL OR lease_until < coalesce($2, ${clockSelection})) ORDER BY place`,
  parameters: [text(app), integer(now)],
});
