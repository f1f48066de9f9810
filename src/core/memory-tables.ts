// What a store in memory holds, and how one batch changes it. Three steps, in this order: the checks, a copy of the batch, the writes. Making the copy is all that
// can throw, and nothing is written before it; so a batch is all or nothing.
//
// Invariants:
// 1. Rows are frozen and replaced, never changed: what a reader was given stays as it was.
// 2. A signal's `seq` is its index + 1, those counted that were purged; runs stand in the order of their ordinals, purged ones until they are swept.
// 3. A run has a place among those that expire exactly while it is pending and has an `expiresAt`.
// 4. A run has a place among those that are over exactly while it is and says since when.
// 5. A run has an entry in the queue exactly while it is pending, is counted for its concurrency key exactly while it is claimed or running, and is in `held` exactly
//    while it has an owner.
import { changesReading, instantOf } from "./batch.ts";
import { pausedIdOf } from "./command.ts";
import { keptBatch } from "./kept-batch.ts";
import { kept, keptAsIs } from "./kept.ts";
import { PlaceHeap, type Place } from "./place-heap.ts";
import { MemoryTombstones } from "./memory-tombstones.ts";
import { PendingQueue, type Entry } from "./pending-queue.ts";
import { contentOf } from "./purge.ts";
import { digestOf } from "./run-id.ts";
import { isHeld, isTerminal, runStates, type Attempt, type Run, type RunState } from "./run.ts";
import { happenedAt, statusIdOf, type NewSignal, type StoredSignal } from "./signal.ts";
import type {
  Batch,
  Check,
  ClaimReply,
  ClaimRequest,
  CommitReply,
  ExpiryReply,
  Cursor,
  Deadline,
  Generation,
  Open,
  Owner,
  SignalReply,
  Skip,
  Waiting,
  Watermark,
} from "./store.ts";

export interface RunRow {
  readonly ordinal: number;
  run: Run;
  entry: Entry<RunRow> | null;
  /** Its place among those that expire. */
  expiry: Place<RunRow> | null;
  /** Those that have ended, by token. */
  attempts: readonly Attempt[];
  /** The newest signal when it was created: moves of a run of this id that are in the log before are none of its own. */
  readonly sinceSeq: number;
  /** How many of its own moves are in the log. */
  moves: number;
  /** Its place among those that are over. */
  over: Place<RunRow> | null;
  isPurged: boolean;
}

export class MemoryTables {
  watermark: Watermark = Object.freeze({ revision: 0, seq: 0, at: 0 });
  generation: Generation | null = null;
  signals: StoredSignal[] = [];
  /** How many were purged, all before the first that is there. */
  signalsPurged = 0;
  newestAt = 0;
  readonly signalOf = new Map<string, StoredSignal>();
  runs: RunRow[] = [];
  #runsCreated = 0;
  readonly over = new PlaceHeap<RunRow>();
  readonly runOf = new Map<string, RunRow>();
  readonly held = new Map<string, Set<RunRow>>();
  readonly pending = new PendingQueue<RunRow>();
  readonly expiring = new Map<string, PlaceHeap<RunRow>>();
  readonly counts = Object.fromEntries(runStates.map((state) => [state, 0])) as {
    [state in RunState]: number;
  };
  skips: Skip[] = [];
  skipsPurged = 0;
  readonly skipIds = new Set<string>();
  readonly waiting = new Map<string, Waiting>();
  readonly cursors = new Map<string, Cursor>();
  readonly deadlines = new Map<string, Deadline>();
  readonly open = new Map<string, Open>();
  readonly owners = new Map<string, Owner>();
  /** Owners that came with a load: nobody is them here. */
  readonly foreign = new Set<string>();
  readonly tombstones = new MemoryTombstones();

  get newestSeq(): number {
    return this.signalsPurged + this.signals.length;
  }

  signalsAfter(seq: number, limit: number): readonly StoredSignal[] {
    const start = Math.max(0, seq - this.signalsPurged);
    return this.signals.slice(start, start + limit);
  }

