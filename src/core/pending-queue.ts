// The pending runs of a store in memory, in the order in which they are claimed: priority (higher first), then `dueAt`, then creation. Nothing here depends on what was
// due before: a clock that is set back changes nothing.
//
// A line holds the runs of one task, priority and concurrency key; a rank the lines of one task and priority, by their first runs. So a claim among a hundred thousand
// pending runs looks only at tops. A line whose key is found full is parked: it leaves its rank until a run of that key is over, so that blocked runs, however many, hide
// no free ones and cost nothing. Limits come with each claim, and engines may bring different ones; a higher limit brings back what a lower one has parked.
import { isBefore, PlaceHeap, type Place } from "./place-heap.ts";

/** What decides a run's place in the queue. */
export interface Queued {
  readonly task: string;
  readonly priority: number;
  readonly concurrencyKey: string | null;
  readonly dueAt: number;
}

/** A run in the queue. */
export interface Entry<Item> {
  readonly line: Line<Item>;
  readonly place: Place<Item>;
}

interface Line<Item> {
  readonly rank: Rank<Item>;
  readonly key: string | null;
  readonly heap: PlaceHeap<Item>;
  /** Its place in the rank; null while it is empty or parked. */
  head: Place<Line<Item>> | null;
}

interface Rank<Item> {
  readonly task: Task<Item>;
  readonly priority: number;
  readonly lines: Map<string | null, Line<Item>>;
  readonly heads: PlaceHeap<Line<Item>>;
  readonly parked: Set<Line<Item>>;
  /** The limit under which lines were parked last. */
  limit: number;
}

interface Task<Item> {
  readonly ranks: Rank<Item>[];
  /** By concurrency key: how many runs are held. */
  readonly held: Map<string, number>;
}

/** The ranks that a claim may take from, with the limits it was given. */
export interface Claimable<Item> {
  readonly ranks: readonly Rank<Item>[];
}

export class PendingQueue<Item> {
  readonly #tasks = new Map<string, Task<Item>>();

  add(item: Item, of: Queued, ordinal: number): Entry<Item> {
    const line = lineOf(rankOf(this.#taskOf(of.task), of.priority), of.concurrencyKey);
    const place = line.heap.add(item, of.dueAt, ordinal);
    settle(line);
    return { line, place };
  }

  remove({ line, place }: Entry<Item>): void {
    line.heap.remove(place);
    settle(line);
  }

  /** A run with a concurrency key is held. */
  hold(task: string, key: string): void {
    const { held } = this.#taskOf(task);
    held.set(key, (held.get(key) ?? 0) + 1);
  }

  /** A run with a concurrency key is no longer held: whoever waits for it is to be looked at again. */
  free(task: string, key: string): void {
    const { held, ranks } = this.#taskOf(task);
    const count = (held.get(key) ?? 0) - 1;
    if (count > 0) held.set(key, count);
    else held.delete(key);
    for (const rank of ranks) {
      const line = rank.lines.get(key);
      if (line !== undefined && rank.parked.delete(line)) settle(line);
    }
  }

  /** The ranks of the tasks that hold anything. */
  claimable(
    tasks: readonly string[],
    limits: { readonly [task: string]: number } = {},
  ): Claimable<Item> {
    const ranks: Rank<Item>[] = [];
    for (const id of tasks) {
      const task = this.#tasks.get(id);
      if (task === undefined) continue;
      const limit = Object.hasOwn(limits, id) ? (limits[id] as number) : Infinity;
      // From the end, because an empty rank is forgotten if it isn't the task's only one: changing priorities leave nothing behind.
      for (let index = task.ranks.length - 1; index >= 0; index--) {
        const rank = task.ranks[index] as Rank<Item>;
        allow(rank, limit);
        if (rank.heads.top !== undefined) ranks.push(rank);
        else if (rank.parked.size === 0 && task.ranks.length > 1) task.ranks.splice(index, 1);
      }
    }
    return { ranks };
  }

  /** The run that is to be claimed first of all that are due and whose key is not full. */
  firstDue({ ranks }: Claimable<Item>, now: number): Item | undefined {
    let best: Rank<Item> | undefined;
    let first: Place<Item> | undefined;
    for (const rank of ranks) {
      if (best !== undefined && rank.priority < best.priority) continue;
      const top = topOf(rank);
      if (top === undefined || top.at > now) continue;
      if (
        best === undefined ||
        first === undefined ||
        rank.priority > best.priority ||
        isBefore(top, first)
      )
        [best, first] = [rank, top];
    }
    return first?.item;
  }

  /** The run that is due first of all whose key is not full. */
  earliest({ ranks }: Claimable<Item>): Item | undefined {
    let first: Place<Item> | undefined;
    for (const rank of ranks) {
      const top = topOf(rank);
      if (top !== undefined && (first === undefined || isBefore(top, first))) first = top;
    }
    return first?.item;
  }

  #taskOf(id: string): Task<Item> {
    let task = this.#tasks.get(id);
    if (task === undefined) this.#tasks.set(id, (task = { ranks: [], held: new Map() }));
    return task;
  }
}

const rankOf = <Item>(task: Task<Item>, priority: number): Rank<Item> => {
  let rank = task.ranks.find((each) => each.priority === priority);
  if (rank === undefined) {
    rank = {
      task,
      priority,
      lines: new Map(),
      heads: new PlaceHeap(),
      parked: new Set(),
      limit: Infinity,
    };
    task.ranks.push(rank);
  }
  return rank;
};

const lineOf = <Item>(rank: Rank<Item>, key: string | null): Line<Item> => {
  let line = rank.lines.get(key);
  if (line === undefined)
    rank.lines.set(key, (line = { rank, key, heap: new PlaceHeap(), head: null }));
  return line;
};

/** Brings a line's place in its rank up to date. An empty line with a key is forgotten. */
const settle = <Item>(line: Line<Item>): void => {
  const { rank, heap, head, key } = line;
  const top = heap.top;
  if (top === undefined || rank.parked.has(line)) {
    if (head !== null) rank.heads.remove(head);
    line.head = null;
    if (top !== undefined || key === null) return;
    rank.parked.delete(line);
    rank.lines.delete(key);
  } else if (head === null) line.head = rank.heads.add(line, top.at, top.ordinal);
  else if (head.at !== top.at || head.ordinal !== top.ordinal)
    line.head = rank.heads.move(head, top.at, top.ordinal);
};

/** The first run of a rank whose key is not full. Lines that are found full are parked on the way. */
const topOf = <Item>(rank: Rank<Item>): Place<Item> | undefined => {
  for (let head = rank.heads.top; head !== undefined; head = rank.heads.top) {
    const line = head.item;
    if (line.key === null || (rank.task.held.get(line.key) ?? 0) < rank.limit) return line.heap.top;
    rank.parked.add(line);
    settle(line);
  }
  return undefined;
};

/** Sets the limit for the claim at hand. */
const allow = <Item>(rank: Rank<Item>, limit: number): void => {
  if (limit > rank.limit) {
    const parked = [...rank.parked];
    rank.parked.clear();
    for (const line of parked) settle(line);
  }
  rank.limit = limit;
};
