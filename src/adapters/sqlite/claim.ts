// Claims: the runs that are due, by priority, dueAt and creation. Each line of pending runs (one task, one priority, one concurrency key or none) is an index in this order
// already, so a claim reads the beginning of each line that may hold any, and merges. Of lines with keys it reads those that begin first and are not full (key-line.ts).
import { pausedIdOf } from "../../core/command.ts";
import type { Run } from "../../core/run.ts";
import type { ClaimReply, ClaimRequest } from "../../core/store.ts";
import { headsOf, requeue, Rooms, type Head } from "./key-line.ts";
import type { Line, PlacedRun } from "./recent.ts";
import { pick, type Candidate as Placed } from "../sql/claim.ts";
import { patchedRun, runOf, runSelection } from "../sql/run-row.ts";
import type { Tables } from "./tables.ts";

interface Candidate extends Placed {
  readonly id: string;
}

interface Claiming {
  readonly tables: Tables;
  readonly limit: number;
  readonly rooms: Rooms;
  readonly now: number;
}

export const claim = (
  tables: Tables,
  { owner, nonce, tasks, limit, limits }: ClaimRequest,
  now: number,
): ClaimReply => {
  // Nobody would ever take the runs back from an owner that has not entered, or is closed.
  if (!tables.isOpen(owner)) return { runs: [], nextDueAt: null };
  const paused = tables.pausedTasks();
  const claiming: Claiming = { tables, limit, rooms: new Rooms(tables, limits), now };
  const { rooms } = claiming;
  const candidates = [...new Set(tasks)]
    .filter((task) => !paused.has(pausedIdOf({ task })))
    .flatMap((task) => tables.linesOf(task))
    .flatMap((line) => [...beginningOf(claiming, line), ...keyedBeginningOf(claiming, line)]);
  const { taken, nextDueAt } = pick(candidates, { limit, rooms, now });
  const runs = taken.map((candidate) => grant(tables, candidate, { owner, nonce }));
  if (runs.length > 0) {
    const { states } = tables.ledger.change();
    states.pending -= runs.length;
    states.claimed += runs.length;
  }
  return { runs, nextDueAt };
};

/** Those that have expired count: the clock may be set back. */
const selectAny =
  "SELECT 1 FROM run WHERE app = ? AND task = ? AND priority = ? AND state = 'pending' AND concurrency_key IS NULL LIMIT 1";

/** The first runs of a line without a key; one more than may be claimed, because of `nextDueAt`. */
const beginningOf = (
  { tables: { database, app }, limit, now }: Claiming,
  line: Line,
): readonly Candidate[] => {
  if (line.isEmpty) return [];
  const { task, priority } = line;
  const rows = database.all(
    "SELECT place, id, due_at FROM run WHERE app = ? AND task = ? AND priority = ? AND state = 'pending' AND concurrency_key IS NULL AND (expires_at IS NULL OR expires_at > ?) ORDER BY due_at, place LIMIT ?",
    app,
    task,
    priority,
    now,
    limit + 1,
  );
  line.isEmpty = rows.length === 0 && database.get(selectAny, app, task, priority) === undefined;
  return rows.map(([place, id, dueAt]) => ({
    place: place as number,
    id: id as string,
    dueAt: dueAt as number,
    task,
    key: null,
    priority,
  }));
};

/**
 * The first runs of the keys that begin first. Each run that is granted can fill one key, or use up one beginning, be it in this line or in one of another priority; so
 * twice as many keys as runs may be granted, and one more, are enough. Keys whose first run has expired come on top of them, for they begin later than it seems.
 */
const keyedBeginningOf = (claiming: Claiming, line: Line): readonly Candidate[] => {
  const { tables, limit, rooms, now } = claiming;
  const enough = 2 * limit + 1;
  const hasExpired = ({ expiresAt }: Head): boolean => expiresAt !== null && expiresAt <= now;
  let heads: readonly Head[] = [];
  for (let most = enough; ; most *= 2) {
    heads = headsOf(tables, line, { rooms, limit: most });
    if (heads.length < most || heads.filter((head) => !hasExpired(head)).length >= enough) break;
  }
  const { task, priority } = line;
  return heads.flatMap((head) => {
    const { key } = head;
    const count = Math.min(rooms.of(task, key), limit + 1);
    const isOne = count === 1 && !hasExpired(head);
    const beginning = isOne ? [head] : runsOf(claiming, line, { key, count });
    return beginning.map(({ place, id, dueAt }) => ({ place, id, dueAt, task, key, priority }));
  });
};

/** The first runs of a key. */
const runsOf = (
  { tables: { database, app }, now }: Claiming,
  { task, priority }: Line,
  { key, count }: { readonly key: string; readonly count: number },
): readonly Pick<Candidate, "place" | "id" | "dueAt">[] =>
  database
    .all(
      "SELECT place, id, due_at FROM run WHERE app = ? AND task = ? AND priority = ? AND concurrency_key = ? AND state = 'pending' AND (expires_at IS NULL OR expires_at > ?) ORDER BY due_at, place LIMIT ?",
      app,
      task,
      priority,
      key,
      now,
      count,
    )
    .map(([place, id, dueAt]) => ({ place, id, dueAt }) as Candidate);

const grant = (
  tables: Tables,
  { place, id }: Candidate,
  by: { readonly owner: string; readonly nonce: string },
): Run => {
  const { run, length } = tables.recent.runOf(id) ?? read(tables, place);
  const claimed = patchedRun(run, {
    state: "claimed",
    token: run.token + 1,
    attempt: run.attempt + 1,
    ...by,
  });
  tables.database.run(
    "UPDATE run SET state = 'claimed', token = ?, attempt = ?, owner = ?, nonce = ? WHERE place = ?",
    [claimed.token, claimed.attempt, by.owner, by.nonce, place],
  );
  tables.keepRun(place, claimed, [], length);
  requeue(tables, run, claimed);
  return claimed;
};

const read = (tables: Tables, place: number): PlacedRun => {
  const row = tables.database.get(`SELECT ${runSelection} FROM run WHERE place = ?`, place) ?? [];
  return tables.keepRun(place, runOf(row), row);
};
