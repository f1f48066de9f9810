// The store of a world: the memory store, kept account of, on a disk that may lose what was not flushed. What is left after a loss of power is a prefix of all writes, as it is
// of a write-ahead log; it is made by writing that prefix again.
import * as Effect from "effect/Effect";
import { memoryStore, type MemoryStore } from "../memory-store.ts";
import type { Owner, StorePort } from "../store.ts";
import { Audit } from "./audit.ts";
import { Mirror, type StoreRecord } from "./mirror.ts";
import { loadsOf, type Past } from "./past.ts";
import type { BodyRecord } from "./simulated-executor.ts";
import type { Process, VirtualTime } from "./virtual-time.ts";

/** What an acknowledged write survives: the end of processes, or a loss of power. */
export type Durability = "process" | "power";

type Entrant = Pick<Owner, "id" | "host" | "process">;

/** All that changes the store. */
type Write =
  | StoreRecord
  | {
      readonly _tag: "Enter";
      readonly owner: Entrant;
      readonly at: number;
      readonly elapsed: number;
    }
  | {
      readonly _tag: "Leave";
      readonly owner: string;
      readonly at: number;
      readonly elapsed: number;
    };

interface Flushing {
  readonly process: Process;
  readonly resume: () => void;
}

export class SimulatedStore {
  memory: MemoryStore;
  mirror = new Mirror();
  /** `<run> <token>` → the body that has run with it. */
  readonly bodies = new Map<string, BodyRecord>();
  /** The store as whoever is no engine uses it. What it writes is flushed at once. */
  client: StorePort;
  /** Lives that have ended and are not closed: somebody must take back what they held. */
  readonly unclosed = new Set<string>();
  /** When each life of an engine has ended, on the clock that nobody sets. */
  readonly deaths = new Map<string, number>();
  /** Of the definitions that each life of an engine has had. */
  readonly fingerprints = new Map<string, string>();
  audit: Audit = new Audit(this);
  /** Grows with each write, of those that are written again, too. */
  version = 0;
  /** Until then nothing can be written. */
  fullUntil = -Infinity;
  /** Until then there is no power, and no engine can start. */
  offUntil = -Infinity;
  /** Whether a flush is a step, so that power may be lost before it. */
  isFlushedLater = false;
  readonly durability: Durability;
  readonly #open = new Set<string>();
  readonly #time: VirtualTime;
  readonly #mourners = new Set<() => void>();
  /** From the beginning; null: no power will be lost. */
  #writes: Write[] | null = [];
  /** So many of them no loss of power can take. */
  #flushed = 0;
  #flushing: Flushing[] = [];
  /** When what is written again was written. */
  #againAt: number | null = null;

  readonly #past: Past | undefined;

  /** @param past what it begins with; left out: it is empty */
  constructor(time: VirtualTime, durability: Durability, past?: Past) {
    this.#time = time;
    this.durability = durability;
    this.#past = past;
    this.memory = this.#emptyMemory();
    this.#begin();
    this.client = this.port(null, null);
  }

