// The pending runs of a store in memory, in the order in which they are claimed: priority (higher first), then `dueAt`, then creation. There is one heap for each
// task and priority, ordered by (dueAt, ordinal), so a claim among a hundred thousand pending runs looks only at the tops. Nothing here depends on what was due
// before: a clock that is set back changes nothing.

/** A run's place in the queue. One whose run has moved on is not `live` and is dropped when it comes to the top. */
export interface Place<Item> {
  readonly item: Item;
  readonly dueAt: number;
  readonly ordinal: number;
  readonly line: Line<Item>;
  live: boolean;
}

/** The runs of one task with one priority. */
interface Line<Item> {
  readonly priority: number;
  readonly heap: Place<Item>[];
  dead: number;
}

export class PendingQueue<Item> {
  readonly #lines = new Map<string, Line<Item>[]>();

  add(
    item: Item,
    of: {
      readonly task: string;
      readonly priority: number;
      readonly dueAt: number;
      readonly ordinal: number;
    },
  ): Place<Item> {
    const line = this.#lineOf(of.task, of.priority);
    const place: Place<Item> = { item, dueAt: of.dueAt, ordinal: of.ordinal, line, live: true };
    push(line.heap, place);
    return place;
  }

  remove(place: Place<Item>): void {
    place.live = false;
    const { line } = place;
    line.dead++;
    if (line.dead > 64 && line.dead * 2 > line.heap.length) sweep(line);
  }

  /** Takes up to `limit` items of the tasks that are due at `now`, and tells when the next of those that stay is due. */
  take(
    tasks: readonly string[],
    limit: number,
    now: number,
  ): { readonly items: readonly Item[]; readonly nextDueAt: number | null } {
    const lines = this.#linesOf(tasks);
    const items: Item[] = [];
    while (items.length < limit) {
      const line = firstDue(lines, now);
      if (line === undefined) break;
      const { item } = line.heap[0] as Place<Item>;
      pop(line.heap);
      items.push(item);
    }
    return { items, nextDueAt: nextDueAt(lines) };
  }

  #lineOf(task: string, priority: number): Line<Item> {
    let lines = this.#lines.get(task);
    if (lines === undefined) this.#lines.set(task, (lines = []));
    let line = lines.find((each) => each.priority === priority);
    if (line === undefined) lines.push((line = { priority, heap: [], dead: 0 }));
    return line;
  }

  /** The lines of the tasks that hold anything. An empty one is forgotten if it isn't the task's only one, so that changing priorities leave nothing behind. */
  #linesOf(tasks: readonly string[]): readonly Line<Item>[] {
    const found: Line<Item>[] = [];
    for (const task of tasks) {
      const lines = this.#lines.get(task);
      if (lines === undefined) continue;
      for (let index = lines.length - 1; index >= 0; index--) {
        const line = lines[index] as Line<Item>;
        if (topOf(line) !== undefined) found.push(line);
        else if (lines.length > 1) lines.splice(index, 1);
      }
    }
    return found;
  }
}

/** The line whose first run is to be claimed first of all that are due. */
const firstDue = <Item>(lines: readonly Line<Item>[], now: number): Line<Item> | undefined => {
  let best: Line<Item> | undefined;
  let bestTop: Place<Item> | undefined;
  for (const line of lines) {
    const top = topOf(line);
    if (top === undefined || top.dueAt > now) continue;
    if (
      best === undefined ||
      bestTop === undefined ||
      line.priority > best.priority ||
      (line.priority === best.priority && isBefore(top, bestTop))
    ) {
      best = line;
      bestTop = top;
    }
  }
  return best;
};

const nextDueAt = <Item>(lines: readonly Line<Item>[]): number | null => {
  let next: number | null = null;
  for (const line of lines) {
    const top = topOf(line);
    if (top !== undefined && (next === null || top.dueAt < next)) next = top.dueAt;
  }
  return next;
};

/** The first place that is still live; dead ones before it are dropped. */
const topOf = <Item>(line: Line<Item>): Place<Item> | undefined => {
  const { heap } = line;
  let top = heap[0];
  while (top !== undefined && !top.live) {
    pop(heap);
    line.dead--;
    top = heap[0];
  }
  return top;
};

const sweep = <Item>(line: Line<Item>): void => {
  const live = line.heap
    .filter((place) => place.live)
    .sort((a, b) => a.dueAt - b.dueAt || a.ordinal - b.ordinal);
  // A sorted array is a heap.
  line.heap.length = 0;
  for (const place of live) line.heap.push(place);
  line.dead = 0;
};

const isBefore = <Item>(a: Place<Item>, b: Place<Item>): boolean =>
  a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.ordinal < b.ordinal);

const push = <Item>(heap: Place<Item>[], place: Place<Item>): void => {
  let at = heap.length;
  heap.push(place);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above] as Place<Item>;
    if (!isBefore(place, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = place;
};

const pop = <Item>(heap: Place<Item>[]): void => {
  const last = heap.pop();
  const size = heap.length;
  if (last === undefined || size === 0) return;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= size) break;
    if (below + 1 < size && isBefore(heap[below + 1] as Place<Item>, heap[below] as Place<Item>))
      below++;
    const child = heap[below] as Place<Item>;
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = below;
  }
  heap[at] = last;
};
