// What a store was told and has accepted, commit by commit: the view that a world gives to people and laws. It is made from the writes that went in, never from the
// store's tables.
import { instantOf } from "../batch.ts";
import type { Run } from "../run.ts";
import type { Past } from "./past.ts";
import type { StoredSignal } from "../signal.ts";
import type {
  Batch,
  ClaimReply,
  ClaimRequest,
  CommitReply,
  Generation,
  Skip,
  Watermark,
} from "../store.ts";

/** One call that may have changed the store. */
export type StoreRecord =
  | {
      readonly _tag: "Commit";
      /** null: whoever emits. */
      readonly engine: number | null;
      /** The engine's life. */
      readonly owner: string | null;
      readonly at: number;
      /** The same on the clock that nobody sets. */
      readonly elapsed: number;
      readonly batch: Batch;
      readonly reply: CommitReply;
    }
  | {
      readonly _tag: "Claim";
      readonly engine: number | null;
      readonly owner: string | null;
      readonly at: number;
      /** The same on the clock that nobody sets. */
      readonly elapsed: number;
      readonly request: ClaimRequest;
      readonly reply: ClaimReply;
    };

/** Of so many calls the records are kept at least. */
const recordsMin = 20_000;

export class Mirror {
  /** The last of what was told. */
  readonly records: StoreRecord[] = [];
  /** The generations that became active, and how far the log was routed then. */
  readonly turnings: {
    readonly generation: Generation;
    readonly seq: number;
    readonly at: number;
  }[] = [];
  readonly signals: StoredSignal[] = [];
  /** In the order of their creation; a row is replaced when it changes. */
  readonly runs: Run[] = [];
  readonly skips: Skip[] = [];
  watermark: Watermark = { revision: 0, seq: 0, at: 0 };
  /** How many runs there were at the beginning. */
  runsBefore = 0;
  readonly #place = new Map<string, number>();
  readonly #skipIds = new Set<string>();

  run(id: string): Run | undefined {
    const place = this.#place.get(id);
    return place === undefined ? undefined : this.runs[place];
  }

  /** The place of the newest signal in the log. */
  get newestSeq(): number {
    return this.signals.at(-1)?.seq ?? this.watermark.seq;
  }

  /** Goes on from a recorded moment. */
  begin({ signals, runs, skips, watermark, generation }: Past): void {
    this.signals.push(...signals);
    for (const run of runs) {
      this.#place.set(run.id, this.runs.length);
      this.runs.push(run);
    }
    for (const skip of skips) {
      this.#skipIds.add(skip.id);
      this.skips.push(skip);
    }
    this.runsBefore = runs.length;
    this.watermark = watermark;
    // All of the log was heard by these definitions.
    this.turnings.push({ generation, seq: 0, at: -Infinity });
  }

  add(record: StoreRecord): void {
    if (this.records.push(record) >= 2 * recordsMin) this.records.splice(0, recordsMin);
    if (record._tag === "Claim") for (const run of record.reply.runs) this.#replace(run);
    else if (record.reply._tag === "Committed")
      this.#write(record.batch, { now: record.at, replies: record.reply.signals });
  }

  #write(
    batch: Batch,
    {
      now,
      replies,
    }: {
      readonly now: number;
      readonly replies: readonly ("accepted" | "duplicate" | "differs")[];
    },
  ): void {
    const at = instantOf(batch, {
      now,
      newestAt: this.signals.at(-1)?.at ?? 0,
      routedAt: this.watermark.at,
    });
    for (const [index, { id, signal, origin, dueAt }] of (batch.signals ?? []).entries()) {
      if (replies[index] !== "accepted") continue;
      const seq = this.newestSeq + 1;
      const stored = { seq, at, id, signal: { ...signal, at }, origin, dueAt };
      this.signals.push(stored);
    }
    for (const run of batch.runs ?? []) {
      if (this.#place.has(run.id)) continue;
      this.#place.set(run.id, this.runs.length);
      this.runs.push(run);
    }
    for (const { run, patch } of batch.patches ?? []) {
      const before = this.run(run);
      if (before !== undefined) this.#replace({ ...before, ...patch, id: run });
    }
    for (const skip of batch.skips ?? []) {
      if (this.#skipIds.has(skip.id)) continue;
      this.#skipIds.add(skip.id);
      this.skips.push(skip);
    }
    const { generation, watermark } = batch;
    if (generation !== undefined && watermark !== undefined)
      this.turnings.push({ generation, ...watermark });
    if (batch.watermark !== undefined)
      this.watermark = { ...batch.watermark, revision: this.watermark.revision + 1 };
  }

  #replace(run: Run): void {
    const place = this.#place.get(run.id);
    if (place !== undefined) this.runs[place] = run;
  }
}
