// The tombstones of a store in memory, by what they stand for and by age.
import { PlaceHeap } from "./place-heap.ts";
import type { Tombstone } from "./purge.ts";

export class MemoryTombstones {
  readonly #of = {
    event: new Map<string, Tombstone>(),
    run: new Map<string, Tombstone>(),
    trigger: new Map<string, Tombstone>(),
  };
  readonly #byAge = new PlaceHeap<Tombstone>();
  #count = 0;

  get(kind: Tombstone["kind"], id: string): Tombstone | undefined {
    return this.#of[kind].get(id);
  }

  all(): readonly Tombstone[] {
    return Object.values(this.#of).flatMap((each) => [...each.values()]);
  }

  put(tombstone: Tombstone): void {
    this.#of[tombstone.kind].set(tombstone.id, Object.freeze(tombstone));
    if (tombstone.kind !== "trigger") this.#byAge.add(tombstone, tombstone.at, this.#count++);
  }

  /** Removes those that are older than the instant, the oldest first, at most `limit`; how many. Triggers keep how far they have forgotten. */
  purge(before: number, limit: number): number {
    const { items } = this.#byAge.upTo(before - 1, limit);
    for (const tombstone of items) {
      const top = this.#byAge.top;
      if (top !== undefined) this.#byAge.remove(top);
      this.#of[tombstone.kind].delete(tombstone.id);
      if (tombstone.trigger !== null) this.#forget(tombstone.trigger, tombstone.at);
    }
    return items.length;
  }

  #forget(id: string, at: number): void {
    const known = this.get("trigger", id)?.at ?? at;
    this.put({ kind: "trigger", id, at: Math.max(at, known), digest: null, trigger: null });
  }
}
