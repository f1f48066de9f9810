// What a transaction makes of the rows that it has read: batches are done one after the other in memory, on top of what the tables hold, and what has become of the rows is
// written at the end, in one statement for each table. The app's lock is held meanwhile, so nobody else changes anything.
//
// Invariant: whatever a batch looks at (runs, signals, skips, owners, tombstones) has been read before (`Wanted`): what is not here is not there.
import { changesReading, instantOf } from "../../core/batch.ts";
import { contentOf } from "../../core/purge.ts";
import { digestOf } from "../../core/run-id.ts";
import type { Attempt, Run } from "../../core/run.ts";
import type { NewSignal, StoredSignal } from "../../core/signal.ts";
import type {
  Batch,
  Check,
  CommitReply,
  Cursor,
  Deadline,
  Generation,
  Open,
  SignalReply,
  Skip,
  Waiting,
} from "../../core/store.ts";
import { textOf } from "../sql/cell.ts";
import { appSpan, type Meta } from "../sql/meta-row.ts";
import { patchedRun } from "../sql/run-row.ts";
import { isOwnStatus, type EventSignal, type StatusSignal } from "../sql/signal-row.ts";

export interface PlacedRun {
  readonly place: number;
  readonly run: Run;
}

/** What has been read of the tables. */
export interface Found {
  readonly meta: Meta;
  readonly runs: Map<string, PlacedRun>;
  readonly signals: Map<string, StoredSignal>;
  readonly skips: Set<string>;
  /** Those that have entered and are not closed. */
  readonly owners: Map<string, FoundOwner>;
  readonly eventTombstones: Map<string, string | null>;
  readonly runTombstones: Set<string>;
}

interface FoundOwner {
  readonly leaseUntil: number;
  /** Its runs are being taken back: its lease can't be renewed any more. */
  readonly isCondemned: boolean;
}

export interface NewRow {
  readonly seq: number;
  readonly at: number;
  readonly given: EventSignal | StatusSignal;
  /** Of a status that is the run's own. */
  readonly own: PlacedRun | undefined;
  /** Its input is that of the run's row. */
  hasRunInput: boolean;
}

export class Overlay {
  readonly app: string;
  readonly number: number;
  /** The place before the app's first row in a table that has places. */
  readonly base: number;
  readonly meta: Meta;
  readonly #found: Found;
  readonly #signalOf = new Map<string, NewSignal["signal"] | StoredSignal["signal"]>();
  readonly signals: NewRow[] = [];
  readonly created = new Map<string, PlacedRun>();
  readonly changed = new Map<string, { readonly place: number; run: Run; isWhole: boolean }>();
  /** Inputs as they were before they were changed, by the places of their runs: for the log. */
  readonly inputs = new Map<number, string>();
  readonly attempts: { readonly place: number; readonly attempt: Attempt }[] = [];
  readonly skips: Skip[] = [];
  /** By key; null: removed. */
  readonly waiting = new Map<
    string,
    { readonly key: Pick<Waiting, "trigger" | "leaf" | "order">; row: Waiting | null }
  >();
  readonly cursors = new Map<
    string,
    { readonly key: Pick<Cursor, "trigger" | "leaf">; row: Cursor | null }
  >();
  readonly deadlines = new Map<
    string,
    { readonly key: Pick<Deadline, "id">; row: Deadline | null }
  >();
  readonly open = new Map<
    string,
    { readonly key: Pick<Open, "scope" | "run">; row: Open | null }
  >();
  readonly closed = new Map<string, number>();
  readonly condemned = new Map<string, number>();
  readonly lines = new Map<string, Pick<Run, "task" | "priority">>();
  generation: Generation | undefined;
  isChanged = false;

  /** Who was told dead to those who ask: they write only while that is so. */
  readonly #suspects: ReadonlySet<string>;

  constructor(
    { app, number }: { readonly app: string; readonly number: number },
    found: Found,
    suspects: ReadonlySet<string>,
  ) {
    this.app = app;
    this.number = number;
    this.#suspects = suspects;
    this.base = number * appSpan;
    this.meta = found.meta;
    this.#found = found;
    for (const [id, { signal }] of found.signals) this.#signalOf.set(id, signal);
  }

