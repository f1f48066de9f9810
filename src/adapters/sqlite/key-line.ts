// Lines of pending runs that have a concurrency key. `key_line` has a row for each key, task and priority that has pending runs: when the first of them is due. A row whose
// key was found full is parked until a run of that key is over, so a claim reads the first rows that are not, however many runs wait behind full keys. `parked` is the
// limit at which the key was full: a claim with a higher one brings the row back.
import { isHeld, type Run } from "../../core/run.ts";
import type { Cell } from "../sql/cell.ts";
import type { Line } from "./recent.ts";
import type { Tables } from "./tables.ts";

/** The first run of a key's line. */
export interface Head {
  readonly key: string;
  readonly place: number;
  readonly id: string;
  readonly dueAt: number;
  readonly expiresAt: number | null;
}

const selectFirst =
  "SELECT due_at, place FROM run WHERE app = ? AND task = ? AND priority = ? AND concurrency_key = ? AND state = 'pending' ORDER BY due_at, place LIMIT 1";
const putRow =
  "INSERT INTO key_line (app, task, key, priority, due_at, place) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (app, task, key, priority) DO UPDATE SET due_at = excluded.due_at, place = excluded.place";
const removeRow = "DELETE FROM key_line WHERE app = ? AND task = ? AND key = ? AND priority = ?";
const park =
  "UPDATE key_line SET parked = ? WHERE app = ? AND task = ? AND key = ? AND priority = ?";
const unparkKey =
  "UPDATE key_line SET parked = 0 WHERE app = ? AND task = ? AND key = ? AND parked > 0";
const unparkBelow =
  "UPDATE key_line SET parked = 0 WHERE app = ? AND task = ? AND priority = ? AND parked > 0 AND parked < ?";
const selectHeads =
  "SELECT key_line.key, key_line.place, run.id, key_line.due_at, run.expires_at FROM key_line JOIN run ON run.place = key_line.place WHERE key_line.app = ? AND key_line.task = ? AND key_line.priority = ? AND key_line.parked = 0 ORDER BY key_line.due_at, key_line.place LIMIT ?";
const countHeld =
  "SELECT count(*) FROM run WHERE app = ? AND task = ? AND concurrency_key = ? AND state IN ('claimed', 'running')";

/** Called when a run is created or has changed: brings the lines that it was and is in up to date. */
export const requeue = (tables: Tables, before: Run | null, after: Run): void => {
  if (after.state === "pending") tables.awaken(after);
  const { concurrencyKey: key, task } = after;
  if (key === null && (before?.concurrencyKey ?? null) === null) return;
  const isMoved = before?.concurrencyKey !== key || before.task !== task;
  if (before?.state === "pending") settle(tables, before);
  if (after.state === "pending") settle(tables, after);
  if (before !== null && isHeld(before.state) && (isMoved || !isHeld(after.state)))
    free(tables, before);
};

const settle = (
  { database, app }: Tables,
  { task, priority, concurrencyKey: key }: Pick<Run, "task" | "priority" | "concurrencyKey">,
): void => {
  if (key === null) return;
  const first = database.get(selectFirst, app, task, priority, key);
  if (first === undefined) database.run(removeRow, [app, task, key, priority]);
  else database.run(putRow, [app, task, key, priority, ...(first as readonly Cell[])]);
};

const free = (tables: Tables, { task, concurrencyKey: key }: Run): void => {
  if (key === null || tables.database.run(unparkKey, [tables.app, task, key]) === 0) return;
  for (const line of tables.linesOf(task)) line.hasNoKeys = false;
};

/** How many runs of each key may still be held, for one claim. */
export class Rooms {
  readonly #tables: Tables;
  readonly #limits: { readonly [task: string]: number };
  /** By task and key, as far as they were asked for. */
  readonly #held = new Map<string, number>();

  constructor(tables: Tables, limits: { readonly [task: string]: number } = {}) {
    this.#tables = tables;
    this.#limits = limits;
  }

  limitOf(task: string): number {
    return Object.hasOwn(this.#limits, task) ? (this.#limits[task] as number) : Infinity;
  }

  of(task: string, key: string | null): number {
    return key === null ? Infinity : this.limitOf(task) - this.#heldOf(task, key);
  }

  take(task: string, key: string | null): void {
    if (key !== null) this.#held.set(`${task} ${key}`, this.#heldOf(task, key) + 1);
  }

  #heldOf(task: string, key: string): number {
    const known = this.#held.get(`${task} ${key}`);
    if (known !== undefined) return known;
    const { database, app } = this.#tables;
    const held = Number(database.get(countHeld, app, task, key)?.[0]);
    this.#held.set(`${task} ${key}`, held);
    return held;
  }
}

/** The first keys of a line that are not full, at most `limit`. Those that are found full are parked. */
export const headsOf = (
  { database, app }: Tables,
  line: Line,
  { rooms, limit }: { readonly rooms: Rooms; readonly limit: number },
): readonly Head[] => {
  const { task, priority } = line;
  const most = rooms.limitOf(task);
  if (line.keyLimit !== most) {
    const below = Math.min(most, Number.MAX_SAFE_INTEGER);
    if (database.run(unparkBelow, [app, task, priority, below]) > 0) line.hasNoKeys = false;
    line.keyLimit = most;
  }
  if (line.hasNoKeys) return [];
  for (;;) {
    const heads = database
      .all(selectHeads, app, task, priority, limit)
      .map(([key, place, id, dueAt, expiresAt]) => ({ key, place, id, dueAt, expiresAt }) as Head);
    const full = heads.filter(({ key }) => rooms.of(task, key) <= 0);
    for (const { key } of full) database.run(park, [most, app, task, key, priority]);
    if (full.length > 0) continue;
    line.hasNoKeys = heads.length === 0;
    return heads;
  }
};
