// Claims: the runs that are due, by priority, dueAt and creation. Each line of pending runs (one task, one priority, one concurrency key or none) is an index in this order
// already, so a claim reads the beginning of each line that may hold any, and merges. Of lines with keys it reads those that begin first and are not full (key-line.ts).
import { pausedIdOf } from "../../core/command.ts";
import type { Run } from "../../core/run.ts";
import type { ClaimReply, ClaimRequest } from "../../core/store.ts";
import { headsOf, requeue, Rooms, type Head } from "./key-line.ts";
import type { Line, PlacedRun } from "./recent.ts";
import { patchedRun, runOf, runSelection } from "./run-row.ts";
import type { Tables } from "./tables.ts";

interface Candidate {
  readonly place: number;
  readonly id: string;
  readonly dueAt: number;
  readonly task: string;
  readonly key: string | null;
  readonly priority: number;
}

interface Claiming {
  readonly tables: Tables;
  readonly limit: number;
  readonly rooms: Rooms;
}

export const claim = (
  tables: Tables,
  { owner, nonce, tasks, limit, limits }: ClaimRequest,
  now: number,
): ClaimReply => {
  // Nobody would ever take the runs back from an owner that has not entered, or is closed.
  if (!tables.isOpen(owner)) return { runs: [], nextDueAt: null };
  const paused = tables.pausedTasks();
  const claiming: Claiming = { tables, limit, rooms: new Rooms(tables, limits) };
  const { rooms } = claiming;
  const candidates = [...new Set(tasks)]
    .filter((task) => !paused.has(pausedIdOf({ task })))
    .flatMap((task) => tables.linesOf(task))
    .flatMap((line) => [...beginningOf(claiming, line), ...keyedBeginningOf(claiming, line)]);
  const taken = new Set<Candidate>();
  const runs: Run[] = [];
  for (const candidate of candidates.filter(({ dueAt }) => dueAt <= now).sort(inOrder)) {
    if (runs.length >= limit) break;
    const { task, key } = candidate;
    if (rooms.of(task, key) <= 0) continue;
    rooms.take(task, key);
    taken.add(candidate);
    runs.push(grant(tables, candidate, { owner, nonce }));
  }
  if (runs.length > 0) {
    const { states } = tables.ledger.change();
    states.pending -= runs.length;
    states.claimed += runs.length;
  }
  let nextDueAt: number | null = null;
  for (const candidate of candidates) {
    const { task, key, dueAt } = candidate;
    if (taken.has(candidate) || rooms.of(task, key) <= 0) continue;
    if (nextDueAt === null || dueAt < nextDueAt) nextDueAt = dueAt;
  }
  return { runs, nextDueAt };
};

/** The first runs of a line without a key; one more than may be claimed, because of `nextDueAt`. */
const beginningOf = (
  { tables: { database, app }, limit }: Claiming,
  line: Line,
): readonly Candidate[] => {
  if (line.isEmpty) return [];
  const { task, priority } = line;
  const rows = database.all(
    "SELECT place, id, due_at FROM run WHERE app = ? AND task = ? AND priority = ? AND state = 'pending' AND concurrency_key IS NULL ORDER BY due_at, place LIMIT ?",
    app,
    task,
    priority,
    limit + 1,
  );
  line.isEmpty = rows.length === 0;
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
 * twice as many keys as runs may be granted, and one more, are enough.
 */
const keyedBeginningOf = (claiming: Claiming, line: Line): readonly Candidate[] => {
  const { tables, limit, rooms } = claiming;
  const { task, priority } = line;
  return headsOf(tables, line, { rooms, limit: 2 * limit + 1 }).flatMap((head) => {
    const count = Math.min(rooms.of(task, head.key), limit + 1);
    const beginning = count === 1 ? [head] : runsOf(tables, line, { head, count });
    return beginning.map(({ place, id, dueAt }) => ({
      place,
      id,
      dueAt,
      task,
      key: head.key,
      priority,
    }));
  });
};

/** The first runs of a key. */
const runsOf = (
  { database, app }: Tables,
  { task, priority }: Line,
  { head, count }: { readonly head: Head; readonly count: number },
): readonly Omit<Head, "key">[] =>
  database
    .all(
      "SELECT place, id, due_at FROM run WHERE app = ? AND task = ? AND priority = ? AND concurrency_key = ? AND state = 'pending' ORDER BY due_at, place LIMIT ?",
      app,
      task,
      priority,
      head.key,
      count,
    )
    .map(([place, id, dueAt]) => ({ place, id, dueAt }) as Head);

const inOrder = (a: Candidate, b: Candidate): number =>
  b.priority - a.priority || a.dueAt - b.dueAt || a.place - b.place;

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