  commit(given: Batch, now: number): CommitReply {
    for (const check of given.checks) {
      if (!this.#holds(check)) return { _tag: "Conflict", check };
    }
    const batch = keptBatch(given);
    const at = instantOf(batch, {
      now,
      newestAt: this.newestAt,
      routedAt: this.watermark.at,
    });
    const signals = batch.signals?.map((signal) => this.#append(signal, at)) ?? [];
    this.write(batch);
    return { _tag: "Committed", signals };
  }

  /** An owner that has not entered, or is closed, claims nothing: nobody would ever take its runs back. */
  claim(request: ClaimRequest, now: number): ClaimReply {
    if (!this.#isOpen(request.owner)) return { runs: [], nextDueAt: null };
    const tasks = request.tasks.filter((task) => !this.deadlines.has(pausedIdOf({ task })));
    const { owner, nonce, limit } = request;
    const claimable = this.pending.claimable(tasks, request.limits);
    // Those that are expired stay where they are, but hide nobody.
    const expired: RunRow[] = [];
    const unexpired = (first: () => RunRow | undefined): RunRow | undefined => {
      for (let row = first(); row !== undefined; row = first()) {
        if (row.run.expiresAt === null || row.run.expiresAt > now) return row;
        this.#unqueue(row);
        expired.push(row);
      }
      return undefined;
    };
    const runs: Run[] = [];
    while (runs.length < limit) {
      const row = unexpired(() => this.pending.firstDue(claimable, now));
      if (row === undefined) break;
      const { run } = row;
      this.#replace(row, {
        ...run,
        state: "claimed",
        token: run.token + 1,
        attempt: run.attempt + 1,
        owner,
        nonce,
      });
      runs.push(row.run);
    }
    const next = unexpired(() => this.pending.earliest(claimable));
    for (const row of expired) this.#queue(row);
    return { runs, nextDueAt: next?.run.dueAt ?? null };
  }

  expiry({ tasks, limit }: { tasks: readonly string[]; limit: number }, now: number): ExpiryReply {
    const due: RunRow[] = [];
    let nextAt: number | null = null;
    const meet = (at: number): void => void (nextAt = Math.min(at, nextAt ?? at));
    for (const task of new Set(tasks)) {
      const { items = [], next } = this.expiring.get(task)?.upTo(now, limit) ?? {};
      due.push(...items);
      if (next !== undefined) meet(next.at);
    }
    const atOf = ({ run }: RunRow): number => run.expiresAt ?? 0;
    due.sort((a, b) => atOf(a) - atOf(b) || a.ordinal - b.ordinal);
    for (const row of due.slice(limit, limit + 1)) meet(atOf(row));
    return { runs: due.slice(0, limit).map(({ run }) => run), nextAt };
  }
  enter(owner: Owner): void {
    if (!this.owners.has(owner.id)) this.owners.set(owner.id, kept(owner));
  }

  leave(id: string, at: number): void {
    if ((this.held.get(id)?.size ?? 0) === 0) this.close(id, at);
  }

  close(id: string, at: number): void {
    const owner = this.owners.get(id);
    if (owner !== undefined && owner.closedAt === null)
      this.owners.set(id, Object.freeze({ ...owner, closedAt: at }));
  }

  #isOpen(id: string): boolean {
    return this.owners.get(id)?.closedAt === null;
  }

