// What has expired: pending runs whose `expires_at` has come, by an index of them alone.
import type { ExpiryReply } from "../../core/store.ts";
import { runOf, runSelection } from "../sql/run-row.ts";
import type { Tables } from "./tables.ts";

const selectDue = `SELECT ${runSelection}, run.place FROM run WHERE app = ? AND task = ? AND state = 'pending' AND expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at, place LIMIT ?`;
const selectNext =
  "SELECT min(expires_at) FROM run WHERE app = ? AND task = ? AND state = 'pending' AND expires_at IS NOT NULL AND expires_at > ?";

export const expiry = (
  { database, app }: Tables,
  { tasks, limit }: { readonly tasks: readonly string[]; readonly limit: number },
  now: number,
): ExpiryReply => {
  const all = [...new Set(tasks)];
  const due = all
    .flatMap((task) => database.all(selectDue, app, task, now, limit + 1))
    .map((row) => ({ run: runOf(row), place: row.at(-1) as number }))
    .sort((a, b) => (a.run.expiresAt ?? 0) - (b.run.expiresAt ?? 0) || a.place - b.place);
  const next = all.flatMap((task) => database.get(selectNext, app, task, now)?.[0] ?? []);
  const instants = [...next, ...due.slice(limit).map(({ run }) => run.expiresAt)] as number[];
  return {
    runs: due.slice(0, limit).map(({ run }) => run),
    nextAt: instants.length === 0 ? null : Math.min(...instants),
  };
};
