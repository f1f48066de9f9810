// Claims: the runs that are due, by priority, dueAt and creation. Each line of pending runs (one task, one priority) is an index in this order already, so a claim reads the
// beginning of each line that may hold any, and merges.
import { pausedIdOf } from "../../core/command.ts";
import type { Run } from "../../core/run.ts";
import type { ClaimReply, ClaimRequest } from "../../core/store.ts";
import type { Line, PlacedRun } from "./recent.ts";
import { patchedRun, runOf, runSelection } from "./run-row.ts";
import type { Tables } from "./tables.ts";

interface Candidate {
  readonly place: number;
  readonly id: string;
  readonly dueAt: number;
  readonly priority: number;
}

export const claim = (
  tables: Tables,
  { owner, nonce, tasks, limit }: ClaimRequest,
  now: number,
): ClaimReply => {
  // Nobody would ever take the runs back from an owner that has not entered, or is closed.
  if (!tables.isOpen(owner)) return { runs: [], nextDueAt: null };
  const paused = tables.pausedTasks();
  const candidates = [...new Set(tasks)]
    .filter((task) => !paused.has(pausedIdOf({ task })))
    .flatMap((task) => tables.linesOf(task))
    .flatMap((line) => beginningOf(tables, line, limit));
  const due = candidates
    .filter(({ dueAt }) => dueAt <= now)
    .sort(inOrder)
    .slice(0, limit);
  const taken = new Set(due.map(({ place }) => place));
  const runs = due.map((candidate) => grant(tables, candidate, { owner, nonce }));
  if (runs.length > 0) {
    const { states } = tables.ledger.change();
    states.pending -= runs.length;
    states.claimed += runs.length;
  }
  const left = candidates.flatMap(({ place, dueAt }) => (taken.has(place) ? [] : [dueAt]));
  return { runs, nextDueAt: left.length === 0 ? null : Math.min(...left) };
};

/** The first runs of a line; one more than may be claimed, because of `nextDueAt`. */
const beginningOf = (
  { database, app }: Tables,
  line: Line,
  limit: number,
): readonly Candidate[] => {
  if (line.isEmpty) return [];
  const { task, priority } = line;
  const rows = database.all(
    "SELECT place, id, due_at FROM run WHERE app = ? AND task = ? AND priority = ? AND state = 'pending' ORDER BY due_at, place LIMIT ?",
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
    priority,
  }));
};

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
  return claimed;
};

const read = (tables: Tables, place: number): PlacedRun => {
  const row = tables.database.get(`SELECT ${runSelection} FROM run WHERE place = ?`, place) ?? [];
  return tables.keepRun(place, runOf(row), row);
};