  #holds(check: Check): boolean {
    switch (check._tag) {
      case "Revision":
        return check.revision === this.watermark.revision;
      case "OwnerOpen":
        return this.#isOpen(check.owner);
      case "Held":
      case "InState": {
        const run = this.runOf.get(check.run)?.run;
        if (run === undefined || run.token !== check.token || !check.states.includes(run.state))
          return false;
        if (check._tag === "InState") return true;
        const { owner, cancelRequested = run.cancelRequested } = check;
        return run.owner === owner && run.cancelRequested === cancelRequested;
      }
    }
  }

  #append({ id, signal, origin, dueAt }: NewSignal, at: number): SignalReply {
    const known = this.signalOf.get(id);
    if (known !== undefined)
      return contentOf(known.signal) === contentOf(signal) ? "duplicate" : "differs";
    const tombstone = this.tombstones.get("event", id);
    if (tombstone !== undefined)
      return tombstone.digest === digestOf(contentOf(signal)) ? "duplicate" : "differs";
    const seq = this.newestSeq + 1;
    // Kept as a whole, because it is found again in waiting matches and deadlines.
    const content = keptAsIs({ ...signal, at: happenedAt(signal) ?? at });
    this.restore(Object.freeze({ seq, at, id, signal: content, origin, dueAt }));
    return "accepted";
  }

  /** Puts a signal at the end of the log; at the beginning of an empty one, what came before it counts as purged. */
  restore(stored: StoredSignal): void {
    if (this.signals.length === 0) this.signalsPurged = stored.seq - 1;
    this.signals.push(stored);
    this.signalOf.set(stored.id, stored);
    this.newestAt = stored.at;
    const mover = this.moverOf(stored);
    if (mover !== undefined) mover.moves++;
  }

  /** The stored run whose own move this is. */
  moverOf({ seq, id, signal, origin }: StoredSignal): RunRow | undefined {
    if (signal._tag !== "Status" || origin !== signal.run) return undefined;
    const row = this.runOf.get(signal.run);
    const isOwn = id === statusIdOf(signal.run, signal.token, signal.state);
    return isOwn && row !== undefined && seq > row.sinceSeq ? row : undefined;
  }

  write(batch: Batch): void {
    for (const run of batch.runs ?? []) this.#create(run);
    for (const { run, patch } of batch.patches ?? []) {
      const row = this.runOf.get(run);
      if (row !== undefined) this.#replace(row, { ...row.run, ...patch, id: run });
    }
    for (const attempt of batch.attempts ?? []) this.#record(Object.freeze(attempt));
    for (const skip of batch.skips ?? []) {
      if (this.skipIds.has(skip.id)) continue;
      this.skipIds.add(skip.id);
      this.skips.push(skip);
    }
    this.writeState(batch);
    if (batch.close !== undefined) this.close(batch.close.owner, batch.close.at);
    if (batch.generation !== undefined) this.generation = batch.generation;
    if (changesReading(batch))
      this.watermark = Object.freeze({
        ...this.watermark,
        ...batch.watermark,
        revision: this.watermark.revision + 1,
      });
  }

  writeState({ waiting, cursors, deadlines, open }: Omit<Batch, "checks">): void {
    if (waiting !== undefined) replaceRows(this.waiting, waiting, waitingIdOf);
    if (cursors !== undefined) replaceRows(this.cursors, cursors, cursorIdOf);
    if (deadlines !== undefined)
      replaceRows(
        this.deadlines,
        { put: deadlines.put, remove: deadlines.remove.map((id) => ({ id })) },
        ({ id }) => id,
      );
    if (open !== undefined) replaceRows(this.open, open, openIdOf);
  }

  #create(run: Run): void {
    if (this.runOf.has(run.id) || this.tombstones.get("run", run.id) !== undefined) return;
    const row: RunRow = {
      ordinal: this.#runsCreated++,
      run,
      entry: null,
      expiry: null,
      attempts: [],
      sinceSeq: this.newestSeq,
      moves: 0,
      over: null,
      isPurged: false,
    };
    this.runs.push(row);
    this.runOf.set(run.id, row);
    this.counts[run.state]++;
    this.#hold(row, null, run.owner);
    this.#queue(row);
    this.#count(null, run);
    this.#expire(row, run.task);
    this.#end(row);
  }

  /** For a run that is over. */
  remove(row: RunRow): void {
    const { run } = row;
    this.runOf.delete(run.id);
    this.counts[run.state]--;
    this.#hold(row, run.owner, null);
    row.isPurged = true;
    row.attempts = [];
  }

  #end(row: RunRow): void {
    const { run, ordinal } = row;
    if (row.over !== null) this.over.remove(row.over);
    row.over =
      isTerminal(run.state) && run.settledAt !== null
        ? this.over.add(row, run.settledAt, ordinal)
        : null;
  }

  #replace(row: RunRow, run: Run): void {
    const before = row.run;
    row.run = Object.freeze(run);
    if (before.state !== run.state) {
      this.counts[before.state]--;
      this.counts[run.state]++;
    }
    if (before.owner !== run.owner) this.#hold(row, before.owner, run.owner);
    if (
      before.state !== run.state ||
      before.dueAt !== run.dueAt ||
      before.priority !== run.priority ||
      before.task !== run.task ||
      before.concurrencyKey !== run.concurrencyKey
    ) {
      this.#queue(row);
      this.#count(before, run);
    }
    if (
      before.expiresAt !== run.expiresAt ||
      (run.expiresAt !== null && (before.state !== run.state || before.task !== run.task))
    )
      this.#expire(row, before.task);
    if (before.state !== run.state || before.settledAt !== run.settledAt) this.#end(row);
  }

  #queue(row: RunRow): void {
    this.#unqueue(row);
    const { run, ordinal } = row;
    if (run.state === "pending") row.entry = this.pending.add(row, run, ordinal);
  }

  #unqueue(row: RunRow): void {
    if (row.entry !== null) this.pending.remove(row.entry);
    row.entry = null;
  }

  #expire(row: RunRow, task: string): void {
    if (row.expiry !== null) this.expiring.get(task)?.remove(row.expiry);
    row.expiry = null;
    const { run, ordinal } = row;
    if (run.state !== "pending" || run.expiresAt === null) return;
    let heap = this.expiring.get(run.task);
    if (heap === undefined) this.expiring.set(run.task, (heap = new PlaceHeap()));
    row.expiry = heap.add(row, run.expiresAt, ordinal);
  }

  /** Counts the run for its concurrency key while it is held. */
  #count(before: Run | null, after: Run): void {
    if (before !== null && before.concurrencyKey !== null && isHeld(before.state))
      this.pending.free(before.task, before.concurrencyKey);
    if (after.concurrencyKey !== null && isHeld(after.state))
      this.pending.hold(after.task, after.concurrencyKey);
  }

  #hold(row: RunRow, before: string | null, after: string | null): void {
    if (before !== null) this.held.get(before)?.delete(row);
    if (after === null) return;
    const rows = this.held.get(after);
    if (rows === undefined) this.held.set(after, new Set([row]));
    else rows.add(row);
  }

  #record(attempt: Attempt): void {
    const row = this.runOf.get(attempt.run);
    if (row === undefined || row.attempts.some(({ token }) => token === attempt.token)) return;
    row.attempts = [...row.attempts, attempt].sort((a, b) => a.token - b.token);
  }
}

interface Replacement<Row, Id> {
  readonly put: readonly Row[];
  readonly remove: readonly Id[];
}

const replaceRows = <Row extends Id, Id>(
  table: Map<string, Row>,
  { put, remove }: Replacement<Row, Id>,
  idOf: (row: Id) => string,
): void => {
  for (const row of put) table.set(idOf(row), row);
  for (const row of remove) table.delete(idOf(row));
};

const waitingIdOf = ({
  trigger,
  leaf,
  order,
}: Pick<Waiting, "trigger" | "leaf" | "order">): string => `${order}\n${trigger}\n${leaf}`;
const cursorIdOf = ({ trigger, leaf }: Pick<Cursor, "trigger" | "leaf">): string =>
  `${trigger}\n${leaf}`;
const openIdOf = ({ scope, run }: Pick<Open, "scope" | "run">): string => `${scope}\n${run}`;