  /** The store as one caller uses it, without steps and without faults. */
  port(engine: number | null, owner: string | null): StorePort {
    const { memory, unclosed } = this;
    const alone = memory.abilities;
    const shared = { ...alone, scope: "machine" } as const;
    return {
      ...memory,
      get abilities() {
        // Engines that share a store look twice a second whether another one has died. Here that is looked for only when it has something to find: nothing else differs, and
        // a day goes by a hundred times faster.
        return unclosed.size > 0 ? shared : alone;
      },
      // Nothing is forgotten: what a world shows, and what its oracle judges, is all that has happened in it.
      purge: () => Effect.succeed({ signals: 0, runs: 0, skips: 0, tombstones: 0, more: false }),
      enter: (it) =>
        Effect.tap(memory.enter(it), () =>
          Effect.sync(() => this.#wrote({ _tag: "Enter", owner: it, ...this.#instant })),
        ),
      leave: (id) =>
        Effect.tap(memory.leave(id), () =>
          Effect.sync(() => {
            if (!this.#holdsAny(id)) this.#wrote({ _tag: "Leave", owner: id, ...this.#instant });
          }),
        ),
      commit: (batch) =>
        Effect.map(memory.commit(batch), (reply) => {
          this.#wrote({ _tag: "Commit", engine, owner, ...this.#instant, batch, reply });
          if (engine === null) this.keep();
          return reply;
        }),
      claim: (request) =>
        Effect.map(memory.claim(request), (reply) => {
          if (reply.runs.length > 0)
            this.#wrote({ _tag: "Claim", engine, owner, ...this.#instant, request, reply });
          return reply;
        }),
    };
  }

  get latestAt(): number {
    return this.#time.latest;
  }

  get #instant(): { readonly at: number; readonly elapsed: number } {
    return { at: this.#time.now, elapsed: this.#time.elapsed };
  }

  /** Whether something was written that a loss of power could take although a caller may want to be told of it. */
  get mustFlush(): boolean {
    return this.isFlushedLater && this.#flushed < (this.#writes?.length ?? 0);
  }

  /** Completes when all that was written until now is flushed. Who asks in the meantime shares the flush. */
  flushed(process: Process): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.#flushing.length === 0) this.#time.outside.ready(() => this.#flush());
      this.#flushing.push({ process, resume: () => resume(Effect.void) });
    });
  }

  /** All that was written is on the disk from now on, if this store waits for its disk. */
  keep(): void {
    if (this.durability === "power") this.#flushed = this.#writes?.length ?? 0;
  }

  /** No power will be lost, so nothing need be kept for it. */
  trustPower(): void {
    this.#writes = null;
  }

  #flush(): void {
    this.keep();
    const flushing = this.#flushing;
    this.#flushing = [];
    for (const { process, resume } of flushing) {
      if (process.isOver) continue;
      if (process.frozenUntil > this.#time.elapsed) process.ready(resume);
      else resume();
    }
  }

  /** The death of an owner is proved. */
  kill(owner: string): void {
    this.memory.kill(owner);
    this.deaths.set(owner, this.#time.elapsed);
    if (this.#open.has(owner)) this.unclosed.add(owner);
    for (const mourn of this.#mourners) mourn();
  }

  onDeath(mourn: () => void): () => void {
    this.#mourners.add(mourn);
    return () => void this.#mourners.delete(mourn);
  }

  /**
   * The power fails while no engine lives: what was written in the last `millis` is lost, as far as it was not flushed. The writes that are lost, in their order. Ports that
   * were made before lead nowhere.
   */
  losePower(millis: number): readonly StoreRecord[] {
    const since = this.#time.elapsed - millis;
    if (!this.isFlushedLater) this.keep();
    const writes = this.#writes ?? [];
    const found = writes.findIndex(
      ({ elapsed }, index) => index >= this.#flushed && elapsed > since,
    );
    const cut = found === -1 ? writes.length : found;
    const [kept, lost] = [writes.slice(0, cut), writes.slice(cut)];
    this.#flushing = [];
    if (lost.length > 0) this.#rewrite(kept);
    this.#flushed = kept.length; // whoever mounts the disk again writes its log into the file
    return lost.filter((write) => write._tag === "Commit" || write._tag === "Claim");
  }

  #rewrite(kept: readonly Write[]): void {
    this.#writes = [];
    this.#open.clear();
    this.unclosed.clear();
    this.mirror = new Mirror();
    const { violations } = this.audit;
    this.audit = new Audit(this);
    this.memory = this.#emptyMemory();
    this.#begin();
    for (const write of kept) {
      this.#againAt = write.at;
      this.#writeAgain(write);
    }
    this.#againAt = null;
    // Who has broken a law has broken it, even if nothing of that is left.
    const told = new Set(this.audit.violations.map(({ message }) => message));
    this.audit.violations.push(...violations.filter(({ message }) => !told.has(message)));
    for (const owner of this.#open) {
      this.memory.kill(owner);
      this.unclosed.add(owner);
    }
    this.client = this.port(null, null);
  }

  #begin(): void {
    if (this.#past === undefined) return;
    for (const request of loadsOf(this.#past)) Effect.runSync(this.memory.load(request));
    this.mirror.begin(this.#past);
    this.audit.begin(this.#past);
    for (const { id } of this.#past.owners) {
      this.#open.add(id);
      this.unclosed.add(id);
      this.deaths.set(id, -1);
    }
  }

  #writeAgain(write: Write): void {
    const { memory } = this;
    if (write._tag === "Enter") Effect.runSync(memory.enter(write.owner));
    else if (write._tag === "Leave") Effect.runSync(memory.leave(write.owner));
    else if (write._tag === "Claim") Effect.runSync(memory.claim(write.request));
    else if (write.reply._tag === "Committed") Effect.runSync(memory.commit(write.batch));
    this.#wrote(write);
  }

  #wrote(write: Write): void {
    this.version += 1;
    this.#writes?.push(write);
    if (write._tag === "Enter") this.#open.add(write.owner.id);
    else if (write._tag === "Leave") this.#close(write.owner);
    else {
      this.mirror.add(write);
      this.audit.add(write);
      if (write._tag === "Commit" && write.batch.close && write.reply._tag === "Committed")
        this.#close(write.batch.close.owner);
    }
  }

  #holdsAny(owner: string): boolean {
    const where = { owner };
    return Effect.runSync(this.memory.list("run", { where, limit: 1 })).rows.length > 0;
  }

  #close(owner: string): void {
    this.#open.delete(owner);
    this.unclosed.delete(owner);
  }

  #emptyMemory(): MemoryStore {
    return memoryStore({ now: () => this.#againAt ?? this.#time.now });
  }
}
