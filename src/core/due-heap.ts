// A heap of things that come due: cheap to ask for the next instant, to move a thing to another instant, and to list what is due without changing anything.

interface Entry<Value> {
  readonly key: string;
  at: number;
  value: Value;
  place: number;
}

export class DueHeap<Value> {
  private readonly heap: Entry<Value>[] = [];
  private readonly entries = new Map<string, Entry<Value>>();

  get size(): number {
    return this.heap.length;
  }

  /** When the next thing is due; undefined when there is none. */
  get nextAt(): number | undefined {
    return this.heap[0]?.at;
  }

  get(key: string): Value | undefined {
    return this.entries.get(key)?.value;
  }

  /** Adds a thing, or moves the one with that key. */
  set(key: string, at: number, value: Value): void {
    const known = this.entries.get(key);
    if (known === undefined) {
      const entry = { key, at, value, place: this.heap.length };
      this.heap.push(entry);
      this.entries.set(key, entry);
      this.rise(entry);
      return;
    }
    known.value = value;
    known.at = at;
    this.rise(known);
    this.sink(known);
  }

  delete(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    const last = this.heap.pop() as Entry<Value>;
    if (last === entry) return;
    this.put(last, entry.place);
    this.rise(last);
    this.sink(last);
  }

  /** What is due up to and including `at`, in no order. Costs as much as there is due, not as much as there is. */
  upTo(at: number): Value[] {
    const due: Value[] = [];
    const visit = (place: number): void => {
      const entry = this.heap[place];
      if (entry === undefined || entry.at > at) return;
      due.push(entry.value);
      visit(2 * place + 1);
      visit(2 * place + 2);
    };
    visit(0);
    return due;
  }

  values(): Value[] {
    return this.heap.map(({ value }) => value);
  }

  private put(entry: Entry<Value>, place: number): void {
    this.heap[place] = entry;
    entry.place = place;
  }

  private rise(entry: Entry<Value>): void {
    while (entry.place > 0) {
      const above = this.heap[(entry.place - 1) >> 1] as Entry<Value>;
      if (above.at <= entry.at) return;
      this.swap(entry, above);
    }
  }

  private sink(entry: Entry<Value>): void {
    for (;;) {
      const left = this.heap[2 * entry.place + 1];
      const right = this.heap[2 * entry.place + 2];
      const below = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (below === undefined || below.at >= entry.at) return;
      this.swap(below, entry);
    }
  }

  private swap(lower: Entry<Value>, upper: Entry<Value>): void {
    const place = lower.place;
    this.put(lower, upper.place);
    this.put(upper, place);
  }
}
