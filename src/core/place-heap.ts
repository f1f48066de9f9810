// A heap of things with a place in an order: by instant, then by ordinal. A thing that is taken out leaves its place behind, which is dropped when it comes to the top or
// when such places are many; so taking out costs nothing where nobody looks.

/** A thing's place. One that is not `live` has been taken out. */
export interface Place<Item> {
  readonly item: Item;
  at: number;
  ordinal: number;
  live: boolean;
}

export class PlaceHeap<Item> {
  #places: Place<Item>[] = [];
  #dead = 0;

  /** The first place; undefined when there is none. */
  get top(): Place<Item> | undefined {
    let top = this.#places[0];
    while (top !== undefined && !top.live) {
      pop(this.#places);
      this.#dead--;
      top = this.#places[0];
    }
    return top;
  }

  add(item: Item, at: number, ordinal: number): Place<Item> {
    const place = { item, at, ordinal, live: true };
    push(this.#places, place);
    return place;
  }

  remove(place: Place<Item>): void {
    if (!place.live) return;
    place.live = false;
    this.#dead++;
    if (this.#dead > 64 && this.#dead * 2 > this.#places.length) this.#sweep();
  }

  /** Puts a thing elsewhere; gives its place then. */
  move(place: Place<Item>, at: number, ordinal: number): Place<Item> {
    if (place !== this.#places[0]) {
      this.remove(place);
      return this.add(place.item, at, ordinal);
    }
    place.at = at;
    place.ordinal = ordinal;
    sink(this.#places, place);
    return place;
  }

  /** The things up to and including the instant, in order, at most `limit`, and the place after them. Changes nothing. */
  upTo(at: number, limit: number): { items: Item[]; next: Place<Item> | undefined } {
    const seen: Place<Item>[] = [];
    let next = this.top;
    for (; next !== undefined && next.at <= at && seen.length < limit; next = this.top) {
      seen.push(next);
      pop(this.#places);
    }
    for (const place of seen) push(this.#places, place);
    return { items: seen.map(({ item }) => item), next };
  }

  #sweep(): void {
    // A sorted array is a heap.
    this.#places = this.#places.filter(({ live }) => live).sort(inOrder);
    this.#dead = 0;
  }
}

const inOrder = (a: Place<unknown>, b: Place<unknown>): number =>
  a.at - b.at || a.ordinal - b.ordinal;

export const isBefore = (a: Place<unknown>, b: Place<unknown>): boolean =>
  a.at < b.at || (a.at === b.at && a.ordinal < b.ordinal);

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
  if (last !== undefined && heap.length > 0) sink(heap, last);
};

/** Puts a place into the gap at the top. */
const sink = <Item>(heap: Place<Item>[], place: Place<Item>): void => {
  const size = heap.length;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= size) break;
    if (below + 1 < size && isBefore(heap[below + 1] as Place<Item>, heap[below] as Place<Item>))
      below++;
    const child = heap[below] as Place<Item>;
    if (!isBefore(child, place)) break;
    heap[at] = child;
    at = below;
  }
  heap[at] = place;
};
