// What a router reads again and again, kept in memory: how far the log is routed, the signals behind that, the active generation. It is of one version of the app, which grows with
// each commit of whomever; so whoever has asked the server for the version knows whether this is still all of it. Never needed for correctness.
import { kept } from "../../core/kept.ts";
import { happenedAt, type StoredSignal } from "../../core/signal.ts";
import type { Generation, Reading, Watermark } from "../../core/store.ts";
import type { NewRow, Overlay } from "./overlay.ts";

/** More signals than that are read from the server. */
const signalsMax = 4_096;

export class Tail {
  #version = -1;
  #watermark: Watermark = { revision: 0, seq: 0, at: 0 };
  /** The last signal of the log. */
  #newest = 0;
  #signals: readonly StoredSignal[] = [];
  /** Undefined: not known. */
  #generation: Generation | null | undefined;

  /** A transaction was committed that began at this version. */
  keep(version: number, { meta, signals, generation, isChanged }: Overlay): void {
    const isNext = version === this.#version;
    const before = isNext ? this.#signals : [];
    this.#watermark = { revision: meta.revision, seq: meta.routedSeq, at: meta.routedAt };
    this.#newest = meta.signals;
    this.#generation = generation ?? (isNext ? this.#generation : undefined);
    this.#signals = unrouted([...before, ...signals.map(storedOf)], meta.routedSeq);
    this.#version = isChanged ? version + 1 : version;
  }

  /** Something was read, at this version. */
  learn(version: number, { watermark, generation, signals, more }: Reading): void {
    if (version <= this.#version) return;
    this.#version = version;
    this.#watermark = watermark;
    this.#generation = generation;
    this.#newest = more ? Infinity : watermark.seq + signals.length;
    this.#signals = signals;
  }

  /** What is read at this version by whoever knows the state at this revision; undefined if it is not all here. */
  reading(
    version: number,
    request: { readonly revision: number | null; readonly limit: number },
  ): Omit<Reading, "now"> | undefined {
    const { revision, seq } = this.#watermark;
    const isWhole = this.#signals.length === this.#newest - seq;
    if (version !== this.#version || request.revision !== revision || !isWhole) return undefined;
    if (this.#generation === undefined) return undefined;
    const signals = this.#signals.slice(0, request.limit);
    return {
      watermark: this.#watermark,
      generation: this.#generation,
      state: null,
      signals,
      more: this.#signals.length > signals.length,
    };
  }
}

const unrouted = (signals: readonly StoredSignal[], routedSeq: number): readonly StoredSignal[] => {
  const left = signals.filter(({ seq }) => seq > routedSeq);
  return left.length > signalsMax ? [] : left;
};

const storedOf = ({ seq, at, given: { id, signal, origin, dueAt } }: NewRow): StoredSignal =>
  Object.freeze({
    seq,
    at,
    id,
    signal: kept({ ...signal, at: happenedAt(signal) ?? at }),
    origin,
    dueAt,
  }) as StoredSignal;
