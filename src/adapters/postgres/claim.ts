// Claims: the runs that are due, by priority, dueAt and creation. Each line of pending runs (one task, one priority, one concurrency key or none) is an index in this order
// already, so a claim reads the beginning of each line that may hold any, and merges. Of lines with keys it goes from key to key by the index, and leaves out full ones:
// however many runs wait behind a full key, they cost one step.
import { pausedTasks } from "../../core/command.ts";
import type { Run } from "../../core/run.ts";
import type { ClaimRequest } from "../../core/store.ts";
import { pick, type Candidate, type Rooms } from "../sql/claim.ts";
import type { Row } from "../sql/cell.ts";
import { runSelection } from "../sql/run-row.ts";
import { clockSelection, placedOf } from "./found.ts";
import { integer, integers, text, texts } from "./parameter.ts";
import type { Rows, Statement } from "./session.ts";

/** Lines whose task is not paused. */
const lines =
  "SELECT task, priority FROM line WHERE app = $1 AND task = ANY($2) AND NOT EXISTS (SELECT 1 FROM deadline WHERE deadline.app = $1 AND deadline.id = $5 || line.task)";

/** Those that have expired stay where they are, but hide nobody. */
const isClaimable = `state = 'pending' AND (expires_at IS NULL OR expires_at > coalesce($4, ${clockSelection}))`;

const selectFree = `SELECT line.task, line.priority, due.place, due.due_at FROM (${lines}) AS line
CROSS JOIN LATERAL (
  SELECT place, due_at FROM run WHERE app = $1 AND task = line.task AND priority = line.priority AND concurrency_key IS NULL AND ${isClaimable}
  ORDER BY due_at, place LIMIT $3
) AS due`;

const firstKey =
  "SELECT min(concurrency_key) FROM run WHERE run.app = $1 AND run.task = first.task AND run.priority = first.priority AND run.state = 'pending' AND run.concurrency_key";

const selectKeyed = `WITH RECURSIVE keyed AS (
  SELECT first.task, first.priority, (${firstKey} IS NOT NULL) AS key FROM (${lines}) AS first
  UNION ALL
  SELECT first.task, first.priority, (${firstKey} > first.key) FROM keyed AS first WHERE first.key IS NOT NULL
)
SELECT keyed.task, keyed.priority, due.place, due.due_at, keyed.key, room.free FROM keyed
LEFT JOIN unnest($6::text[], $7::bigint[]) AS most(task, held) ON most.task = keyed.task
CROSS JOIN LATERAL (
  SELECT CASE WHEN most.held IS NOT NULL THEN most.held - (
    SELECT count(*) FROM run WHERE run.app = $1 AND run.task = keyed.task AND run.concurrency_key = keyed.key AND run.state IN ('claimed', 'running')
  ) END AS free
) AS room
CROSS JOIN LATERAL (
  SELECT place, due_at FROM run WHERE app = $1 AND task = keyed.task AND priority = keyed.priority AND concurrency_key = keyed.key AND ${isClaimable}
  ORDER BY due_at, place LIMIT least(coalesce(room.free, $3), $3)
) AS due
WHERE keyed.key IS NOT NULL AND (room.free IS NULL OR room.free > 0)`;

/** The beginnings of the lines; one more of each than may be claimed, because of `nextDueAt`. `now` null: the server's clock. */
export const candidateStatements = (
  app: string,
  { tasks, limit, limits = {} }: ClaimRequest,
  now: number | null,
): readonly Statement[] => {
  const common = [
    text(app),
    texts([...new Set(tasks)]),
    integer(limit + 1),
    integer(now),
    text(pausedTasks),
  ];
  return [
    { sql: selectFree, parameters: common },
    {
      sql: selectKeyed,
      parameters: [...common, texts(Object.keys(limits)), integers(Object.values(limits))],
    },
  ];
};

/** Which of them are to be claimed. */
export const picked = (
  [free = [], keyed = []]: readonly Rows[],
  { limit }: ClaimRequest,
  now: number,
): ReturnType<typeof pick<Candidate>> => {
  const left = new Map<string, number>();
  for (const [task, , , , key, free] of keyed)
    if (free !== null) left.set(roomId(task as string, key as string), free as number);
  const rooms: Rooms = {
    of: (task, key) => (key === null ? Infinity : (left.get(roomId(task, key)) ?? Infinity)),
    take: (task, key) => {
      const id = key === null ? "" : roomId(task, key);
      const free = left.get(id);
      if (free !== undefined) left.set(id, free - 1);
    },
  };
  return pick([...free, ...keyed].map(candidateOf), { limit, rooms, now });
};

const roomId = (task: string, key: string): string => `${task} ${key}`;

const candidateOf = ([task, priority, place, dueAt, key]: Row): Candidate => ({
  task: task as string,
  priority: priority as number,
  place: place as number,
  dueAt: dueAt as number,
  key: (key as string | undefined) ?? null,
});

/** Rows that somebody else has locked, a person at work with them, are passed over; then the app's row, which has counted them already, is set right. */
const grant = `WITH due AS (
  SELECT place FROM run WHERE place = ANY($1) AND state = 'pending' ORDER BY place FOR UPDATE SKIP LOCKED
), short AS (
  UPDATE meta SET pending = pending + $5 - granted.count, claimed = claimed - $5 + granted.count FROM (SELECT count(*) AS count FROM due) AS granted
  WHERE meta.number = $4 AND granted.count <> $5
)
UPDATE run SET state = 'claimed', token = token + 1, attempt = attempt + 1, owner = $2, nonce = $3 FROM due WHERE run.place = due.place
RETURNING run.place, ${runSelection}`;

/** Gives the runs to the owner; their rows are the claimed runs. Goes behind the statement that writes the app's row. */
export const grantStatement = (
  number: number,
  places: readonly number[],
  { owner, nonce }: ClaimRequest,
): Statement => ({
  sql: grant,
  parameters: [integers(places), text(owner), text(nonce), integer(number), integer(places.length)],
});

/** In the order in which they were picked. */
export const grantedOf = (places: readonly number[], rows: Rows): readonly Run[] => {
  const runOf = new Map(rows.map(placedOf).map(({ place, run }) => [place, run]));
  return places.flatMap((place) => runOf.get(place) ?? []);
};

/** What a claim whose reply was lost has been granted. */
export const selectGranted = `SELECT run.place, ${runSelection} FROM run WHERE run.app = $1 AND run.owner = $2 AND run.nonce = $3 AND run.state = 'claimed' ORDER BY run.priority DESC, run.due_at, run.place`;