  /** `batch` is a kept one. */
  commit(batch: Batch, now: number): CommitReply {
    for (const check of batch.checks)
      if (!this.#holds(check, now)) return { _tag: "Conflict", check };
    const { newestAt, routedAt } = this.meta;
    const at = instantOf(batch, { now, newestAt, routedAt });
    const signals = batch.signals?.map((signal) => this.#append(signal, at)) ?? [];
    for (const run of batch.runs ?? []) this.create(run);
    for (const { run, patch } of batch.patches ?? []) this.#change(run, patch);
    for (const attempt of batch.attempts ?? []) this.record(attempt);
    for (const skip of batch.skips ?? []) this.note(skip);
    this.writeState(batch);
    if (batch.close !== undefined) this.close(batch.close.owner, batch.close.at);
    this.writeReading(batch);
    return { _tag: "Committed", signals };
  }

  runOf(id: string): PlacedRun | undefined {
    return this.#found.runs.get(id);
  }

  /** Whether it may claim. */
  isAlive(owner: string): boolean {
    return this.#found.owners.get(owner)?.isCondemned === false;
  }

  #holds(check: Check, now: number): boolean {
    switch (check._tag) {
      case "Revision":
        return check.revision === this.meta.revision;
      case "OwnerOpen":
        return this.#isOpen(check.owner, now);
      case "Held":
      case "InState": {
        const run = this.runOf(check.run)?.run;
        if (run === undefined || run.token !== check.token || !check.states.includes(run.state))
          return false;
        if (check._tag === "InState") return true;
        const { owner, cancelRequested = run.cancelRequested } = check;
        return run.owner === owner && run.cancelRequested === cancelRequested;
      }
    }
  }

  /** An owner that was told dead must still be so, and from now on it is. */
  #isOpen(id: string, now: number): boolean {
    const owner = this.#found.owners.get(id);
    if (owner === undefined || !this.#suspects.has(id)) return owner !== undefined;
    if (owner.isCondemned) return true;
    if (owner.leaseUntil >= now) return false;
    this.#found.owners.set(id, { ...owner, isCondemned: true });
    this.condemned.set(id, now);
    this.isChanged = true;
    return true;
  }

  #append(given: NewSignal, at: number): SignalReply {
    const known = this.#signalOf.get(given.id);
    if (known !== undefined)
      return contentOf(known) === contentOf(given.signal) ? "duplicate" : "differs";
    const digest = this.#found.eventTombstones.get(given.id);
    if (digest !== undefined)
      return digest === digestOf(contentOf(given.signal)) ? "duplicate" : "differs";
    this.put(given, at);
    return "accepted";
  }

  /** Puts a signal at the end of the log. */
  put(given: NewSignal, at: number): void {
    const { signal } = given;
    const own =
      signal._tag === "Status" && isOwnStatus(given as StatusSignal)
        ? this.runOf(signal.run)
        : undefined;
    this.signals.push({
      seq: ++this.meta.signals,
      at,
      given: given as NewRow["given"],
      own,
      hasRunInput:
        own !== undefined &&
        signal._tag === "Status" &&
        (signal.input === own.run.input || textOf(signal.input) === textOf(own.run.input)),
    });
    this.meta.newestAt = at;
    this.#signalOf.set(given.id, signal);
    this.isChanged = true;
  }

  create(run: Run): void {
    if (this.#found.runs.has(run.id) || this.#found.runTombstones.has(run.id)) return;
    const placed = { place: this.base + ++this.meta.runs, run };
    this.meta.states[run.state]++;
    this.#found.runs.set(run.id, placed);
    this.created.set(run.id, placed);
    this.#awaken(run);
    this.isChanged = true;
  }

  #change(id: string, patch: Partial<Run>): void {
    const known = this.runOf(id);
    if (known === undefined) return;
    const { place, run: before } = known;
    const run = patchedRun(before, patch);
    if (patch.input !== undefined) this.#keepInput(known);
    this.replace({ place, run }, isWhole(patch));
    this.meta.states[before.state]--;
    this.meta.states[run.state]++;
  }

  /** `isRare`: something else has changed than what runs change on their way. */
  replace(placed: PlacedRun, isRare: boolean): void {
    const { place, run } = placed;
    this.#found.runs.set(run.id, placed);
    if (this.created.has(run.id)) this.created.set(run.id, placed);
    else {
      const known = this.changed.get(run.id);
      this.changed.set(run.id, { place, run, isWhole: isRare || known?.isWhole === true });
    }
    this.#awaken(run);
    this.isChanged = true;
  }

  /** The log says what the input was at the time. */
  #keepInput({ place, run }: PlacedRun): void {
    if (!this.inputs.has(place)) this.inputs.set(place, textOf(run.input));
    for (const row of this.signals) if (row.own?.place === place) row.hasRunInput = false;
  }

  #awaken({ state, task, priority }: Run): void {
    if (state === "pending") this.lines.set(`${priority} ${task}`, { task, priority });
  }

  record(attempt: Attempt): void {
    const place = this.runOf(attempt.run)?.place;
    if (place === undefined) return;
    this.attempts.push({ place, attempt });
    this.isChanged = true;
  }

  note(skip: Skip): void {
    if (this.#found.skips.has(skip.id)) return;
    this.#found.skips.add(skip.id);
    this.skips.push(skip);
    this.meta.skips++;
    this.isChanged = true;
  }

  writeState({ waiting, cursors, deadlines, open }: Omit<Batch, "checks">): void {
    this.isChanged ||= [waiting, cursors, deadlines, open].some((rows) => rows !== undefined);
    for (const row of waiting?.put ?? []) this.waiting.set(waitingId(row), { key: row, row });
    for (const key of waiting?.remove ?? []) this.waiting.set(waitingId(key), { key, row: null });
    for (const row of cursors?.put ?? []) this.cursors.set(cursorId(row), { key: row, row });
    for (const key of cursors?.remove ?? []) this.cursors.set(cursorId(key), { key, row: null });
    for (const row of deadlines?.put ?? []) this.deadlines.set(row.id, { key: row, row });
    for (const id of deadlines?.remove ?? []) this.deadlines.set(id, { key: { id }, row: null });
    for (const row of open?.put ?? []) this.open.set(openId(row), { key: row, row });
    for (const key of open?.remove ?? []) this.open.set(openId(key), { key, row: null });
  }

  close(owner: string, at: number): void {
    if (!this.#found.owners.delete(owner)) return;
    this.closed.set(owner, at);
    this.isChanged = true;
  }

  /** What all routers share. */
  writeReading(batch: Omit<Batch, "checks">): void {
    if (!changesReading({ checks: [], ...batch })) return;
    this.meta.revision++;
    this.isChanged = true;
    if (batch.watermark !== undefined) {
      this.meta.routedSeq = batch.watermark.seq;
      this.meta.routedAt = batch.watermark.at;
    }
    if (batch.generation !== undefined) {
      this.generation = batch.generation;
      this.meta.generation = batch.generation.number;
    }
  }
}

const rare: readonly (keyof Run)[] = [
  "trigger",
  "task",
  "priority",
  "concurrencyKey",
  "createdAt",
  "input",
  "cause",
  "idempotencyKey",
];

const isWhole = (patch: Partial<Run>): boolean => rare.some((field) => patch[field] !== undefined);

const waitingId = ({ trigger, leaf, order }: Pick<Waiting, "trigger" | "leaf" | "order">): string =>
  JSON.stringify([trigger, leaf, order]);
const cursorId = ({ trigger, leaf }: Pick<Cursor, "trigger" | "leaf">): string =>
  JSON.stringify([trigger, leaf]);
const openId = ({ scope, run }: Pick<Open, "scope" | "run">): string =>
  JSON.stringify([scope, run]);
